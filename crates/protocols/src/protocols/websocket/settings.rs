//! `app-layer.protocols.websocket:` of the configuration.

use tapir_config::{ConfigError, Node};

/// Limits of what is kept of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a payload that are looked at, packed or unpacked.
    pub max_payload: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_payload: 64 << 10,
        }
    }
}

impl Settings {
    /// Reads the subtree of the protocol.
    ///
    /// # Errors
    /// If the size is none.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let default = Self::default().max_payload;
        let size = node.size_at("max-payload-size", default as u64)?;
        Ok(Self {
            max_payload: usize::try_from(size).unwrap_or(usize::MAX),
        })
    }
}
