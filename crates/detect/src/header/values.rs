//! Numbers of which a packet has several, and which of them a comparison is about.

use tapir_packet::Packet;
use tapir_rules::keywords::{KeywordId, network};
use tapir_rules::tree::{Index, IntegerTest};

/// What there are several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValuesOf {
    /// The VLAN identifiers, outermost first.
    VlanId,
    /// The types of the SCTP chunks, in order.
    SctpChunkType,
}

impl ValuesOf {
    /// What a keyword is about.
    pub(super) fn of(keyword: KeywordId) -> Option<Self> {
        match keyword {
            network::VLAN_ID => Some(ValuesOf::VlanId),
            network::SCTP_CHUNK_TYPE => Some(ValuesOf::SctpChunkType),
            _ => None,
        }
    }

    /// Whether those of a packet pass.
    pub(super) fn pass(self, packet: &Packet<'_>, test: &IntegerTest) -> bool {
        match self {
            ValuesOf::VlanId => pass(test, packet.vlans.ids().iter().map(|&id| u64::from(id))),
            ValuesOf::SctpChunkType => packet
                .sctp()
                .is_some_and(|sctp| pass(test, sctp.chunks().map(|chunk| u64::from(chunk.kind)))),
        }
    }
}

/// Whether some values pass a comparison that says which of them it is about.
///
/// The values are gone through more than once.
pub(crate) fn pass<I>(test: &IntegerTest, values: I) -> bool
where
    I: Iterator<Item = u64> + Clone,
{
    let Some(slice) = test.slice else {
        return pass_all(test, values);
    };
    let count = values.clone().count();
    let (from, to) = (place(slice.0, count), place(slice.1, count));
    pass_all(test, values.skip(from).take(to.saturating_sub(from)))
}

fn pass_all(test: &IntegerTest, mut values: impl Iterator<Item = u64> + Clone) -> bool {
    let is_empty = values.clone().next().is_none();
    match test.index {
        Index::Any => values.any(|value| test.holds(value)),
        Index::AnyOrAbsent => is_empty || values.any(|value| test.holds(value)),
        Index::All => !is_empty && values.all(|value| test.holds(value)),
        Index::AllOrAbsent => values.all(|value| test.holds(value)),
        Index::Passing { op, a, b } => {
            let passing = values.filter(|&value| test.holds(value)).count() as u64;
            IntegerTest::new(op, a.into(), b.into()).holds(passing)
        }
        Index::At(index) => at(values, index).is_some_and(|value| test.holds(value)),
        Index::AtOrBeyond(index) => at(values, index).is_none_or(|value| test.holds(value)),
        Index::Count => test.holds(values.count() as u64),
    }
}

fn at(mut values: impl Iterator<Item = u64> + Clone, index: i32) -> Option<u64> {
    let place = match usize::try_from(index) {
        Ok(place) => place,
        Err(_) => values
            .clone()
            .count()
            .checked_sub(index.unsigned_abs() as usize)?,
    };
    values.nth(place)
}

/// A place among `count` values, from the end when negative.
fn place(index: i32, count: usize) -> usize {
    match usize::try_from(index) {
        Ok(place) => place.min(count),
        Err(_) => count.saturating_sub(index.unsigned_abs() as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_rules::tree::IntegerOp;

    fn test(index: Index, slice: Option<(i32, i32)>) -> IntegerTest {
        IntegerTest {
            index,
            slice,
            ..IntegerTest::new(IntegerOp::Greater, 5, 0)
        }
    }

    fn check(index: Index, values: &[u64]) -> bool {
        pass(&test(index, None), values.iter().copied())
    }

    #[test]
    fn each_index_means_its_values() {
        assert!(check(Index::Any, &[1, 9]) && !check(Index::Any, &[1]) && !check(Index::Any, &[]));
        assert!(check(Index::AnyOrAbsent, &[]) && !check(Index::AnyOrAbsent, &[1]));
        assert!(check(Index::All, &[6, 7]) && !check(Index::All, &[6, 1]));
        assert!(!check(Index::All, &[]) && check(Index::AllOrAbsent, &[]));
        assert!(check(Index::At(1), &[1, 9]) && !check(Index::At(0), &[1, 9]));
        assert!(check(Index::At(-1), &[1, 9]) && !check(Index::At(-2), &[1, 9]));
        assert!(!check(Index::At(-3), &[9, 9]) && !check(Index::At(2), &[9, 9]));
        assert!(check(Index::AtOrBeyond(2), &[1, 1]) && !check(Index::AtOrBeyond(0), &[1, 9]));
        assert!(check(Index::Count, &[0; 6]) && !check(Index::Count, &[9; 5]));
        let two = Index::Passing {
            op: IntegerOp::Equal,
            a: 2,
            b: 0,
        };
        assert!(check(two, &[6, 1, 7]) && !check(two, &[6, 7, 8]));
    }

    #[test]
    fn a_slice_leaves_values_out() {
        let sliced = |from, to, values: &[u64]| {
            pass(&test(Index::All, Some((from, to))), values.iter().copied())
        };
        assert!(sliced(1, 3, &[0, 6, 7, 0]) && !sliced(0, 3, &[0, 6, 7, 0]));
        assert!(sliced(1, -1, &[0, 6, 7, 0]) && sliced(-2, 9, &[0, 0, 6, 7]));
        assert!(!sliced(3, 1, &[9, 9, 9]));
    }
}
