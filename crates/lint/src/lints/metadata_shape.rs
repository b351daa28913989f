//! Metadata that programs cannot read.
//!
//! # What it does
//! Looks for pairs of `metadata` without a value, and for dates in `created_at`, `updated_at` and `reviewed_at` that are not
//! written `2024_07_31`.
//!
//! # Why is this bad?
//! Programs that sort rules by their metadata miss them.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; metadata:created_at 31.7.2024; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; metadata:created_at 2024_07_31; sid:1; rev:1;)
//! ```

use tapir_rules::tree::metadata_pairs;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L060",
    name: "metadata-shape",
    level: Level::Hint,
    mends: false,
    text: include_str!("metadata_shape.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Metadata(text) = &option.kind else {
            continue;
        };
        for (key, value) in metadata_pairs(text) {
            let dated = matches!(key, "created_at" | "updated_at" | "reviewed_at");
            let (message, help) = if value.is_empty() {
                (format!("`{key}` has no value"), "write the key, a blank and the value")
            } else if dated && !is_date(value) {
                (format!("`{value}` is no date"), "write year, month and day: `2024_07_31`")
            } else {
                continue;
            };
            report.say(rule, option.span, message, help);
        }
    }
}

/// Whether a text is a date like `2024_07_31`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('_');
    let mut number = |digits: usize, least: u32, most: u32| {
        parts.next().is_some_and(|part| {
            let value = part.parse().ok().filter(|_| part.len() == digits);
            value.is_some_and(|value: u32| least <= value && value <= most)
        })
    };
    number(4, 1990, 2199) && number(2, 1, 12) && number(2, 1, 31) && parts.next().is_none()
}
