//! A rule without a message.
//!
//! # What it does
//! Looks for rules that alert and have no `msg`, or an empty one.
//!
//! # Why is this bad?
//! The alert has only a number to show.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login over HTTP"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::tree::Action;

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L001",
    name: "missing-msg",
    level: Level::Warning,
    mends: false,
    text: include_str!("missing_msg.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.action != Action::Pass && rule.action != Action::Config && rule.msg().trim().is_empty() {
        let help = "say in a `msg` what the rule detects";
        report.say(rule, rule.header.span, "the rule has no message", help);
    }
}
