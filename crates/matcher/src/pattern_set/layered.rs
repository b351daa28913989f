//! The engine for large sets: indexes by the kind of pattern, one after the other over the buffer.

use super::grams::{GramIndex, Wanted};
use super::patterns::Pattern;
use super::runs::RunIndex;
use super::singles::SingleIndex;
use super::{PatternId, Patterns, Sink};

/// Patterns whose window ends this near to the start of the buffer are near, in bytes.
const NEAR: u32 = 64;

/// The indexes of a set; those without patterns take no time.
#[derive(Debug)]
pub(super) struct Layered {
    long: Option<GramIndex<4>>,
    near: Short,
    far: Short,
}

impl Layered {
    pub(super) fn build(patterns: &Patterns) -> Self {
        let is_near = |pattern: &Pattern| pattern.window.end <= NEAR;
        Self {
            long: GramIndex::build(grams(patterns, |pattern| pattern.len >= 4)),
            near: Short::build(patterns, is_near),
            far: Short::build(patterns, |pattern| !is_near(pattern)),
        }
    }

    /// Memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        let long = self.long.as_ref().map_or(0, GramIndex::memory);
        long + self.near.memory() + self.far.memory()
    }

    #[inline]
    pub(super) fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        if let Some(index) = &self.long {
            index.search(patterns, haystack, sink);
        }
        let beginning = haystack.get(..NEAR as usize).unwrap_or(haystack);
        self.near.search(patterns, beginning, sink);
        self.far.search(patterns, haystack, sink);
    }
}

/// The patterns among those of a set that are found by grams.
fn grams(
    patterns: &Patterns,
    belongs: impl Fn(&Pattern) -> bool,
) -> impl Iterator<Item = (PatternId, Wanted<'_>)> {
    patterns.iter().filter_map(move |(id, pattern)| {
        let (bytes, nocase) = (patterns.bytes(pattern), pattern.nocase);
        let gram = belongs(pattern) && !RunIndex::takes(bytes, nocase);
        gram.then_some((id, Wanted { bytes, nocase }))
    })
}

/// Indexes for patterns that are short or repeat one byte: each goes over the buffer by itself. Most such patterns are
/// wanted near the start of a buffer alone, where rules look for lengths and types: these have indexes of their own,
/// which never see the rest.
#[derive(Debug)]
struct Short {
    /// Patterns of two and of three bytes, together: one pass less is worth the few places at which two bytes of three
    /// stand in vain.
    pairs: Option<GramIndex<2>>,
    singles: Option<SingleIndex>,
    runs: Option<RunIndex>,
}

impl Short {
    fn build(patterns: &Patterns, belongs: impl Fn(&Pattern) -> bool) -> Self {
        let is_pair = |pattern: &Pattern| matches!(pattern.len, 2 | 3) && belongs(pattern);
        Self {
            pairs: GramIndex::build(grams(patterns, is_pair)),
            singles: SingleIndex::build(patterns, &belongs),
            runs: RunIndex::build(patterns, &belongs),
        }
    }

    fn memory(&self) -> usize {
        self.pairs.as_ref().map_or(0, GramIndex::memory)
            + self.runs.as_ref().map_or(0, RunIndex::memory)
            + self.singles.as_ref().map_or(0, SingleIndex::memory)
    }

    #[inline]
    fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
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
