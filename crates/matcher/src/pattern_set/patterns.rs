//! The patterns of a set, and the comparison that decides whether one stands somewhere.

use std::hash::{Hash, Hasher};

use super::{PatternId, Window};

/// One pattern: where its bytes are, and how it is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern {
    start: u32,
    pub(super) len: u32,
    pub(super) window: Window,
    pub(super) nocase: bool,
}

/// All patterns, their bytes in one block.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    list: Vec<Pattern>,
    bytes: Vec<u8>,
}

impl Patterns {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.list.capacity() * size_of::<Pattern>() + self.bytes.capacity()
    }

    /// Gives back the memory that growing took in advance.
    pub(super) fn shrink(&mut self) {
        self.list.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// A hash by which equal patterns find each other.
    pub(super) fn fingerprint(bytes: &[u8], nocase: bool, window: Window) -> u64 {
        let mut hasher = rustc_hash::FxHasher::default();
        (bytes.len(), nocase, window).hash(&mut hasher);
        for byte in bytes {
            hasher.write_u8(if nocase {
                byte.to_ascii_lowercase()
            } else {
                *byte
            });
        }
        hasher.finish()
    }

    /// Whether the pattern is the one described.
    pub(super) fn is(&self, id: PatternId, bytes: &[u8], nocase: bool, window: Window) -> bool {
        self.get(id).is_some_and(|pattern| {
            let own = self.bytes(pattern);
            pattern.nocase == nocase
                && pattern.window == window
                && if nocase {
                    own.eq_ignore_ascii_case(bytes)
                } else {
                    own == bytes
                }
        })
    }

    pub(super) fn push(&mut self, bytes: &[u8], nocase: bool, window: Window) -> PatternId {
        let id = PatternId(self.list.len() as u32);
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        if nocase {
            self.bytes[start as usize..].make_ascii_lowercase();
        }
        self.list.push(Pattern {
            start,
            len: bytes.len() as u32,
            window,
            nocase,
        });
        id
    }

    pub(super) fn get(&self, id: PatternId) -> Option<&Pattern> {
        self.list.get(id.index())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PatternId, &Pattern)> {
        self.list
            .iter()
            .enumerate()
            .map(|(at, pattern)| (PatternId(at as u32), pattern))
    }

    /// The bytes of a pattern, in lower case if it is compared without case.
    pub(super) fn bytes(&self, pattern: &Pattern) -> &[u8] {
        self.bytes
            .get(pattern.start as usize..)
            .and_then(|rest| rest.get(..pattern.len as usize))
            .unwrap_or(&[])
    }

    /// Whether an occurrence that ends at `end` is inside the pattern's window.
    #[inline]
    pub(super) fn is_inside(&self, id: PatternId, end: usize) -> bool {
        self.get(id).is_some_and(|pattern| {
            end <= pattern.window.end as usize
                && end >= pattern.window.start as usize + pattern.len as usize
        })
    }

    /// If the pattern stands at `start` and inside its window, the position after its last byte.
    #[inline]
    pub(super) fn end_if_at(&self, id: PatternId, haystack: &[u8], start: usize) -> Option<usize> {
        let pattern = self.get(id)?;
        let end = start + pattern.len as usize;
        if start < pattern.window.start as usize || end > pattern.window.end as usize {
            return None;
        }
        let found = haystack.get(start..end)?;
        let wanted = self.bytes(pattern);
        let equal = if pattern.nocase {
            found.eq_ignore_ascii_case(wanted)
        } else {
            found == wanted
        };
        equal.then_some(end)
    }
}
