//! A silent rule that leaves nothing behind.
//!
//! # What it does
//! Looks for rules with `noalert` that set no bit, counter, data set or tag.
//!
//! # Why is this bad?
//! Such a rule costs time and has no effect.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; noalert; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; flowbits:set,login; noalert; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};
use tapir_rules::tree::{Action, Capture, CaptureScope};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L006",
    name: "noalert-without-state",
    level: Level::Warning,
    mends: false,
    text: include_str!("noalert_without_state.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    // Other actions do something without an alert.
    if rule.action != Action::Alert {
        return;
    }
    let silent = rule.options.iter().find(|option| option.kind == OptionKind::NoAlert);
    let kept = |capture: &Capture| capture.scope != CaptureScope::Nowhere;
    let leaves = rule.options.iter().any(|option| match &option.kind {
        OptionKind::FlowBits(_)
        | OptionKind::XBits(_)
        | OptionKind::HostBits(_)
        | OptionKind::FlowInt(_)
        | OptionKind::Dataset(_)
        | OptionKind::Tag(_)
        | OptionKind::Config(_)
        | OptionKind::Bare
        | OptionKind::Text(_)
        | OptionKind::Mark(..) => true,
        OptionKind::Pcre(pcre) => pcre.captures.iter().any(kept),
        _ => false,
    });
    if let (Some(silent), false) = (silent, leaves) {
        let help = "set a bit that another rule checks, or let the rule alert";
        report.say(rule, silent.span, "the rule neither alerts nor leaves anything behind", help);
    }
}
