//! Compression of headers (RFC 7541).

use std::collections::VecDeque;
use std::sync::Arc;

use httlib_huffman::DecoderSpeed;

/// Names and values that both sides know (appendix A).
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// What the headers of one message may have when they are unpacked: hardly any server takes more than a tenth.
pub const UNPACKED_LIMIT: usize = 1 << 20;

/// A header, or a change of the table's size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Name and value.
    Header(Arc<[u8]>, Arc<[u8]>),
    /// New size of the table.
    SizeUpdate(u64),
}

/// What is wrong with a block of headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It refers to what is not there, or is not in Huffman's code as it says.
    Malformed,
    /// Its end is missing: what is left of it is no header.
    Cut,
    /// A number is too large.
    Overflow,
    /// It unpacks to too much.
    Bomb,
}

/// Name and value.
type Pair = (Arc<[u8]>, Arc<[u8]>);

/// One direction's table of recent headers.
#[derive(Debug)]
pub struct Decoder {
    table: VecDeque<Pair>,
    size: usize,
    limit: usize,
    /// What the other side, or the configuration, allows.
    largest: usize,
}

const ENTRY_OVERHEAD: usize = 32;
const DEFAULT_SIZE: usize = 4096;

impl Decoder {
    /// An empty table.
    pub fn new(largest: usize) -> Self {
        Self {
            table: VecDeque::new(),
            size: 0,
            limit: DEFAULT_SIZE.min(largest),
            largest,
        }
    }

    /// The other side's setting of the table's size.
    pub fn allow(&mut self, size: u32) {
        self.limit = (size as usize).min(self.largest);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.size > self.limit {
            match self.table.pop_back() {
                Some((name, value)) => self.size -= name.len() + value.len() + ENTRY_OVERHEAD,
                None => self.size = 0,
            }
        }
    }

    fn remember(&mut self, name: &Arc<[u8]>, value: &Arc<[u8]>) {
        self.size += name.len() + value.len() + ENTRY_OVERHEAD;
        self.table.push_front((Arc::clone(name), Arc::clone(value)));
        self.shrink();
    }

    fn entry(&self, number: u64) -> Result<Pair, Error> {
        let place = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1))
            .ok_or(Error::Malformed)?;
        if let Some((name, value)) = STATIC.get(place) {
            return Ok((name.as_bytes().into(), value.as_bytes().into()));
        }
        let entry = self.table.get(place - STATIC.len());
        entry.cloned().ok_or(Error::Malformed)
    }

    /// Unpacks a block; what was read before an error is shown too.
    pub fn unpack(&mut self, block: &[u8], fields: &mut Vec<Field>) -> Result<(), Error> {
        let mut rest = block;
        let mut total = 0;
        while let Some(&first) = rest.first() {
            let field = self.field(first, &mut rest)?;
            if let Field::Header(name, value) = &field {
                total += name.len() + value.len() + ENTRY_OVERHEAD;
                if total > UNPACKED_LIMIT {
                    return Err(Error::Bomb);
                }
            }
            fields.push(field);
        }
        Ok(())
    }

    fn field(&mut self, first: u8, rest: &mut &[u8]) -> Result<Field, Error> {
        const INDEXED: u8 = 0x80;
        const REMEMBERED: u8 = 0x40;
        const SIZE_UPDATE: u8 = 0x20;
        if first & INDEXED != 0 {
            let number = integer(rest, 7)?;
            let (name, value) = self.entry(number)?;
            return Ok(Field::Header(name, value));
        }
        let remembered = first & REMEMBERED != 0;
        if !remembered && first & SIZE_UPDATE != 0 {
            let size = integer(rest, 5)?;
            let wanted = usize::try_from(size).unwrap_or(usize::MAX);
            self.limit = wanted.min(self.largest);
            self.shrink();
            return Ok(Field::SizeUpdate(size));
        }
        let name = match integer(rest, if remembered { 6 } else { 4 })? {
            0 => text(rest)?,
            number => self.entry(number)?.0,
        };
        let value = text(rest)?;
        if remembered {
            self.remember(&name, &value);
        }
        Ok(Field::Header(name, value))
    }
}

/// A number whose beginning is in the lowest bits of the first byte (5.1).
fn integer(rest: &mut &[u8], bits: u32) -> Result<u64, Error> {
    let (&first, mut tail) = rest.split_first().ok_or(Error::Cut)?;
    let mask = (1u8 << bits) - 1;
    let mut value = u64::from(first & mask);
    if first & mask == mask {
        let mut shift = 0;
        loop {
            let (&byte, after) = tail.split_first().ok_or(Error::Cut)?;
            tail = after;
            if shift > 28 {
                return Err(Error::Overflow);
            }
            value += u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    *rest = tail;
    Ok(value)
}

/// A text, perhaps in Huffman's code (5.2).
fn text(rest: &mut &[u8]) -> Result<Arc<[u8]>, Error> {
    let packed = rest.first().is_some_and(|first| first & 0x80 != 0);
    let length = usize::try_from(integer(rest, 7)?).map_err(|_| Error::Overflow)?;
    let (bytes, tail) = rest.split_at_checked(length).ok_or(Error::Cut)?;
    *rest = tail;
    if !packed {
        return Ok(bytes.into());
    }
    let mut unpacked = Vec::with_capacity(length.saturating_mul(2));
    match httlib_huffman::decode(bytes, &mut unpacked, DecoderSpeed::FourBits) {
        Ok(()) => Ok(unpacked.into()),
        Err(_) => Err(Error::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(decoder: &mut Decoder, block: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        assert_eq!(decoder.unpack(block, &mut fields), Ok(()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = fields.iter().filter_map(|field| match field {
            Field::Header(name, value) => Some((text(name), text(value))),
            Field::SizeUpdate(_) => None,
        });
        headers.collect()
    }

    #[test]
    fn requests_of_the_standard() {
        // RFC 7541, C.4.1 and C.4.2.
        let mut decoder = Decoder::new(4096);
        let first = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let second = b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut expected = vec![
            pair(":method", "GET"),
            pair(":scheme", "http"),
            pair(":path", "/"),
            pair(":authority", "www.example.com"),
        ];
        assert_eq!(unpack(&mut decoder, first), expected);
        expected.push(pair("cache-control", "no-cache"));
        assert_eq!(unpack(&mut decoder, second), expected);
    }

    #[test]
    fn mistakes_are_told() {
        let mut decoder = Decoder::new(4096);
        let mut fields = Vec::new();
        assert_eq!(decoder.unpack(&[0x80], &mut fields), Err(Error::Malformed));
        assert_eq!(
            decoder.unpack(&[0xff; 12], &mut fields),
            Err(Error::Overflow)
        );
        assert_eq!(
            decoder.unpack(&[0x41, 5, b'a'], &mut fields),
            Err(Error::Cut)
        );
    }

    #[test]
    fn what_unpacks_to_too_much_is_a_bomb() {
        let mut decoder = Decoder::new(65536);
        decoder.allow(65536);
        let mut block = vec![0x40, 1, b'a', 0x7f];
        block.extend_from_slice(&[0xc9, 0x5f]);
        block.resize(block.len() + 127 + 0x49 + (0x5f << 7), b'x');
        block.resize(block.len() + 200, 0xbe);
        assert_eq!(decoder.unpack(&block, &mut Vec::new()), Err(Error::Bomb));
    }
}
