//! A buffer that must be absent and hold a pattern.
//!
//! # What it does
//! Looks for `absent` without `or_else`, and patterns in the same buffer.
//!
//! # Why is this bad?
//! A buffer that is not there holds nothing: the rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"GET"; http.referer; absent; content:"evil"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"GET"; http.referer; absent:or_else; content:"evil"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L071",
    name: "absent-with-content",
    level: Level::Error,
    mends: false,
    text: include_str!("absent_with_content.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let absent = stretch.options.iter().any(|option| option.kind == OptionKind::Absent(false));
    if let Some((option, _)) = stretch.required().next().filter(|_| absent) {
        let help = "write `absent:or_else`, or leave one of them out";
        report.say(rule, option.span, "the buffer is to be absent, and to hold this", help);
    }
}
