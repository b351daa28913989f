//! Outcomes for people.

use std::fmt::Write as _;
use std::time::Duration;

use crate::expect::number;
use crate::outcome::{Failure, Outcome, Totals, Verdict};

/// How things are coloured.
struct Paint(bool);

impl Paint {
    fn of(&self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// One outcome, each line with its end. What passed is a line if `all` are wanted, and nothing otherwise.
pub fn human(outcome: &Outcome, all: bool, colour: bool) -> String {
    let paint = Paint(colour);
    let title = format!("{}: {}", outcome.file.display(), outcome.name);
    match &outcome.verdict {
        Verdict::Passed if all => format!("{} {title}\n", paint.of(GREEN, "ok  ")),
        Verdict::Passed => String::new(),
        Verdict::Skipped(why) if all => format!("{} {title}: {why}\n", paint.of(YELLOW, "skip")),
        Verdict::Skipped(_) => String::new(),
        Verdict::Unreadable(text) => format!("{text}\n\n"),
        Verdict::Broken(text) => {
            let text: String = text.lines().map(|line| format!("  {line}\n")).collect();
            format!("{} {title}\n{text}\n", paint.of(RED, "FAIL"))
        }
        Verdict::Failed(failures) => {
            let mut text = format!("{} {title}\n", paint.of(RED, "FAIL"));
            for failure in failures {
                text.push_str(&told(outcome, failure));
            }
            text.push_str(&alerts(outcome));
            text.push('\n');
            text
        }
    }
}

fn told(outcome: &Outcome, failure: &Failure) -> String {
    let place = failure
        .line
        .map(|line| format!(" ({}:{line})", outcome.file.display()));
    let mut text = format!(
        "  expected  {}{}\n  found     {}\n",
        failure.expected,
        place.unwrap_or_default(),
        failure.found
    );
    for line in failure.why.iter().flat_map(|why| why.lines()) {
        text.push_str(format!("  | {line}").trim_end());
        text.push('\n');
    }
    text
}

fn alerts(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (rule, raised) in &outcome.alerts {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  alerted   {} {raised}: {}",
            number(*rule),
            raised.msg
        );
    }
    text
}

/// The last line: how many cases came out how.
pub fn summary(totals: Totals, time: Duration) -> String {
    let mut parts = vec![
        format!("{} passed", totals.passed),
        format!("{} failed", totals.failed),
    ];
    if totals.unreadable > 0 {
        parts.push(format!("{} cannot be read", totals.unreadable));
    }
    if totals.skipped > 0 {
        parts.push(format!("{} skipped", totals.skipped));
    }
    format!("{} in {:.2} s", parts.join(", "), time.as_secs_f64())
}
