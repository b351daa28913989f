//! A buffer of the other direction.
//!
//! # What it does
//! Looks for `flow` with one direction, and a buffer or field that only the other has.
//!
//! # Why is this bad?
//! The rule never matches. Rules for Suricata are refused for it when they are loaded; this finds those for Snort.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flow:to_server,established; content:"200"; http_stat_code; metadata:ruleset community; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any 80 -> any any (msg:"x"; flow:to_client,established; content:"200"; http_stat_code; metadata:ruleset community; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::{Directions, Kind};
use tapir_rules::tree::FlowFlags;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L032",
    name: "wrong-direction",
    level: Level::Error,
    mends: false,
    text: include_str!("wrong_direction.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let flow = rule.flow();
    let missing = match (flow.contains(FlowFlags::TO_SERVER), flow.contains(FlowFlags::TO_CLIENT)) {
        (true, false) => Directions::ToClient,
        (false, true) => Directions::ToServer,
        _ => return,
    };
    for option in &rule.options {
        let keyword = match &option.kind {
            OptionKind::Buffer(buffer) | OptionKind::BufferPart(buffer, _) => *buffer,
            _ if option.keyword.row().kind == Kind::Field => option.keyword,
            _ => continue,
        };
        if keyword.row().direction == missing {
            let message = format!("`{}` is of the other direction than `flow`", keyword.name());
            report.say(rule, option.span, message, "turn the direction of `flow` round");
        }
    }
}
