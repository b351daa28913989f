//! The engine for large sets: indexes by the kind of pattern, one after the other over the buffer.

use super::grams::{GramIndex, Wanted};
use super::runs::RunIndex;
use super::singles::SingleIndex;
use super::{PatternId, Patterns, Sink};

/// The indexes of a set; those without patterns take no time.
#[derive(Debug)]
pub(super) struct Layered {
    long: Option<GramIndex<4>>,
    threes: Option<GramIndex<3>>,
    pairs: Option<GramIndex<2>>,
    singles: Option<SingleIndex>,
    runs: Option<RunIndex>,
}

impl Layered {
    pub(super) fn build(patterns: &Patterns) -> Self {
        let of_length = |wanted: fn(usize) -> bool| {
            patterns.iter().filter_map(move |(id, pattern)| {
                let bytes = patterns.bytes(pattern);
                let nocase = pattern.nocase;
                let gram = wanted(bytes.len()) && !RunIndex::takes(bytes, nocase);
                gram.then_some((id, Wanted { bytes, nocase }))
            })
        };
        Self {
            long: GramIndex::build(of_length(|length| length >= 4)),
            threes: GramIndex::build(of_length(|length| length == 3)),
            pairs: GramIndex::build(of_length(|length| length == 2)),
            singles: SingleIndex::build(patterns),
            runs: RunIndex::build(patterns),
        }
    }

    /// Memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.long.as_ref().map_or(0, GramIndex::memory)
            + self.threes.as_ref().map_or(0, GramIndex::memory)
            + self.pairs.as_ref().map_or(0, GramIndex::memory)
            + self.runs.as_ref().map_or(0, RunIndex::memory)
            + self.singles.as_ref().map_or(0, SingleIndex::memory)
    }

    #[inline]
    pub(super) fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        if let Some(index) = &self.long {
            index.search(patterns, haystack, sink);
        }
        if let Some(index) = &self.threes {
            index.search(patterns, haystack, sink);
        }
        if let Some(index) = &self.pairs {
            index.search(patterns, haystack, sink);
        }
        if let Some(index) = &self.runs {
            index.search(patterns, haystack, sink);
        }
        if let Some(index) = &self.singles {
            index.search(patterns, haystack, sink);
        }
    }
}

/// Reports a pattern that ends at `end`, if that is inside its window.
#[inline]
pub(super) fn report(patterns: &Patterns, id: PatternId, end: usize, sink: &mut impl Sink) {
    if patterns.is_inside(id, end) {
        sink.hit(id, end);
    }
}
