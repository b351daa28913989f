//! What came of a case.

use std::path::PathBuf;
use std::time::Duration;

use crate::expect::{Alerts, RuleNumber};

/// What came of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The file, or folder, of the case.
    pub file: PathBuf,
    /// The line that it begins in.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// Whether all that is expected came.
    pub verdict: Verdict,
    /// What alerted.
    pub alerts: Alerts,
    /// How long it took.
    pub time: Duration,
}

/// Whether all that is expected came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Passed,
    /// It did not.
    Failed(Vec<Failure>),
    /// The case does not apply here, or asks for what is not done; why.
    Skipped(String),
    /// The case cannot be read; what is wrong, underlined.
    Unreadable(String),
    /// Its rules or packets cannot be had; why.
    Broken(String),
}

/// Something that is expected and does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The line that expects it.
    pub line: Option<u32>,
    /// What is expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The rule whose alert is wanted, or not.
    pub rule: Option<RuleNumber>,
    /// Why a rule did not alert, in several lines.
    pub why: Option<String>,
}

/// How many cases came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Those that passed.
    pub passed: usize,
    /// Those that failed, or could not be run.
    pub failed: usize,
    /// Those that do not apply.
    pub skipped: usize,
    /// Those that cannot be read.
    pub unreadable: usize,
}

impl Totals {
    /// Counts outcomes.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut totals = Self::default();
        for outcome in outcomes {
            let count = match outcome.verdict {
                Verdict::Passed => &mut totals.passed,
                Verdict::Failed(_) | Verdict::Broken(_) => &mut totals.failed,
                Verdict::Skipped(_) => &mut totals.skipped,
                Verdict::Unreadable(_) => &mut totals.unreadable,
            };
            *count += 1;
        }
        totals
    }
}
