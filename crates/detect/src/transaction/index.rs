//! Comparisons over several values.

use tapir_rules::tree::{Index, IntegerTest};

/// Whether it is enough that one of the values passes.
pub(super) fn is_plain(test: &IntegerTest) -> bool {
    test.index == Index::Any && test.slice.is_none()
}

/// Whether the values pass.
pub(super) fn holds(test: &IntegerTest, values: &[u64]) -> bool {
    let values = match test.slice {
        None => values,
        Some((from, to)) => part(values, from, to),
    };
    let passing = || values.iter().filter(|value| test.holds(**value)).count();
    match test.index {
        Index::Any => passing() > 0,
        Index::AnyOrAbsent => values.is_empty() || passing() > 0,
        Index::All => !values.is_empty() && passing() == values.len(),
        Index::AllOrAbsent => passing() == values.len(),
        Index::Passing { op, a, b } => {
            IntegerTest::new(op, a.into(), b.into()).holds(passing() as u64)
        }
        Index::At(place) => at(values, place).is_some_and(|value| test.holds(value)),
        Index::AtOrBeyond(place) => at(values, place).is_none_or(|value| test.holds(value)),
        Index::Count => test.holds(values.len() as u64),
    }
}

/// A place counted from the end when negative.
fn place(count: usize, place: i32) -> Option<usize> {
    let distance = usize::try_from(place.unsigned_abs()).ok()?;
    if place < 0 {
        count.checked_sub(distance)
    } else {
        Some(distance)
    }
}

fn at(values: &[u64], index: i32) -> Option<u64> {
    values.get(place(values.len(), index)?).copied()
}

fn part(values: &[u64], from: i32, to: i32) -> &[u64] {
    let from = place(values.len(), from).unwrap_or(0);
    // An end of 0 is that of the values.
    let to = match to {
        0 => values.len(),
        to => place(values.len(), to).unwrap_or(0).min(values.len()),
    };
    values.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, values: &[u64]) -> bool {
        let test = IntegerTest::read(text, 8, |_| None).expect("a comparison");
        holds(&test, values)
    }

    #[test]
    fn an_index_picks_the_value() {
        assert!(check("2,1", &[1, 2]) && !check("2,0", &[1, 2]) && check("2,-1", &[1, 2]));
        assert!(!check("2,5", &[1, 2]) && check("2,oob_or 5", &[1, 2]));
        assert!(check(">0,all", &[1, 2]) && !check(">1,all", &[1, 2]) && !check(">1,all", &[]));
        assert!(check(">1,all_or_absent", &[]) && check("9,or_absent", &[]));
        assert!(check(">0,nb>1", &[1, 2]) && !check(">1,nb>1", &[1, 2]));
        assert!(check("count 2", &[7, 8]) && !check("count >2", &[7, 8]));
        assert!(check("1,any,0:1", &[1, 2]) && !check("2,any,0:1", &[1, 2]));
    }
}
