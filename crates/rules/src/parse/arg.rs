//! An argument, or a part of one, that knows where it stands.

use std::borrow::Cow;

use crate::Span;
use crate::diagnostic::{Code, Problem, Read};

/// Text of an argument with its offset in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arg<'a> {
    pub text: &'a str,
    pub at: u32,
}

impl<'a> Arg<'a> {
    pub(crate) fn new(text: &'a str, at: u32) -> Self {
        Arg { text, at }
    }

    pub(crate) fn span(self) -> Span {
        Span::new(self.at, self.at + self.text.len() as u32)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// The part that starts `from` bytes in and is this text.
    fn part(self, text: &'a str, from: usize) -> Arg<'a> {
        Arg {
            text,
            at: self.at + from as u32,
        }
    }

    pub(crate) fn trim(self) -> Arg<'a> {
        let text = self.text.trim_start();
        let from = self.text.len() - text.len();
        self.part(text.trim_end(), from)
    }

    /// Without `prefix`, if it begins with it.
    pub(crate) fn strip(self, prefix: &str) -> Option<Arg<'a>> {
        let rest = self.text.strip_prefix(prefix)?;
        Some(self.part(rest, prefix.len()))
    }

    /// Without a leading `!` and blanks after it, and whether it was there.
    pub(crate) fn negation(self) -> (bool, Arg<'a>) {
        match self.strip("!") {
            Some(rest) => (true, rest.trim()),
            None => (false, self),
        }
    }

    /// The parts between a separator, blanks around them left out.
    pub(crate) fn split(self, separator: char) -> impl Iterator<Item = Arg<'a>> + use<'a> {
        let mut from = 0;
        self.text.split(separator).map(move |text| {
            let part = self.part(text, from);
            from += text.len() + separator.len_utf8();
            part.trim()
        })
    }

    /// The parts before and after the first separator.
    pub(crate) fn split_once(self, separator: char) -> Option<(Arg<'a>, Arg<'a>)> {
        let (before, after) = self.text.split_once(separator)?;
        let from = before.len() + separator.len_utf8();
        Some((self.part(before, 0).trim(), self.part(after, from).trim()))
    }

    /// The first word, and the rest.
    pub(crate) fn word(self) -> (Arg<'a>, Arg<'a>) {
        let this = self.trim();
        match this.text.find(char::is_whitespace) {
            Some(end) => {
                let (word, rest) = this.text.split_at(end);
                (this.part(word, 0), this.part(rest, end).trim())
            }
            None => (this, this.part("", this.text.len())),
        }
    }

    /// The parts between commas that stand outside double quotes and slashes of a quoted text.
    pub(crate) fn split_outside_quotes(self) -> Vec<Arg<'a>> {
        let mut parts = Vec::new();
        let (mut start, mut quoted, mut escaped) = (0, false, false);
        for (at, byte) in self.text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = !quoted,
                b',' if !quoted => {
                    parts.push(self.part(&self.text[start..at], start).trim());
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(self.part(&self.text[start..], start).trim());
        parts
    }

    /// The text between double quotes, if it stands in them.
    pub(crate) fn unquoted(self) -> Option<Arg<'a>> {
        let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(self.part(inner, 1))
    }

    pub(crate) fn owned(self) -> Box<str> {
        self.text.into()
    }

    pub(crate) fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn problem(self, code: Code, message: impl Into<String>) -> Box<Problem> {
        Problem::new(code, self.span(), message)
    }

    /// The argument does not follow the grammar; `expected` says what would.
    pub(crate) fn expected(self, expected: impl Into<String>) -> Box<Problem> {
        let shown = if self.is_empty() {
            "nothing".into()
        } else {
            format!("`{}`", self.text)
        };
        self.problem(Code::BadArgument, format!("cannot read {shown} here"))
            .label(format!("expected {}", expected.into()))
    }

    /// An unsigned number in decimal, or in hex after `0x`.
    pub(crate) fn unsigned(self, most: u64) -> Read<u64> {
        let digits = self
            .text
            .strip_prefix("0x")
            .or_else(|| self.text.strip_prefix("0X"));
        let parsed = match digits {
            Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16),
            None if !self.text.starts_with('+') => self.text.parse(),
            _ => return Err(self.expected("a number")),
        };
        match parsed {
            Ok(number) if number <= most => Ok(number),
            Ok(_) => Err(self.too_great(most)),
            Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => {
                Err(self.too_great(most))
            }
            Err(_) => Err(self.expected("a number")),
        }
    }

    fn too_great(self, most: u64) -> Box<Problem> {
        self.problem(Code::OutOfRange, format!("{} is too great", self.text))
            .label(format!("at most {most}"))
    }

    pub(crate) fn u8(self) -> Read<u8> {
        Ok(self.unsigned(u8::MAX.into())? as u8)
    }

    pub(crate) fn u16(self) -> Read<u16> {
        Ok(self.unsigned(u16::MAX.into())? as u16)
    }

    pub(crate) fn u32(self) -> Read<u32> {
        Ok(self.unsigned(u32::MAX.into())? as u32)
    }

    /// A signed number in decimal or hex.
    pub(crate) fn signed(self, least: i64, most: i64) -> Read<i64> {
        let (negative, digits) = match self.text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.text.strip_prefix('+').unwrap_or(self.text)),
        };
        let magnitude = match digits.strip_prefix("0x") {
            Some(hex) if hex.starts_with(|first: char| first.is_ascii_hexdigit()) => {
                i64::from_str_radix(hex, 16)
            }
            None if digits.starts_with(|first: char| first.is_ascii_digit()) => digits.parse(),
            _ => return Err(self.expected("a number")),
        };
        let number = match magnitude {
            Ok(number) => {
                if negative {
                    -number
                } else {
                    number
                }
            }
            Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => i64::MAX,
            Err(_) => return Err(self.expected("a number")),
        };
        if number < least || number > most {
            return Err(self
                .problem(Code::OutOfRange, format!("{} is out of range", self.text))
                .label(format!("{least} to {most}")));
        }
        Ok(number)
    }

    /// Whether it can be the name of a variable.
    pub(crate) fn is_name(self) -> bool {
        let mut bytes = self.text.bytes();
        bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    }
}

/// The bytes as text; what is not UTF-8 is taken for Latin-1.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_place() {
        let arg = Arg::new(" a , \"b,c\",d ", 10);
        let parts = arg.split_outside_quotes();
        assert_eq!(
            parts
                .iter()
                .map(|part| (part.text, part.at))
                .collect::<Vec<_>>(),
            [("a", 11), ("\"b,c\"", 15), ("d", 21)]
        );
        assert_eq!(
            parts[1].unquoted().map(|part| (part.text, part.at)),
            Some(("b,c", 16))
        );
    }

    #[test]
    fn numbers_keep_their_range() {
        assert_eq!(Arg::new("0xff", 0).u8().unwrap(), 255);
        assert_eq!(Arg::new("256", 0).u8().unwrap_err().code, Code::OutOfRange);
        assert_eq!(
            Arg::new("99999999999999999999", 0).u32().unwrap_err().code,
            Code::OutOfRange
        );
        assert_eq!(Arg::new("-0x10", 0).signed(-100, 100).unwrap(), -16);
        assert_eq!(
            Arg::new("--1", 0).signed(-100, 100).unwrap_err().code,
            Code::BadArgument
        );
    }
}
