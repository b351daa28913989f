//! The bytes of a stream: one run that slides along, and what came out of order beyond it.
//!
//! Bytes that come in order are appended to the first region, once, and read as one slice. What comes later lies at
//! its place, in the same region over a hole, or in a region of its own behind a large gap. Which bytes are real is
//! told by `blocks`, which is empty as long as everything from the base on is.

use std::collections::VecDeque;

use super::segment_list::SegmentList;

/// A gap larger than that gets a new region instead of a hole in one.
const REGION_GAP: u64 = 256 * 1024;
/// What an empty region takes at least, and what is left in front of a region behind a gap.
const MIN_REGION: usize = 2048;
/// Larger memory than that is not kept for the next stream.
const MAX_KEPT: usize = 64 * 1024;
/// Runs that an insertion may move aside.
const MAX_MOVED: usize = 16 * 1024;
/// Runs that there is memory for once there are any.
const MIN_BLOCKS: usize = 4;

/// A run of bytes that came, by its offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Memory for a stretch of the stream.
#[derive(Debug, Default)]
struct Region {
    /// Offset of `data[head]`.
    start: u64,
    data: Vec<u8>,
    /// Bytes at the front that are gone.
    head: usize,
}

impl Region {
    fn len(&self) -> usize {
        self.data.len() - self.head
    }

    fn end(&self) -> u64 {
        self.start + self.len() as u64
    }

    fn bytes(&self) -> &[u8] {
        self.data.get(self.head..).unwrap_or_default()
    }

    /// The bytes between two offsets, as far as they are in the region.
    fn slice(&self, start: u64, end: u64) -> &[u8] {
        let from = start.saturating_sub(self.start) as usize;
        let to = (end.saturating_sub(self.start) as usize).min(self.len());
        self.bytes().get(from..to).unwrap_or_default()
    }

    /// Lets go what lies before an offset.
    fn slide_to(&mut self, offset: u64) {
        let gone = (offset.saturating_sub(self.start) as usize).min(self.len());
        self.head += gone;
        self.start += gone as u64;
        if self.head == self.data.len() {
            self.data.clear();
            self.head = 0;
            self.start = self.start.max(offset);
        } else if self.head >= MIN_REGION && self.head >= self.len() {
            self.data.drain(..self.head);
            self.head = 0;
        }
    }

    /// What writing up to an offset makes of the region's memory.
    fn up_to(&self, end: u64) -> Growth {
        let needed = self.head + end.saturating_sub(self.start) as usize;
        Growth::of(self.data.capacity()).to(needed.max(self.data.len()))
    }

    /// The same, when it is extended down to another offset first.
    fn between(&self, to: u64, floor: u64, end: u64) -> Growth {
        let front = self.front(to, floor);
        let moved = front + self.len();
        let needed = front + end.saturating_sub(self.start) as usize;
        Growth {
            before: self.data.capacity(),
            ..Growth::of(moved).to(needed.max(moved))
        }
    }

    /// Writes bytes at an offset within the region or behind it, over a hole if there is one.
    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let at = (offset - self.start) as usize;
        if at > self.len() {
            self.data.reserve(at + bytes.len() - self.len());
            self.data.resize(self.head + at, 0);
        }
        let (over, more) = bytes.split_at(bytes.len().min(self.len() - at));
        let from = self.head + at;
        if let Some(place) = self.data.get_mut(from..from + over.len()) {
            place.copy_from_slice(over);
        }
        self.data.extend_from_slice(more);
    }

    /// Bytes to have in front of a region that is to reach down to an offset: more than are needed, so that data
    /// coming backwards costs no more than data coming forwards.
    fn front(&self, to: u64, floor: u64) -> usize {
        let needed = self.start - to;
        needed
            .max(self.len() as u64)
            .min(self.start - floor)
            .max(needed) as usize
    }

    /// Makes room in front, down to an offset.
    fn extend_front(&mut self, to: u64, floor: u64) {
        let wanted = self.front(to, floor);
        let mut data = Vec::with_capacity(wanted + self.len());
        data.resize(wanted, 0);
        data.extend_from_slice(self.bytes());
        self.start -= wanted as u64;
        self.data = data;
        self.head = 0;
    }
}

