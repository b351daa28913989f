//! A call and its reply, or a file that several of them carry.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, windows};

use super::call::{Caller, UNIX};
use super::names;
use crate::file::File;
use crate::protocols::transfer::Transfer;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// A file on its way.
#[derive(Debug)]
pub struct Carried {
    /// Its content.
    pub transfer: Transfer,
    /// Pieces so far.
    pub pieces: u32,
    /// Number of the last call that carried one.
    pub last_xid: u32,
    /// Its end has come.
    pub ended: bool,
}

/// A transaction.
#[derive(Debug)]
pub struct Tx {
    /// Its number in records.
    pub id: u64,
    /// Number of the call.
    pub xid: u32,
    /// Version of NFS.
    pub version: u32,
    /// The procedure; the most telling operation in version 4.
    pub procedure: u32,
    /// All operations, in version 4.
    pub operations: Vec<u32>,
    /// Who calls.
    pub caller: Caller,
    /// The file's name.
    pub name: Vec<u8>,
    /// The server's name for the file.
    pub handle: Vec<u8>,
    /// Its new name.
    pub new_name: Option<Vec<u8>>,
    /// How the call went.
    pub status: u32,
    /// Whether it was accepted.
    pub acceptance: u32,
    /// The reply was seen.
    pub answered: bool,
    /// The file that is carried.
    pub file: Option<Box<Carried>>,
}

/// The checksum of IEEE 802.3, by which records tell handles apart.
fn checksum(data: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let sum = data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let carry = if sum & 1 != 0 { POLYNOMIAL } else { 0 };
            sum >> 1 ^ carry
        })
    });
    !sum
}

impl Tx {
    fn write_rpc(&self, json: &mut Json<'_>) {
        json.open_object("rpc");
        json.uint("xid", self.xid);
        json.text("status", &names::acceptance(self.acceptance));
        json.text("auth_type", &names::credentials(self.caller.flavor));
        if self.caller.flavor == UNIX {
            json.open_object("creds");
            json.bytes("machine_name", &self.caller.machine);
            json.uint("uid", self.caller.user);
            json.uint("gid", self.caller.group);
            json.close_object();
        }
        json.close_object();
    }

    fn write_nfs(&self, json: &mut Json<'_>) {
        json.open_object("nfs");
        json.uint("version", self.version);
        json.text("procedure", &names::procedure(self.version, self.procedure));
        json.bytes("filename", &self.name);
        if !self.handle.is_empty() {
            json.text("hhash", &format!("{:x}", checksum(&self.handle)));
        }
        json.uint("id", self.id);
        json.bool("file_tx", self.file.is_some());
        json.word("type", "response");
        json.text("status", &names::status(self.status));
        if let Some(carried) = &self.file {
            let to_server = carried.transfer.direction == Direction::ToServer;
            json.open_object(if to_server { "write" } else { "read" });
            json.bool("first", true);
            json.bool("last", carried.ended);
            json.uint("last_xid", carried.last_xid);
            json.uint("chunks", carried.pieces);
            json.close_object();
        }
        if let Some(new_name) = &self.new_name {
            json.open_object("rename");
            json.bytes("from", &self.name);
            json.bytes("to", new_name);
            json.close_object();
        }
        json.close_object();
    }
}

impl Transaction for Tx {
    /// | keyword | value |
    /// |---|---|
    /// | `nfs_procedure` | numbers: the procedure; of version 4 each operation |
    /// | `nfs.version` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match keyword {
            windows::NFS_VERSION => accepts(Value::Number(self.version.into())),
            windows::NFS_PROCEDURE => {
                accepts(Value::Number(self.procedure.into()))
                    || self
                        .operations
                        .iter()
                        .filter(|&&operation| operation != self.procedure)
                        .any(|&operation| accepts(Value::Number(operation.into())))
            }
            file::DATA => self
                .files(direction)
                .iter()
                .filter_map(File::window)
                .any(accepts),
            file::NAME => {
                let mut files = self.files(direction).iter();
                files.any(|file| accepts(Value::Bytes(&file.name)))
            }
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        self.write_rpc(json);
        self.write_nfs(json);
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        const GETATTR: u32 = 1;
        if self.version <= 3 && self.procedure == GETATTR {
            return;
        }
        show("nfs", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        match &self.file {
            Some(carried) if carried.transfer.direction == direction => &carried.transfer.files,
            _ => &[],
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        match &mut self.file {
            Some(carried) if carried.transfer.direction == direction => &mut carried.transfer.files,
            _ => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(super::checksum(b"123456789"), 0xcbf4_3926);
    }
}
