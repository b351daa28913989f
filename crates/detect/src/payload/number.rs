//! Numbers in a buffer: as bytes in either order, or as digits.

use tapir_rules::tree::{Base, Endian};

/// Most bytes of a number written as digits: an octal one of 64 bits, with a leading zero.
const MOST_DIGITS: usize = 23;

/// How the bytes of a number are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) endian: Endian,
    /// The base of digits; nothing for a number in bytes.
    pub(super) text: Option<Base>,
}

impl Format {
    /// Reads a number and tells how many bytes it took.
    pub(super) fn read(self, bytes: &[u8]) -> Option<(u64, usize)> {
        let Some(base) = self.text else {
            let little = match self.endian {
                Endian::Big => false,
                // Callers of remote procedures send numbers in their own order, and that has been this for long.
                Endian::Little | Endian::Dce => true,
            };
            return (bytes.len() <= 8).then(|| (binary(bytes, little), bytes.len()));
        };
        if bytes.is_empty() || bytes.len() > MOST_DIGITS {
            None
        } else {
            text(bytes, base)
        }
    }
}

fn binary(bytes: &[u8], little: bool) -> u64 {
    let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if little {
        bytes.iter().rev().fold(0, push)
    } else {
        bytes.iter().fold(0, push)
    }
}

/// Reads digits as C's `strtoull` does: blanks and a sign may come before, a negative number wraps around. Nothing if
/// there are no digits or they do not fit into 64 bits.
fn text(bytes: &[u8], base: Base) -> Option<(u64, usize)> {
    let blanks = bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | 9..=13))
        .count();
    let mut at = blanks;
    let negative = bytes.get(at) == Some(&b'-');
    if matches!(bytes.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let hex_prefix = bytes.get(at) == Some(&b'0')
        && matches!(bytes.get(at + 1), Some(b'x' | b'X'))
        && bytes.get(at + 2).is_some_and(u8::is_ascii_hexdigit);
    let radix = match base {
        Base::Octal => 8,
        Base::Decimal => 10,
        Base::Hex => 16,
        Base::Guessed if hex_prefix => 16,
        Base::Guessed if bytes.get(at) == Some(&b'0') => 8,
        Base::Guessed => 10,
    };
    if radix == 16 && hex_prefix {
        at += 2;
    }
    let mut number: u64 = 0;
    let digits = at;
    while let Some(digit) = bytes
        .get(at)
        .and_then(|byte| char::from(*byte).to_digit(radix))
    {
        number = number
            .checked_mul(u64::from(radix))?
            .checked_add(u64::from(digit))?;
        at += 1;
    }
    if at == digits {
        return None;
    }
    Some((
        if negative {
            number.wrapping_neg()
        } else {
            number
        },
        at,
    ))
}

/// Lays a mask over a number and shifts the result right by the mask's trailing zeros.
pub(super) fn masked(number: u64, mask: Option<u32>) -> u64 {
    match mask {
        None => number,
        Some(0) => 0,
        Some(mask) => (number & u64::from(mask)) >> mask.trailing_zeros(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], text: Option<Base>, endian: Endian) -> Option<(u64, usize)> {
        Format { endian, text }.read(bytes)
    }

    #[test]
    fn bytes_in_either_order() {
        assert_eq!(read(&[1, 2, 3], None, Endian::Big), Some((0x010203, 3)));
        assert_eq!(read(&[1, 2, 3], None, Endian::Little), Some((0x030201, 3)));
        assert_eq!(read(&[1, 2], None, Endian::Dce), Some((0x0201, 2)));
        assert_eq!(read(&[], None, Endian::Big), Some((0, 0)));
        assert_eq!(read(&[0; 9], None, Endian::Big), None);
    }

    #[test]
    fn digits() {
        let decimal = |bytes: &[u8]| read(bytes, Some(Base::Decimal), Endian::Big);
        assert_eq!(decimal(b" 42x"), Some((42, 3)));
        assert_eq!(decimal(b"-1"), Some((u64::MAX, 2)));
        assert_eq!(decimal(b"x1"), None);
        assert_eq!(decimal(b"18446744073709551615"), Some((u64::MAX, 20)));
        assert_eq!(decimal(b"18446744073709551616"), None);
        assert_eq!(read(b"0xfF", Some(Base::Hex), Endian::Big), Some((255, 4)));
        assert_eq!(read(b"0xg", Some(Base::Hex), Endian::Big), Some((0, 1)));
        assert_eq!(
            read(b"0x10", Some(Base::Guessed), Endian::Big),
            Some((16, 4))
        );
        assert_eq!(read(b"010", Some(Base::Guessed), Endian::Big), Some((8, 3)));
        assert_eq!(read(b"778", Some(Base::Octal), Endian::Big), Some((63, 2)));
    }

    #[test]
    fn masks_shift_to_the_right() {
        assert_eq!(masked(0xabcd, Some(0x0ff0)), 0xbc);
        assert_eq!(masked(0xabcd, Some(0)), 0);
        assert_eq!(masked(7, None), 7);
    }
}
