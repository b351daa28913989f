//! A rule on the payload of TCP without `flow`.
//!
//! # What it does
//! Looks for rules for TCP with patterns on raw payload, and without `flow`.
//!
//! # Why is this bad?
//! Both directions are searched, and packets of connections that were never made: whoever sends one packet raises an alert.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 23 (msg:"x"; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 23 (msg:"x"; flow:to_server,established; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::{flow, network};
use tapir_rules::tree::ProtocolName;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L045",
    name: "missing-flow",
    level: Level::Hint,
    mends: false,
    text: include_str!("missing_flow.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    // A test of flags is about packets, whatever connection they belong to.
    let settled = rule.options.iter().any(|option| {
        matches!(
            option.keyword,
            flow::FLOW | flow::STREAM_SIZE | flow::TCP_SESSION | network::TCP_FLAGS | network::TCP_ACK
        ) || !option.keyword.row().protocols.is_empty()
    });
    let pattern = rule.options.iter().find(|option| {
        matches!(option.kind, OptionKind::Content(_) | OptionKind::Pcre(_))
    });
    if rule.header.protocol.name == ProtocolName::Tcp
        && !settled
        && let Some(pattern) = pattern
    {
        let help = "write `flow:to_server,established;` or `flow:to_client,established;`";
        report.say(rule, pattern.span, "the rule does not say which direction it is about", help);
    }
}
