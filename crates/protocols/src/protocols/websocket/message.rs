//! Frames of the protocol (RFC 6455, section 5.2).

use crate::names::place;
use crate::protocols::cursor::Cursor;

/// Names of operations by number; those between are reserved.
const OPCODES: [&str; 11] = [
    "continuation",
    "text",
    "binary",
    "",
    "",
    "",
    "",
    "",
    "connection_close",
    "ping",
    "pong",
];

/// The last frame of a message.
pub(super) const FIN: u8 = 0x80;
/// The message is compressed (RFC 7692, section 6).
pub(super) const COMPRESSED: u8 = 0x40;

/// The name of an operation.
pub(super) fn opcode_name(number: u8) -> Option<&'static str> {
    let name = OPCODES.get(usize::from(number)).copied()?;
    (!name.is_empty()).then_some(name)
}

/// The number of an operation, for rules.
pub fn opcode_number(name: &str) -> Option<u64> {
    place(&OPCODES, name).filter(|_| !name.is_empty())
}

/// The bit of a flag, for rules.
pub fn flag(name: &str) -> Option<u64> {
    match name {
        "fin" => Some(FIN.into()),
        "comp" => Some(COMPRESSED.into()),
        _ => None,
    }
}

/// What comes before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The upper half of the first byte.
    pub(super) flags: u8,
    pub(super) opcode: u8,
    pub(super) mask: Option<u32>,
    /// Its own length.
    pub(super) len: usize,
    /// Length of the payload.
    pub(super) payload: u64,
}

impl Header {
    /// Reads a header; nothing when more is needed.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        let (first, second) = (cursor.u8()?, cursor.u8()?);
        let payload = match second & 0x7f {
            126 => cursor.u16()?.into(),
            127 => u64::from(cursor.u32()?) << 32 | u64::from(cursor.u32()?),
            short => short.into(),
        };
        let mask = match second & 0x80 {
            0 => None,
            _ => Some(cursor.u32()?),
        };
        Some(Self {
            flags: first & 0xf0,
            opcode: first & 0x0f,
            mask,
            len: data.len() - cursor.rest().len(),
            payload,
        })
    }

    /// It tells of the connection and belongs to no message.
    pub(super) fn is_control(&self) -> bool {
        self.opcode & 8 != 0
    }

    /// Takes the mask off a payload (5.3).
    pub(super) fn unmask(&self, payload: &mut [u8]) {
        let Some(mask) = self.mask.filter(|mask| *mask != 0) else {
            return;
        };
        let key = mask.to_be_bytes();
        for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        // Section 5.7: "Hello" masked, and a header with a length of 64 KiB.
        let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        let header = Header::read(masked).expect("a header");
        assert_eq!((header.flags, header.opcode, header.len), (FIN, 1, 6));
        let mut payload = masked[header.len..].to_vec();
        header.unmask(&mut payload);
        assert_eq!(payload, b"Hello");
        let long = Header::read(b"\x82\x7f\0\0\0\0\0\x01\0\0").expect("a header");
        assert_eq!((long.payload, long.len), (65_536, 10));
        assert_eq!(Header::read(b"\x82\x7f\0\0\0"), None);
        assert_eq!(opcode_name(10), Some("pong"));
        assert_eq!((opcode_name(5), opcode_number("")), (None, None));
    }
}
