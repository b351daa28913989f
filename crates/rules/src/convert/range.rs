//! Ranges of numbers, whose ends belong to them in one dialect and not in another.

use crate::Dialect;
use crate::tree::{IntegerOp, IntegerTest};

/// A range of sizes as a dialect has it: Snort 2 counts both ends in, Suricata neither, Snort 3 says which.
pub(super) fn of_sizes(test: IntegerTest, to: Dialect) -> IntegerTest {
    match to {
        Dialect::Suricata => exclusive(test),
        Dialect::Snort2 => inclusive(test),
        Dialect::Snort3 => test,
    }
}

/// A range that its ends belong to, by one that they do not belong to.
pub(super) fn exclusive(test: IntegerTest) -> IntegerTest {
    if test.op != IntegerOp::Within {
        return test;
    }
    let (Some(b), a) = (test.b.checked_add(1), test.a.checked_sub(1)) else {
        return test;
    };
    match a {
        Some(a) => IntegerTest {
            op: IntegerOp::Between,
            a,
            b,
            ..test
        },
        None => IntegerTest {
            op: IntegerOp::Less,
            a: b,
            b: 0,
            ..test
        },
    }
}

/// A range that its ends do not belong to, by one that they belong to.
fn inclusive(test: IntegerTest) -> IntegerTest {
    let (Some(a), Some(b)) = (test.a.checked_add(1), test.b.checked_sub(1)) else {
        return test;
    };
    if test.op != IntegerOp::Between || a > b {
        return test;
    }
    IntegerTest {
        op: IntegerOp::Within,
        a,
        b,
        ..test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_are_in_a_range() {
        for (op, a, b) in [
            (IntegerOp::Within, 0, 4),
            (IntegerOp::Within, 3, 3),
            (IntegerOp::Between, 2, 4),
            (IntegerOp::Between, 2, 3),
            (IntegerOp::Less, 3, 0),
        ] {
            let test = IntegerTest::new(op, a, b);
            for to in [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3] {
                let other = of_sizes(test, to);
                for value in 0..8 {
                    assert_eq!(test.holds(value), other.holds(value), "{test:?} {to:?}");
                }
            }
        }
        let test = exclusive(IntegerTest::new(IntegerOp::Within, 1, u64::MAX));
        assert_eq!(test.op, IntegerOp::Within);
    }
}
