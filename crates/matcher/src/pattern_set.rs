//! Many patterns looked for in one buffer at once.

mod filter;
mod grams;
mod layered;
mod packed;
mod patterns;
mod runs;
mod singles;

use crate::Literal;
use layered::Layered;
use packed::PackedIndex;
use patterns::Patterns;
use rustc_hash::FxHashMap;

/// A pattern of a [`PatternSet`]; patterns are numbered from 0 in the order they were first added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub u32);

impl PatternId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The part of a buffer that an occurrence of a pattern has to lie in, in bytes from the buffer's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The occurrence starts here or later.
    pub start: u32,
    /// The occurrence ends here or earlier (the position after its last byte).
    pub end: u32,
}

impl Window {
    /// The whole buffer.
    pub const ANYWHERE: Window = Window {
        start: 0,
        end: u32::MAX,
    };
}

impl Default for Window {
    fn default() -> Self {
        Self::ANYWHERE
    }
}

/// Collects the patterns of a [`PatternSet`].
#[derive(Debug, Default)]
pub struct PatternSetBuilder {
    patterns: Patterns,
    known: FxHashMap<u64, Vec<PatternId>>,
}

impl PatternSetBuilder {
    /// A set without patterns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern that may stand anywhere. An empty one is never found.
    pub fn add(&mut self, bytes: &[u8], nocase: bool) -> PatternId {
        self.add_within(bytes, nocase, Window::ANYWHERE)
    }

    /// Adds a pattern that counts only inside `window`. Equal patterns share one id.
    pub fn add_within(&mut self, bytes: &[u8], nocase: bool, window: Window) -> PatternId {
        let nocase = nocase && bytes.iter().any(u8::is_ascii_alphabetic);
        let key = Patterns::fingerprint(bytes, nocase, window);
        let known = self.known.entry(key).or_default();
        if let Some(&id) = known
            .iter()
            .find(|id| self.patterns.is(**id, bytes, nocase, window))
        {
            return id;
        }
        let id = self.patterns.push(bytes, nocase, window);
        known.push(id);
        id
    }

    /// How many different patterns there are so far.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether there are none so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Builds the set.
    pub fn build(mut self) -> PatternSet {
        self.patterns.shrink();
        let patterns = self.patterns;
        let reach = patterns
            .iter()
            .map(|(_, pattern)| pattern.window.end)
            .max()
            .unwrap_or(0);
        let searchable = patterns
            .iter()
            .filter(|(_, pattern)| pattern.len > 0)
            .count();
        let engine = match searchable {
            0 => Engine::None,
            1 => Engine::one(&patterns),
            _ => PackedIndex::build(&patterns).map_or_else(
                || Engine::Layered(Box::new(Layered::build(&patterns))),
                Engine::Packed,
            ),
        };
        PatternSet {
            patterns,
            engine,
            reach: reach as usize,
        }
    }
}

/// What finds the places worth looking at.
#[derive(Debug)]
enum Engine {
    None,
    One { id: PatternId, literal: Literal },
    Packed(PackedIndex),
    Layered(Box<Layered>),
}

impl Engine {
    fn one(patterns: &Patterns) -> Self {
        match patterns.iter().find(|(_, pattern)| pattern.len > 0) {
            Some((id, pattern)) => Engine::One {
                id,
                literal: Literal::new(patterns.bytes(pattern), pattern.nocase),
            },
            None => Engine::None,
        }
    }
}

/// A set of patterns that is searched for all of them in one pass.
///
/// One pattern is looked for as a [`Literal`], a few by SIMD comparison of a rare fragment of each
/// (Teddy, of the `aho-corasick` crate), more by an index of rare four-byte fragments; the README beside
/// the code has the design and what was measured. A set is immutable and shared by any number of threads.
#[derive(Debug)]
pub struct PatternSet {
    patterns: Patterns,
    engine: Engine,
    /// No occurrence that counts ends after this.
    reach: usize,
}

impl PatternSet {
    /// How many different patterns there are.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a pattern; lower case if it is looked for without regard to case.
    pub fn pattern(&self, id: PatternId) -> Option<&[u8]> {
        self.patterns
            .get(id)
            .map(|pattern| self.patterns.bytes(pattern))
    }

