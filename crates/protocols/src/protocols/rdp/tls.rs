//! TLS that a connection goes on with: only the server's certificates are looked for (RFC 5246, sections 6.2 and 7.4).

use super::super::ber;
use crate::protocols::cursor::Cursor;

/// Bytes of handshake messages, and certificates, that are kept.
const MOST_HANDSHAKE: usize = 1 << 16;
const MOST_CERTIFICATES: usize = 16;

/// The kind and content of a record, and how many bytes it takes with its header; or how many bytes are needed.
type Record<'a> = Result<(u8, &'a [u8], usize), usize>;

/// The record at the beginning of data; nothing when there is none.
pub(super) fn record(data: &[u8]) -> Option<Record<'_>> {
    const HEADER: usize = 5;
    const MOST: usize = (1 << 14) + 2048;
    let mut cursor = Cursor::new(data);
    let header = (cursor.u8(), cursor.u16(), cursor.u16());
    let (Some(kind), Some(_), Some(length)) = header else {
        return Some(Err(HEADER));
    };
    let length = usize::from(length);
    if !(20..=24).contains(&kind) || length > MOST {
        return None;
    }
    Some(match cursor.take(length) {
        Some(content) => Ok((kind, content, HEADER + length)),
        None => Err(HEADER + length),
    })
}

/// Handshake messages of the server, put together until its certificates have come.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    bytes: Vec<u8>,
}

impl Handshake {
    /// Takes the content of a record; returns the serial numbers of the certificates once they are there.
    pub(super) fn take(&mut self, content: &[u8]) -> Option<Vec<Box<str>>> {
        const CERTIFICATE: u8 = 11;
        let room = MOST_HANDSHAKE.saturating_sub(self.bytes.len());
        let content = content.get(..content.len().min(room)).unwrap_or_default();
        self.bytes.extend_from_slice(content);
        let bytes = std::mem::take(&mut self.bytes);
        let mut cursor = Cursor::new(&bytes);
        let mut rest = cursor;
        while let Some((kind, message)) = message(&mut cursor) {
            if kind == CERTIFICATE {
                return Some(serials(message));
            }
            rest = cursor;
        }
        self.bytes = rest.rest().to_vec();
        None
    }
}

fn length24(cursor: &mut Cursor<'_>) -> Option<usize> {
    let high = cursor.u8()?;
    Some(usize::from(high) << 16 | usize::from(cursor.u16()?))
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let kind = cursor.u8()?;
    let length = length24(cursor)?;
    Some((kind, cursor.take(length)?))
}

fn serials(message: &[u8]) -> Vec<Box<str>> {
    let mut cursor = Cursor::new(message);
    let mut found = Vec::new();
    length24(&mut cursor);
    while found.len() < MOST_CERTIFICATES {
        let certificate = length24(&mut cursor).and_then(|length| cursor.take(length));
        let Some(certificate) = certificate else {
            break;
        };
        found.extend(serial(certificate));
    }
    found
}

/// The serial number of a certificate (RFC 5280, section 4.1.2.2), as digits without leading zeros.
fn serial(certificate: &[u8]) -> Option<Box<str>> {
    const VERSION: u8 = 0xa0;
    let mut outer = ber::Fields(certificate);
    let mut signed = ber::Fields(outer.tagged_bytes(ber::SEQUENCE)?);
    let mut inner = ber::Fields(signed.tagged_bytes(ber::SEQUENCE)?);
    inner.tagged_bytes(VERSION);
    let number = inner.tagged_bytes(ber::INTEGER)?;
    let digits: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    Some(if digits.is_empty() { "0" } else { digits }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_found_across_records() {
        let certificate = b"\x30\x09\x30\x07\xa0\x00\x02\x03\x00\x12\xab";
        let mut message = b"\x02\0\0\x01x\x0b\0\0\x11\0\0\x0e\0\0\x0b".to_vec();
        message.extend(certificate);
        let (first, second) = message.split_at(9);
        let mut handshake = Handshake::default();
        assert_eq!(handshake.take(first), None);
        assert_eq!(handshake.take(second), Some(vec!["12ab".into()]));
    }

    #[test]
    fn records_are_told_from_other_data() {
        assert_eq!(record(b"\x16\x03\x01\0\x01x"), Some(Ok((22, &b"x"[..], 6))));
        assert_eq!(record(b"\x16\x03\x01\0\x02x"), Some(Err(7)));
        assert_eq!(record(b"\x16\x03"), Some(Err(5)));
        assert_eq!(record(b"GET / "), None);
    }
}
