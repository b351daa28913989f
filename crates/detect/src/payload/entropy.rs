//! `entropy`: how evenly the values of bytes are spread, in bits for each byte.

use tapir_rules::tree::{Entropy, IntegerOp};

/// How near two values have to be to be equal.
const EQUAL: f64 = f64::EPSILON;

/// `entropy`.
#[derive(Debug)]
pub(super) struct EntropyTest(Entropy);

impl EntropyTest {
    pub(super) fn new(entropy: &Entropy) -> Self {
        Self(entropy.clone())
    }

    pub(super) fn holds(&self, data: &[u8]) -> bool {
        let offset = usize::try_from(self.0.offset).unwrap_or(0);
        let Some(mut data) = data.get(offset..) else {
            return false;
        };
        if self.0.bytes > 0 {
            match data.get(..self.0.bytes as usize) {
                Some(start) => data = start,
                None => return false,
            }
        }
        let (value, low, high) = (entropy(data), self.0.value, self.0.upper);
        match self.0.op {
            IntegerOp::Equal | IntegerOp::Masked => (value - low).abs() <= EQUAL,
            IntegerOp::NotEqual | IntegerOp::NotMasked => (value - low).abs() > EQUAL,
            IntegerOp::Less => value < low,
            IntegerOp::LessOrEqual => value <= low,
            IntegerOp::Greater => value > low,
            IntegerOp::GreaterOrEqual => value >= low,
            IntegerOp::Between => value > low && value < high,
            IntegerOp::NotBetween => !(value > low && value < high),
            IntegerOp::Within => value >= low && value <= high,
        }
    }
}

/// Shannon's entropy of the values of bytes, 0 to 8 bits.
fn entropy(data: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for &byte in data {
        counts[usize::from(byte)] += 1;
    }
    let all = data.len() as f64;
    let bits = |count: u32| {
        let share = f64::from(count) / all;
        -share * share.log2()
    };
    counts
        .into_iter()
        .filter(|count| *count > 0)
        .map(bits)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_spreads_are_the_highest() {
        let all: Vec<u8> = (0..=255).collect();
        assert!((entropy(&all) - 8.0).abs() < 1e-9);
        assert!((entropy(b"abcdabcd") - 2.0).abs() < 1e-9);
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b""), 0.0);
    }

    #[test]
    fn a_piece_must_be_there() {
        let test = |bytes, offset| {
            let test = Entropy {
                bytes,
                offset,
                op: IntegerOp::GreaterOrEqual,
                value: 1.0,
                upper: 0.0,
            };
            EntropyTest::new(&test).holds(b"aaab")
        };
        assert!(!test(0, 0) && test(2, 2) && test(0, 2));
        assert!(!test(3, 2) && !test(0, 5));
    }
}