/// How the memory of a region grows: at least twofold, as that of a vector does.
#[derive(Clone, Copy)]
struct Growth {
    before: usize,
    capacity: usize,
    /// Bytes held.
    held: usize,
}

impl Growth {
    fn of(capacity: usize) -> Self {
        Self {
            before: capacity,
            capacity,
            held: 0,
        }
    }

    /// Holds so many bytes.
    fn to(self, held: usize) -> Self {
        let capacity = match held <= self.capacity {
            true => self.capacity,
            false => held.max(self.capacity.saturating_mul(2)).max(8),
        };
        Self {
            capacity,
            held,
            ..self
        }
    }

    /// Bytes of memory more than before.
    fn more(self) -> usize {
        self.capacity.saturating_sub(self.before)
    }
}

/// Why bytes were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InsertError {
    /// They would need a region more than is allowed, or too much moving about.
    Limit,
}

/// The bytes kept of a stream.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    main: Region,
    /// Regions behind large gaps, in their order.
    far: Vec<Region>,
    /// Runs of bytes that came, in their order and apart; empty when `main` is all there is and has no holes.
    blocks: VecDeque<Block>,
    pub(crate) segments: SegmentList,
}

impl Reassembly {
    /// Bytes of memory in use.
    #[inline]
    pub(crate) fn cost(&self) -> usize {
        let far: usize = self.far.iter().map(|region| region.data.capacity()).sum();
        self.main.data.capacity()
            + far
            + self.blocks.capacity() * size_of::<Block>()
            + self.segments.cost()
            + size_of::<Self>()
    }

    /// The most bytes by which [`Self::cost`] can grow when a segment is taken whose bytes from `offset` to `end` are
    /// put here.
    #[inline]
    pub(crate) fn growth(&self, base: u64, offset: u64, end: u64) -> usize {
        let is_empty = self.main.data.is_empty() && self.far.is_empty();
        let is_next = offset <= if is_empty { base } else { self.main.end() };
        let data = if self.blocks.is_empty() && is_next {
            let start = if is_empty { base } else { self.main.start };
            let needed = self.main.head + end.saturating_sub(start) as usize;
            Growth::of(self.main.data.capacity()).to(needed).more()
        } else {
            self.growth_apart(base, offset, end)
        };
        data + self.segments.growth()
    }

    /// The most bytes that [`Self::insert_apart`] takes.
    fn growth_apart(&self, base: u64, offset: u64, end: u64) -> usize {
        let is_empty = self.main.data.is_empty() && self.far.is_empty();
        let index = self.far.partition_point(|region| region.start <= offset);
        let before = index.checked_sub(1).and_then(|i| self.far.get(i));
        let region = before.unwrap_or(&self.main);
        let floor = if is_empty { base } else { region.end() };
        let near_end = end.saturating_add(REGION_GAP);
        let next = self.far.get(index).filter(|next| next.start <= near_end);
        let mut appended = 0;
        let grown = if offset <= floor.saturating_add(REGION_GAP) {
            if is_empty {
                Growth::of(region.data.capacity()).to((end - base) as usize)
            } else if offset < region.start {
                region.between(offset, base, end)
            } else {
                region.up_to(end)
            }
        } else if let Some(next) = next {
            // Extended down to the region before, it is appended to that one.
            let reaches = next.start - next.front(offset, floor) as u64 <= floor;
            appended = if reaches {
                next.len() + (next.start - floor) as usize
            } else {
                0
            };
            next.between(offset, floor, end)
        } else {
            let new = Growth::of(2 * MIN_REGION).to(MIN_REGION + (end - offset) as usize);
            Growth { before: 0, ..new }
        };
        // Regions that it now reaches are appended to it, and go.
        let mut reach = end.max(region.end());
        let mut grown = grown;
        for next in self.far.iter().skip(index) {
            if next.start > reach {
                break;
            }
            reach = reach.max(next.end());
            grown = grown.to(grown.held + next.len());
        }
        let joined = match appended {
            0 => 0,
            more => {
                let held = region.data.len();
                let whole = Growth::of(region.data.capacity()).to(held + more);
                whole.to(held + more + grown.held).more()
            }
        };
        grown.more() + joined + self.growth_of_blocks()
    }

