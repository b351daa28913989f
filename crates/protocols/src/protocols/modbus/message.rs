//! Messages: a header of seven bytes, then the function and what it needs.

use super::function::{Access, Category, DIAGNOSTICS, ENCAPSULATED, EXCEPTION};
use crate::protocols::cursor::Cursor;

/// Bytes before the unit: transaction, protocol and length.
pub(super) const PREFIX: usize = 6;

/// What a length may say: unit and function at least, and no more than an application data unit has (4.1).
pub(super) const LENGTHS: std::ops::RangeInclusive<u16> = 2..=254;

/// A message, with its unit and all that follows in `data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) transaction: u16,
    pub(super) protocol: u16,
    pub(super) data: Box<[u8]>,
}

impl Message {
    pub(super) fn unit(&self) -> u8 {
        self.data.first().copied().unwrap_or_default()
    }

    /// The function, with the bit that tells of exceptions.
    pub(super) fn function(&self) -> u8 {
        self.data.get(1).copied().unwrap_or_default()
    }

    /// What follows the function.
    pub(super) fn content(&self) -> &[u8] {
        self.data.get(2..).unwrap_or_default()
    }

    /// The code of an exception, if the message tells of one.
    pub(super) fn exception(&self) -> Option<u8> {
        (self.function() & EXCEPTION != 0).then(|| self.content().first().copied())?
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The unit that is meant.
    pub unit: u8,
    /// The function.
    pub function: u8,
    /// Its subfunction, where it has some.
    pub subfunction: Option<u16>,
    /// What the function reads or writes.
    pub access: Access,
    /// Who has defined the function.
    pub category: Category,
    /// The first address that is read, and how many are.
    pub read: Option<(u16, u16)>,
    /// The first address that is written, and how many are.
    pub write: Option<(u16, u16)>,
    /// What is written: a value, registers, or bits from the lowest on.
    pub data: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads a request from its unit on; nothing without a function.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        let (unit, function) = (cursor.u8()?, cursor.u8()?);
        let subfunction = match function {
            DIAGNOSTICS => Cursor::new(cursor.rest()).u16(),
            ENCAPSULATED => Cursor::new(cursor.rest()).u8().map(u16::from),
            _ => None,
        };
        let mut request = Self {
            unit,
            function,
            subfunction,
            access: Access::of(function),
            category: Category::of(function, subfunction),
            read: None,
            write: None,
            data: &[],
        };
        // What is cut says as much as it has.
        let _ = request.read_content(&mut cursor);
        Some(request)
    }

    fn read_content(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        match self.function {
            1..=4 => self.read = Some((cursor.u16()?, cursor.u16()?)),
            5 | 6 => {
                self.write = Some((cursor.u16()?, 1));
                self.data = cursor.take(2)?;
            }
            15 | 16 => self.read_writing(cursor)?,
            22 => {
                self.write = Some((cursor.u16()?, 1));
                self.data = cursor.take(4)?;
            }
            23 => {
                self.read = Some((cursor.u16()?, cursor.u16()?));
                self.read_writing(cursor)?;
            }
            _ => self.data = cursor.rest(),
        }
        Some(())
    }

    fn read_writing(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        self.write = Some((cursor.u16()?, cursor.u16()?));
        let count = cursor.u8()?;
        self.data = cursor.rest();
        self.data = cursor.take(count.into())?;
        Some(())
    }

    /// The value that is written to an address.
    pub fn value_at(&self, address: u16) -> Option<u16> {
        let (first, count) = self.write?;
        let place = usize::from(address.checked_sub(first)?);
        if place >= usize::from(count) {
            return None;
        }
        if self.access.contains(Access::COILS | Access::MULTIPLE) {
            let byte = self.data.get(place / 8)?;
            return Some(u16::from(byte >> (place % 8) & 1));
        }
        let bytes = self.data.get(place * 2..place * 2 + 2)?;
        Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
    }

    /// Whether numbers of things and their bytes are what the standard allows (section 6).
    pub(super) fn is_valid(&self) -> bool {
        let within = |range: Option<(u16, u16)>, most: u16| {
            range.is_some_and(|(first, count)| {
                (1..=most).contains(&count) && first.checked_add(count - 1).is_some()
            })
        };
        let written = usize::from(self.write.map_or(0, |(_, count)| count));
        match self.function {
            1 | 2 => within(self.read, 2000),
            3 | 4 => within(self.read, 125),
            5 => matches!(self.data, [0 | 0xff, 0]),
            6 => self.data.len() == 2,
            15 => within(self.write, 1968) && self.data.len() == written.div_ceil(8),
            16 => within(self.write, 123) && self.data.len() == written * 2,
            22 => self.data.len() == 4,
            23 => {
                within(self.read, 125) && within(self.write, 121) && self.data.len() == written * 2
            }
            _ => true,
        }
    }

    /// Whether a response is what the request asked for.
    pub(super) fn is_answered_by(&self, content: &[u8]) -> bool {
        let has_bytes = |count: usize| {
            content
                .split_first()
                .is_some_and(|(said, data)| usize::from(*said) == count && data.len() == count)
        };
        let asked = usize::from(self.read.map_or(0, |(_, count)| count));
        let echoed = |len: usize| {
            let (address, count) = self.write.unwrap_or_default();
            let mut cursor = Cursor::new(content);
            cursor.u16() == Some(address)
                && match len {
                    0 => cursor.u16() == Some(count),
                    len => cursor.rest() == self.data.get(..len).unwrap_or_default(),
                }
        };
        match self.function {
            1 | 2 => has_bytes(asked.div_ceil(8)),
            3 | 4 | 23 => has_bytes(asked * 2),
            5 | 6 => echoed(2),
            15 | 16 => echoed(0),
            22 => echoed(4),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_says() {
        // The examples of the standard, sections 6.1 and 6.11.
        let read = Request::read(b"\x11\x01\0\x13\0\x13").expect("a request");
        assert_eq!((read.unit, read.read), (0x11, Some((19, 19))));
        assert!(read.is_valid() && read.is_answered_by(b"\x03\xcd\x6b\x05"));
        assert!(!read.is_answered_by(b"\x02\xcd\x6b"));
        let write = Request::read(b"\x01\x0f\0\x13\0\x0a\x02\xcd\x01").expect("a request");
        assert!(write.is_valid());
        let values: Vec<_> = (18..30).map(|address| write.value_at(address)).collect();
        let bits = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0].map(Some);
        assert_eq!(values[1..11], bits);
        assert_eq!((values[0], values[11]), (None, None));
        assert!(write.is_answered_by(b"\0\x13\0\x0a"));
        let single = Request::read(b"\x01\x06\0\x01\0\x03").expect("a request");
        assert_eq!(single.value_at(1), Some(3));
        let wrong = Request::read(b"\x01\x05\0\x01\0\x03").expect("a request");
        assert!(!wrong.is_valid());
        assert_eq!(Request::read(b"\x01"), None);
    }

    #[test]
    fn who_has_defined_a_function() {
        let category = |data: &[u8]| Request::read(data).expect("a request").category;
        assert_eq!(category(b"\x01\x03"), Category::PublicAssigned);
        assert_eq!(category(b"\x01\x08\0\x0a"), Category::PublicAssigned);
        assert_eq!(category(b"\x01\x08\0\x63"), Category::Reserved);
        assert_eq!(category(b"\x01\x41"), Category::UserDefined);
        assert_eq!(category(b"\x01\x19"), Category::PublicUnassigned);
    }
}
