//! `decoder:` of the configuration.

use tapir_config::{ConfigError, Node};
use tapir_packet::{DecodeConfig, MAX_TUNNEL_PORTS, TunnelPorts};

use super::variables::port_list;

/// What to decode beyond the fixed protocols.
pub(super) fn decode(root: &Node) -> Result<DecodeConfig, ConfigError> {
    let default = DecodeConfig::default();
    if root.get("decoder.erspan.typeI.enabled").is_some() {
        tracing::warn!("ERSPAN Type I is no longer configurable: it is always decoded");
    }
    let strict = root.parsed_at(
        "decoder.vxlan.reserved-bits-check",
        default.vxlan_strict,
        "strict or permissive",
        |text| match text {
            "strict" => Some(true),
            "permissive" => Some(false),
            _ => None,
        },
    )?;
    Ok(DecodeConfig {
        teredo: tunnel_ports(root, "teredo", default.teredo)?,
        vxlan: tunnel_ports(root, "vxlan", default.vxlan)?,
        geneve: tunnel_ports(root, "geneve", default.geneve)?,
        vxlan_strict: strict,
        max_layers: root.number_at("decoder.max-layers", default.max_layers)?,
    })
}

fn tunnel_ports(root: &Node, name: &str, default: TunnelPorts) -> Result<TunnelPorts, ConfigError> {
    if !root.bool_at(&format!("decoder.{name}.enabled"), true)? {
        return Ok(TunnelPorts::Disabled);
    }
    let path = format!("decoder.{name}.ports");
    let Some(node) = root.get(&path) else {
        return Ok(default);
    };
    let mut ports = Vec::new();
    for item in node.items() {
        let text = item.text().unwrap_or_default();
        if text == "any" {
            return Ok(TunnelPorts::Any);
        }
        let listed = port_list(root, text)
            .ok_or_else(|| ConfigError::value(item, &path, "ports such as [4789, 8472], or any"))?;
        ports.extend(listed);
    }
    if ports.len() > MAX_TUNNEL_PORTS {
        return Err(ConfigError::value(
            node,
            &path,
            &format!("at most {MAX_TUNNEL_PORTS} ports"),
        ));
    }
    Ok(TunnelPorts::Only(ports.into_iter().collect()))
}
