//! A word about the rule that stands twice.
//!
//! # What it does
//! Looks for a second `msg`, `classtype`, `priority` or `target`.
//!
//! # Why is this bad?
//! One of the two counts, and nobody sees which.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; classtype:misc-attack; classtype:misc-activity; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; classtype:misc-activity; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::{KeywordId, meta};

use crate::lint::Check;
use crate::{Level, Lint, Report};

const SINGLE: [KeywordId; 4] = [meta::MSG, meta::CLASSTYPE, meta::PRIORITY, meta::TARGET];

pub(super) const LINT: Lint = Lint {
    code: "L069",
    name: "repeated-option",
    level: Level::Warning,
    mends: false,
    text: include_str!("repeated_option.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for (place, option) in rule.options.iter().enumerate() {
        let mut before = rule.options.iter().take(place);
        if SINGLE.contains(&option.keyword) && before.any(|other| other.keyword == option.keyword) {
            let message = format!("the rule has a `{}` already", option.keyword.name());
            report.say(rule, option.span, message, "keep one of them");
        }
    }
}
