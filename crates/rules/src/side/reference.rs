//! `reference.config`: what goes before the identifiers of each system of references.

use rustc_hash::FxHashMap;

use super::lines::{bad_line, config_line, each_line, said_before};
use crate::{Diagnostic, Source, sentence};

/// The `reference.config` that comes with Tapir.
pub const SHIPPED_REFERENCES: &str = include_str!("../../../../rules/reference.config");

/// The systems of a `reference.config`.
#[derive(Clone, Debug, Default)]
pub struct References {
    prefixes: FxHashMap<String, Box<str>>,
}

impl References {
    /// Reads lines like `config reference: cve http://cve.example.org/`. Diagnostics have the source number
    /// zero.
    pub fn parse(source: &Source) -> (Self, Vec<Diagnostic>) {
        let mut all = References::default();
        let diagnostics = each_line(source, |line, _| {
            const FORM: &str = "config reference: SYSTEM PREFIX";
            let bad_line = |line, form| bad_line(line, form).says(sentence::bad_reference());
            let fields = config_line(line, "reference").ok_or_else(|| bad_line(line, FORM))?;
            let (system, prefix) = fields.word();
            if system.is_empty() || prefix.is_empty() {
                return Err(bad_line(line, FORM));
            }
            let key = system.text.to_ascii_lowercase();
            if all.prefixes.contains_key(&key) {
                return Err(said_before(line, system.text));
            }
            all.prefixes.insert(key, prefix.owned());
            Ok(())
        });
        (all, diagnostics)
    }

    /// The systems, in no order.
    pub fn systems(&self) -> impl Iterator<Item = &str> {
        self.prefixes.keys().map(String::as_str)
    }

    /// What goes before an identifier of the system, capitals and small letters alike.
    pub fn prefix(&self, system: &str) -> Option<&str> {
        let known = self
            .prefixes
            .get(system)
            .or_else(|| self.prefixes.get(&system.to_ascii_lowercase()))?;
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_by_name() {
        let (all, diagnostics) = References::parse(&Source::new(
            "r",
            "config reference: CVE   http://c/\nconfig reference: url".as_bytes(),
        ));
        assert_eq!(all.prefix("cve"), Some("http://c/"));
        assert_eq!((all.prefix("url"), diagnostics.len()), (None, 1));
    }
}
