//! A pattern that is longer than the place it is looked for in.
//!
//! # What it does
//! Looks for a `content` that is longer than its `depth` or `within`, or than a `dsize` allows.
//!
//! # Why is this bad?
//! The rule never matches. Rules for Suricata are refused for it when they are loaded; this finds those for Snort.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; depth:4; metadata:ruleset community; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; depth:5; metadata:ruleset community; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::payload;
use tapir_rules::tree::{Operand, IntegerOp};
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L021",
    name: "no-room",
    level: Level::Error,
    mends: false,
    text: include_str!("no_room.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    for (option, content) in stretch.required() {
        let length = content.bytes.len() as i64;
        for (name, room) in [("depth", &content.depth), ("within", &content.within)] {
            let room = room.as_ref().and_then(Operand::number);
            if room.is_some_and(|room| *room < length) {
                let message = format!("the pattern has {length} bytes, more than `{name}` allows");
                report.say(rule, option.span, message, "make room, or the pattern shorter");
            }
        }
    }
    let longest = stretch.required().map(|(_, content)| content.bytes.len() as u64).max();
    let (Some(longest), None) = (longest, stretch.buffer) else {
        return;
    };
    for option in &rule.options {
        if let OptionKind::Integer(test) = &option.kind
            && option.keyword == payload::DSIZE
            && largest(test.op, test.a, test.b).is_some_and(|most| most < longest)
        {
            let message = format!("a pattern has {longest} bytes, more than this allows");
            report.say(rule, option.span, message, "make room, or the pattern shorter");
        }
    }
}

/// The greatest number that passes.
fn largest(op: IntegerOp, a: u64, b: u64) -> Option<u64> {
    match op {
        IntegerOp::Equal | IntegerOp::LessOrEqual => Some(a),
        IntegerOp::Less => Some(a.saturating_sub(1)),
        IntegerOp::Between => Some(b.saturating_sub(1)),
        IntegerOp::Within => Some(b),
        _ => None,
    }
}
