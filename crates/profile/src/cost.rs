//! Time, and what of it belongs to the clock.

/// Time that was measured in stretches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Stretches it was measured in.
    pub stretches: u64,
    /// Nanoseconds, with those that measuring took.
    pub measured: u64,
}

impl Cost {
    /// Adds a stretch.
    pub(crate) fn add(&mut self, nanos: u64) {
        self.stretches = self.stretches.saturating_add(1);
        self.measured = self.measured.saturating_add(nanos);
    }

    /// Adds what was measured elsewhere.
    pub(crate) fn merge(&mut self, other: Self) {
        self.stretches = self.stretches.saturating_add(other.stretches);
        self.measured = self.measured.saturating_add(other.measured);
    }

    /// Nanoseconds without those that measuring took, so many for each stretch.
    pub fn nanos(self, clock: u64) -> u64 {
        self.measured
            .saturating_sub(self.stretches.saturating_mul(clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_taken_off_for_each_stretch() {
        let mut cost = Cost::default();
        cost.add(100);
        cost.add(50);
        assert_eq!(cost.nanos(0), 150);
        assert_eq!(cost.nanos(20), 110);
        // Work that is shorter than a reading of the clock may come out as nothing, never as less.
        assert_eq!(cost.nanos(80), 0);
    }
}
