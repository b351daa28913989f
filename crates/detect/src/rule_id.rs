//! The number by which a rule set knows a rule.

/// Place of a rule in its [`RuleSet`](crate::RuleSet): its place in the order in which rules are evaluated, counted
/// from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RuleId(pub u32);

impl RuleId {
    /// The number as an index into tables with one entry a rule.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
