//! `app-layer.protocols.smtp:` of the configuration.

use tapir_config::{ConfigError, Node, parse_bool};

/// What mail is parsed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Messages are taken apart.
    pub decode_mime: bool,
    /// Parts in base64 are decoded.
    pub decode_base64: bool,
    /// Quoted-printable parts are decoded.
    pub decode_quoted: bool,
    /// A message as a whole is a file. Only where messages are not taken apart.
    pub raw_extraction: bool,
    /// The digest of bodies is taken.
    pub body_md5: bool,
    /// The same, if some rule asks for it.
    pub body_md5_auto: bool,
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
            decode_mime: true,
            decode_base64: true,
            decode_quoted: true,
            raw_extraction: false,
            body_md5: false,
            body_md5_auto: true,
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
    ///
    /// # Errors
    /// If a value has the wrong form.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let default = Self::default();
        let schemes = node.get("mime.extract-urls-schemes").map(Node::items);
        let url_schemes = schemes.map_or(default.url_schemes, |list| {
            list.iter()
                .filter_map(|item| item.text().map(Box::from))
                .collect()
        });
        let body_md5 = node.parsed_at(
            "mime.body-md5",
            None,
            "yes, no or auto",
            |text| match text {
                "auto" => Some(None),
                _ => parse_bool(text).map(Some),
            },
        )?;
        let decode_mime = node.bool_at("mime.decode-mime", default.decode_mime)?;
        let raw_extraction = node.bool_at("raw-extraction", default.raw_extraction)?;
        Ok(Self {
            decode_mime,
            decode_base64: node.bool_at("mime.decode-base64", default.decode_base64)?,
            decode_quoted: node.bool_at("mime.decode-quoted-printable", default.decode_quoted)?,
            raw_extraction: raw_extraction && !decode_mime,
            body_md5: body_md5 == Some(true),
            body_md5_auto: body_md5.is_none(),
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
