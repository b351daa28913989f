//! `nocase` on a pattern without letters.
//!
//! # What it does
//! Looks for a `content` with `nocase` whose bytes have no letter.
//!
//! # Why is this bad?
//! The modifier has no effect; perhaps it was meant for another pattern.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"1234"; nocase; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"1234"; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::payload;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L010",
    name: "nocase-without-letters",
    level: Level::Hint,
    mends: true,
    text: include_str!("nocase_without_letters.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Content(content) = &option.kind else {
            continue;
        };
        if content.nocase && !content.bytes.iter().any(u8::is_ascii_alphabetic) {
            // Snort 3 writes it into the option of the content.
            let nocase = report.modifier(rule, option, payload::NOCASE);
            let fix = nocase.and_then(|span| report.without(rule, span));
            let message = "the pattern has no letters, but `nocase`";
            report.mend(rule, nocase.unwrap_or(option.span), message, "leave `nocase` out", fix);
        }
    }
}
