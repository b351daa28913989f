//! Two patterns that want the same bytes to be different.
//!
//! # What it does
//! Looks for patterns that are bound to a place of the buffer, by `startswith`, `endswith` or `offset` and `depth`, overlap
//! there, and differ.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"GET"; startswith; content:"POST"; startswith; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"POST"; startswith; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::tree::Content;

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L022",
    name: "same-place",
    level: Level::Error,
    mends: false,
    text: include_str!("same_place.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let contents: Vec<_> = stretch.required().collect();
    for (place, (option, later)) in contents.iter().enumerate() {
        let before = contents.iter().take(place).map(|(_, content)| *content);
        let excluded = |earlier: &Content| {
            from_start(earlier, later) || from_end(earlier, later)
        };
        if before.clone().any(excluded) {
            let message = "another pattern wants other bytes at the same place";
            report.say(rule, option.span, message, "take one of them out, or make two rules");
        }
    }
}

/// Where a pattern begins, when it can begin nowhere else.
fn start(content: &Content) -> Option<usize> {
    if content.startswith {
        return Some(0);
    }
    let number = |operand: &Option<tapir_rules::tree::Operand>| match operand {
        None => Some(0),
        Some(operand) => operand.number().and_then(|number| usize::try_from(*number).ok()),
    };
    let bound = content.depth.is_some() && number(&content.depth)? == content.bytes.len();
    (bound && !content.is_relative()).then_some(number(&content.offset)?)
}

fn from_start(one: &Content, other: &Content) -> bool {
    let (Some(a), Some(b)) = (start(one), start(other)) else {
        return false;
    };
    let from = a.max(b);
    let rest = |content: &Content, start: usize| {
        content.bytes.get(from.saturating_sub(start)..).unwrap_or_default().to_vec()
    };
    differ(rest(one, a).iter(), rest(other, b).iter(), one.nocase || other.nocase)
}

fn from_end(one: &Content, other: &Content) -> bool {
    let nocase = one.nocase || other.nocase;
    one.endswith && other.endswith && differ(one.bytes.iter().rev(), other.bytes.iter().rev(), nocase)
}

/// Whether two runs of bytes differ as far as both go.
fn differ<'a>(
    one: impl Iterator<Item = &'a u8>,
    other: impl Iterator<Item = &'a u8>,
    nocase: bool,
) -> bool {
    one.zip(other).any(|(a, b)| match nocase {
        true => !a.eq_ignore_ascii_case(b),
        false => a != b,
    })
}
