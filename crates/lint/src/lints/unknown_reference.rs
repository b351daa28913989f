//! A reference to a system that reference.config lacks.
//!
//! # What it does
//! Looks for a `reference` whose system no line of reference.config defines: that of the configuration, that beside the
//! rules, or the one that comes with Tapir.
//!
//! # Why is this bad?
//! Nobody knows where the identifier leads.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cev,2021-44228; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cve,2021-44228; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, nearest};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L035",
    name: "unknown-reference",
    level: Level::Warning,
    mends: false,
    text: include_str!("unknown_reference.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Reference(reference) = &option.kind else {
            continue;
        };
        let (system, known) = (&reference.system, &report.surroundings.references);
        if known.prefix(system).is_some() {
            continue;
        }
        // Of two that are as near, the first by name.
        let mut systems: Vec<&str> = known.systems().collect();
        systems.sort_unstable();
        let help = match nearest(system, systems.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "choose one of reference.config, or add a line to it".to_owned(),
        };
        report.say(rule, option.span, format!("there is no system `{system}`"), &help);
    }
}
