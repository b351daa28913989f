//! `threshold` in a rule for Snort.
//!
//! # What it does
//! Looks for `threshold` in rules for Snort 2.
//!
//! # Why is this bad?
//! Snort 2.8.5 gave it up, and Snort 3 does not know it: `detection_filter` says when a rule matches, `event_filter` in the
//! configuration how often it alerts.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; threshold:type threshold, track by_src, count 5, seconds 60; metadata:ruleset community; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; detection_filter:track by_src, count 5, seconds 60; metadata:ruleset community; sid:1; rev:1;)
//! ```

use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L050",
    name: "threshold-in-rule",
    level: Level::Hint,
    mends: false,
    text: include_str!("threshold_in_rule.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if rule.dialect == Dialect::Snort2 && matches!(option.kind, OptionKind::Threshold(_)) {
            let help = "write `detection_filter`, or an `event_filter` in the configuration";
            report.say(rule, option.span, "Snort has given up `threshold` in rules", help);
        }
    }
}