    /// The most bytes that two more runs take.
    fn growth_of_blocks(&self) -> usize {
        match self.blocks.capacity() - self.blocks.len() < 2 {
            true => self.blocks.capacity().max(MIN_BLOCKS) * size_of::<Block>(),
            false => 0,
        }
    }

    /// Forgets everything but some memory.
    pub(crate) fn reset(&mut self) {
        self.main.data.clear();
        self.main.data.shrink_to(MAX_KEPT);
        self.main.head = 0;
        self.main.start = 0;
        self.far = Vec::new();
        self.blocks = VecDeque::new();
        self.segments.clear();
        self.segments.shrink(MAX_KEPT / 64);
    }

    /// Regions in use.
    pub(crate) fn regions(&self) -> usize {
        1 + self.far.len()
    }

    /// Offset behind what lies before the first large gap, when the stream is kept from `base` on.
    #[inline]
    pub(crate) fn end(&self, base: u64) -> u64 {
        if self.main.data.is_empty() {
            base
        } else {
            self.main.end()
        }
    }

    /// Whether something is missing in what is kept.
    #[inline]
    pub(crate) fn is_fragmented(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Bytes that really came.
    pub(crate) fn covered(&self) -> u64 {
        match self.blocks.is_empty() {
            true => self.main.len() as u64,
            false => self
                .blocks
                .iter()
                .map(|block| block.end - block.start)
                .sum(),
        }
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.main.data.is_empty() && self.far.is_empty()
    }

    /// The runs that end behind an offset, in their order.
    pub(crate) fn blocks_from(&self, base: u64, offset: u64) -> impl Iterator<Item = Block> {
        let whole = (self.blocks.is_empty() && !self.main.data.is_empty())
            .then(|| Block {
                start: base.max(self.main.start),
                end: self.main.end(),
            })
            .filter(|block| block.end > offset);
        let from = self.blocks.partition_point(|block| block.end <= offset);
        whole.into_iter().chain(self.blocks.range(from..).copied())
    }

    /// The bytes between two offsets within one run.
    #[inline]
    pub(crate) fn bytes(&self, start: u64, end: u64) -> &[u8] {
        if start < self.main.end() || self.far.is_empty() {
            return self.main.slice(start, end);
        }
        self.far
            .iter()
            .find(|region| start < region.end())
            .map_or(&[], |region| region.slice(start, end))
    }

    /// Puts bytes at an offset of a stream that is kept from `base` on, over what is there.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        base: u64,
        offset: u64,
        bytes: &[u8],
        max_regions: usize,
    ) -> Result<(), InsertError> {
        if self.main.data.is_empty() && self.far.is_empty() {
            self.main.start = base;
        }
        if self.blocks.is_empty() && offset <= self.main.end() {
            self.main.write(offset, bytes);
            return Ok(());
        }
        self.insert_apart(base, offset, bytes, max_regions)
    }

    /// Puts bytes behind a hole, or next to one.
    fn insert_apart(
        &mut self,
        base: u64,
        offset: u64,
        bytes: &[u8],
        max: usize,
    ) -> Result<(), InsertError> {
        let new = Block {
            start: offset,
            end: offset + bytes.len() as u64,
        };
        let from = self.blocks.partition_point(|block| block.end < new.start);
        if from.min(self.blocks.len() - from) > MAX_MOVED {
            return Err(InsertError::Limit);
        }
        if self.blocks.is_empty() && !self.main.data.is_empty() {
            self.blocks.push_back(Block {
                start: base,
                end: self.main.end(),
            });
        }
        if let Err(error) = self.place(base, offset, bytes, max) {
            self.unify(base);
            return Err(error);
        }
        self.cover(new);
        self.unify(base);
        Ok(())
    }

