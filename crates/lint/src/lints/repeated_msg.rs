//! Two rules with one message.
//!
//! # What it does
//! Looks, over all files given, for rules that alert with the message of another.
//!
//! # Why is this bad?
//! Whoever reads the alert cannot tell which of the two it was but by its number.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"Login"; content:"logon"; sid:2; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login, newer form"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"Login, older form"; content:"logon"; sid:2; rev:1;)
//! ```

use std::collections::hash_map::Entry;
use rustc_hash::FxHashMap;
use tapir_rules::{OptionKind, Rule, RuleFile, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L057",
    name: "repeated-msg",
    level: Level::Hint,
    mends: false,
    text: include_str!("repeated_msg.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let mut first: FxHashMap<&str, &Rule> = FxHashMap::default();
    for rule in file.rules.iter().filter(|rule| rule.enabled) {
        let Some((span, message)) = shown(rule) else {
            continue;
        };
        match first.entry(message) {
            Entry::Vacant(entry) => {
                entry.insert(rule);
            }
            Entry::Occupied(entry) => {
                let other = entry.get();
                let message = format!("rule {}:{} has the same message", other.gid, other.sid);
                report.say(rule, span, message, "say in it what tells them apart");
            }
        }
    }
}

/// The message of a rule that alerts.
fn shown(rule: &Rule) -> Option<(Span, &str)> {
    if rule.options.iter().any(|option| option.kind == OptionKind::NoAlert) {
        return None;
    }
    rule.options.iter().find_map(|option| match &option.kind {
        OptionKind::Msg(message) => Some((option.span, &**message)),
        _ => None,
    })
}
