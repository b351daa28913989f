//! What came of a rule on a capture.

/// What came of trying a rule on a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// How often it alerted.
    pub alerts: u64,
    /// Why it did not, or in which packets it did.
    pub explanation: String,
}
