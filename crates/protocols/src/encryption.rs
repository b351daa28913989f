//! What becomes of a flow once it is encrypted: `encryption-handling` of a protocol in the configuration.

use tapir_config::{ConfigError, Node};

use crate::parser::Orders;

/// What becomes of a flow once it is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Rules go on, without looking at payload.
    #[default]
    TrackOnly,
    /// Nothing looks at the flow any more.
    Bypass,
    /// Rules go on as before.
    Full,
}

impl Encryption {
    /// Reads the subtree of the protocol.
    ///
    /// # Errors
    /// If the word is not known.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        match node.text_at("encryption-handling", "track-only") {
            "bypass" => Ok(Self::Bypass),
            "full" => Ok(Self::Full),
            "default" | "track-only" => Ok(Self::TrackOnly),
            _ => {
                let expected = "default, track-only, bypass or full";
                Err(ConfigError::value(node, "encryption-handling", expected))
            }
        }
    }

    /// Asks of a flow that is encrypted from here on what is to become of it.
    pub(crate) fn begin(self, orders: &mut Orders) {
        match self {
            Self::Full => {}
            Self::TrackOnly => orders.no_payload_inspection = true,
            Self::Bypass => {
                orders.no_inspection = true;
                orders.no_reassembly = true;
                orders.bypass = true;
            }
        }
    }
}
