//! Frames of calls and replies: those of RPC, and those of NFS in them.

use tapir_packet::Direction::{self, ToClient};

use crate::frame::Frames;

/// Their names; the versions before the fourth share theirs.
pub const NAMES: &[&str] = &[
    "rpc.pdu",
    "rpc.hdr",
    "rpc.data",
    "rpc.creds",
    "nfs.pdu",
    "nfs.status",
    "nfs4.pdu",
    "nfs4.hdr",
    "nfs4.ops",
    "nfs4.status",
];

const RPC_PDU: u8 = 0;
const RPC_HEADER: u8 = 1;
const RPC_DATA: u8 = 2;
const RPC_CREDENTIALS: u8 = 3;
const PDU: u8 = 4;
const STATUS: u8 = 5;
const PDU_4: u8 = 6;
const HEADER_4: u8 = 7;
const OPERATIONS_4: u8 = 8;
const STATUS_4: u8 = 9;

/// A message of RPC (RFC 5531, section 9), and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The message.
    pub data: &'a [u8],
    /// Where it begins in the input.
    pub from: usize,
    /// Bytes before it that mark it as a record of a stream.
    pub mark: usize,
}

impl Placed<'_> {
    /// Tells of the message, readable or not.
    pub fn note_message(&self, frames: &mut Frames) {
        let from = self.from - self.mark;
        frames.whole(RPC_PDU, from, self.mark + self.data.len(), None);
    }

    /// Tells who calls: kind, length and bytes of the credentials.
    pub fn note_credentials(&self, frames: &mut Frames) {
        const PLACE: usize = 24;
        const HEAD: usize = 8;
        let length = self
            .data
            .get(PLACE + 4..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |length| u32::from_be_bytes(*length) as usize);
        frames.whole(
            RPC_CREDENTIALS,
            self.from + PLACE,
            length.saturating_add(HEAD),
            None,
        );
    }

    /// Tells of the number and the kind of a reply, and of what follows them.
    pub fn note_reply(&self, frames: &mut Frames) {
        let header = self.data.len().min(8);
        let from = self.from - self.mark;
        frames.whole(RPC_HEADER, from, self.mark + header, None);
        frames.whole(RPC_DATA, self.from + header, self.data.len() - header, None);
    }

    /// Tells of the arguments or results, with which the message ends.
    pub fn note_content(
        &self,
        version: u32,
        direction: Direction,
        content: &[u8],
        frames: &mut Frames,
    ) {
        const STATUS_LENGTH: usize = 4;
        const HEADER_LENGTH: usize = 8;
        let length = content.len();
        if length == 0 && direction == ToClient {
            return;
        }
        let from = self.from + self.data.len().saturating_sub(length);
        let (pdu, status) = match version {
            2 | 3 => (PDU, STATUS),
            4 => (PDU_4, STATUS_4),
            _ => return,
        };
        frames.whole(pdu, from, length, None);
        if direction == ToClient {
            frames.whole(status, from, STATUS_LENGTH.min(length), None);
        }
        if version == 4 && length > HEADER_LENGTH {
            frames.whole(HEADER_4, from, HEADER_LENGTH, None);
            let operations = length - HEADER_LENGTH;
            frames.whole(OPERATIONS_4, from + HEADER_LENGTH, operations, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::ToServer;

    use crate::frame::FrameNote;

    fn noted(note: impl Fn(&mut Frames)) -> Vec<(&'static str, usize, u64)> {
        let mut frames = Frames::new(true);
        note(&mut frames);
        let told = frames.notes().iter().map(|note| match *note {
            FrameNote::Begin {
                kind,
                from,
                len: Some(len),
                ..
            } => (NAMES[usize::from(kind)], from, len),
            _ => panic!("its length is known"),
        });
        told.collect()
    }

    #[test]
    fn a_call_has_credentials_and_arguments() {
        let mut data = vec![0; 32];
        data[31] = 4;
        data.extend([1; 4 + 8 + 12]);
        let placed = Placed {
            data: &data,
            from: 14,
            mark: 4,
        };
        let shown = noted(|frames| {
            placed.note_message(frames);
            placed.note_credentials(frames);
            placed.note_content(4, ToServer, &data[44..], frames);
        });
        let expected = [
            ("rpc.pdu", 10, 60),
            ("rpc.creds", 38, 12),
            ("nfs4.pdu", 58, 12),
            ("nfs4.hdr", 58, 8),
            ("nfs4.ops", 66, 4),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_reply_has_a_status() {
        let data = [0; 32];
        let placed = Placed {
            data: &data,
            from: 0,
            mark: 0,
        };
        let shown = noted(|frames| {
            placed.note_reply(frames);
            placed.note_content(3, ToClient, &data[24..], frames);
            placed.note_content(3, ToClient, b"", frames);
        });
        let expected = [
            ("rpc.hdr", 0, 8),
            ("rpc.data", 8, 24),
            ("nfs.pdu", 24, 8),
            ("nfs.status", 24, 4),
        ];
        assert_eq!(shown, expected);
    }
}
