//! `rawbytes` where it says nothing.
//!
//! # What it does
//! Looks, in rules for Suricata, for `rawbytes`.
//!
//! # Why is this bad?
//! Suricata reads it for the sake of old rules and does nothing about it.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; rawbytes; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::payload;
use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L051",
    name: "needless-rawbytes",
    level: Level::Hint,
    mends: true,
    text: include_str!("needless_rawbytes.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    for option in &rule.options {
        if let OptionKind::Content(content) = &option.kind
            && content.rawbytes
            && let Some(span) = report.modifier(rule, option, payload::RAWBYTES)
        {
            let fix = report.without(rule, span);
            report.mend(rule, span, "`rawbytes` has no effect", "leave it out", fix);
        }
    }
}
