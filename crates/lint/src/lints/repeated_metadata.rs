//! The same metadata twice.
//!
//! # What it does
//! Looks for a pair of `metadata` that stands in the rule already.
//!
//! # Why is this bad?
//! Alerts show it twice.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; metadata:severity major, team web, severity major; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; metadata:severity major, team web; sid:1; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::tree::metadata_pairs;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L061",
    name: "repeated-metadata",
    level: Level::Hint,
    mends: false,
    text: include_str!("repeated_metadata.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let mut seen = FxHashSet::default();
    for option in &rule.options {
        let OptionKind::Metadata(text) = &option.kind else {
            continue;
        };
        for (key, value) in metadata_pairs(text) {
            if !seen.insert((key, value)) {
                let message = format!("the rule has `{key} {value}` already");
                report.say(rule, option.span, message, "leave it out");
            }
        }
    }
}
