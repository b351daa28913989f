//! The frames of SMB: those of the session service around it and those of its messages.

use crate::frame::Frames;

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "nbss.pdu",
    "nbss.hdr",
    "nbss.data",
    "smb1.pdu",
    "smb1.hdr",
    "smb1.data",
    "smb2.pdu",
    "smb2.hdr",
    "smb2.data",
    "smb3.pdu",
    "smb3.hdr",
    "smb3.data",
];

/// Bytes of the session service's header (RFC 1002, section 4.3.1).
const SESSION_HEADER: usize = 4;

/// Messages that are chained in one go beyond this number are not told of.
const MAX_CHAINED: usize = 64;

/// The first of the three frames of a layer, in [`NAMES`].
#[derive(Clone, Copy)]
struct Layer(u8);

const SESSION: Layer = Layer(0);
const VERSION_1: Layer = Layer(3);
const VERSION_2: Layer = Layer(6);
const ENCRYPTED: Layer = Layer(9);

impl Layer {
    fn note(self, from: usize, header: usize, len: usize, frames: &mut Frames) {
        frames.whole(self.0, from, len, None);
        frames.whole(self.0 + 1, from, header.min(len), None);
        frames.whole(self.0 + 2, from + header, len.saturating_sub(header), None);
    }
}

/// Tells of the frames of what the session service carries: `body` begins behind its header, which says a kind and a
/// length and lies at `from` in the input.
pub(super) fn note(body: &[u8], (kind, length): (u8, usize), from: usize, frames: &mut Frames) {
    SESSION.note(from, SESSION_HEADER, SESSION_HEADER + length, frames);
    if kind != 0 {
        return;
    }
    let at = from + SESSION_HEADER;
    match body {
        [0xff, b'S', b'M', b'B', ..] => VERSION_1.note(at, 32, length, frames),
        [0xfe, b'S', b'M', b'B', ..] => note_chain(body, at, length, frames),
        [0xfd, b'S', b'M', b'B', ..] => ENCRYPTED.note(at, 52, length, frames),
        _ => {}
    }
}

/// Messages of version 2, of which each says where the next one begins (MS-SMB2, 2.2.1).
fn note_chain(body: &[u8], from: usize, length: usize, frames: &mut Frames) {
    const HEADER: usize = 64;
    let mut at = 0_usize;
    for _ in 0..MAX_CHAINED {
        let next = body
            .get(at + 20..at + 24)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, |bytes| u32::from_le_bytes(bytes) as usize);
        let left = length.saturating_sub(at);
        let len = if next == 0 { left } else { next.min(left) };
        VERSION_2.note(from + at, HEADER, len, frames);
        at = at.saturating_add(next);
        if next == 0 || at >= length {
            break;
        }
    }
}
