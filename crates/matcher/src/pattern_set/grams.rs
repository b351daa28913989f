//! The index for large sets: a rare fragment of each pattern, found by a filter that fits the cache.
//!
//! Every pattern of four bytes or more is entered under one of its four-byte fragments ("grams"), chosen
//! to be rare in traffic. A search takes the gram at every position and asks a small filter whether any
//! pattern is entered under it; traffic that matches nothing costs one look-up in the cache for each byte.
//! Patterns of two and three bytes have an index of grams of two bytes.
//!
//! Grams are compared with bit 5 of each byte set, which makes letters equal in both cases and some other
//! bytes equal that are not; the full comparison settles it.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::filter::{AnyFilter, FOLD, Filter, bytes_of, gram_of, spread};
use super::{PatternId, Patterns, Sink};
use crate::rarity;

/// Only grams this near to the start of a pattern are considered.
const CONSIDERED: usize = 256;

/// Patterns that may share a gram as long as there is any other to choose: the bound on how many are
/// compared at one position.
const CROWD: u32 = 16;

/// A pattern under its gram.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    /// Other bytes of the pattern, `beside` bytes after the gram.
    more: u32,
    /// The bits in which those bytes need not be equal: those of case if it does not count.
    case: u32,
    beside: i32,
    /// Where the gram starts in the pattern.
    at: u32,
    id: PatternId,
}

impl Entry {
    fn new<const BYTES: usize>(id: PatternId, pattern: Wanted<'_>, at: usize) -> Option<Self> {
        let behind = pattern.bytes.len().checked_sub(at + BYTES)?;
        // Behind the gram, before it or overlapping it, whichever leaves most new bytes.
        let other = if behind >= at.min(BYTES) {
            at + behind.min(BYTES)
        } else {
            at - at.min(BYTES)
        };
        let gram = gram_of::<BYTES>(pattern.bytes.get(at..)?)?;
        let more = bytes_of::<BYTES>(pattern.bytes.get(other..)?)?;
        let case = if pattern.nocase { FOLD } else { 0 };
        let beside = other as i32 - at as i32;
        Some(Self {
            gram,
            more: more | case,
            case,
            beside,
            at: at as u32,
            id,
        })
    }

    /// Whether the other bytes stand beside the gram at `at`.
    #[inline(always)]
    fn more_stands<const BYTES: usize>(&self, haystack: &[u8], at: usize) -> bool {
        at.checked_add_signed(self.beside as isize)
            .and_then(|at| bytes_of::<BYTES>(haystack.get(at..)?))
            .is_some_and(|bytes| bytes | self.case == self.more)
    }
}

/// A pattern to be entered.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) nocase: bool,
}

/// The index of a set's patterns with grams of `BYTES` bytes.
#[derive(Debug)]
pub(super) struct GramIndex<const BYTES: usize> {
    filter: AnyFilter<BYTES>,
    /// `starts[b]..starts[b + 1]` are the entries of bucket `b`.
    starts: Box<[u32]>,
    /// A gram's bucket is its spread value shifted right by this.
    shift: u32,
    entries: Box<[Entry]>,
}

impl<const BYTES: usize> GramIndex<BYTES> {
    /// An index of the patterns given, if there are any.
    pub(super) fn build<'a>(
        patterns: impl Iterator<Item = (PatternId, Wanted<'a>)>,
    ) -> Option<Self> {
        let mut entries = choose_grams::<BYTES>(patterns);
        if entries.is_empty() {
            return None;
        }
        let bits = entries
            .len()
            .next_power_of_two()
            .trailing_zeros()
            .clamp(1, 31);
        let shift = u32::BITS - bits;
        let bucket = |gram: u32| (spread(gram) >> shift) as usize;
        entries.sort_unstable_by_key(|entry| (bucket(entry.gram), entry.gram, entry.id));
        let mut starts = vec![0u32; (1 << bits) + 1];
        for entry in &entries {
            starts[bucket(entry.gram) + 1] += 1;
        }
        for bucket in 1..starts.len() {
            starts[bucket] += starts[bucket - 1];
        }
        Some(Self {
            filter: AnyFilter::new(entries.iter().map(|entry| entry.gram)),
            starts: starts.into_boxed_slice(),
            shift,
            entries: entries.into_boxed_slice(),
        })
    }

