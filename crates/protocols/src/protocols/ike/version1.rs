//! Payloads of version 1 (RFC 2408, section 3).

use crate::protocols::cursor::Cursor;

pub(super) const SECURITY_ASSOCIATION: u8 = 1;
const PROPOSAL: u8 = 2;
const TRANSFORM: u8 = 3;
const KEY_EXCHANGE: u8 = 4;
const NONCE: u8 = 10;
const VENDOR: u8 = 13;

/// Transforms and vendors of a message that are kept.
const MOST_TRANSFORMS: usize = 64;
const MOST_VENDORS: usize = 64;
const MOST_ATTRIBUTES: usize = 32;

/// An attribute of a transform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) kind: u16,
    /// The number that says what it stands for.
    pub(super) value: u16,
    pub(super) raw: Raw,
}

/// The value of an attribute as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    Number(u32),
    Bytes(Box<[u8]>),
}

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    /// Kinds of payloads, each once.
    pub(super) kinds: Vec<u8>,
    pub(super) domain: Option<u32>,
    pub(super) key_exchange: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    /// As text.
    pub(super) vendors: Vec<Box<[u8]>>,
    pub(super) transforms: Vec<Vec<Attribute>>,
    /// Something follows that is no payload.
    pub(super) has_more: bool,
}

impl Payloads {
    /// Reads payloads, the first one of a kind; nothing when one of them is cut within.
    pub(super) fn read(first: u8, data: &[u8]) -> Option<Self> {
        let mut payloads = Self::default();
        payloads.note(first);
        let rest = payloads.chain(first, data)?;
        payloads.has_more = rest > 0;
        Some(payloads)
    }

    fn note(&mut self, kind: u8) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Payloads that follow one another; returns how many bytes are left over.
    fn chain(&mut self, first: u8, data: &[u8]) -> Option<usize> {
        let mut kind = first;
        let mut cursor = Cursor::new(data);
        loop {
            let before = cursor.rest().len();
            let Some((next, content)) = payload(&mut cursor) else {
                return Some(before);
            };
            self.payload(kind, content)?;
            kind = next;
            if cursor.is_empty() {
                return Some(0);
            }
        }
    }

    fn payload(&mut self, kind: u8, data: &[u8]) -> Option<()> {
        const IPSEC: u32 = 1;
        self.note(kind);
        let mut cursor = Cursor::new(data);
        match kind {
            SECURITY_ASSOCIATION => {
                let domain = cursor.u32()?;
                self.domain = Some(domain);
                if domain == IPSEC {
                    cursor.u32()?;
                    self.chain(PROPOSAL, cursor.rest())?;
                }
            }
            PROPOSAL => {
                cursor.u16()?;
                let spi = cursor.u8()?;
                cursor.u8()?;
                cursor.take(spi.into())?;
                self.chain(TRANSFORM, cursor.rest())?;
            }
            TRANSFORM => {
                cursor.u32()?;
                if self.transforms.len() < MOST_TRANSFORMS {
                    self.transforms.push(attributes(cursor));
                }
            }
            KEY_EXCHANGE => self.key_exchange = data.to_vec(),
            NONCE => self.nonce = data.to_vec(),
            VENDOR if self.vendors.len() < MOST_VENDORS => {
                self.vendors.push(hex(data));
            }
            _ => {}
        }
        Some(())
    }
}

/// The kind of the next payload, and the content of this one.
fn payload<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    const HEADER: usize = 4;
    let mut tried = *cursor;
    let next = tried.u8()?;
    tried.u8()?;
    let length = usize::from(tried.u16()?).checked_sub(HEADER)?;
    let content = tried.take(length)?;
    *cursor = tried;
    Some((next, content))
}

fn attributes(mut cursor: Cursor<'_>) -> Vec<Attribute> {
    std::iter::from_fn(|| attribute(&mut cursor))
        .take(MOST_ATTRIBUTES)
        .collect()
}

fn attribute(cursor: &mut Cursor<'_>) -> Option<Attribute> {
    const IS_SHORT: u16 = 0x8000;
    let first = cursor.u16()?;
    let value = cursor.u16()?;
    let raw = match value {
        value if first & IS_SHORT != 0 => Raw::Number(value.into()),
        4 => Raw::Number(cursor.u32()?),
        length => Raw::Bytes(cursor.take(length.into())?.into()),
    };
    Some(Attribute {
        kind: first & !IS_SHORT,
        value,
        raw,
    })
}

/// Bytes as rules and records have them.
pub(super) fn hex(data: &[u8]) -> Box<[u8]> {
    let mut text = Vec::with_capacity(data.len().saturating_mul(2));
    for byte in data {
        tapir_json::push_hex(&mut text, *byte);
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_read_through_all_its_layers() {
        let data = b"\x0d\0\0\x20\0\0\0\x01\0\0\0\x01\0\0\0\x14\x01\x01\0\x01\0\0\0\x0c\x01\x01\0\0\x80\x01\0\x07\
            \0\0\0\x06\xab\xcd";
        let payloads = Payloads::read(SECURITY_ASSOCIATION, data).expect("payloads");
        assert_eq!(payloads.kinds, [1, 2, 3, 13]);
        assert_eq!(payloads.vendors, [Box::from(*b"abcd")]);
        let expected = Attribute {
            kind: 1,
            value: 7,
            raw: Raw::Number(7),
        };
        assert_eq!(payloads.transforms, [vec![expected]]);
        assert!(!payloads.has_more);
        for cut in 0..data.len() {
            // Whatever comes of it, it must not go beyond the data.
            let _ = Payloads::read(SECURITY_ASSOCIATION, &data[..cut]);
        }
    }
}
