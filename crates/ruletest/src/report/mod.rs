//! Outcomes, written for people or machines.

mod github;
mod human;
mod junit;

pub use github::github;
pub use human::{human, summary};
pub use junit::junit;

use crate::outcome::{Outcome, Verdict};

/// What is wrong with a case in lines without colour; nothing for one that passed or was left out.
fn complaint(outcome: &Outcome) -> Option<String> {
    match &outcome.verdict {
        Verdict::Passed | Verdict::Skipped(_) => None,
        Verdict::Unreadable(text) | Verdict::Broken(text) => Some(text.clone()),
        Verdict::Failed(failures) => {
            let lines = failures
                .iter()
                .map(|it| format!("expected {}, found {}", it.expected, it.found));
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}
