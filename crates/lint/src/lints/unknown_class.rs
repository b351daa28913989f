//! A class that classification.config lacks.
//!
//! # What it does
//! Looks for a `classtype` that no line of classification.config defines: that of the configuration, that beside the rules,
//! or the one that comes with Tapir.
//!
//! # Why is this bad?
//! The alert has no class, and the least priority.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; classtype:web-atack; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; classtype:web-application-attack; sid:1; rev:1;)
//! ```

use tapir_rules::side::Class;
use tapir_rules::{OptionKind, Rule, nearest};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L034",
    name: "unknown-class",
    level: Level::Warning,
    mends: false,
    text: include_str!("unknown_class.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Classtype(name) = &option.kind else {
            continue;
        };
        let classes = &report.surroundings.classes;
        if classes.get(name).is_some() {
            continue;
        }
        let help = match nearest(name, classes.iter().map(Class::name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "choose one of classification.config, or add a line to it".to_owned(),
        };
        report.say(rule, option.span, format!("there is no class `{name}`"), &help);
    }
}