    /// Copies bytes to their place in a region.
    fn place(
        &mut self,
        base: u64,
        offset: u64,
        bytes: &[u8],
        max: usize,
    ) -> Result<(), InsertError> {
        let end = offset + bytes.len() as u64;
        if offset < self.main.start {
            self.main.extend_front(offset, base);
        }
        let index = self.far.partition_point(|region| region.start <= offset);
        let before = self.region_before(index);
        let floor = before.end();
        if offset <= floor.saturating_add(REGION_GAP) {
            before.write(offset, bytes);
            self.join(index);
        } else if let Some(next) = self.far.get_mut(index)
            && next.start <= end.saturating_add(REGION_GAP)
        {
            next.extend_front(offset, floor);
            next.write(offset, bytes);
            self.join(index);
            self.join(index + 1);
        } else {
            if self.regions() >= max {
                return Err(InsertError::Limit);
            }
            let start = offset - (MIN_REGION as u64).min(offset - floor - 1);
            let mut region = Region {
                start,
                data: Vec::with_capacity(2 * MIN_REGION),
                head: 0,
            };
            region.write(offset, bytes);
            self.far.insert(index, region);
        }
        Ok(())
    }

    /// The region in front of `far[index]`.
    fn region_before(&mut self, index: usize) -> &mut Region {
        match index.checked_sub(1) {
            Some(previous) if previous < self.far.len() => &mut self.far[previous],
            _ => &mut self.main,
        }
    }

    /// Joins the regions that the one before `index` now reaches. Where both have bytes, those in front were written
    /// last.
    fn join(&mut self, index: usize) {
        let mut end = self.region_before(index).end();
        while self.far.get(index).is_some_and(|next| next.start <= end) {
            let next = self.far.remove(index);
            let before = self.region_before(index);
            if next.end() > end {
                before.data.extend_from_slice(next.slice(end, next.end()));
            }
            end = before.end();
        }
    }

    /// Notes a run, merging what it touches.
    fn cover(&mut self, new: Block) {
        let from = self.blocks.partition_point(|block| block.end < new.start);
        let to = self.blocks.partition_point(|block| block.start <= new.end);
        if from >= to {
            self.blocks.insert(from, new);
            return;
        }
        let merged = self.blocks.range(from..to).fold(new, |sum, block| Block {
            start: sum.start.min(block.start),
            end: sum.end.max(block.end),
        });
        self.blocks.drain(from + 1..to);
        if let Some(place) = self.blocks.get_mut(from) {
            *place = merged;
        }
    }

    /// Goes back to the simple form once nothing is missing.
    fn unify(&mut self, base: u64) {
        if self.far.is_empty()
            && self.blocks.len() == 1
            && self
                .blocks
                .front()
                .is_some_and(|block| block.start <= base && block.end == self.main.end())
        {
            self.blocks.clear();
        }
    }

