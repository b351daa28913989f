//! Where something stands in the text it was read from.

use std::ops::Range;

/// A range of bytes of a source, start inclusive, end exclusive.
///
/// Offsets are 32 bits wide: a source of more than 4 GiB is refused when it is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }

    /// A range of offsets in memory; offsets beyond 32 bits are clamped.
    pub(crate) fn of(range: Range<usize>) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span {
            start: narrow(range.start),
            end: narrow(range.end),
        }
    }

    /// The same range for slicing.
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest range that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether nothing lies in the range.
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// Which of the loaded sources a rule or diagnostic belongs to: an index into the sources as they
/// were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);
