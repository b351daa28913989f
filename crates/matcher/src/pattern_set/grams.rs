//! The index for large sets: a rare fragment of each pattern, found by a filter that fits the cache.
//!
//! Every pattern of four bytes or more is entered under one of its four-byte fragments ("grams"), chosen
//! to be rare in traffic and to be shared with few other patterns. A search takes the gram at every
//! position and asks a small Bloom filter, two bits of one word, whether any pattern is entered under it;
//! traffic that matches nothing costs one multiplication and one load from the cache a byte. Shorter
//! patterns are entered under their first one or two bytes, in a bitmap of all pairs.
//!
//! Grams are compared with bit 5 of each byte set, which makes letters equal in both cases and some other
//! bytes equal that are not; the full comparison settles it.

use rustc_hash::FxHashMap;

use super::{PatternId, Patterns};
use crate::rarity;

/// Bit 5 of every byte: set, it folds the case of letters.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Length of a gram, in bytes.
const GRAM: usize = 4;

/// Only grams this near to the start of a pattern are considered.
const CONSIDERED: usize = 256;

/// What each pattern already entered under a gram adds to the gram's cost, in quarters of a bit.
const CROWDING: u32 = 4;

/// A multiplier that spreads a gram over 64 bits (the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline(always)]
fn hash(gram: u32) -> u64 {
    u64::from(gram).wrapping_mul(SPREAD)
}

#[inline(always)]
fn read8(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes) | FOLD
}

/// A blocked Bloom filter of `WORDS` words, a power of two; each gram sets two bits of one word.
#[derive(Debug)]
struct Filter<const WORDS: usize>(Box<[u64; WORDS]>);

impl<const WORDS: usize> Filter<WORDS> {
    fn new(grams: impl Iterator<Item = u32>) -> Self {
        let mut words = match vec![0u64; WORDS].into_boxed_slice().try_into() {
            Ok(words) => words,
            Err(_) => Box::new([0u64; WORDS]),
        };
        for gram in grams {
            let hash = hash(gram);
            words[Self::word(hash)] |= (1 << Self::first(hash)) | (1 << Self::second(hash));
        }
        Self(words)
    }

    #[inline(always)]
    fn word(hash: u64) -> usize {
        // The shift leaves exactly the bits of an index, so that the compiler needs no bounds check.
        (hash >> (64 - WORDS.trailing_zeros())) as usize
    }

    #[inline(always)]
    fn first(hash: u64) -> u32 {
        (hash >> 34) as u32 & 63
    }

    #[inline(always)]
    fn second(hash: u64) -> u32 {
        (hash >> 28) as u32 & 63
    }

    /// 1 if the gram may have been entered, 0 if not.
    #[inline(always)]
    fn test(&self, gram: u32) -> u64 {
        let hash = hash(gram);
        let word = self.0[Self::word(hash)];
        (word >> Self::first(hash)) & (word >> Self::second(hash)) & 1
    }
}

/// Filters of the sizes in use: 512 bytes to 512 KB.
#[derive(Debug)]
enum AnyFilter {
    Tiny(Filter<64>),
    Small(Filter<1024>),
    Medium(Filter<4096>),
    Large(Filter<16384>),
    Huge(Filter<65536>),
}

impl AnyFilter {
    fn new(entries: &[Entry]) -> Self {
        let grams = entries.iter().map(|entry| entry.gram);
        match entries.len() {
            0..=32 => Self::Tiny(Filter::new(grams)),
            33..=1024 => Self::Small(Filter::new(grams)),
            1025..=8192 => Self::Medium(Filter::new(grams)),
            8193..=65536 => Self::Large(Filter::new(grams)),
            _ => Self::Huge(Filter::new(grams)),
        }
    }

    fn memory(&self) -> usize {
        match self {
            Self::Tiny(filter) => size_of_val(&*filter.0),
            Self::Small(filter) => size_of_val(&*filter.0),
            Self::Medium(filter) => size_of_val(&*filter.0),
            Self::Large(filter) => size_of_val(&*filter.0),
            Self::Huge(filter) => size_of_val(&*filter.0),
        }
    }
}

/// A pattern under its gram.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    /// Where the gram starts in the pattern.
    at: u32,
    id: PatternId,
}