    /// Memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.filter.memory() + size_of_val(&*self.starts) + size_of_val(&*self.entries)
    }

    #[inline]
    pub(super) fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        match &self.filter {
            AnyFilter::Tiny(filter) => self.scan(filter, patterns, haystack, sink),
            AnyFilter::Small(filter) => self.scan(filter, patterns, haystack, sink),
            AnyFilter::Medium(filter) => self.scan(filter, patterns, haystack, sink),
            AnyFilter::Large(filter) => self.scan(filter, patterns, haystack, sink),
            AnyFilter::Huge(filter) => self.scan(filter, patterns, haystack, sink),
        }
    }

    fn scan<const WORDS: usize>(
        &self,
        filter: &Filter<BYTES, WORDS>,
        patterns: &Patterns,
        haystack: &[u8],
        sink: &mut impl Sink,
    ) {
        // Grams of which nothing more is wanted in this buffer; a folded gram is never 0.
        let mut exhausted = [0u32; 32];
        filter.scan(haystack, |at, gram| {
            let memory = (spread(gram) >> 27) as usize;
            if exhausted[memory] != gram && self.settle(gram, at, patterns, haystack, sink) {
                exhausted[memory] = gram;
            }
        });
    }

    /// Compares the patterns entered under a gram that stands at `at`. Returns whether the sink wants
    /// none of them any more.
    #[inline(never)]
    fn settle(
        &self,
        gram: u32,
        at: usize,
        patterns: &Patterns,
        haystack: &[u8],
        sink: &mut impl Sink,
    ) -> bool {
        let bucket = (spread(gram) >> self.shift) as usize;
        let (Some(&from), Some(&to)) = (self.starts.get(bucket), self.starts.get(bucket + 1))
        else {
            return true;
        };
        let mut exhausted = true;
        for entry in self.entries.get(from as usize..to as usize).unwrap_or(&[]) {
            if entry.gram == gram && sink.wants(entry.id) {
                exhausted = false;
                if entry.more_stands::<BYTES>(haystack, at)
                    && let Some(start) = at.checked_sub(entry.at as usize)
                    && let Some(end) = patterns.end_if_at(entry.id, haystack, start)
                {
                    sink.hit(entry.id, end);
                }
            }
        }
        exhausted
    }
}

/// Chooses the gram of every pattern: the rarest that is not crowded.
fn choose_grams<'a, const BYTES: usize>(
    patterns: impl Iterator<Item = (PatternId, Wanted<'a>)>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut used: FxHashMap<u32, u32> = FxHashMap::default();
    for (id, pattern) in patterns {
        let bytes = pattern.bytes;
        let costs = rarity::costs(bytes);
        let best = bytes
            .windows(BYTES)
            .zip(costs.windows(BYTES))
            .take(CONSIDERED)
            .enumerate()
            .filter_map(|(at, (window, costs))| {
                let gram = gram_of::<BYTES>(window)?;
                let crowded = used.get(&gram).is_some_and(|crowd| *crowd >= CROWD);
                // A stretch of one byte stands at many places one after the other.
                let uniform = window.iter().all(|byte| *byte == window[0]);
                Some((
                    !crowded,
                    !uniform,
                    costs.iter().sum::<u32>(),
                    Reverse(at),
                    gram,
                ))
            })
            .max();
        if let Some((.., Reverse(at), gram)) = best {
            *used.entry(gram).or_default() += 1;
            entries.extend(Entry::new::<BYTES>(id, pattern, at));
        }
    }
    entries
}
