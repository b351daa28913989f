//! How rules are grouped by port in an analysis.

use tapir_config::{ConfigError, Node};
use tapir_rules::tree::PortExpr;

/// TCP ports that get groups of their own unless the configuration names others.
const TCP_PORTS: &str = "53, 80, 139, 443, 445, 1433, 3306, 3389, 6666, 6667, 8080";
/// UDP ports that get groups of their own unless the configuration names others.
const UDP_PORTS: &str = "53, 135, 5060";

/// How rules are grouped by port in an analysis; inspection does not depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortGrouping {
    /// How many groups there are for the ports of servers, besides the one for all others.
    pub to_server: usize,
    /// How many there are for the ports of clients.
    pub to_client: usize,
    /// TCP ports that come first.
    pub tcp_first: PortExpr,
    /// UDP ports that come first.
    pub udp_first: PortExpr,
}

/// Reads `detect.profile`, `detect.custom-values` and `detect.grouping`.
pub(super) fn grouping(root: &Node) -> Result<PortGrouping, ConfigError> {
    let (mut to_client, mut to_server) = root.parsed_at(
        "detect.profile",
        (20, 40),
        "low, medium, high or custom",
        |name| {
            Some(match name {
                "low" => (15, 25),
                "high" => (75, 75),
                "medium" | "custom" => (20, 40),
                _ => return None,
            })
        },
    )?;
    if root.text_at("detect.profile", "medium") == "custom" {
        to_client = root.number_at("detect.custom-values.toclient-groups", to_client)?;
        to_server = root.number_at("detect.custom-values.toserver-groups", to_server)?;
    }
    Ok(PortGrouping {
        to_server,
        to_client,
        tcp_first: first(root, "tcp", TCP_PORTS)?,
        udp_first: first(root, "udp", UDP_PORTS)?,
    })
}

/// The ports of a transport that come first. Suricata has renamed the key; both names do.
fn first(root: &Node, transport: &str, usual: &str) -> Result<PortExpr, ConfigError> {
    let read = |text: &str| format!("[{text}]").parse::<PortExpr>().ok();
    let mut ports = read(usual).unwrap_or(PortExpr::List(Vec::new()));
    for name in ["whitelist", "priority-ports"] {
        let key = format!("detect.grouping.{transport}-{name}");
        ports = root.parsed_at(&key, ports, "ports, joined by commas", read)?;
    }
    Ok(ports)
}
