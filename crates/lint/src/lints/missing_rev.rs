//! A rule without a revision.
//!
//! # What it does
//! Looks for rules that have no `rev`.
//!
//! # Why is this bad?
//! Nobody can tell which of two versions of the rule raised an alert.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L002",
    name: "missing-rev",
    level: Level::Hint,
    mends: true,
    text: include_str!("missing_rev.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let sid = rule.options.iter().find(|option| matches!(option.kind, OptionKind::Sid(_)));
    let has_rev = rule.options.iter().any(|option| matches!(option.kind, OptionKind::Rev(_)));
    if let (Some(sid), false) = (sid, has_rev) {
        let fix = (Span::new(sid.span.end, sid.span.end), "; rev:1".to_owned());
        report.mend(rule, sid.span, "the rule has no revision", "begin with 1", fix);
    }
}
