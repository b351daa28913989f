//! `app-layer.protocols.smtp:` of the configuration.

use tapir_config::{ConfigError, Node};

/// What mail is parsed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// URLs are looked for in messages.
    pub extract_urls: bool,
    /// With these schemes.
    pub url_schemes: Vec<Box<str>>,
    /// URLs are noted with their scheme.
    pub log_url_scheme: bool,
    /// Bytes of a header field's value that are kept.
    pub header_value_depth: usize,
    /// Bytes that a file must have before it is inspected.
    pub inspect_min: u64,
    /// Bytes before the new ones that are inspected again.
    pub inspect_window: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            extract_urls: true,
            url_schemes: vec!["http".into()],
            log_url_scheme: false,
            header_value_depth: 2000,
            inspect_min: 32768,
            inspect_window: 4096,
        }
    }
}

impl Settings {
    /// Reads the subtree of mail.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let default = Self::default();
        let schemes = node.get("mime.extract-urls-schemes").map(Node::items);
        let url_schemes = schemes.map_or(default.url_schemes, |list| {
            list.iter()
                .filter_map(|item| item.text().map(Box::from))
                .collect()
        });
        Ok(Self {
            extract_urls: node.bool_at("mime.extract-urls", default.extract_urls)?,
            url_schemes,
            log_url_scheme: node.bool_at("mime.log-url-scheme", default.log_url_scheme)?,
            header_value_depth: node
                .number_at("mime.header-value-depth", default.header_value_depth)?,
            inspect_min: node.size_at(
                "inspected-tracker.content-inspect-min-size",
                default.inspect_min,
            )?,
            inspect_window: node.size_at(
                "inspected-tracker.content-inspect-window",
                default.inspect_window,
            )?,
        })
    }
}