/// The index of a set.
#[derive(Debug)]
pub(super) struct GramIndex {
    filter: AnyFilter,
    /// `starts[b]..starts[b + 1]` are the entries of bucket `b`.
    starts: Box<[u32]>,
    /// Buckets are numbered by the hash's high bits, shifted right by this.
    shift: u32,
    entries: Box<[Entry]>,
    short: Option<Box<ShortIndex>>,
}

impl GramIndex {
    pub(super) fn build(patterns: &Patterns) -> Self {
        let mut entries = choose_grams(patterns);
        let bits = entries.len().next_power_of_two().trailing_zeros() + 1;
        let shift = 64 - bits;
        let bucket = |gram: u32| (hash(gram) >> shift) as usize;
        entries.sort_by_key(|entry| (bucket(entry.gram), entry.gram, entry.id));
        let mut starts = vec![0u32; (1 << bits) + 1];
        for entry in &entries {
            starts[bucket(entry.gram) + 1] += 1;
        }
        for bucket in 1..starts.len() {
            starts[bucket] += starts[bucket - 1];
        }
        Self {
            filter: AnyFilter::new(&entries),
            starts: starts.into_boxed_slice(),
            shift,
            entries: entries.into_boxed_slice(),
            short: ShortIndex::build(patterns).map(Box::new),
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.filter.memory()
            + size_of_val(&*self.starts)
            + size_of_val(&*self.entries)
            + self.short.as_ref().map_or(0, |short| short.memory())
    }

    #[inline]
    pub(super) fn search(
        &self,
        patterns: &Patterns,
        haystack: &[u8],
        on_hit: &mut impl FnMut(PatternId, usize),
    ) {
        match &self.filter {
            AnyFilter::Tiny(filter) => self.scan(filter, patterns, haystack, on_hit),
            AnyFilter::Small(filter) => self.scan(filter, patterns, haystack, on_hit),
            AnyFilter::Medium(filter) => self.scan(filter, patterns, haystack, on_hit),
            AnyFilter::Large(filter) => self.scan(filter, patterns, haystack, on_hit),
            AnyFilter::Huge(filter) => self.scan(filter, patterns, haystack, on_hit),
        }
        if let Some(short) = &self.short {
            short.scan(patterns, haystack, on_hit);
        }
    }

    fn scan<const WORDS: usize>(
        &self,
        filter: &Filter<WORDS>,
        patterns: &Patterns,
        haystack: &[u8],
        on_hit: &mut impl FnMut(PatternId, usize),
    ) {
        let mut at = 0;
        // Four grams overlap in the first seven of eight bytes.
        while let Some(bytes) = haystack.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = read8(bytes);
            let grams = [
                word as u32,
                (word >> 8) as u32,
                (word >> 16) as u32,
                (word >> 24) as u32,
            ];
            let mut hits = filter.test(grams[0])
                | filter.test(grams[1]) << 1
                | filter.test(grams[2]) << 2
                | filter.test(grams[3]) << 3;
            while hits != 0 {
                let lane = hits.trailing_zeros() as usize & 3;
                self.settle(grams[lane], at + lane, patterns, haystack, on_hit);
                hits &= hits - 1;
            }
            at += 4;
        }
        while let Some(bytes) = haystack
            .get(at..)
            .and_then(|rest| rest.first_chunk::<GRAM>())
        {
            let gram = u32::from_le_bytes(*bytes) | FOLD as u32;
            if filter.test(gram) != 0 {
                self.settle(gram, at, patterns, haystack, on_hit);
            }
            at += 1;
        }
    }

    /// Compares the patterns entered under a gram that stands at `at`.
    #[inline(never)]
    fn settle(
        &self,
        gram: u32,
        at: usize,
        patterns: &Patterns,
        haystack: &[u8],
        on_hit: &mut impl FnMut(PatternId, usize),
    ) {
        let bucket = (hash(gram) >> self.shift) as usize;
        let (Some(&from), Some(&to)) = (self.starts.get(bucket), self.starts.get(bucket + 1))
        else {
            return;
        };
        for entry in self.entries.get(from as usize..to as usize).unwrap_or(&[]) {
            if entry.gram == gram
                && let Some(start) = at.checked_sub(entry.at as usize)
                && let Some(end) = patterns.end_if_at(entry.id, haystack, start)
            {
                on_hit(entry.id, end);
            }
        }
    }
}

