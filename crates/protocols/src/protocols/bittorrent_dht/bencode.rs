//! Bencoding (BEP 3): integers, strings, lists and dictionaries, read from front to back.

/// How deep lists and dictionaries of a message of the hash table lie in each other.
const DEEPEST: u8 = 3;

/// A value, of which lists and dictionaries are still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// The digits of an integer, with a minus before them if it is below zero.
    Integer(&'a str),
    Bytes(&'a [u8]),
    List,
    Dictionary,
}

/// What is not right: there is nothing more to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

type Read<T> = Result<T, Malformed>;

/// The rest of a message.
#[derive(Debug)]
pub(super) struct Bencode<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Bencode<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            depth: 0,
        }
    }

    /// The next value. What a list or a dictionary holds comes next: see [`items`](Self::items) and
    /// [`pairs`](Self::pairs), or [`skip`](Self::skip).
    fn value(&mut self) -> Read<Value<'a>> {
        match self.byte()? {
            b'i' => Ok(Value::Integer(self.digits(b'e')?)),
            b'l' => self.deeper(Value::List),
            b'd' => self.deeper(Value::Dictionary),
            first => self.string(first).map(Value::Bytes),
        }
    }

    /// Calls back for each item of the list that has just begun.
    pub(super) fn items(
        &mut self,
        mut each: impl FnMut(&mut Self, Value<'a>) -> Read<()>,
    ) -> Read<()> {
        while !self.ends()? {
            let value = self.value()?;
            self.within(value, &mut each)?;
        }
        Ok(())
    }

    /// Calls back for each key and its value in the dictionary that has just begun. Keys come in order, each once.
    pub(super) fn pairs(
        &mut self,
        mut each: impl FnMut(&mut Self, &'a [u8], Value<'a>) -> Read<()>,
    ) -> Read<()> {
        let mut last: Option<&[u8]> = None;
        while !self.ends()? {
            let Value::Bytes(key) = self.value()? else {
                return Err(Malformed);
            };
            if last.replace(key).is_some_and(|last| last >= key) {
                return Err(Malformed);
            }
            let value = self.value()?;
            self.within(value, &mut |this: &mut Self, value| each(this, key, value))?;
        }
        Ok(())
    }

    /// Reads the dictionary that the message is to be.
    pub(super) fn message(
        &mut self,
        each: impl FnMut(&mut Self, &'a [u8], Value<'a>) -> Read<()>,
    ) -> Read<()> {
        match self.value()? {
            Value::Dictionary => self.pairs(each),
            _ => Err(Malformed),
        }
    }

    /// Calls back with a value, and passes over what was not read of it.
    fn within(
        &mut self,
        value: Value<'a>,
        each: &mut impl FnMut(&mut Self, Value<'a>) -> Read<()>,
    ) -> Read<()> {
        let outside = match value {
            Value::List | Value::Dictionary => self.depth - 1,
            Value::Integer(_) | Value::Bytes(_) => self.depth,
        };
        each(self, value)?;
        if self.depth > outside {
            self.skip(value)?;
        }
        Ok(())
    }

    fn skip(&mut self, value: Value<'a>) -> Read<()> {
        match value {
            Value::List => self.items(|_, _| Ok(())),
            Value::Dictionary => self.pairs(|_, _, _| Ok(())),
            Value::Integer(_) | Value::Bytes(_) => Ok(()),
        }
    }

    fn deeper(&mut self, value: Value<'a>) -> Read<Value<'a>> {
        if self.depth == DEEPEST {
            return Err(Malformed);
        }
        self.depth += 1;
        Ok(value)
    }

    /// Whether the list or dictionary that is read ends here; its end is read.
    fn ends(&mut self) -> Read<bool> {
        let (&next, rest) = self.rest.split_first().ok_or(Malformed)?;
        if next == b'e' {
            self.rest = rest;
            self.depth -= 1;
        }
        Ok(next == b'e')
    }

    fn byte(&mut self) -> Read<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    /// A number up to the byte that ends it: no zero in front, no minus zero.
    fn digits(&mut self, end: u8) -> Read<&'a str> {
        let at = memchr::memchr(end, self.rest).ok_or(Malformed)?;
        let (number, rest) = (&self.rest[..at], &self.rest[at + 1..]);
        self.rest = rest;
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        let is_number = match digits {
            [] => false,
            [b'0'] => digits.len() == number.len(),
            [b'0', ..] => false,
            digits => digits.iter().all(u8::is_ascii_digit),
        };
        let text = std::str::from_utf8(number).map_err(|_| Malformed)?;
        is_number.then_some(text).ok_or(Malformed)
    }

    /// Length, colon, bytes; the length's first digit is read.
    fn string(&mut self, first: u8) -> Read<&'a [u8]> {
        let end = memchr::memchr(b':', self.rest).ok_or(Malformed)?;
        let (more, rest) = (&self.rest[..end], &self.rest[end + 1..]);
        if first == b'0' && !more.is_empty() {
            return Err(Malformed);
        }
        let mut len = 0_usize;
        for digit in std::iter::once(&first).chain(more) {
            let digit = digit.wrapping_sub(b'0');
            let longer = len
                .checked_mul(10)
                .and_then(|len| len.checked_add(digit.into()));
            len = longer.filter(|_| digit < 10).ok_or(Malformed)?;
        }
        let (bytes, rest) = rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }
}

/// A number of a type, from the digits of an integer.
pub(super) fn number<T: std::str::FromStr>(value: Value<'_>) -> Read<T> {
    match value {
        Value::Integer(digits) => digits.parse().map_err(|_| Malformed),
        _ => Err(Malformed),
    }
}

/// The bytes of a string.
pub(super) fn bytes(value: Value<'_>) -> Read<&[u8]> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err(Malformed),
    }
}

/// A string that is text.
pub(super) fn text(value: Value<'_>) -> Read<&str> {
    std::str::from_utf8(bytes(value)?).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a message, those in its dictionaries too where they are asked for.
    fn keys(message: &[u8], inner: bool) -> Read<Vec<String>> {
        let mut keys = Vec::new();
        Bencode::new(message).message(|bencode, key, value| {
            keys.push(String::from_utf8_lossy(key).into_owned());
            if inner && value == Value::Dictionary {
                bencode.pairs(|_, key, _| {
                    keys.push(String::from_utf8_lossy(key).into_owned());
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(keys)
    }

    #[test]
    fn dictionaries_are_read_or_passed_over() {
        let message = b"d1:ad1:bli1e0:e1:ci-20ee1:zi0eebehind";
        assert_eq!(keys(message, true).unwrap(), ["a", "b", "c", "z"]);
        assert_eq!(keys(message, false).unwrap(), ["a", "z"]);
    }

    #[test]
    fn what_is_not_bencoded_is_malformed() {
        for wrong in [
            &b""[..],
            b"d",
            b"i1e",
            b"d1:a",
            b"d1:ai1e",
            b"di1ei1ee",
            b"d1:ai01ee",
            b"d1:ai-0ee",
            b"d1:aiee",
            b"d1:a02:xxe",
            b"d1:a99:xe",
            b"d1:a99999999999999999999999:xe",
            b"d1:bi1e1:ai1ee",
            b"d1:ai1e1:ai1ee",
            b"d1:allli1eeeee",
        ] {
            let shown = String::from_utf8_lossy(wrong);
            assert_eq!(keys(wrong, true), Err(Malformed), "{shown}");
            assert_eq!(keys(wrong, false), Err(Malformed), "{shown}");
        }
    }
}
