//! Versions 2 and 3 (RFC 1094, RFC 1813).

use tapir_packet::Direction::{ToClient, ToServer};

use super::call::{Call, Reply};
use super::parser::{Nfs, Pending, Piece};
use super::reader::Reader;

/// What a procedure does, whichever its number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Lookup,
    Read,
    Write,
    Create,
    Remove,
    Rename,
    Commit,
    /// One that begins with the handle of a file.
    OfFile,
    Nothing,
}

fn deed(version: u32, procedure: u32) -> Deed {
    match (version, procedure) {
        (2, 4) | (3, 3) => Deed::Lookup,
        (2 | 3, 6) => Deed::Read,
        // Version 2 has no end of a file that is written: its writes are not followed.
        (3, 7) => Deed::Write,
        (2, 9 | 14) | (3, 8 | 9) => Deed::Create,
        (2, 10 | 15) | (3, 12 | 13) => Deed::Remove,
        (2, 11) | (3, 14) => Deed::Rename,
        (3, 21) => Deed::Commit,
        (_, 0) | (2, 3 | 7) => Deed::Nothing,
        (2, 0..=17) | (3, 0..=21) => Deed::OfFile,
        _ => Deed::Nothing,
    }
}

/// The server's name for a file.
fn handle<'a>(version: u32, reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    const VERSION_2: usize = 32;
    match version {
        2 => reader.take(VERSION_2),
        _ => reader.opaque(),
    }
}

/// A call; nothing when it is malformed.
pub fn call(nfs: &mut Nfs, call: &Call<'_>) -> Option<Pending> {
    let mut reader = Reader(call.arguments);
    let version = call.version;
    let mut pending = Pending {
        version,
        procedure: call.procedure,
        has_transaction: true,
        ..Pending::default()
    };
    let deed = deed(version, call.procedure);
    let mut new_name = None;
    if deed != Deed::Nothing {
        pending.handle = handle(version, &mut reader)?.to_vec();
        pending.name = nfs.names.get(&pending.handle).cloned().unwrap_or_default();
    }
    match deed {
        Deed::Lookup | Deed::Create | Deed::Remove => pending.name = reader.opaque()?.to_vec(),
        Deed::Rename => {
            pending.name = reader.opaque()?.to_vec();
            handle(version, &mut reader)?;
            new_name = Some(reader.opaque()?.to_vec());
        }
        Deed::Read => {
            pending.offset = match version {
                2 => reader.word()?.into(),
                _ => reader.long()?,
            };
            pending.has_transaction = false;
        }
        Deed::Write => {
            write(nfs, call, &pending.handle, &mut reader)?;
            pending.has_transaction = false;
        }
        Deed::Commit => {
            nfs.close(&pending.handle, call.xid);
            pending.has_transaction = false;
        }
        Deed::OfFile | Deed::Nothing => {}
    }
    if pending.has_transaction {
        let entry = nfs.open(call, &pending);
        entry.tx.new_name = new_name;
        entry.meta.advance(ToServer, 1);
    }
    Some(pending)
}

fn write(nfs: &mut Nfs, call: &Call<'_>, handle: &[u8], reader: &mut Reader<'_>) -> Option<()> {
    let offset = if call.version == 2 {
        reader.word()?;
        let offset = reader.word()?.into();
        reader.word()?;
        offset
    } else {
        let offset = reader.long()?;
        reader.take(8)?;
        offset
    };
    let data = reader.opaque()?;
    let piece = Piece {
        direction: ToServer,
        handle,
        offset,
        data,
        last: false,
    };
    nfs.piece(call, call.procedure, &piece);
    Some(())
}

/// A reply to a call that went well.
pub fn reply(nfs: &mut Nfs, pending: &Pending, reply: &Reply<'_>) -> Option<()> {
    let mut reader = Reader(reply.results);
    match deed(pending.version, pending.procedure) {
        Deed::Lookup => {
            reader.word()?;
            let handle = handle(pending.version, &mut reader)?;
            nfs.names.insert(handle.to_vec(), pending.name.clone());
        }
        Deed::Create => {
            reader.word()?;
            if pending.version == 3 && reader.word()? == 0 {
                return Some(());
            }
            let handle = handle(pending.version, &mut reader)?;
            nfs.names.insert(handle.to_vec(), pending.name.clone());
        }
        Deed::Read => read(nfs, pending, reply, &mut reader)?,
        _ => {}
    }
    Some(())
}

fn read(
    nfs: &mut Nfs,
    pending: &Pending,
    reply: &Reply<'_>,
    reader: &mut Reader<'_>,
) -> Option<()> {
    reader.word()?;
    let (data, last) = if pending.version == 2 {
        let attributes = Reader(reader.take(68)?);
        let size = u64::from(Reader(attributes.0.get(20..)?).word()?);
        let data = reader.opaque()?;
        let end = pending.offset.saturating_add(data.len() as u64);
        (data, end >= size)
    } else {
        if reader.word()? != 0 {
            reader.take(84)?;
        }
        reader.word()?;
        let last = reader.word()? != 0;
        (reader.opaque()?, last)
    };
    let piece = Piece {
        direction: ToClient,
        handle: &pending.handle,
        offset: pending.offset,
        data,
        last,
    };
    nfs.piece(&as_call(pending, reply.xid), pending.procedure, &piece);
    Some(())
}

/// The call that a reply is about, as far as it is remembered.
pub fn as_call(pending: &Pending, xid: u32) -> Call<'static> {
    Call {
        xid,
        program: 0,
        version: pending.version,
        procedure: pending.procedure,
        caller: Default::default(),
        arguments: &[],
    }
}
