//! A rule whose rarest literal is common.
//!
//! # What it does
//! Looks for rules on raw payload whose patterns are all in much of what networks carry, and may stand anywhere. It says
//! how often traffic holds the rarest of them, by a table of letters measured over payloads of many protocols.
//!
//! # Why is this bad?
//! The literal decides on which packets the rest of the rule is tried.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"HTTP/1."; pcre:"/Evil[0-9]{8}/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"HTTP/1."; content:"Evil"; pcre:"/Evil[0-9]{8}/"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;

use crate::lint::Check;
use crate::frequency;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L019",
    name: "common-literal",
    level: Level::Hint,
    mends: false,
    text: include_str!("common_literal.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if let Some((option, content)) = frequency::best_anywhere(rule)
        && content.bytes.len() >= 3
        && frequency::is_common(&content.bytes)
    {
        let often = frequency::every(&content.bytes);
        let message = format!("the rarest literal is common: it stands once in every {often}");
        report.say(rule, option.span, message, "add a `content` with bytes that other traffic lacks");
    }
}
