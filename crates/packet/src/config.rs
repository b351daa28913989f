//! What may be configured about decoding.

use arrayvec::ArrayVec;

/// The most ports that a tunnel over UDP may be looked for on.
pub const MAX_TUNNEL_PORTS: usize = 4;

/// Which UDP ports a tunnel is looked for on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelPorts {
    /// The tunnel is not decoded.
    Disabled,
    /// Every port.
    Any,
    /// These ports.
    Only(ArrayVec<u16, MAX_TUNNEL_PORTS>),
}

impl TunnelPorts {
    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Self {
        TunnelPorts::Only(ArrayVec::from_iter([port]))
    }

    #[inline]
    pub(crate) fn contains(&self, port: u16) -> bool {
        match self {
            TunnelPorts::Disabled => false,
            TunnelPorts::Any => true,
            TunnelPorts::Only(ports) => ports.contains(&port),
        }
    }
}

/// Configuration of the decoder (`decoder:` in the configuration file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeConfig {
    /// Teredo, by source or destination port.
    pub teredo: TunnelPorts,
    /// VXLAN, by destination port.
    pub vxlan: TunnelPorts,
    /// Whether a VXLAN header with reserved bits set is taken for something else.
    pub vxlan_strict: bool,
    /// Geneve, by source or destination port.
    pub geneve: TunnelPorts,
    /// How many layers are decoded, tunnels included, before a packet is given up.
    pub max_layers: u8,
}

impl Default for DecodeConfig {
    fn default() -> Self {
        DecodeConfig {
            teredo: TunnelPorts::one(3544),
            vxlan: TunnelPorts::one(4789),
            vxlan_strict: true,
            geneve: TunnelPorts::one(6081),
            max_layers: 16,
        }
    }
}
