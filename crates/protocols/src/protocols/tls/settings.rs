//! Settings of TLS.

use tapir_config::{ConfigError, Node};

use crate::encryption::Encryption;

/// Settings of TLS, from `app-layer.protocols.tls`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What becomes of a flow once it is encrypted.
    pub encryption: Encryption,
    /// JA3 and JA3S are taken.
    pub ja3: bool,
    /// JA3 and JA3S are to be taken when rules or output ask for them.
    pub ja3_auto: bool,
    /// JA4 is taken.
    pub ja4: bool,
    /// JA4 is to be taken when rules or output ask for it.
    pub ja4_auto: bool,
}

impl Settings {
    /// Reads the settings below `tls`.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let switch = |path: &str| -> Result<(bool, bool), ConfigError> {
            match node.text_at(path, "auto") {
                "auto" => Ok((false, true)),
                _ => Ok((node.bool_at(path, false)?, false)),
            }
        };
        let (ja3, ja3_auto) = switch("ja3-fingerprints")?;
        let (ja4, ja4_auto) = switch("ja4-fingerprints")?;
        Ok(Self {
            encryption: Encryption::read(node)?,
            ja3,
            ja3_auto,
            ja4,
            ja4_auto,
        })
    }
}
