//! The index for a few patterns: a rare fragment of each, all compared at once by SIMD instructions.

use aho_corasick::Span;
use aho_corasick::packed::{Config, MatchKind, Searcher};

use super::{PatternId, Patterns, Sink};
use crate::rarity;

/// Most patterns that are looked for this way.
const PATTERNS: usize = 32;

/// Most fragments, counted with each spelling of a pattern without case.
const FRAGMENTS: usize = 64;

/// Length of a fragment, in bytes.
const FRAGMENT: usize = 3;

/// The index of a small set.
#[derive(Debug)]
pub(super) struct PackedIndex {
    searcher: Searcher,
    /// Each pattern, the fragment it is found by and where that starts in it.
    entries: Box<[Entry]>,
}

#[derive(Debug)]
struct Entry {
    fragment: [u8; FRAGMENT],
    at: u32,
    id: PatternId,
}

impl PackedIndex {
    /// The index, or nothing if the patterns are too many or too short, or the processor lacks the
    /// instructions.
    pub(super) fn build(patterns: &Patterns) -> Option<Self> {
        if patterns.len() > PATTERNS {
            return None;
        }
        let mut entries = Vec::new();
        let mut fragments: Vec<[u8; FRAGMENT]> = Vec::new();
        for (id, pattern) in patterns.iter().filter(|(_, pattern)| pattern.len > 0) {
            let (at, fragment) = choose_fragment(patterns.bytes(pattern), pattern.nocase)?;
            let spellings = if pattern.nocase {
                spellings(fragment)
            } else {
                vec![fragment]
            };
            for spelling in spellings {
                if !fragments.contains(&spelling) {
                    fragments.push(spelling);
                }
                entries.push(Entry {
                    fragment: spelling,
                    at,
                    id,
                });
            }
        }
        if fragments.len() > FRAGMENTS {
            return None;
        }
        let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
        builder.extend(&fragments);
        Some(Self {
            searcher: builder.build()?,
            entries: entries.into_boxed_slice(),
        })
    }

    pub(super) fn memory(&self) -> usize {
        self.searcher.memory_usage() + size_of_val(&*self.entries)
    }

    #[inline]
    pub(super) fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        let mut span = Span {
            start: 0,
            end: haystack.len(),
        };
        while span.start < span.end
            && let Some(found) = self.searcher.find_in(haystack, span)
        {
            let at = found.start();
            let fragment = &haystack[found.start()..found.end()];
            for entry in self
                .entries
                .iter()
                .filter(|entry| entry.fragment == fragment)
            {
                if sink.wants(entry.id)
                    && let Some(start) = at.checked_sub(entry.at as usize)
                    && let Some(end) = patterns.end_if_at(entry.id, haystack, start)
                {
                    sink.hit(entry.id, end);
                }
            }
            span.start = at + 1;
        }
    }
}

/// The rarest fragment of a pattern and where it starts; one without letters counts as rarer where each
/// spelling has to be looked for.
fn choose_fragment(bytes: &[u8], nocase: bool) -> Option<(u32, [u8; FRAGMENT])> {
    bytes
        .windows(FRAGMENT)
        .enumerate()
        .filter_map(|(at, window)| Some((at as u32, *window.first_chunk()?)))
        .max_by_key(|(at, fragment)| {
            let letters = fragment
                .iter()
                .filter(|byte| byte.is_ascii_alphabetic())
                .count() as u32;
            let spellings = if nocase { letters * 4 } else { 0 };
            (
                rarity::cost(fragment).saturating_sub(spellings),
                std::cmp::Reverse(*at),
            )
        })
}

/// The fragment in all combinations of upper and lower case.
fn spellings(fragment: [u8; FRAGMENT]) -> Vec<[u8; FRAGMENT]> {
    let mut all = vec![fragment];
    for at in 0..FRAGMENT {
        if fragment[at].is_ascii_alphabetic() {
            for mut other in all.clone() {
                other[at] ^= 0x20;
                all.push(other);
            }
        }
    }
    all
}
