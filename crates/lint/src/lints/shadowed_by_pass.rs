//! An alert that a pass rule always prevents.
//!
//! # What it does
//! Looks for rules that alert only on what a `pass` rule with the same header, and some of the same tests, exempts.
//!
//! # Why is this bad?
//! Rules that pass go first: the other never alerts.
//!
//! # Example
//! ```text
//! pass tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"login"; content:"root"; sid:2; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! pass tcp any any -> any 80 (msg:"x"; content:"login"; content:"guest"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"login"; content:"root"; sid:2; rev:1;)
//! ```

use tapir_rules::RuleFile;
use tapir_rules::tree::Action;

use crate::lint::Check;
use crate::broader::Broader;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L037",
    name: "shadowed-by-pass",
    level: Level::Warning,
    mends: false,
    text: include_str!("shadowed_by_pass.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let passes = |action| action == Action::Pass;
    if !file.rules.iter().any(|rule| rule.enabled && passes(rule.action)) {
        return;
    }
    let broader = Broader::among(file, |rule| passes(rule.action));
    for rule in file.rules.iter().filter(|rule| rule.enabled && rule.action == Action::Alert) {
        if let Some(pass) = broader.than(rule) {
            let message = format!("rule {}:{} passes all that this finds", pass.gid, pass.sid);
            report.say(rule, rule.header.span, message, "narrow the rule that passes");
        }
    }
}