/// Chooses the gram of every pattern that has one: the rarest that is not crowded.
fn choose_grams(patterns: &Patterns) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(patterns.len());
    let mut used: FxHashMap<u32, u32> =
        FxHashMap::with_capacity_and_hasher(patterns.len(), Default::default());
    for (id, pattern) in patterns.iter() {
        let bytes = patterns.bytes(pattern);
        let best = bytes
            .windows(GRAM)
            .take(CONSIDERED)
            .enumerate()
            .filter_map(|(at, window)| {
                let gram = u32::from_le_bytes(*window.first_chunk()?) | FOLD as u32;
                let crowd = used.get(&gram).copied().unwrap_or(0);
                let worth = i64::from(rarity::cost(window)) - i64::from(crowd * CROWDING);
                Some((worth, at, gram))
            })
            .max_by_key(|&(worth, at, _)| (worth, std::cmp::Reverse(at)));
        if let Some((_, at, gram)) = best {
            *used.entry(gram).or_default() += 1;
            entries.push(Entry {
                gram,
                at: at as u32,
                id,
            });
        }
    }
    entries
}

/// Patterns of one to three bytes, by their first two.
#[derive(Debug)]
struct ShortIndex {
    /// A bit for each folded pair of bytes: the first in the low half of the number.
    pairs: Box<[u64; 1024]>,
    /// Whether any pattern is one byte long, so that a buffer's last byte needs a look.
    single: [bool; 256],
    /// Sorted by key: the folded pair, or `SINGLE` and the folded byte.
    entries: Box<[(u32, PatternId)]>,
}

/// Marks the key of a pattern of one byte.
const SINGLE: u32 = 1 << 16;

impl ShortIndex {
    fn build(patterns: &Patterns) -> Option<Self> {
        let mut pairs = Box::new([0u64; 1024]);
        let mut single = [false; 256];
        let mut entries = Vec::new();
        for (id, pattern) in patterns.iter() {
            let folded: Vec<u8> = patterns
                .bytes(pattern)
                .iter()
                .map(|byte| byte | 0x20)
                .collect();
            match *folded.as_slice() {
                [byte] => {
                    entries.push((SINGLE | u32::from(byte), id));
                    single[usize::from(byte)] = true;
                }
                [first, second] | [first, second, _] => {
                    let key = u16::from_le_bytes([first, second]);
                    pairs[usize::from(key) / 64] |= 1 << (key % 64);
                    entries.push((u32::from(key), id));
                }
                _ => {}
            }
        }
        entries.sort_unstable();
        let entries = entries.into_boxed_slice();
        (!entries.is_empty()).then_some(Self {
            pairs,
            single,
            entries,
        })
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.pairs) + size_of_val(&*self.entries)
    }

    fn scan(
        &self,
        patterns: &Patterns,
        haystack: &[u8],
        on_hit: &mut impl FnMut(PatternId, usize),
    ) {
        let singles = self.single.contains(&true);
        for (at, pair) in haystack.windows(2).enumerate() {
            let pair = u16::from_le_bytes([pair[0] | 0x20, pair[1] | 0x20]);
            if self.pairs[usize::from(pair / 64)] >> (pair % 64) & 1 != 0 {
                self.settle(u32::from(pair), at, patterns, haystack, on_hit);
            }
        }
        if singles {
            for (at, byte) in haystack.iter().map(|byte| byte | 0x20).enumerate() {
                if self.single[usize::from(byte)] {
                    self.settle(SINGLE | u32::from(byte), at, patterns, haystack, on_hit);
                }
            }
        }
    }

    fn settle(
        &self,
        key: u32,
        at: usize,
        patterns: &Patterns,
        haystack: &[u8],
        on_hit: &mut impl FnMut(PatternId, usize),
    ) {
        let from = self.entries.partition_point(|(own, _)| *own < key);
        for &(_, id) in self.entries[from..]
            .iter()
            .take_while(|(own, _)| *own == key)
        {
            if let Some(end) = patterns.end_if_at(id, haystack, at) {
                on_hit(id, end);
            }
        }
    }
}
