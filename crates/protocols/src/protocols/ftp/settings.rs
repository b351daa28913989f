//! `app-layer.protocols.ftp:` of the configuration.

use tapir_config::{ConfigError, Node};

/// What is kept of a control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a line that are looked at.
    pub max_line: usize,
    /// Transactions that may be open at once.
    pub max_open: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_line: 4096,
            max_open: 1024,
        }
    }
}

impl Settings {
    /// Reads the subtree of file transfer. A value that cannot be read is left at its default, and named to `wrong`.
    pub fn read(node: &Node, wrong: &mut dyn FnMut(&str, &ConfigError)) -> Self {
        let mut settings = Self::default();
        match node.size_at("max-line-length", settings.max_line as u64) {
            Ok(size) => settings.max_line = usize::try_from(size).unwrap_or(usize::MAX).max(1),
            Err(error) => wrong("max-line-length", &error),
        }
        match node.number_at("max-tx", settings.max_open) {
            Ok(count) => settings.max_open = count,
            Err(error) => wrong("max-tx", &error),
        }
        // Memory is bounded by the number and the length of what is kept.
        if let Err(error) = node.size_at("memcap", 0) {
            wrong("memcap", &error);
        }
        settings
    }
}
