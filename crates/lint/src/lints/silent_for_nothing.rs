//! A silent rule whose flowbits no rule checks.
//!
//! # What it does
//! Looks, over all files given, for rules that neither alert nor leave anything behind but flowbits that no rule in force
//! checks.
//!
//! # Why is this bad?
//! Such a rule costs time and has no effect.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a1"; flowbits:set,seen; noalert; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a1"; flowbits:set,seen; noalert; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"b2"; flowbits:isset,seen; sid:2; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::tree::{Action, BitAction};
use tapir_rules::{OptionKind, Rule, RuleFile};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L043",
    name: "silent-for-nothing",
    level: Level::Warning,
    mends: false,
    text: include_str!("silent_for_nothing.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let rules = || file.rules.iter().filter(|rule| rule.enabled);
    let mut checked = FxHashSet::default();
    for option in rules().flat_map(|rule| &rule.options) {
        if let OptionKind::FlowBits(bits) = &option.kind
            && matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet)
        {
            checked.extend(bits.names.iter().map(|name| &**name));
        }
    }
    for rule in rules().filter(|rule| rule.action == Action::Alert) {
        let silent = rule.options.iter().find(|option| option.kind == OptionKind::NoAlert);
        if let Some(silent) = silent
            && leaves_only_bits(rule, &checked)
        {
            let message = "the rule does not alert, and no rule checks the bits it sets";
            report.say(rule, silent.span, message, "let a rule check them, or take this one out");
        }
    }
}

/// Whether the rule changes flowbits that nobody checks, and nothing else.
fn leaves_only_bits(rule: &Rule, checked: &FxHashSet<&str>) -> bool {
    let mut changes = false;
    for option in &rule.options {
        match &option.kind {
            OptionKind::FlowBits(bits) => match bits.action {
                BitAction::IsSet | BitAction::IsNotSet => {}
                _ if bits.names.iter().any(|name| checked.contains(&**name)) => return false,
                _ => changes = true,
            },
            OptionKind::XBits(_)
            | OptionKind::HostBits(_)
            | OptionKind::FlowInt(_)
            | OptionKind::Dataset(_)
            | OptionKind::Tag(_)
            | OptionKind::Config(_)
            | OptionKind::Bare
            | OptionKind::Text(_)
            | OptionKind::Mark(..) => return false,
            OptionKind::Pcre(pcre) if !pcre.captures.is_empty() => return false,
            _ => {}
        }
    }
    changes
}
