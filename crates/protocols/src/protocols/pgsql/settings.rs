//! `app-layer.protocols.pgsql:` of the configuration.

use tapir_config::{ConfigError, Node};

/// Limits of what is read of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Transactions that may be open at once.
    pub max_open: usize,
    /// Bytes of each stream that are read; 0 for all.
    pub stream_depth: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_open: 1024,
            stream_depth: 0,
        }
    }
}

impl Settings {
    /// Reads the subtree of the protocol.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let default = Self::default();
        let depth = node.size_at("stream-depth", default.stream_depth.into())?;
        Ok(Self {
            max_open: node.number_at("max-tx", default.max_open)?,
            stream_depth: u32::try_from(depth).unwrap_or(u32::MAX),
        })
    }
}
