//! Annotations, as GitHub's actions read them from the output of a step.

use super::complaint;
use crate::outcome::{Outcome, Verdict};

/// A line for each thing that does not hold.
pub fn github(outcome: &Outcome) -> String {
    let mut text = String::new();
    match &outcome.verdict {
        Verdict::Failed(failures) => {
            for failure in failures {
                let said = format!("expected {}, found {}", failure.expected, failure.found);
                text.push_str(&annotation(
                    outcome,
                    failure.line.unwrap_or(outcome.line),
                    &said,
                ));
            }
        }
        _ => {
            if let Some(said) = complaint(outcome) {
                text.push_str(&annotation(outcome, outcome.line, &said));
            }
        }
    }
    text
}

fn annotation(outcome: &Outcome, line: u32, said: &str) -> String {
    format!(
        "::error file={},line={line},title={}::{}\n",
        property(&outcome.file.display().to_string()),
        property(&outcome.name),
        data(said)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
