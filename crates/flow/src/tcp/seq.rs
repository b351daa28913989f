//! Sequence numbers: comparison around the wrap (RFC 9293, 3.4).

/// Comparison of 32-bit sequence numbers, of which one lies less than half the circle from the other.
pub(crate) trait Sequence {
    /// `self` comes before `other`.
    fn before(self, other: u32) -> bool;
    /// `self` comes after `other`.
    fn after(self, other: u32) -> bool;
    /// `self` is `other` or comes before it.
    fn at_most(self, other: u32) -> bool;
    /// `self` is `other` or comes after it.
    fn at_least(self, other: u32) -> bool;
}

impl Sequence for u32 {
    #[inline]
    fn before(self, other: u32) -> bool {
        (self.wrapping_sub(other) as i32) < 0
    }

    #[inline]
    fn after(self, other: u32) -> bool {
        (self.wrapping_sub(other) as i32) > 0
    }

    #[inline]
    fn at_most(self, other: u32) -> bool {
        (self.wrapping_sub(other) as i32) <= 0
    }

    #[inline]
    fn at_least(self, other: u32) -> bool {
        (self.wrapping_sub(other) as i32) >= 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_goes_around_the_wrap() {
        assert!(u32::MAX.before(0) && 5.after(u32::MAX - 5));
        assert!(7.at_most(7) && 7.at_least(7) && !7.before(7) && !7.after(7));
    }
}
