//! A number that belongs to somebody else.
//!
//! # What it does
//! Looks for numbers from the ranges of Emerging Threats (2000000 to 2999999) and Snort (100 to 999999) in rules whose
//! message or metadata does not say that they come from there.
//!
//! # Why is this bad?
//! When their rule of that number is loaded too, one of the two is refused. Numbers from 1000000 to 1999999 are for rules
//! of one's own.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login over HTTP"; content:"login"; sid:2000345; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login over HTTP"; content:"login"; sid:1000345; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L059",
    name: "reserved-sid",
    level: Level::Hint,
    mends: false,
    text: include_str!("reserved_sid.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let owner = match rule.sid {
        _ if rule.gid != 1 => return,
        100..=999_999 => "Snort",
        2_000_000..=2_999_999 => "Emerging Threats",
        _ => return,
    };
    let message = rule.msg();
    let theirs = ["ET ", "ETPRO ", "GPL ", "ETN ", "SURICATA ", "SLR "];
    let community = rule.options.iter().any(|option| match &option.kind {
        OptionKind::Metadata(text) => text.contains("ruleset community"),
        _ => false,
    });
    // Messages of Snort begin with a word in capitals and dashes: `SERVER-WEBAPP`.
    let class = message.split(' ').next().unwrap_or_default();
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let snort = class.contains('-') && class.bytes().all(capitals);
    if community || snort || theirs.iter().any(|start| message.starts_with(start)) {
        return;
    }
    if let Some(option) = rule.options.iter().find(|option| matches!(option.kind, OptionKind::Sid(_))) {
        let message = format!("the number is from the range of {owner}");
        report.say(rule, option.span, message, "take one from 1000000 to 1999999");
    }
}
