//! The index for patterns that are one byte again and again, such as eight zeros.
//!
//! Traffic has long runs of zeros, blanks and fillers, and rules look for them at many lengths. A run
//! is measured once and answers for all of them.

use super::layered::report;
use super::patterns::Pattern;
use super::{PatternId, Patterns, Sink};

/// Shortest pattern that is kept here, in bytes.
const SHORTEST: usize = 4;

/// Patterns of one repeated byte.
#[derive(Debug)]
pub(super) struct RunIndex {
    /// A bit for each byte of a pattern.
    wanted: [u64; 4],
    /// Sorted by byte, then by length.
    entries: Box<[(u8, u32, PatternId)]>,
}

impl RunIndex {
    /// Whether a pattern belongs here.
    pub(super) fn takes(bytes: &[u8], nocase: bool) -> bool {
        !nocase && bytes.len() >= SHORTEST && bytes.iter().all(|byte| *byte == bytes[0])
    }

    /// The index of those patterns of a set that belong here and are of this kind, if there are any.
    pub(super) fn build(patterns: &Patterns, belongs: impl Fn(&Pattern) -> bool) -> Option<Self> {
        let mut wanted = [0u64; 4];
        let mut entries = Vec::new();
        for (id, pattern) in patterns.iter().filter(|(_, pattern)| belongs(pattern)) {
            let bytes = patterns.bytes(pattern);
            if Self::takes(bytes, pattern.nocase) {
                wanted[usize::from(bytes[0] / 64)] |= 1 << (bytes[0] % 64);
                entries.push((bytes[0], pattern.len, id));
            }
        }
        entries.sort_unstable();
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
        let mut from = 0;
        while let Some(start) = next_run(haystack, from) {
            let byte = haystack[start];
            let end = haystack[start..]
                .iter()
                .position(|other| *other != byte)
                .map_or(haystack.len(), |length| start + length);
            if self.wanted[usize::from(byte / 64)] >> (byte % 64) & 1 != 0 {
                self.settle(byte, start, end, patterns, sink);
            }
            from = end;
        }
    }

    /// Reports the patterns that stand in a run of a byte.
    fn settle(
        &self,
        byte: u8,
        start: usize,
        end: usize,
        patterns: &Patterns,
        sink: &mut impl Sink,
    ) {
        let from = self.entries.partition_point(|(own, ..)| *own < byte);
        for &(own, length, id) in &self.entries[from..] {
            if own != byte || length as usize > end - start {
                return;
            }
            for end in start + length as usize..=end {
                if !sink.wants(id) {
                    break;
                }
                report(patterns, id, end, sink);
            }
        }
    }
}

/// Where the next run of three equal bytes or more starts; `from` is where a run may start.
fn next_run(haystack: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    // Sixteen places at once, as long as none of them starts a run.
    while let Some(block) = haystack.get(at..).and_then(|rest| rest.first_chunk::<18>()) {
        let mut any = false;
        for place in 0..16 {
            any |= (block[place] == block[place + 1]) & (block[place] == block[place + 2]);
        }
        if any {
            break;
        }
        at += 16;
    }
    let rest = haystack.get(at..)?;
    let start = rest
        .windows(3)
        .position(|three| three[0] == three[1] && three[0] == three[2])?;
    Some(at + start)
}
