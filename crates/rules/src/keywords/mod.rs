//! The one table of keywords and buffers.
//!
//! Every keyword of the three dialects has one row, in the module of its family. The parser reads from
//! it which names a dialect knows and which argument they take, the compiler which buffer or field they
//! mean, and whoever lists or explains keywords the line of help. A row is found by [`find`], or by its
//! constant: `keywords::http::URI`.
//!
//! ```
//! use tapir_rules::{Dialect, keywords};
//!
//! let id = keywords::find(Dialect::Suricata, "http.uri").unwrap();
//! assert_eq!(id, keywords::http::URI);
//! // Snort 3 has another name for the same buffer.
//! assert_eq!(keywords::find(Dialect::Snort3, "http_uri"), Some(id));
//! assert_eq!(id.row().protocols, ["http"]);
//! ```

#[macro_use]
mod row;

pub mod dns;
pub mod file;
pub mod flow;
pub mod http;
pub mod industrial;
pub mod internet;
pub mod mail;
pub mod meta;
pub mod network;
pub mod payload;
mod protocol;
pub mod response;
pub mod snort;
pub mod tls;
pub mod transform;
pub mod voip;
pub mod windows;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::Dialect;
pub use protocol::{app_protocol, app_protocol_in, app_protocols};
pub use row::{Alias, Directions, Grammar, Keyword, Kind, Support};

/// The families in the order of their numbers.
static FAMILIES: [&[Keyword]; 16] = [
    meta::ROWS,
    payload::ROWS,
    transform::ROWS,
    network::ROWS,
    flow::ROWS,
    response::ROWS,
    http::ROWS,
    dns::ROWS,
    tls::ROWS,
    file::ROWS,
    mail::ROWS,
    windows::ROWS,
    voip::ROWS,
    industrial::ROWS,
    internet::ROWS,
    snort::ROWS,
];

/// The place of a keyword in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeywordId(u16);

/// The place of a sticky buffer in the table: a row of kind [`Kind::Buffer`].
pub type BufferId = KeywordId;

impl KeywordId {
    const fn new(family: u8, place: u8) -> Self {
        KeywordId((family as u16) << 8 | place as u16)
    }

    /// The row.
    pub fn row(self) -> &'static Keyword {
        &FAMILIES[usize::from(self.0 >> 8)][usize::from(self.0 & 0xff)]
    }

    /// The name of the row.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// A number below [`KeywordId::LIMIT`], for tables indexed by keyword.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Greater than every [`KeywordId::index`].
    pub const LIMIT: usize = FAMILIES.len() << 8;
}

impl std::fmt::Debug for KeywordId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// All rows, family after family.
pub fn all() -> impl Iterator<Item = (KeywordId, &'static Keyword)> {
    FAMILIES.iter().enumerate().flat_map(|(family, rows)| {
        rows.iter()
            .enumerate()
            .map(move |(place, row)| (KeywordId::new(family as u8, place as u8), row))
    })
}

/// The names of one dialect, in lower case.
type Names = FxHashMap<&'static [u8], KeywordId>;

static NAMES: LazyLock<[Names; 3]> = LazyLock::new(|| {
    [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3].map(|dialect| {
        let mut names = Names::default();
        for (id, row) in all() {
            for name in row.names(dialect) {
                names.entry(name.as_bytes()).or_insert(id);
            }
        }
        names
    })
});

/// The keyword of that name in a dialect, capitals and small letters alike.
pub fn find(dialect: Dialect, name: impl AsRef<[u8]>) -> Option<KeywordId> {
    let name = name.as_ref();
    let names = &NAMES[dialect as usize];
    if let Some(id) = names.get(name) {
        return Some(*id);
    }
    if name.iter().any(u8::is_ascii_uppercase) {
        return names.get(name.to_ascii_lowercase().as_slice()).copied();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_dialect_are_unique() {
        for dialect in [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3] {
            let mut seen: FxHashMap<&str, KeywordId> = FxHashMap::default();
            for (id, row) in all() {
                for name in row.names(dialect) {
                    assert_eq!(
                        seen.insert(name, id),
                        None,
                        "{name} has two rows in {}",
                        dialect.name()
                    );
                    assert_eq!(name, name.to_ascii_lowercase());
                }
            }
        }
    }

    #[test]
    fn modifiers_name_a_buffer() {
        for (_, row) in all() {
            if let Kind::BufferModifier(buffer) = row.kind {
                assert_eq!(buffer.row().kind, Kind::Buffer, "{}", row.name);
            }
        }
    }

    #[test]
    fn capitals_do_not_matter() {
        assert_eq!(find(Dialect::Suricata, "Content"), Some(payload::CONTENT));
        assert_eq!(find(Dialect::Suricata, "kontent"), None);
    }
}
