//! The beginning of a buffer said by `depth`.
//!
//! # What it does
//! Looks, in rules for Suricata, for a `content` whose `depth` is its length, with no `offset`.
//!
//! # Why is this bad?
//! `startswith` says the same, and stays right when the pattern changes.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"/login"; depth:6; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"/login"; startswith; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::payload;
use tapir_rules::tree::Operand;
use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L053",
    name: "start-by-depth",
    level: Level::Hint,
    mends: true,
    text: include_str!("start_by_depth.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    for option in &rule.options {
        if let OptionKind::Content(content) = &option.kind
            && content.depth == Some(Operand::Number(content.bytes.len() as i64))
            && content.offset.is_none()
            && let Some(span) = report.modifier(rule, option, payload::DEPTH)
        {
            let fix = Some((span, "startswith".to_owned()));
            let message = "this says that the buffer begins with the pattern";
            report.mend(rule, span, message, "write `startswith`", fix);
        }
    }
}
