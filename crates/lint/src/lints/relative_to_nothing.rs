//! A place counted from a match that is not there.
//!
//! # What it does
//! Looks for a `content` with `distance` or `within` that is the first test of its buffer.
//!
//! # Why is this bad?
//! There is no match before it: the place is counted from the beginning of the buffer, which `offset` and `depth` say.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; distance:4; within:20; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; offset:4; depth:20; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::{Kind, payload};
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L040",
    name: "relative-to-nothing",
    level: Level::Hint,
    mends: false,
    text: include_str!("relative_to_nothing.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    // What base64_decode decoded, and what another test moved to, is told elsewhere.
    if stretch.buffer == Some(payload::BASE64_DATA) {
        return;
    }
    let tests = |kind| matches!(kind, Kind::Payload);
    let first = stretch.options.iter().find(|option| tests(option.keyword.row().kind));
    if let Some(option) = first
        && let OptionKind::Content(content) = &option.kind
        && content.is_relative()
    {
        let help = "write `offset` and `depth`, or put the pattern behind the other";
        report.say(rule, option.span, "there is no match before this to count from", help);
    }
}
