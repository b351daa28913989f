//! A revision of zero.
//!
//! # What it does
//! Looks for `rev:0`.
//!
//! # Why is this bad?
//! It is what a rule without a revision has: programs that compare revisions take it for none.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:0;)
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
    code: "L058",
    name: "rev-zero",
    level: Level::Hint,
    mends: true,
    text: include_str!("rev_zero.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if option.kind == OptionKind::Rev(0) {
            let fix = Some((option.span, "rev:1".to_owned()));
            report.mend(rule, option.span, "revisions begin with 1", "write `rev:1`", fix);
        }
    }
}
