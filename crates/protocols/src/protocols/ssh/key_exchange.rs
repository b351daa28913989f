//! The fingerprint of the algorithms that a side offers: HASSH.

use md5::{Digest as _, Md5};
use tapir_packet::Direction;

use crate::protocols::cursor::Cursor;

/// A fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hassh {
    /// The lists of algorithms.
    pub(super) text: Box<[u8]>,
    /// Their digest, in hexadecimal digits.
    pub(super) digest: Box<[u8]>,
}

impl Hassh {
    /// The fingerprint of a key exchange's first message, without its type; nothing when the message is broken.
    pub(super) fn new(message: &[u8], direction: Direction) -> Option<Self> {
        let cursor = &mut Cursor::new(message);
        let _cookie = cursor.take(16)?;
        // Key exchange, host keys, then each way: ciphers, digests, compression, languages.
        let mut lists = [&[][..]; 10];
        for list in &mut lists {
            let length = usize::try_from(cursor.u32()?).ok()?;
            *list = cursor.take(length)?;
        }
        let _follows = cursor.u8()?;
        let _reserved = cursor.u32()?;
        let way = match direction {
            Direction::ToServer => 0,
            Direction::ToClient => 1,
        };
        let picked = [0, 2 + way, 4 + way, 6 + way].map(|place| lists[place]);
        let text = picked.join(&b';');
        let digest: [u8; 16] = Md5::digest(&text).into();
        let mut digits = Vec::with_capacity(32);
        for byte in digest {
            tapir_json::push_hex(&mut digits, byte);
        }
        Some(Self {
            text: text.into(),
            digest: digits.into(),
        })
    }
}
