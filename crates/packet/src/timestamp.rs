//! Packet time.

use std::time::Duration;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// When a packet was captured: nanoseconds since the Unix epoch.
///
/// Sixty-four bits of nanoseconds reach the year 2554; times outside that range saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch.
    pub const ZERO: Timestamp = Timestamp(0);

    /// A time from whole seconds and the nanoseconds within the second.
    ///
    /// `nanos` of a second or more carries over; the sum saturates.
    #[must_use]
    pub const fn new(secs: u64, nanos: u32) -> Self {
        Timestamp(
            secs.saturating_mul(NANOS_PER_SEC)
                .saturating_add(nanos as u64),
        )
    }

    /// A time from nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Timestamp(nanos)
    }

    /// A time from microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Timestamp(micros.saturating_mul(1_000))
    }

    /// A time from milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Timestamp(millis.saturating_mul(1_000_000))
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0 / NANOS_PER_SEC
    }

    /// Microseconds within the second.
    #[must_use]
    pub const fn subsec_micros(self) -> u32 {
        (self.0 % NANOS_PER_SEC / 1_000) as u32
    }

    /// Nanoseconds within the second.
    #[must_use]
    pub const fn subsec_nanos(self) -> u32 {
        (self.0 % NANOS_PER_SEC) as u32
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0 / 1_000
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The time that passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This time moved forward by `by`, saturating.
    #[must_use]
    pub fn after(self, by: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_into_seconds_and_parts() {
        let ts = Timestamp::new(1_700_000_000, 123_456_789);
        assert_eq!(ts.secs(), 1_700_000_000);
        assert_eq!(ts.subsec_micros(), 123_456);
        assert_eq!(ts.subsec_nanos(), 123_456_789);
        assert_eq!(
            Timestamp::from_micros(1_500_000),
            Timestamp::new(1, 500_000_000)
        );
    }

    #[test]
    fn saturates_instead_of_wrapping() {
        assert_eq!(Timestamp::new(u64::MAX, 7).nanos(), u64::MAX);
        assert_eq!(Timestamp::ZERO.since(Timestamp::new(1, 0)), Duration::ZERO);
        assert_eq!(
            Timestamp::from_nanos(u64::MAX).after(Duration::MAX).nanos(),
            u64::MAX
        );
    }
}
