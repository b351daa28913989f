//! Selective acknowledgments (RFC 2018): what the peer has got beyond its last acknowledgment.

use smallvec::SmallVec;

use super::seq::Sequence;
use super::session::Stream;
use super::{Segment, memory::Memory};

/// Ranges kept for a stream; a peer that acknowledges more crumbs than that is not believed further.
const MAX_RANGES: usize = 1024;

/// Disjoint ranges of sequence numbers in their order.
#[derive(Debug, Default)]
pub(crate) struct SackList {
    ranges: SmallVec<[(u32, u32); 4]>,
    size: u32,
}

impl SackList {
    /// Adds a range, merging what it touches.
    fn insert(&mut self, mut left: u32, mut right: u32) {
        let from = self.ranges.partition_point(|range| range.1.before(left));
        let to = self.ranges.partition_point(|range| range.0.at_most(right));
        if from >= to {
            if self.ranges.len() < MAX_RANGES {
                self.ranges.insert(from, (left, right));
                self.size = self.size.wrapping_add(right.wrapping_sub(left));
            }
            return;
        }
        for range in self.ranges.drain(from..to) {
            self.size = self.size.wrapping_sub(range.1.wrapping_sub(range.0));
            left = if range.0.before(left) { range.0 } else { left };
            right = if range.1.after(right) { range.1 } else { right };
        }
        self.ranges.insert(from, (left, right));
        self.size = self.size.wrapping_add(right.wrapping_sub(left));
    }

    /// Forgets what lies before an acknowledgment.
    fn prune(&mut self, last_ack: u32) {
        let gone = self
            .ranges
            .iter()
            .take_while(|range| range.1.before(last_ack))
            .count();
        for range in self.ranges.drain(..gone) {
            self.size = self.size.wrapping_sub(range.1.wrapping_sub(range.0));
        }
        if let Some(first) = self.ranges.first_mut()
            && first.0.before(last_ack)
        {
            self.size = self.size.wrapping_sub(last_ack.wrapping_sub(first.0));
            first.0 = last_ack;
        }
    }

    fn covers(&self, left: u32, right: u32) -> bool {
        self.ranges
            .iter()
            .any(|range| left >= range.0 && right <= range.1)
    }
}

/// Takes note of the ranges that a segment acknowledges of a stream.
pub(crate) fn update(stream: &mut Stream, segment: &Segment<'_>, memory: &mut Memory) {
    if segment.options.sack.is_none() {
        return;
    }
    for (left, right) in segment.options.sack_blocks() {
        let is_known = right.at_most(stream.last_ack) || right.after(stream.next_win);
        let is_far = left.after(stream.last_ack.wrapping_add(stream.window));
        if is_known || is_far || left.at_least(right) {
            continue;
        }
        if stream.sack.is_none() && memory.take_session(size_of::<SackList>()) {
            stream.sack = Some(Box::default());
        }
        if let Some(sack) = &mut stream.sack {
            sack.insert(left, right);
        }
    }
    prune(stream, memory);
}

/// Forgets what the stream's last acknowledgment has overtaken.
#[inline]
pub(crate) fn prune(stream: &mut Stream, memory: &mut Memory) {
    if let Some(sack) = &mut stream.sack {
        sack.prune(stream.last_ack);
        if sack.ranges.is_empty() {
            stream.sack = None;
            memory.give_session(size_of::<SackList>());
        }
    }
}

/// Bytes acknowledged beyond the last acknowledgment.
#[inline]
pub(crate) fn size(stream: &Stream) -> u32 {
    stream.sack.as_ref().map_or(0, |sack| sack.size)
}

/// Whether a segment acknowledges nothing selectively that was not so before; false when it has no such ranges.
pub(crate) fn is_outdated(stream: &Stream, segment: &Segment<'_>) -> bool {
    match (&stream.sack, segment.options.sack) {
        (Some(sack), Some(_)) => segment
            .options
            .sack_blocks()
            .all(|(left, right)| sack.covers(left, right)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ranges: &[(u32, u32)]) -> SackList {
        let mut list = SackList::default();
        for &(left, right) in ranges {
            list.insert(left, right);
        }
        list
    }

    #[test]
    fn touching_ranges_become_one() {
        let sack = list(&[(1, 10), (10, 20), (10, 20), (1, 20)]);
        assert_eq!(
            (sack.ranges.as_slice(), sack.size),
            ([(1, 20)].as_slice(), 19)
        );
        let sack = list(&[(0, 20), (30, 50), (10, 25), (25, 30)]);
        assert_eq!(
            (sack.ranges.as_slice(), sack.size),
            ([(0, 50)].as_slice(), 50)
        );
    }

    #[test]
    fn acknowledgments_overtake_ranges() {
        let mut sack = list(&[(u32::MAX - 9, u32::MAX), (5, 10), (20, 30)]);
        sack.prune(7);
        assert_eq!(
            (sack.ranges.as_slice(), sack.size),
            ([(7, 10), (20, 30)].as_slice(), 13)
        );
        assert!(sack.covers(21, 30) && !sack.covers(19, 21));
    }

    #[test]
    fn crumbs_are_bounded() {
        let sack = list(&(0..4000).map(|i| (i * 4, i * 4 + 1)).collect::<Vec<_>>());
        assert_eq!(sack.ranges.len(), MAX_RANGES);
    }
}
