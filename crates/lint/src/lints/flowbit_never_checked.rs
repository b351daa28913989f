//! A flowbit that no rule checks.
//!
//! # What it does
//! Looks, over all files given, for names that rules set and no rule in force checks.
//!
//! # Why is this bad?
//! The rule keeps state that nobody reads; perhaps a name is misspelt.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a1"; flowbits:set,seen; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a1"; flowbits:set,seen; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"b2"; flowbits:isset,seen; sid:2; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::{OptionKind, Rule, RuleFile, Span};
use tapir_rules::tree::{BitAction, FlowBits};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L014",
    name: "flowbit-never-checked",
    level: Level::Hint,
    mends: false,
    text: include_str!("flowbit_never_checked.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let mut known = FxHashSet::default();
    for (_, _, bits) in bits(file).filter(|(_, _, bits)| matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet)) {
        known.extend(&bits.names);
    }
    for (rule, span, bits) in bits(file) {
        if sets(bits.action) && bits.names.iter().all(|name| !known.contains(name)) {
            let help = "check its spelling, or give the file with the rule that checks it too";
            report.say(rule, span, "no rule checks this flowbit", help);
        }
    }
}

/// Every `flowbits` of the rules in force, with its rule and place.
fn bits(file: &RuleFile) -> impl Iterator<Item = (&Rule, Span, &FlowBits)> {
    let rules = file.rules.iter().filter(|rule| rule.enabled);
    rules.flat_map(|rule| {
        rule.options.iter().filter_map(move |option| match &option.kind {
            OptionKind::FlowBits(bits) => Some((rule, option.span, &**bits)),
            _ => None,
        })
    })
}

/// Whether the action can make a bit set.
fn sets(action: BitAction) -> bool {
    matches!(action, BitAction::Set | BitAction::SetExclusive | BitAction::Toggle)
}
