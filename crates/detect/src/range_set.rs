//! Sets of numbers kept as ranges: what address and port lists come down to.

/// A number that ranges are made of.
pub(crate) trait Bound: Copy + Ord {
    /// The lowest number.
    const MIN: Self;
    /// The highest number.
    const MAX: Self;
    /// The next higher number; the highest stays.
    fn up(self) -> Self;
    /// The next lower number; the lowest stays.
    fn down(self) -> Self;
}

macro_rules! bound {
    ($($int:ty),+) => {$(
        impl Bound for $int {
            const MIN: Self = <$int>::MIN;
            const MAX: Self = <$int>::MAX;
            fn up(self) -> Self {
                self.saturating_add(1)
            }
            fn down(self) -> Self {
                self.saturating_sub(1)
            }
        }
    )+};
}

bound!(u16, u32, u128);

/// A set of numbers: ranges with both ends inclusive, sorted, none touching the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RangeSet<T>(Box<[(T, T)]>);

impl<T> Default for RangeSet<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Bound> RangeSet<T> {
    /// All numbers.
    pub(crate) fn all() -> Self {
        Self(Box::new([(T::MIN, T::MAX)]))
    }

    /// The union of ranges in any order.
    pub(crate) fn of(mut ranges: Vec<(T, T)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= *end || first == end.up() => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged.into())
    }

    /// The ranges, lowest first.
    pub(crate) fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    /// Whether the set has no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every number is a member.
    pub(crate) fn is_all(&self) -> bool {
        matches!(*self.0, [(first, last)] if first == T::MIN && last == T::MAX)
    }

    /// Whether `number` is a member.
    #[inline]
    pub(crate) fn contains(&self, number: T) -> bool {
        if self.0.len() <= 4 {
            return self
                .0
                .iter()
                .any(|&(first, last)| first <= number && number <= last);
        }
        let after = self.0.partition_point(|&(first, _)| first <= number);
        after
            .checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|&(_, last)| number <= last)
    }

    /// What is in either set.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(other.0.iter()).copied().collect())
    }

    /// What is not in the set.
    pub(crate) fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(T::MIN);
        for &(first, last) in &self.0 {
            if let Some(start) = next
                && start < first
            {
                gaps.push((start, first.down()));
            }
            next = (last < T::MAX).then(|| last.up());
        }
        if let Some(start) = next {
            gaps.push((start, T::MAX));
        }
        Self(gaps.into())
    }

    /// What is in this set and not in the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.complement().union(other).complement()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges() -> impl Strategy<Value = Vec<(u16, u16)>> {
        proptest::collection::vec((0u16..200, 0u16..200), 0..8)
    }

    proptest! {
        #[test]
        fn the_set_operations_agree_with_membership(a in ranges(), b in ranges(), probe in 0u16..220) {
            let within = |ranges: &[(u16, u16)]| ranges.iter().any(|&(x, y)| x <= probe && probe <= y);
            let (left, right) = (RangeSet::of(a.clone()), RangeSet::of(b.clone()));
            prop_assert_eq!(left.contains(probe), within(&a));
            prop_assert_eq!(left.union(&right).contains(probe), within(&a) || within(&b));
            prop_assert_eq!(left.without(&right).contains(probe), within(&a) && !within(&b));
            prop_assert_eq!(left.complement().contains(probe), !within(&a));
            prop_assert_eq!(left.complement().complement(), left);
        }
    }

    #[test]
    fn the_ends_of_the_number_line_are_kept() {
        let top = RangeSet::of(vec![(u16::MAX - 1, u16::MAX), (0, 0)]);
        assert_eq!(top.complement().ranges(), [(1, u16::MAX - 2)]);
        assert!(RangeSet::<u16>::all().complement().is_empty());
        assert!(RangeSet::of(vec![(0u16, 10), (11, u16::MAX)]).is_all());
    }
}
