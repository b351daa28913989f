//! The index for patterns of one byte.

use super::layered::report;
use super::patterns::Pattern;
use super::{PatternId, Patterns, Sink};

/// So many different bytes are looked for one after the other: a search for one byte is many times as fast as a look at
/// every byte.
const FEW: usize = 3;

/// Patterns of one byte, by that byte.
#[derive(Debug)]
pub(super) struct SingleIndex {
    /// A bit for each byte that is a pattern, in either case if case does not count.
    wanted: [u64; 4],
    /// Sorted by byte.
    entries: Box<[(u8, PatternId)]>,
}

impl SingleIndex {
    /// The index of those patterns of a set that belong here and have one byte, if there are any.
    pub(super) fn build(patterns: &Patterns, belongs: impl Fn(&Pattern) -> bool) -> Option<Self> {
        let mut entries = Vec::new();
        for (id, pattern) in patterns.iter().filter(|(_, pattern)| belongs(pattern)) {
            if let [byte] = *patterns.bytes(pattern) {
                entries.push((byte, id));
                if pattern.nocase {
                    entries.push((byte.to_ascii_uppercase(), id));
                }
            }
        }
        entries.sort_unstable();
        let mut wanted = [0u64; 4];
        for (byte, _) in &entries {
            wanted[usize::from(byte / 64)] |= 1 << (byte % 64);
        }
        (!entries.is_empty()).then(|| Self {
            wanted,
            entries: entries.into_boxed_slice(),
        })
    }

    /// Memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.entries)
    }

    pub(super) fn search(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        let distinct: u32 = self.wanted.iter().map(|word| word.count_ones()).sum();
        if distinct as usize <= FEW {
            return self.search_each(patterns, haystack, sink);
        }
        let mut wanted = self.wanted;
        for (at, &byte) in haystack.iter().enumerate() {
            let (word, bit) = (usize::from(byte / 64), 1u64 << (byte % 64));
            if wanted[word] & bit != 0 && self.settle(byte, at, patterns, sink) {
                wanted[word] &= !bit;
                if wanted == [0; 4] {
                    return;
                }
            }
        }
    }

    /// Looks for one byte after the other.
    fn search_each(&self, patterns: &Patterns, haystack: &[u8], sink: &mut impl Sink) {
        for group in self.entries.chunk_by(|a, b| a.0 == b.0) {
            let byte = group[0].0;
            for at in memchr::memchr_iter(byte, haystack) {
                if self.settle(byte, at, patterns, sink) {
                    break;
                }
            }
        }
    }

    /// Reports the patterns of a byte. Returns whether the sink wants none of them any more.
    fn settle(&self, byte: u8, at: usize, patterns: &Patterns, sink: &mut impl Sink) -> bool {
        let from = self.entries.partition_point(|(own, _)| *own < byte);
        let mut exhausted = true;
        for &(_, id) in self.entries[from..]
            .iter()
            .take_while(|(own, _)| *own == byte)
        {
            if sink.wants(id) {
                exhausted = false;
                report(patterns, id, at + 1, sink);
            }
        }
        exhausted
    }
}
