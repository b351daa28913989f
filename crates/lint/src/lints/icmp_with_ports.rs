//! Ports in a rule for ICMP.
//!
//! # What it does
//! Looks for rules for ICMP that name ports.
//!
//! # Why is this bad?
//! ICMP has no ports.
//!
//! # Example
//! ```text
//! alert icmp any any -> any 80 (msg:"x"; itype:8; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert icmp any any -> any any (msg:"x"; itype:8; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::tree::{PortExpr, ProtocolName};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L011",
    name: "icmp-with-ports",
    level: Level::Warning,
    mends: false,
    text: include_str!("icmp_with_ports.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let header = &rule.header;
    let icmp = matches!(
        header.protocol.name,
        ProtocolName::Icmp | ProtocolName::IcmpV4 | ProtocolName::IcmpV6
    );
    if icmp && (header.sport != PortExpr::Any || header.dport != PortExpr::Any) {
        report.say(rule, header.span, "ICMP has no ports", "write `any` for both");
    }
}
