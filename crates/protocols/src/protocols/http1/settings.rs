//! Settings of the parser: `libhtp.default-config` of the configuration.

use tapir_config::{ConfigError, Node};

use crate::protocols::coding::Limits;
use crate::protocols::joined::JoinLimits;

/// Settings of the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// First line and headers that are longer are no HTTP (bytes).
    pub max_line: usize,
    /// Bytes of a request's body, and of a response's, that are looked at; 0 for all.
    pub body_limit: [u64; 2],
    /// Bytes of a request's body, and of a response's, that must be there before rules look at it.
    pub inspect_min: [u64; 2],
    /// Bytes before the new ones that rules look at again, in a request's body and a response's.
    pub inspect_window: [u64; 2],
    /// What decoding of bodies may cost.
    pub decoding: Limits,
    /// Path and query are decoded twice.
    pub double_decode: [bool; 2],
    /// What putting files together that come in ranges may cost.
    pub joining: JoinLimits,
    /// The normalised target begins with scheme and host where the request has them.
    pub whole_uri: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_line: 18_000,
            body_limit: [100 << 10; 2],
            inspect_min: [32 << 10, 40 << 10],
            inspect_window: [4 << 10, 16 << 10],
            decoding: Limits::default(),
            double_decode: [false; 2],
            joining: JoinLimits::default(),
            whole_uri: false,
        }
    }
}

impl Settings {
    /// Reads `app-layer.protocols.http`.
    ///
    /// # Errors
    /// A value of the wrong form.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        let joining = settings.joining;
        settings.joining = JoinLimits {
            memory: node.size_at("byterange.memcap", joining.memory)?,
            timeout: node.number_at("byterange.timeout", joining.timeout)?,
        };
        let Some(config) = node.get("libhtp.default-config") else {
            return Ok(settings);
        };
        for (way, side) in ["request", "response"].into_iter().enumerate() {
            for (name, value) in [
                ("body-limit", &mut settings.body_limit[way]),
                ("body-minimal-inspect-size", &mut settings.inspect_min[way]),
                ("body-inspect-window", &mut settings.inspect_window[way]),
            ] {
                *value = config.size_at(&format!("{side}-{name}"), *value)?;
            }
        }
        let layers = settings.decoding.layers;
        settings.decoding.layers =
            config.number_at("response-body-decompress-layer-limit", layers)?;
        if config.bool_at("lzma-enabled", false)? {
            settings.decoding.lzma_memory = Some(config.size_at("lzma-memlimit", 1 << 20)?);
        }
        let bomb = settings.decoding.bomb;
        settings.decoding.bomb = config.size_at("compression-bomb-limit", bomb)?;
        settings.double_decode = [
            config.bool_at("double-decode-path", false)?,
            config.bool_at("double-decode-query", false)?,
        ];
        settings.whole_uri = config.bool_at("uri-include-all", false)?;
        let limit = config.size_at("meta-field-limit", settings.max_line as u64)?;
        settings.max_line = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(settings)
    }
}
