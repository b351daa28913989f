//! The filter in front of the gram index: does any pattern have these two or four bytes?

/// Bit 5 of every byte of a gram: set, it folds the case of letters.
pub(super) const FOLD: u32 = 0x2020_2020;

/// A multiplier that spreads a gram over 32 bits (the golden ratio).
const MULTIPLIER: u32 = 0x9e37_79b1;

/// The first `BYTES` bytes of four as a gram, without the case of letters.
#[inline(always)]
pub(super) fn fold<const BYTES: usize>(bytes: [u8; 4]) -> u32 {
    u32::from_le_bytes(bytes) & mask(BYTES) | FOLD
}

/// The first `BYTES` bytes of a buffer as a number, if it is that long.
#[inline(always)]
pub(super) fn bytes_of<const BYTES: usize>(bytes: &[u8]) -> Option<u32> {
    let bytes = bytes.first_chunk::<BYTES>()?;
    let mut four = [0; 4];
    four[..BYTES].copy_from_slice(bytes);
    Some(u32::from_le_bytes(four))
}

/// The gram that a buffer starts with, if it is that long.
#[inline(always)]
pub(super) fn gram_of<const BYTES: usize>(bytes: &[u8]) -> Option<u32> {
    bytes_of::<BYTES>(bytes).map(|bytes| bytes | FOLD)
}

const fn mask(bytes: usize) -> u32 {
    u32::MAX >> (32 - 8 * bytes as u32)
}

/// The gram spread over 32 bits, the high ones best.
#[inline(always)]
pub(super) fn spread(gram: u32) -> u32 {
    gram.wrapping_mul(MULTIPLIER)
}

/// A blocked Bloom filter of `WORDS` words, a power of two, for grams of `BYTES` bytes: a gram chooses a word
/// and two bits of it.
#[derive(Debug)]
pub(super) struct Filter<const BYTES: usize, const WORDS: usize>(Box<[u32; WORDS]>);

impl<const BYTES: usize, const WORDS: usize> Filter<BYTES, WORDS> {
    const SHIFT: u32 = 32 - WORDS.trailing_zeros();

    fn new(grams: impl Iterator<Item = u32>) -> Self {
        let mut words = match vec![0u32; WORDS].into_boxed_slice().try_into() {
            Ok(words) => words,
            Err(_) => Box::new([0u32; WORDS]),
        };
        for gram in grams {
            let spread = spread(gram);
            // The shift leaves just the bits of an index, so that the compiler needs no bounds check.
            words[(spread >> Self::SHIFT) as usize] |=
                (1 << Self::first(spread)) | (1 << Self::second(gram));
        }
        Self(words)
    }

    /// The first bit: from the middle of the product, which depends on the gram's first bytes.
    #[inline(always)]
    fn first(spread: u32) -> u32 {
        spread >> 9 & 31
    }

    /// The second bit: the fourth byte of the gram.
    #[inline(always)]
    fn second(gram: u32) -> u32 {
        gram >> 24 & 31
    }

    /// Whether the gram may have been entered.
    #[inline(always)]
    fn may_have(&self, gram: u32) -> bool {
        let spread = spread(gram);
        let word = self.0[(spread >> Self::SHIFT) as usize];
        word >> Self::first(spread) & word >> Self::second(gram) & 1 != 0
    }

    /// Calls back for every position at which a gram stands that may have been entered, in order.
    #[inline]
    pub(super) fn scan(&self, haystack: &[u8], mut candidate: impl FnMut(usize, u32)) {
        let mut at = 0;
        #[cfg(target_arch = "x86_64")]
        if haystack.len() >= 16 && std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has been asked for the instructions.
            at = unsafe { self.scan_avx2(haystack, &mut candidate) };
        }
        while let Some(gram) = haystack.get(at..).and_then(gram_of::<BYTES>) {
            if self.may_have(gram) {
                candidate(at, gram);
            }
            at += 1;
        }
    }

    /// Takes eight positions at a time, as far as sixteen bytes can be read; returns how far it got.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn scan_avx2(&self, haystack: &[u8], candidate: &mut impl FnMut(usize, u32)) -> usize {
        use std::arch::x86_64::*;

        // Each half of the register holds the same sixteen bytes; the first takes the grams at 0 to 3 out of
        // it, the second those at 4 to 7.
        let overlap = _mm256_setr_epi8(
            0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7,
            8, 9, 10,
        );
        let folding = _mm256_set1_epi32(FOLD as i32);
        let mask = _mm256_set1_epi32(mask(BYTES) as i32);
        let multiplier = _mm256_set1_epi32(MULTIPLIER as i32);
        let low = _mm256_set1_epi32(31);
        let shift = _mm_cvtsi32_si128(Self::SHIFT as i32);
        let mut at = 0;
        while let Some(bytes) = haystack.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
            // SAFETY: sixteen bytes are read from an array of sixteen.
            let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
            let bytes = _mm256_broadcastsi128_si256(bytes);
            let grams = _mm256_and_si256(_mm256_shuffle_epi8(bytes, overlap), mask);
            let grams = _mm256_or_si256(grams, folding);
            let spread = _mm256_mullo_epi32(grams, multiplier);
            let index = _mm256_srl_epi32(spread, shift);
            // SAFETY: the shift leaves indices below `WORDS`, and a word is four bytes.
            let words = unsafe { _mm256_i32gather_epi32::<4>(self.0.as_ptr().cast(), index) };
            let first = _mm256_and_si256(_mm256_srli_epi32::<9>(spread), low);
            let second = _mm256_and_si256(_mm256_srli_epi32::<24>(grams), low);
            let both = _mm256_and_si256(
                _mm256_srlv_epi32(words, first),
                _mm256_srlv_epi32(words, second),
            );
            // The lowest bit of each lane moves to the sign, which can be collected.
            let mut hits =
                _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32::<31>(both))) as u32;
            while hits != 0 {
                let lane = at + hits.trailing_zeros() as usize;
                if let Some(bytes) = haystack.get(lane..).and_then(|rest| rest.first_chunk()) {
                    candidate(lane, fold::<BYTES>(*bytes));
                }
                hits &= hits - 1;
            }
            at += 8;
        }
        at
    }

    fn memory(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// Filters of the sizes in use, from 512 bytes to 512 KB: 24 bits or more for a gram, up to 64,000 grams.
#[derive(Debug)]
pub(super) enum AnyFilter<const BYTES: usize> {
    Tiny(Filter<BYTES, 128>),
    Small(Filter<BYTES, 2048>),
    Medium(Filter<BYTES, 8192>),
    Large(Filter<BYTES, 32768>),
    Huge(Filter<BYTES, 131072>),
}

impl<const BYTES: usize> AnyFilter<BYTES> {
    pub(super) fn new(grams: impl ExactSizeIterator<Item = u32>) -> Self {
        match grams.len() {
            0..=64 => Self::Tiny(Filter::new(grams)),
            65..=2048 => Self::Small(Filter::new(grams)),
            2049..=8192 => Self::Medium(Filter::new(grams)),
            8193..=65536 => Self::Large(Filter::new(grams)),
            _ => Self::Huge(Filter::new(grams)),
        }
    }

    /// Memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Tiny(filter) => filter.memory(),
            Self::Small(filter) => filter.memory(),
            Self::Medium(filter) => filter.memory(),
            Self::Large(filter) => filter.memory(),
            Self::Huge(filter) => filter.memory(),
        }
    }
}
