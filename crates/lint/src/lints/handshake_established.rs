//! The first packet of a connection in an established one.
//!
//! # What it does
//! Looks for `flags` that ask for SYN without ACK, together with `flow:established`.
//!
//! # Why is this bad?
//! A connection is established after its handshake: the rule never matches on an ordinary one.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flow:to_server,established; flags:S; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flow:to_server,not_established; flags:S; sid:1; rev:1;)
//! ```

use tapir_rules::tree::{FlagMode, FlowFlags};
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

const SYN: u8 = 2;
const ACK: u8 = 16;

pub(super) const LINT: Lint = Lint {
    code: "L033",
    name: "handshake-established",
    level: Level::Warning,
    mends: false,
    text: include_str!("handshake_established.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if !rule.flow().contains(FlowFlags::ESTABLISHED) {
        return;
    }
    for option in &rule.options {
        if let OptionKind::TcpFlags(test) = &option.kind
            && test.mode == FlagMode::Exact
            && test.bits & (SYN | ACK) == SYN
            && test.ignored & ACK == 0
        {
            let message = "the connection is not established when this packet comes";
            report.say(rule, option.span, message, "write `not_established` or `stateless`");
        }
    }
}
