//! A pattern that is looked for in all traffic.
//!
//! # What it does
//! Looks for rules on raw payload of TCP, UDP or IP whose header is `any any -> any any`, and which no port, protocol or
//! bit narrows.
//!
//! # Why is this bad?
//! Every byte that the network carries is searched for it.
//!
//! # Example
//! ```text
//! alert tcp any any -> any any (msg:"x"; flow:to_server; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> $HOME_NET 23 (msg:"x"; flow:to_server; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::tree::{AddressExpr, PortExpr, ProtocolName};
use tapir_rules::{OptionKind, Rule};
use tapir_rules::keywords::{flow, meta};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L044",
    name: "anywhere",
    level: Level::Hint,
    mends: false,
    text: include_str!("anywhere.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let header = &rule.header;
    let transport = matches!(
        header.protocol.name,
        ProtocolName::Ip | ProtocolName::Tcp | ProtocolName::TcpStream | ProtocolName::Udp
    );
    let anywhere = header.src == AddressExpr::Any
        && header.dst == AddressExpr::Any
        && header.sport == PortExpr::Any
        && header.dport == PortExpr::Any;
    let narrowed = rule.options.iter().any(|option| {
        !option.keyword.row().protocols.is_empty()
            || matches!(option.keyword, flow::APP_LAYER_PROTOCOL | flow::FRAME | meta::SERVICE)
            || matches!(option.kind, OptionKind::FlowBits(_) | OptionKind::Buffer(_))
    });
    let pattern = rule.options.iter().find(|option| matches!(option.kind, OptionKind::Content(_)));
    if let Some(pattern) = pattern
        && transport
        && anywhere
        && !narrowed
    {
        let help = "name a network, a port, or the protocol: `alert http ...`";
        report.say(rule, pattern.span, "all traffic is searched for this", help);
    }
}
