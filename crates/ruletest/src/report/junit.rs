//! JUnit's XML, which most systems of continuous integration read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::complaint;
use crate::outcome::{Outcome, Verdict};

/// A suite a file, a test a case.
pub fn junit(outcomes: &[Outcome]) -> String {
    let mut suites: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        suites
            .entry(outcome.file.display().to_string())
            .or_default()
            .push(outcome);
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (file, outcomes) in suites {
        let count =
            |wanted: fn(&Verdict) -> bool| outcomes.iter().filter(|it| wanted(&it.verdict)).count();
        let failures = count(|it| matches!(it, Verdict::Failed(_)));
        let errors = count(|it| matches!(it, Verdict::Broken(_) | Verdict::Unreadable(_)));
        let skipped = count(|it| matches!(it, Verdict::Skipped(_)));
        // Writing to a string does not fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">",
            escaped(&file),
            outcomes.len()
        );
        for outcome in outcomes {
            xml.push_str(&case(outcome));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(outcome: &Outcome) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{0}\" line=\"{}\" time=\"{:.3}\"",
        escaped(&outcome.file.display().to_string()),
        escaped(&outcome.name),
        outcome.line,
        outcome.time.as_secs_f64()
    );
    let inside = match (&outcome.verdict, complaint(outcome)) {
        (Verdict::Skipped(why), _) => format!("<skipped message=\"{}\"/>", escaped(why)),
        (Verdict::Failed(_), Some(text)) => element("failure", &text),
        (_, Some(text)) => element("error", &text),
        (_, None) => return format!("{head}/>\n"),
    };
    format!("{head}>\n      {inside}\n    </testcase>\n")
}

fn element(name: &str, text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    format!(
        "<{name} message=\"{}\">{}</{name}>",
        escaped(first),
        escaped(text)
    )
}

/// Text as XML wants it; letters that XML has no way to write are left out.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => xml.push(letter),
        }
    }
    xml
}
