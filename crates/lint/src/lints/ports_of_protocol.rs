//! Ports in a rule for an application protocol.
//!
//! # What it does
//! Looks for ports in the header of a rule whose protocol is recognised by what it says, such as `http` or `tls`.
//!
//! # Why is this bad?
//! The protocol is found on every port; what speaks it on another is left out.
//!
//! # Example
//! ```text
//! alert http any any -> any 80 (msg:"x"; http.uri; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::tree::{PortExpr, ProtocolName};
use tapir_rules::{Dialect, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L046",
    name: "ports-of-protocol",
    level: Level::Hint,
    mends: false,
    text: include_str!("ports_of_protocol.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let header = &rule.header;
    // These are known by their ports.
    let by_port = ["ntp", "tftp", "dhcp", "modbus", "dnp3", "enip", "ike", "snmp", "telnet"];
    let ProtocolName::App(name) = header.protocol.name else {
        return;
    };
    let fixed = matches!(header.sport, PortExpr::Range(_))
        || matches!(header.dport, PortExpr::Range(_) | PortExpr::Var(_));
    if rule.dialect == Dialect::Suricata && fixed && !by_port.contains(&name) {
        let message = format!("`{name}` is recognised on every port, and this leaves others out");
        report.say(rule, header.span, message, "write `any` for the ports");
    }
}
