//! Limits of the parser.

use tapir_config::{ConfigError, Node};

/// Settings of `app-layer.protocols.smb`. A limit of 0 is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes that one read may have.
    pub max_read_size: u32,
    /// Bytes that one write may have.
    pub max_write_size: u32,
    /// Bytes read that may wait for those before them.
    pub max_read_queue_size: u64,
    /// Pieces read that may wait for those before them.
    pub max_read_queue_count: usize,
    /// Bytes written that may wait for those before them.
    pub max_write_queue_size: u64,
    /// Pieces written that may wait for those before them.
    pub max_write_queue_count: usize,
    /// Transactions open at a time.
    pub max_transactions: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_read_size: 16 << 20,
            max_write_size: 16 << 20,
            max_read_queue_size: 64 << 20,
            max_read_queue_count: 64,
            max_write_queue_size: 64 << 20,
            max_write_queue_count: 64,
            max_transactions: 1024,
        }
    }
}

impl Settings {
    /// Reads `app-layer.protocols.smb`.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let count = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Self {
            max_read_size: narrow(node.size_at("max-read-size", defaults.max_read_size.into())?),
            max_write_size: narrow(node.size_at("max-write-size", defaults.max_write_size.into())?),
            max_read_queue_size: node
                .size_at("max-read-queue-size", defaults.max_read_queue_size)?,
            max_read_queue_count: count(node.size_at("max-read-queue-cnt", 64)?),
            max_write_queue_size: node
                .size_at("max-write-queue-size", defaults.max_write_queue_size)?,
            max_write_queue_count: count(node.size_at("max-write-queue-cnt", 64)?),
            max_transactions: count(node.size_at("max-tx", 1024)?),
        })
    }
}
