//! Rules that ask for addresses alone, found by the addresses.

use std::net::IpAddr;

use crate::address_set::{AddressSet, AddressSets};
use crate::head::Head;
use crate::range_set::{Bound, RangeSet};
use crate::rule_id::RuleId;

/// Sides that cover more ranges than this in all rules together are not indexed rule by rule: their lists of rules
/// would outgrow the addresses.
const MAX_LISTED: usize = 1 << 22;

/// From an address to the rules that ask for it: the address line cut where the answer changes.
#[derive(Debug)]
struct Line<T> {
    /// Where each stretch begins.
    starts: Box<[T]>,
    /// The rules of each stretch, as a range of `rules`.
    lists: Box<[(u32, u32)]>,
    rules: Box<[RuleId]>,
}

impl<T: Bound> Line<T> {
    fn of(asked: &[(&RangeSet<T>, RuleId)]) -> Self {
        let mut edges: Vec<(T, bool, RuleId)> = Vec::new();
        for (set, rule) in asked {
            for &(first, last) in set.ranges() {
                edges.push((first, true, *rule));
                if last < T::MAX {
                    edges.push((last.up(), false, *rule));
                }
            }
        }
        edges.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.2.cmp(&b.2)).then(a.1.cmp(&b.1)));
        let mut line = (Vec::new(), Vec::new(), Vec::new());
        let mut open: Vec<RuleId> = Vec::new();
        for stretch in edges.chunk_by(|a, b| a.0 == b.0) {
            for &(_, begins, rule) in stretch {
                match (open.binary_search(&rule), begins) {
                    (Err(at), true) => open.insert(at, rule),
                    (Ok(at), false) => {
                        open.remove(at);
                    }
                    _ => {}
                }
            }
            let from = line.2.len() as u32;
            line.2.extend_from_slice(&open);
            line.0.extend(stretch.first().map(|edge| edge.0));
            line.1.push((from, line.2.len() as u32));
        }
        Self {
            starts: line.0.into(),
            lists: line.1.into(),
            rules: line.2.into(),
        }
    }

    fn at(&self, address: T) -> &[RuleId] {
        let after = self.starts.partition_point(|&start| start <= address);
        let list = after.checked_sub(1).and_then(|at| self.lists.get(at));
        list.and_then(|&(from, to)| self.rules.get(from as usize..to as usize))
            .unwrap_or_default()
    }
}

#[derive(Debug)]
struct Lines {
    v4: Line<u32>,
    v6: Line<u128>,
}

impl Lines {
    fn of(asked: &[(&AddressSet, RuleId)]) -> Self {
        let v4: Vec<_> = asked.iter().map(|(set, rule)| (&set.v4, *rule)).collect();
        let v6: Vec<_> = asked.iter().map(|(set, rule)| (&set.v6, *rule)).collect();
        Self {
            v4: Line::of(&v4),
            v6: Line::of(&v6),
        }
    }

    fn at(&self, address: IpAddr) -> &[RuleId] {
        match address {
            IpAddr::V4(v4) => self.v4.at(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.at(v6.to_bits()),
        }
    }
}

/// Rules that ask for addresses alone. Each is filed under the rarer of its two sides.
#[derive(Debug)]
pub(crate) struct IpOnly {
    by_src: Lines,
    by_dst: Lines,
    /// Rules that ask for any address, or for too many to list.
    rest: Box<[RuleId]>,
    count: usize,
}

impl IpOnly {
    /// Files rules.
    pub(crate) fn new(rules: &[(RuleId, Head)], addresses: &AddressSets) -> Self {
        let (mut by_src, mut by_dst, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let mut listed = 0;
        for &(rule, head) in rules {
            let (src, dst) = (addresses.get(head.src), addresses.get(head.dst));
            let (Some(src), Some(dst)) = (src, dst) else {
                continue;
            };
            let by_source = weight(src) <= weight(dst);
            let set = if by_source { src } else { dst };
            listed += set.v4.ranges().len() + set.v6.ranges().len();
            if set.is_any() || listed > MAX_LISTED {
                rest.push(rule);
            } else if by_source {
                by_src.push((set, rule));
            } else {
                by_dst.push((set, rule));
            }
        }
        Self {
            by_src: Lines::of(&by_src),
            by_dst: Lines::of(&by_dst),
            rest: rest.into(),
            count: rules.len(),
        }
    }

    /// How many rules there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds the rules that may ask for these addresses to `found`.
    pub(crate) fn collect(&self, src: IpAddr, dst: IpAddr, found: &mut Vec<RuleId>) {
        found.extend_from_slice(self.by_src.at(src));
        found.extend_from_slice(self.by_dst.at(dst));
        found.extend_from_slice(&self.rest);
    }
}

/// How much of the address space a set covers, roughly: the order of what it covers of IPv4.
fn weight(set: &AddressSet) -> u64 {
    let v4: u64 = set
        .v4
        .ranges()
        .iter()
        .map(|&(first, last)| u64::from(last - first) + 1)
        .sum();
    let v6 = set
        .v6
        .ranges()
        .iter()
        .map(|&(first, last)| ((last - first) >> 64) as u64)
        .fold(0, u64::saturating_add);
    v4.saturating_add(v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_finds_the_rules_that_ask_for_it() {
        let narrow = RangeSet::of(vec![(10u32, 20), (30, 40)]);
        let wide = RangeSet::of(vec![(0u32, 15), (35, u32::MAX)]);
        let line = Line::of(&[(&narrow, RuleId(1)), (&wide, RuleId(2))]);
        let at = |address| {
            line.at(address)
                .iter()
                .map(|rule| rule.0)
                .collect::<Vec<u32>>()
        };
        assert_eq!(at(5), [2]);
        assert_eq!(at(15), [1, 2]);
        assert_eq!(at(16), [1]);
        assert!(at(25).is_empty());
        assert_eq!(at(40), [1, 2]);
        assert_eq!(at(u32::MAX), [2]);
    }
}