    /// Whether a pattern is looked for without regard to case.
    pub fn is_nocase(&self, id: PatternId) -> bool {
        self.patterns.get(id).is_some_and(|pattern| pattern.nocase)
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.patterns.memory()
            + match &self.engine {
                Engine::None | Engine::One { .. } => 0,
                Engine::Packed(index) => index.memory(),
                Engine::Layered(index) => index.memory(),
            }
    }

    /// Reports every occurrence of every pattern inside its window, as the pattern and the position after
    /// the occurrence's last byte.
    ///
    /// The same buffer gives the same reports in the same order; the order is not that of positions where
    /// patterns overlap.
    #[inline]
    pub fn search(&self, haystack: &[u8], on_hit: impl FnMut(PatternId, usize)) {
        self.search_into(haystack, &mut Every(on_hit));
    }

    /// Reports each pattern that occurs inside its window once, in a fixed order.
    ///
    /// This is cheaper than [`search`](Self::search) where patterns occur often: one that was reported is
    /// not compared again.
    #[inline]
    pub fn search_once(&self, haystack: &[u8], seen: &mut Seen, on_hit: impl FnMut(PatternId)) {
        seen.begin(self.len());
        self.search_into(haystack, &mut Once { seen, on_hit });
    }

    #[inline]
    fn search_into(&self, haystack: &[u8], sink: &mut impl Sink) {
        let haystack = haystack.get(..self.reach).unwrap_or(haystack);
        match &self.engine {
            Engine::None => {}
            Engine::One { id, literal } => self.search_one(haystack, *id, literal, sink),
            Engine::Packed(index) => index.search(&self.patterns, haystack, sink),
            Engine::Layered(index) => index.search(&self.patterns, haystack, sink),
        }
    }

    fn search_one(&self, haystack: &[u8], id: PatternId, literal: &Literal, sink: &mut impl Sink) {
        let Some(pattern) = self.patterns.get(id) else {
            return;
        };
        let mut from = pattern.window.start as usize;
        while sink.wants(id)
            && let Some(at) = literal.find_from(haystack, from)
        {
            sink.hit(id, at + literal.len());
            from = at + 1;
        }
    }
}

/// Where hits go.
trait Sink {
    /// Whether a hit of this pattern would still be news.
    fn wants(&self, id: PatternId) -> bool;
    /// The pattern stands in the buffer, up to before `end`.
    fn hit(&mut self, id: PatternId, end: usize);
}

/// Passes on every hit.
struct Every<F>(F);

impl<F: FnMut(PatternId, usize)> Sink for Every<F> {
    #[inline(always)]
    fn wants(&self, _: PatternId) -> bool {
        true
    }

    #[inline(always)]
    fn hit(&mut self, id: PatternId, end: usize) {
        (self.0)(id, end);
    }
}

/// Passes on the first hit of each pattern.
struct Once<'a, F> {
    seen: &'a mut Seen,
    on_hit: F,
}

impl<F: FnMut(PatternId)> Sink for Once<'_, F> {
    #[inline(always)]
    fn wants(&self, id: PatternId) -> bool {
        !self.seen.contains(id)
    }

    #[inline(always)]
    fn hit(&mut self, id: PatternId, _: usize) {
        if self.seen.insert(id) {
            (self.on_hit)(id);
        }
    }
}

/// Remembers what one search has reported; kept between searches to save its memory.
#[derive(Debug, Default)]
pub struct Seen {
    bits: Vec<u64>,
    touched: Vec<u32>,
}

impl Seen {
    /// Nothing seen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the last search and makes room for `patterns` ids.
    fn begin(&mut self, patterns: usize) {
        for word in self.touched.drain(..) {
            if let Some(word) = self.bits.get_mut(word as usize) {
                *word = 0;
            }
        }
        let words = patterns.div_ceil(64);
        if self.bits.len() < words {
            self.bits.resize(words, 0);
        }
    }

    #[inline]
    fn contains(&self, id: PatternId) -> bool {
        self.bits
            .get(id.index() / 64)
            .is_some_and(|bits| bits >> (id.0 % 64) & 1 != 0)
    }

    /// Whether the pattern was not seen before.
    fn insert(&mut self, id: PatternId) -> bool {
        let (word, bit) = (id.0 / 64, 1u64 << (id.0 % 64));
        let Some(bits) = self.bits.get_mut(word as usize) else {
            return false;
        };
        if *bits & bit != 0 {
            return false;
        }
        if *bits == 0 {
            self.touched.push(word);
        }
        *bits |= bit;
        true
    }
}

#[cfg(test)]
mod tests;