    /// Lets go what lies before an offset.
    pub(crate) fn slide_to(&mut self, offset: u64) {
        if self.blocks.is_empty() {
            self.main.slide_to(offset);
            return;
        }
        while let Some(first) = self.blocks.front_mut() {
            if first.end > offset {
                first.start = first.start.max(offset);
                break;
            }
            self.blocks.pop_front();
        }
        self.main.slide_to(offset);
        while self.main.data.is_empty()
            && self
                .far
                .first()
                .is_some_and(|next| next.start <= offset.saturating_add(REGION_GAP))
        {
            self.main = self.far.remove(0);
            self.main.slide_to(offset);
        }
        if self.blocks.is_empty() {
            self.main.data.clear();
            self.main.head = 0;
            self.far.clear();
        }
        self.unify(offset);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::segment_list::Accepted;
    use super::*;

    fn filled(pieces: &[(u64, &[u8])]) -> Reassembly {
        let mut buffer = Reassembly::default();
        for &(offset, bytes) in pieces {
            buffer.insert(0, offset, bytes, 8).unwrap();
        }
        buffer
    }

    #[test]
    fn bytes_in_order_are_one_run() {
        let buffer = filled(&[(0, b"ab"), (2, b"cd"), (1, b"X")]);
        assert!(!buffer.is_fragmented());
        assert_eq!(buffer.bytes(0, 4), b"aXcd");
    }

    #[test]
    fn a_hole_is_seen_and_filled() {
        let mut buffer = filled(&[(0, b"ab"), (5, b"fg")]);
        assert_eq!(
            buffer.blocks_from(0, 0).collect::<Vec<_>>(),
            [Block { start: 0, end: 2 }, Block { start: 5, end: 7 }]
        );
        assert_eq!(buffer.covered(), 4);
        buffer.insert(0, 2, b"cde", 8).unwrap();
        assert!(!buffer.is_fragmented());
        assert_eq!(buffer.bytes(0, 7), b"abcdefg");
        let mut buffer = filled(&[(3, b"d")]);
        assert!(buffer.is_fragmented());
        buffer.slide_to(3);
        assert!(!buffer.is_fragmented());
        assert_eq!(buffer.bytes(3, 4), b"d");
    }

    #[test]
    fn large_gaps_get_regions_of_their_own_up_to_a_limit() {
        let mut buffer = Reassembly::default();
        for i in 0..8 {
            buffer.insert(0, i * 1_000_000, b"x", 8).unwrap();
        }
        assert_eq!(buffer.regions(), 8);
        assert_eq!(
            buffer.insert(0, 9_000_000, b"x", 8),
            Err(InsertError::Limit)
        );
        assert!(buffer.cost() < 100_000);
        buffer.slide_to(3_000_000);
        assert_eq!(buffer.regions(), 5);
        assert_eq!(buffer.bytes(3_000_000, 3_000_001), b"x");
    }

    proptest! {
        #[test]
        fn any_order_of_pieces_gives_the_bytes_back(
            order in proptest::collection::vec((0usize..3000, 1usize..400), 1..60),
            scale in prop::sample::select(vec![1usize, 300]),
            backwards in any::<bool>(),
        ) {
            let total = 3400 * scale;
            let text: Vec<u8> = (0..total).map(|i| (i % 251) as u8).collect();
            let mut seen = vec![false; total];
            let mut buffer = Reassembly::default();
            let mut pieces: Vec<_> = order.iter().map(|&(at, len)| (at * scale, len)).collect();
            if backwards {
                pieces.sort_unstable();
                pieces.reverse();
            }
            for (at, len) in pieces {
                if buffer.insert(0, at as u64, &text[at..at + len], usize::MAX).is_ok() {
                    seen[at..at + len].fill(true);
                }
            }
            let mut covered = vec![false; total];
            for block in buffer.blocks_from(0, 0) {
                prop_assert_eq!(
                    buffer.bytes(block.start, block.end),
                    &text[block.start as usize..block.end as usize]
                );
                covered[block.start as usize..block.end as usize].fill(true);
            }
            prop_assert_eq!(covered, seen);
        }

        #[test]
        fn no_insertion_costs_more_than_was_foreseen(
            pieces in proptest::collection::vec((0u64..4000, 1usize..3000, 0u64..400), 1..80),
            scale in prop::sample::select(vec![1u64, 50, 1000]),
        ) {
            let bytes = [0; 3000];
            let mut buffer = Reassembly::default();
            let mut base = 0;
            for (at, len, slide) in pieces {
                let offset = base + at * scale;
                let end = offset + len as u64;
                let most = buffer.cost() + buffer.growth(base, offset, end);
                let segment = Accepted { start: offset as i64, end: end as i64 };
                buffer.segments.insert(segment);
                let _ = buffer.insert(base, offset, &bytes[..len], 8);
                prop_assert!(buffer.cost() <= most, "{} of {most}", buffer.cost());
                if slide < 40 {
                    base += slide * scale;
                    buffer.slide_to(base);
                }
            }
        }
    }
}
