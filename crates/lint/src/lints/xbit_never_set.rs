//! An xbit or hostbit that no rule sets.
//!
//! # What it does
//! Looks, over all files given, for names that `xbits:isset` or `hostbits:isset` checks and no rule in force sets.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"y"; content:"b2"; xbits:isset,seen,track ip_src; sid:2; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a1"; xbits:set,seen,track ip_src; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"b2"; xbits:isset,seen,track ip_src; sid:2; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::tree::BitAction;
use tapir_rules::{Opt, OptionKind, RuleFile};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L042",
    name: "xbit-never-set",
    level: Level::Warning,
    mends: false,
    text: include_str!("xbit_never_set.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let rules = || file.rules.iter().filter(|rule| rule.enabled);
    let mut known = FxHashSet::default();
    for option in rules().flat_map(|rule| &rule.options) {
        if let Some((name, BitAction::Set | BitAction::Toggle)) = bit(option) {
            known.insert((option.keyword, name));
        }
    }
    for rule in rules() {
        for option in &rule.options {
            if let Some((name, BitAction::IsSet)) = bit(option)
                && !known.contains(&(option.keyword, name))
            {
                let message = format!("no rule sets `{name}`");
                let help = "check its spelling, or give the file with the rule that sets it too";
                report.say(rule, option.span, message, help);
            }
        }
    }
}

fn bit(option: &Opt) -> Option<(&str, BitAction)> {
    match &option.kind {
        OptionKind::XBits(bits) => Some((&bits.name, bits.action)),
        OptionKind::HostBits(bits) => Some((&bits.name, bits.action)),
        _ => None,
    }
}
