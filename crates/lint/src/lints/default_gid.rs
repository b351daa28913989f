//! The group that every rule has.
//!
//! # What it does
//! Looks for `gid:1`.
//!
//! # Why is this bad?
//! Every rule is of group 1 that says nothing else.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; gid:1; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L068",
    name: "default-gid",
    level: Level::Hint,
    mends: true,
    text: include_str!("default_gid.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if option.kind == OptionKind::Gid(1) {
            let fix = report.without(rule, option.span);
            report.mend(rule, option.span, "every rule is of group 1", "leave it out", fix);
        }
    }
}
