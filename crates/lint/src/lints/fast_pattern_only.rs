//! `fast_pattern:only`.
//!
//! # What it does
//! Looks, in rules for Suricata, for `fast_pattern:only`.
//!
//! # Why is this bad?
//! It means `fast_pattern` there, and forbids the pattern every position that it may come to need.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; fast_pattern:only; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; fast_pattern; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::payload;
use tapir_rules::tree::FastPattern;
use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L049",
    name: "fast-pattern-only",
    level: Level::Hint,
    mends: true,
    text: include_str!("fast_pattern_only.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    for option in &rule.options {
        if let OptionKind::Content(content) = &option.kind
            && content.fast_pattern == FastPattern::Only
        {
            let modifier = report.modifier(rule, option, payload::FAST_PATTERN);
            let fix = modifier.map(|span| (span, "fast_pattern".to_owned()));
            let span = modifier.unwrap_or(option.span);
            let message = "`only` has no effect but that the pattern can have no position";
            report.mend(rule, span, message, "write `fast_pattern`", fix);
        }
    }
}
