//! `app-layer.protocols.ssh:` of the configuration.

use tapir_config::{ConfigError, Node};

use crate::encryption::Encryption;

/// What is taken from a connection, and what becomes of it once it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What becomes of a flow once it is encrypted.
    pub encryption: Encryption,
    /// HASSH is taken.
    pub hassh: bool,
    /// HASSH is to be taken when rules ask for it.
    pub hassh_auto: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encryption: Encryption::TrackOnly,
            hassh: false,
            hassh_auto: true,
        }
    }
}

impl Settings {
    /// Reads the subtree of the protocol.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let (hassh, hassh_auto) = match node.text_at("hassh", "auto") {
            "auto" => (false, true),
            _ => (node.bool_at("hassh", false)?, false),
        };
        Ok(Self {
            encryption: Encryption::read(node)?,
            hassh,
            hassh_auto,
        })
    }
}
