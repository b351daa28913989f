//! Data that comes again: which of two versions the receiver's system keeps.
//!
//! The rules are those measured by Novak and Sturges, "Target-Based TCP Stream Reassembly" (2007).

use super::OsPolicy;
use super::reassembly_buffer::Reassembly;
use super::segment_list::Accepted;

/// Segments in whose light a new one is looked at.
const MAX_COMPARED: usize = 1024;

/// A new segment over what is there.
pub(crate) struct Overlap<'a> {
    pub(crate) buffer: &'a Reassembly,
    /// Offset of the first byte kept.
    pub(crate) base: u64,
    pub(crate) policy: OsPolicy,
    /// Old data always stays, as its receiver has it already.
    pub(crate) inline: bool,
    /// Whether data is compared; if not, it is taken for different.
    pub(crate) compare: bool,
    /// What the segment carries.
    pub(crate) payload: &'a [u8],
    /// Offset of `payload`.
    pub(crate) start: i64,
}

/// What came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resolution {
    /// Data was compared and differs.
    pub(crate) differs: bool,
    /// An exact repetition of a segment differs from it.
    pub(crate) duplicate_differs: bool,
}

impl Overlap<'_> {
    /// Resolves the overlaps of the segment at `index` of the list. `composed` holds the payload and afterwards what
    /// is to be written.
    pub(crate) fn resolve(
        &self,
        index: usize,
        is_duplicate: bool,
        composed: &mut [u8],
    ) -> Resolution {
        let mut found = Resolution::default();
        let segments = &self.buffer.segments;
        let Some(own) = segments.get(index) else {
            return found;
        };
        if is_duplicate {
            found.duplicate_differs = self.against(own, own, composed);
        }
        let backward = (0..index).rev().filter_map(|at| segments.get(at));
        for old in backward.take(MAX_COMPARED) {
            if old.end <= self.base as i64 {
                continue;
            }
            if old.end <= own.start {
                break;
            }
            found.differs |= self.against(old, own, composed);
        }
        let forward = (index + 1..segments.len()).filter_map(|at| segments.get(at));
        for old in forward.take(MAX_COMPARED) {
            if old.start >= own.end {
                break;
            }
            found.differs |= self.against(old, own, composed);
        }
        found
    }

    /// Resolves the overlap with one segment; says whether data was compared and differs.
    fn against(&self, old: Accepted, new: Accepted, composed: &mut [u8]) -> bool {
        let end = self.start + self.payload.len() as i64;
        let shared = (
            old.start.max(self.start).max(self.base as i64),
            old.end.min(end),
        );
        if shared.0 >= shared.1 {
            return false;
        }
        let kept = self.buffer.bytes(shared.0 as u64, shared.1 as u64);
        let from = (shared.0 - self.start) as usize;
        let range = from..from + kept.len();
        let is_different = match self.inline || self.compare {
            true => self
                .payload
                .get(range.clone())
                .is_some_and(|offered| offered != kept),
            false => true,
        };
        let takes_new =
            !self.inline && (self.policy == OsPolicy::Last || keeps_new(self.policy, old, new));
        if is_different
            && !takes_new
            && let Some(place) = composed.get_mut(range)
        {
            place.copy_from_slice(kept);
        }
        self.compare && is_different
    }
}

/// Whether a system takes the new segment's version where it overlaps an old one.
fn keeps_new(policy: OsPolicy, old: Accepted, new: Accepted) -> bool {
    use OsPolicy::{
        Bsd, HpUx10, HpUx11, Irix, Linux, MacOs, OldLinux, Solaris, Windows, Windows2k3,
    };
    if new.start == old.start {
        return (new.end > old.end && policy == Linux)
            || (new.end >= old.end && matches!(policy, OldLinux | Solaris | HpUx11));
    }
    if new.start < old.start {
        return (new.end >= old.end && matches!(policy, Solaris | HpUx11))
            || matches!(
                policy,
                Bsd | HpUx10 | Irix | Windows | Windows2k3 | OldLinux | Linux | MacOs
            );
    }
    new.end > old.end && matches!(policy, Solaris | HpUx11)
}
