//! One pattern looked for in a buffer.

use memchr::{memchr, memchr2, memmem};

use crate::rarity;

/// Candidates that one search may throw out before it asks whether there are too many.
const PATIENCE: usize = 16;

/// One pattern, ready to be looked for; 24 bytes beside the pattern itself, so that hundreds of thousands
/// may be kept.
///
/// The search looks for the pattern's rarest byte (both cases of it where case does not count) and
/// compares at each place where that stands. Where the byte turns out to be frequent, a search with regard
/// to case goes over to a linear algorithm; one without compares at each place, at most the pattern's
/// length of work for each byte of the buffer.
#[derive(Debug, Clone)]
pub struct Literal {
    /// Lower case if `nocase`.
    bytes: Box<[u8]>,
    /// Where the rarest byte stands in the pattern.
    rarest: u16,
    /// Where the second rarest stands; compared before all the rest.
    second: u16,
    nocase: bool,
}

impl Literal {
    /// A pattern, looked for without regard to the case of ASCII letters if `nocase`.
    pub fn new(bytes: &[u8], nocase: bool) -> Self {
        let nocase = nocase && bytes.iter().any(u8::is_ascii_alphabetic);
        let bytes: Box<[u8]> = if nocase {
            bytes.to_ascii_lowercase().into()
        } else {
            bytes.into()
        };
        let considered = &bytes[..bytes.len().min(usize::from(u16::MAX))];
        // Letters without case cost twice the comparisons, and stand twice as often.
        let cost = |at: usize| {
            let byte = bytes[at];
            rarity::byte_cost(byte)
                - if nocase && byte.is_ascii_alphabetic() {
                    2
                } else {
                    0
                }
        };
        let rarest_but = |not: Option<usize>| {
            (0..considered.len())
                .filter(|at| Some(*at) != not)
                .max_by_key(|&at| (cost(at), std::cmp::Reverse(at)))
        };
        let rarest = rarest_but(None).unwrap_or(0);
        let second = rarest_but(Some(rarest)).unwrap_or(rarest);
        Self {
            bytes,
            rarest: rarest as u16,
            second: second as u16,
            nocase,
        }
    }

    /// Length of the pattern in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the pattern is empty; such a one stands everywhere.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The pattern, in lower case if case does not count.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether case does not count. False for patterns without letters.
    pub fn is_nocase(&self) -> bool {
        self.nocase
    }

    /// Whether the buffer starts with the pattern.
    #[inline]
    pub fn is_prefix_of(&self, haystack: &[u8]) -> bool {
        haystack
            .get(..self.bytes.len())
            .is_some_and(|start| self.equals(start))
    }

    /// Whether the buffer ends with the pattern.
    #[inline]
    pub fn is_suffix_of(&self, haystack: &[u8]) -> bool {
        haystack
            .len()
            .checked_sub(self.bytes.len())
            .and_then(|from| haystack.get(from..))
            .is_some_and(|end| self.equals(end))
    }

    /// Whether the bytes are the pattern.
    #[inline]
    pub fn equals(&self, bytes: &[u8]) -> bool {
        if self.nocase {
            bytes.eq_ignore_ascii_case(&self.bytes)
        } else {
            *bytes == *self.bytes
        }
    }

    /// Where the pattern first stands in the buffer.
    #[inline]
    pub fn find(&self, haystack: &[u8]) -> Option<usize> {
        let spare = haystack.len().checked_sub(self.bytes.len())?;
        match *self.bytes {
            [] => Some(0),
            [byte] if !self.nocase => memchr(byte, haystack),
            [byte] => memchr2(byte, byte.to_ascii_uppercase(), haystack),
            _ if spare == 0 => self.equals(haystack).then_some(0),
            _ if self.nocase => self.find_nocase(haystack, spare),
            _ => self.find_exact(haystack, spare),
        }
    }

    /// Where the pattern first stands at `from` or later.
    #[inline]
    pub fn find_from(&self, haystack: &[u8], from: usize) -> Option<usize> {
        Some(self.find(haystack.get(from..)?)? + from)
    }

    fn find_exact(&self, haystack: &[u8], spare: usize) -> Option<usize> {
        let (rarest, second) = (usize::from(self.rarest), usize::from(self.second));
        let places = haystack.get(rarest..=rarest + spare)?;
        let (byte, other) = (self.bytes[rarest], self.bytes[second]);
        let mut from = 0;
        let mut candidates = 0;
        while let Some(at) = memchr(byte, places.get(from..)?) {
            let start = from + at;
            if haystack.get(start + second) == Some(&other) && self.stands_at(haystack, start) {
                return Some(start);
            }
            from = start + 1;
            candidates += 1;
            if candidates >= PATIENCE && from < candidates * 16 {
                return memmem::find(haystack.get(from..)?, &self.bytes).map(|at| from + at);
            }
        }
        None
    }

    fn find_nocase(&self, haystack: &[u8], spare: usize) -> Option<usize> {
        let (rarest, second) = (usize::from(self.rarest), usize::from(self.second));
        let places = haystack.get(rarest..=rarest + spare)?;
        let (byte, other) = (self.bytes[rarest], self.bytes[second]);
        let upper = byte.to_ascii_uppercase();
        let mut from = 0;
        while let Some(rest) = places.get(from..)
            && let Some(at) = if upper == byte {
                memchr(byte, rest)
            } else {
                memchr2(byte, upper, rest)
            }
        {
            let start = from + at;
            if haystack
                .get(start + second)
                .is_some_and(|found| found.eq_ignore_ascii_case(&other))
                && self.stands_at(haystack, start)
            {
                return Some(start);
            }
            from = start + 1;
        }
        None
    }

    #[inline]
    fn stands_at(&self, haystack: &[u8], start: usize) -> bool {
        haystack
            .get(start..start + self.bytes.len())
            .is_some_and(|bytes| self.equals(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stays_small() {
        assert_eq!(size_of::<Literal>(), 24);
    }

    #[test]
    fn finds_with_and_without_case() {
        let exact = Literal::new(b"User", false);
        assert_eq!(exact.find(b"user User"), Some(5));
        assert_eq!(exact.find_from(b"User User", 1), Some(5));
        assert_eq!(exact.find(b"Use"), None);
        let nocase = Literal::new(b"UsEr", true);
        assert_eq!(nocase.find(b"..uSER"), Some(2));
        assert!(nocase.is_prefix_of(b"USERS") && nocase.is_suffix_of(b"a user"));
        assert!(!nocase.is_prefix_of(b"a user") && !nocase.is_suffix_of(b"er"));
        assert_eq!(Literal::new(b"", false).find(b""), Some(0));
        assert_eq!(Literal::new(b"x", true).find(b"aX"), Some(1));
    }

    #[test]
    fn gives_up_a_frequent_byte() {
        let mut haystack = b"ab".repeat(500);
        haystack.extend_from_slice(b"aab");
        assert_eq!(Literal::new(b"baab", false).find(&haystack), Some(999));
        assert_eq!(Literal::new(b"BAAB", true).find(&haystack), Some(999));
    }

    proptest! {
        #[test]
        fn agrees_with_comparing_everywhere(
            haystack in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'A'), Just(b'b'), Just(0u8)], 0..200),
            needle in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'B'), Just(b'b'), Just(0u8)], 1..6),
            nocase: bool,
        ) {
            let expected = haystack.windows(needle.len()).position(|window| {
                if nocase { window.eq_ignore_ascii_case(&needle) } else { window == needle }
            });
            prop_assert_eq!(Literal::new(&needle, nocase).find(&haystack), expected);
        }
    }
}
