//! A rule whose longest literal has one or two bytes.
//!
//! # What it does
//! Looks for rules on raw payload whose patterns are all shorter than three bytes and may stand anywhere. It says how often
//! traffic holds the longest of them, by a table of letters measured over payloads of many protocols.
//!
//! # Why is this bad?
//! The literal decides on which packets the rest of the rule is tried. So short a one is in nearly every packet.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"AB"; pcre:"/AB[0-9]{8}/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"ABserial="; pcre:"/ABserial=[0-9]{8}/"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;

use crate::lint::Check;
use crate::frequency;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L018",
    name: "short-literal",
    level: Level::Hint,
    mends: false,
    text: include_str!("short_literal.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if let Some((option, content)) = frequency::best_anywhere(rule)
        && content.bytes.len() < 3
    {
        let often = frequency::every(&content.bytes);
        let message = format!("the longest literal is short: it stands once in every {often}");
        report.say(rule, option.span, message, "add a longer `content`, or say where it stands");
    }
}
