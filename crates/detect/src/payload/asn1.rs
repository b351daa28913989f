//! `asn1`: defects of encodings by the basic encoding rules.

use tapir_rules::tree::Asn1Check;

use super::ber::Element;

/// Most elements side by side, and deepest nesting, that are decoded.
const MOST: usize = 256;

/// Elements of one buffer that are looked at.
const BUDGET: usize = 4096;

/// Universal tags.
const BIT_STRING: u8 = 3;
const REAL: u8 = 9;

/// `asn1`.
#[derive(Debug, Default)]
pub(super) struct Asn1Test {
    bitstring_overflow: bool,
    double_overflow: bool,
    oversize_length: Option<usize>,
    start: Start,
}

/// Where decoding starts.
#[derive(Debug, Default, Clone, Copy)]
enum Start {
    #[default]
    Beginning,
    At(usize),
    FromCursor(i32),
}

/// The encoding cannot be decoded.
struct Broken;

impl Asn1Test {
    pub(super) fn new(checks: &[Asn1Check]) -> Self {
        let mut test = Self::default();
        for check in checks {
            match *check {
                Asn1Check::BitstringOverflow => test.bitstring_overflow = true,
                Asn1Check::DoubleOverflow => test.double_overflow = true,
                Asn1Check::OversizeLength(length) => test.oversize_length = Some(length as usize),
                Asn1Check::AbsoluteOffset(offset) => test.start = Start::At(offset as usize),
                Asn1Check::RelativeOffset(offset) => test.start = Start::FromCursor(offset),
            }
        }
        test
    }

    /// Whether an element has one of the defects. Elements from the first on that is not whole are not looked at.
    pub(super) fn holds(&self, data: &[u8], cursor: usize) -> bool {
        let start = match self.start {
            Start::Beginning => Some(0),
            Start::At(offset) => Some(offset),
            Start::FromCursor(offset) => cursor.checked_add_signed(offset as isize),
        };
        let Some(mut rest) = start.and_then(|start| data.get(start..)) else {
            return false;
        };
        let mut budget = BUDGET;
        let (mut elements, mut found) = (0, false);
        while !rest.is_empty() {
            if elements == MOST {
                return false;
            }
            match self.element(rest, 0, &mut budget) {
                Ok((defect, used)) => {
                    found |= defect;
                    rest = rest.get(used..).unwrap_or_default();
                }
                Err(Broken) => break,
            }
            elements += 1;
        }
        found
    }

    /// Looks at an element and what it holds: whether there is a defect, and how many bytes it takes.
    fn element(
        &self,
        data: &[u8],
        depth: usize,
        budget: &mut usize,
    ) -> Result<(bool, usize), Broken> {
        let element = Element::read(data).ok_or(Broken)?;
        *budget = budget.checked_sub(1).ok_or(Broken)?;
        if depth == MOST
            || !element.is_whole()
            || (element.len.is_none() && !element.is_constructed())
        {
            return Err(Broken);
        }
        let mut found = self.is_defective(&element);
        let mut used = element.content.len();
        if element.is_constructed() {
            let mut rest = element.content;
            while !rest.is_empty() {
                // Content without a length ends with two zeros.
                if element.len.is_none() && rest.starts_with(&[0, 0]) {
                    break;
                }
                let (defect, taken) = self.element(rest, depth + 1, budget)?;
                found |= defect;
                rest = rest.get(taken..).unwrap_or_default();
            }
            if element.len.is_none() {
                if rest.is_empty() {
                    return Err(Broken);
                }
                used = element.content.len() - rest.len() + 2;
            }
        }
        Ok((found, element.header + used))
    }

    fn is_defective(&self, element: &Element<'_>) -> bool {
        let content = element.content;
        let Some(len) = element.len else {
            return false;
        };
        let lead = content.first().copied();
        self.oversize_length.is_some_and(|limit| len > limit)
            || (self.bitstring_overflow
                && element.is_primitive(BIT_STRING)
                && lead.is_some_and(|unused| usize::from(unused) > len.saturating_mul(8)))
            || (self.double_overflow
                && element.is_primitive(REAL)
                && len > 256
                && lead.is_some_and(|format| format & 0xc0 == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(checks: &[Asn1Check], data: &[u8], cursor: usize) -> bool {
        Asn1Test::new(checks).holds(data, cursor)
    }

    #[test]
    fn defects_are_found_at_any_depth() {
        let oversize = [Asn1Check::OversizeLength(3)];
        assert!(test(&oversize, b"\x30\x06\x04\x04abcd", 0));
        assert!(test(
            &[Asn1Check::OversizeLength(5)],
            b"\x30\x06\x04\x04abcd",
            0
        ));
        assert!(!test(
            &[Asn1Check::OversizeLength(6)],
            b"\x30\x06\x04\x04abcd",
            0
        ));
        assert!(test(
            &[Asn1Check::BitstringOverflow],
            b"\x30\x03\x03\x01\xff",
            0
        ));
        assert!(!test(&[Asn1Check::BitstringOverflow], b"\x03\x01\x07", 0));
        let mut real = b"\x09\x82\x01\x01".to_vec();
        real.extend([5; 257]);
        assert!(test(&[Asn1Check::DoubleOverflow], &real, 0));
        real[3] = 0;
        assert!(!test(&[Asn1Check::DoubleOverflow], &real, 0));
    }

    #[test]
    fn offsets_say_where_to_start() {
        let data = b"....\x03\x01\xff";
        let at = |offset| [Asn1Check::BitstringOverflow, offset];
        assert!(test(&at(Asn1Check::AbsoluteOffset(4)), data, 0));
        assert!(test(&at(Asn1Check::RelativeOffset(-2)), data, 6));
        assert!(!test(&at(Asn1Check::RelativeOffset(-7)), data, 6));
        assert!(!test(&at(Asn1Check::AbsoluteOffset(9)), data, 0));
    }

    #[test]
    fn nesting_without_end_is_given_up() {
        assert!(!test(
            &[Asn1Check::OversizeLength(1)],
            &b"\x30\x80".repeat(100_000),
            0
        ));
        let ended = b"\x30\x80\x04\x03abc\x00\x00\x03\x01\xff";
        assert!(test(&[Asn1Check::BitstringOverflow], ended, 0));
    }
}
