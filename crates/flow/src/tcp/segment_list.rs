//! The segments of which a stream was put together, as far back as their data is kept: overlap policies compare a new
//! segment with each of them.

use std::collections::VecDeque;

/// A segment that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Accepted {
    /// Offset of its first byte, which may lie before the first byte kept.
    pub(crate) start: i64,
    /// Offset behind its last byte.
    pub(crate) end: i64,
}

/// Offset and length of a segment in one number, whose order is that of the segments: by offset, then by length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u64);

/// Makes offsets before the start of the stream positive; no segment is longer.
const BIAS: i64 = 1 << 17;
const LEN_BITS: u32 = 16;

impl Packed {
    fn new(segment: Accepted) -> Self {
        let start = (segment.start + BIAS).max(0) as u64;
        let len = (segment.end - segment.start).clamp(0, 0xffff) as u64;
        Packed((start << LEN_BITS) | len)
    }

    fn unpack(self) -> Accepted {
        let start = (self.0 >> LEN_BITS) as i64 - BIAS;
        Accepted {
            start,
            end: start + (self.0 & 0xffff) as i64,
        }
    }
}

/// Segments in their order.
#[derive(Debug, Default)]
pub(crate) struct SegmentList {
    segments: VecDeque<Packed>,
}

/// Where a segment went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the list, overlapping nothing.
    Clear(usize),
    /// Into the list, overlapping a neighbour.
    Overlapping(usize),
    /// Nowhere: the same place and length are in the list.
    Duplicate(usize),
    /// Nowhere: it would take too long.
    Refused,
}

/// What a list takes at first; from there it doubles.
const MIN_CAPACITY: usize = 4;
/// Segments that an insertion may move aside. A list longer than twice that, with the gap in its middle, belongs to
/// nobody who wants to get data across.
const MAX_MOVED: usize = 16 * 1024;

impl SegmentList {
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.segments.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<Accepted> {
        self.segments.get(index).map(|packed| packed.unpack())
    }

    pub(crate) fn clear(&mut self) {
        self.segments.clear();
    }

    /// Bytes that the list occupies.
    pub(crate) fn cost(&self) -> usize {
        self.segments.capacity() * size_of::<Packed>()
    }

    /// The most bytes by which one more segment makes the list larger.
    pub(crate) fn growth(&self) -> usize {
        match self.segments.len() < self.segments.capacity() {
            true => 0,
            false => self.segments.capacity().max(MIN_CAPACITY) * size_of::<Packed>(),
        }
    }

    pub(crate) fn shrink(&mut self, to: usize) {
        self.segments.shrink_to(to);
    }

    /// Inserts a segment.
    #[inline]
    pub(crate) fn insert(&mut self, segment: Accepted) -> Place {
        let packed = Packed::new(segment);
        match self.segments.back() {
            Some(last) if packed > *last => {
                let overlaps = overlap(last.unpack(), segment);
                self.segments.push_back(packed);
                let at = self.segments.len() - 1;
                if overlaps {
                    Place::Overlapping(at)
                } else {
                    Place::Clear(at)
                }
            }
            Some(_) => self.insert_inside(packed),
            None => {
                self.segments.push_back(packed);
                Place::Clear(0)
            }
        }
    }

    fn insert_inside(&mut self, packed: Packed) -> Place {
        let at = match self.segments.binary_search(&packed) {
            Ok(at) => return Place::Duplicate(at),
            Err(at) => at,
        };
        if at.min(self.segments.len() - at) > MAX_MOVED {
            return Place::Refused;
        }
        self.segments.insert(at, packed);
        let segment = packed.unpack();
        let overlaps_next = self.get(at + 1).is_some_and(|next| overlap(segment, next));
        let overlaps_previous = at
            .checked_sub(1)
            .and_then(|before| self.get(before))
            .is_some_and(|previous| overlap(previous, segment));
        if overlaps_next || overlaps_previous {
            Place::Overlapping(at)
        } else {
            Place::Clear(at)
        }
    }

    /// Takes a segment out again.
    pub(crate) fn remove(&mut self, index: usize) {
        self.segments.remove(index);
    }

    /// Forgets the segments at the front that end at or before an offset.
    #[inline]
    pub(crate) fn forget_before(&mut self, offset: u64) {
        while let Some(first) = self.segments.front()
            && first.unpack().end <= offset as i64
        {
            self.segments.pop_front();
        }
    }
}

/// Whether a segment reaches into the one that follows it in order.
fn overlap(first: Accepted, second: Accepted) -> bool {
    first.start == second.start || first.end > second.start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start: i64, len: i64) -> Accepted {
        Accepted {
            start,
            end: start + len,
        }
    }

    #[test]
    fn order_is_by_place_then_length() {
        let mut list = SegmentList::default();
        assert_eq!(list.insert(segment(10, 5)), Place::Clear(0));
        assert_eq!(list.insert(segment(0, 10)), Place::Clear(0));
        assert_eq!(list.insert(segment(15, 5)), Place::Clear(2));
        assert_eq!(list.insert(segment(10, 5)), Place::Duplicate(1));
        assert_eq!(list.insert(segment(10, 3)), Place::Overlapping(1));
        assert_eq!(list.insert(segment(-1, 1)), Place::Clear(0));
        assert_eq!(list.get(0), Some(segment(-1, 1)));
        list.forget_before(13);
        assert_eq!(list.get(0), Some(segment(10, 5)));
    }

    #[test]
    fn an_insertion_into_a_huge_list_is_refused() {
        let mut list = SegmentList::default();
        for i in 0..3 * MAX_MOVED as i64 {
            list.insert(segment(i * 2, 1));
        }
        assert_eq!(
            list.insert(segment(3 * MAX_MOVED as i64 + 1, 1)),
            Place::Refused
        );
        assert_eq!(list.insert(segment(3, 1)), Place::Clear(2));
    }
}
