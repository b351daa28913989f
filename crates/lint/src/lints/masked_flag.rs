//! A flag that is asked for and left out of the comparison.
//!
//! # What it does
//! Looks for `flags` whose second part, the flags to ignore, has one of the first.
//!
//! # Why is this bad?
//! The flag is taken away before the comparison, and the rule never matches.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flags:SF,S; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flags:SF,12; sid:1; rev:1;)
//! ```

use tapir_rules::tree::FlagMode;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L024",
    name: "masked-flag",
    level: Level::Error,
    mends: false,
    text: include_str!("masked_flag.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if let OptionKind::TcpFlags(test) = &option.kind
            && matches!(test.mode, FlagMode::Exact | FlagMode::All)
            && test.bits & test.ignored != 0
        {
            let message = "a flag is asked for and ignored at once";
            report.say(rule, option.span, message, "take it out of one of the two parts");
        }
    }
}
