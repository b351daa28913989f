//! What a log of transactions is to contain.

use std::collections::BTreeMap;

/// Settings of the records of one protocol, as in `types:` of the EVE output.
///
/// Which names mean something is for the protocol to say: `extended` for HTTP and TLS, `custom` for their lists of
/// fields, `requests` and `responses` for DNS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordOptions {
    words: BTreeMap<Box<str>, Box<str>>,
    lists: BTreeMap<Box<str>, Vec<Box<str>>>,
}

impl RecordOptions {
    /// Notes a single value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.words.insert(name.into(), value.into());
    }

    /// Notes a list.
    pub fn set_list(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values = values.into_iter().map(String::into_boxed_str).collect();
        self.lists.insert(name.into(), values);
    }

    /// A single value.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(|word| &**word)
    }

    /// Whether something is switched on; `default` when nobody said.
    pub fn is_on(&self, name: &str, default: bool) -> bool {
        self.word(name)
            .and_then(tapir_config::parse_bool)
            .unwrap_or(default)
    }

    /// A list; nothing when nobody gave one.
    pub fn list(&self, name: &str) -> Option<&[Box<str>]> {
        self.lists.get(name).map(Vec::as_slice)
    }
}
