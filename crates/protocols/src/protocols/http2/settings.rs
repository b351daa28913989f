//! Limits of the parser.

use tapir_config::{ConfigError, Node};

/// Settings of `app-layer.protocols.http2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Streams open at a time.
    pub max_streams: usize,
    /// Bytes that a table of headers may have.
    pub max_table_size: usize,
    /// Bytes of a block of headers that comes in several frames.
    pub max_reassembly_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_streams: 4096,
            max_table_size: 65_536,
            max_reassembly_size: 102_400,
        }
    }
}

impl Settings {
    /// Reads `app-layer.protocols.http2`.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let count = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Self {
            max_streams: count(node.size_at("max-streams", 4096)?),
            max_table_size: count(node.size_at("max-table-size", 65_536)?),
            max_reassembly_size: count(node.size_at("max-reassembly-size", 102_400)?),
        })
    }
}
