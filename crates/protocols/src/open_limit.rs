//! How many transactions of a flow may be open: `max-tx` of a protocol in the configuration.

use tapir_config::{ConfigError, Node};

/// The limit, `DEFAULT` unless it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLimit<const DEFAULT: usize>(pub usize);

impl<const DEFAULT: usize> Default for OpenLimit<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: usize> OpenLimit<DEFAULT> {
    /// Reads the subtree of the protocol.
    ///
    /// # Errors
    /// If the number is none.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        node.number_at("max-tx", DEFAULT).map(Self)
    }
}
