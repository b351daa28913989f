//! A rule that finds only what another finds too.
//!
//! # What it does
//! Looks for rules with the action, the header and all tests of another rule, and more tests.
//!
//! # Why is this bad?
//! What it matches on raises two alerts. Sometimes this is meant: the one for the family, the other for a member of it.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"login"; content:"root"; sid:2; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; content:!"root"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"login"; content:"root"; sid:2; rev:1;)
//! ```

use tapir_rules::tree::Action;
use tapir_rules::{OptionKind, RuleFile};

use crate::lint::Check;
use crate::broader::Broader;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L038",
    name: "narrower-rule",
    level: Level::Hint,
    mends: false,
    text: include_str!("narrower_rule.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let alerts = |rule: &tapir_rules::Rule| {
        let silent = |kind: &OptionKind| *kind == OptionKind::NoAlert;
        let options = &rule.options;
        rule.action == Action::Alert && !options.iter().any(|option| silent(&option.kind))
    };
    let broader = Broader::among(file, alerts);
    for rule in file.rules.iter().filter(|rule| rule.enabled && alerts(rule)) {
        if let Some(other) = broader.than(rule) {
            let message = format!("rule {}:{} finds all that this finds", other.gid, other.sid);
            report.say(rule, rule.header.span, message, "let the other leave this case out");
        }
    }
}
