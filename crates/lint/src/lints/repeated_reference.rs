//! The same reference twice.
//!
//! # What it does
//! Looks for a `reference` that stands in the rule already.
//!
//! # Why is this bad?
//! Alerts show it twice, and one of the two was perhaps to be another.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cve,2024-1; reference:cve,2024-1; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cve,2024-1; sid:1; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L008",
    name: "repeated-reference",
    level: Level::Hint,
    mends: true,
    text: include_str!("repeated_reference.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let mut seen = FxHashSet::default();
    for option in &rule.options {
        let OptionKind::Reference(reference) = &option.kind else {
            continue;
        };
        if !seen.insert((&reference.system, &reference.id)) {
            let fix = report.without(rule, option.span);
            let message = "the rule has this reference already";
            report.mend(rule, option.span, message, "leave it out", fix);
        }
    }
}
