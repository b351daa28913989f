//! A test of one transport in a rule for another.
//!
//! # What it does
//! Looks for tests of TCP, UDP or ICMP headers in a rule whose header names another of them.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert udp any any -> any 53 (msg:"x"; flags:S; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 53 (msg:"x"; flags:S; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::{KeywordId, flow, network};
use tapir_rules::tree::ProtocolName;

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L023",
    name: "wrong-transport",
    level: Level::Error,
    mends: false,
    text: include_str!("wrong_transport.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let Some(own) = of_header(rule.header.protocol.name) else {
        return;
    };
    for option in &rule.options {
        if let Some(other) = of_keyword(option.keyword).filter(|other| *other != own) {
            let name = option.keyword.name();
            let message = format!("`{name}` is about {other}, and the rule about {own}");
            report.say(rule, option.span, message, "change the protocol, or take the test out");
        }
    }
}

fn of_header(protocol: ProtocolName) -> Option<&'static str> {
    match protocol {
        ProtocolName::Tcp | ProtocolName::TcpPkt | ProtocolName::TcpStream => Some("TCP"),
        ProtocolName::Udp => Some("UDP"),
        ProtocolName::Icmp | ProtocolName::IcmpV4 | ProtocolName::IcmpV6 => Some("ICMP"),
        _ => None,
    }
}

fn of_keyword(keyword: KeywordId) -> Option<&'static str> {
    match keyword {
        network::TCP_ACK
        | network::TCP_SEQ
        | network::TCP_WINDOW
        | network::TCP_FLAGS
        | network::TCP_MSS
        | network::TCP_WSCALE
        | network::TCP_HDR
        | flow::STREAM_SIZE
        | flow::TCP_SESSION => Some("TCP"),
        network::UDP_HDR => Some("UDP"),
        network::ITYPE
        | network::ICODE
        | network::ICMP_ID
        | network::ICMP_SEQ
        | network::ICMPV4_HDR
        | network::ICMPV6_HDR
        | network::ICMPV6_MTU => Some("ICMP"),
        _ => None,
    }
}
