//! A rule without a class or priority.
//!
//! # What it does
//! Looks for rules that alert and have neither `classtype` nor `priority`.
//!
//! # Why is this bad?
//! The alert gets the default priority and cannot be sorted by kind of attack.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; classtype:policy-violation; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::tree::Action;

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L003",
    name: "missing-classtype",
    level: Level::Hint,
    mends: false,
    text: include_str!("missing_classtype.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let alerts = !matches!(rule.action, Action::Pass | Action::Config);
    if alerts && rule.classtype().is_none() && rule.priority().is_none() {
        let help = "choose a class of classification.config";
        report.say(rule, rule.header.span, "the rule has no class", help);
    }
}
