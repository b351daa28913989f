//! `sid-msg.map`: messages and references by number, for programs that see only the number.

use super::lines::{bad_line, each_line};
use crate::{Diagnostic, Source};

/// A line of a `sid-msg.map`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidMapEntry {
    /// Generator; 1 where the file does not say.
    pub gid: u32,
    /// Rule.
    pub sid: u32,
    /// Message.
    pub msg: Box<str>,
    /// References as `system,identifier`.
    pub references: Vec<Box<str>>,
}

/// The entries of a `sid-msg.map`, of the first or the second version.
#[derive(Clone, Debug, Default)]
pub struct SidMap {
    entries: Vec<SidMapEntry>,
}

impl SidMap {
    /// Reads lines like `105 || MESSAGE || url,example.org`, or `1 || 105 || 7 || class || 2 || MESSAGE || ...`.
    /// Diagnostics have the source number zero.
    pub fn parse(source: &Source) -> (Self, Vec<Diagnostic>) {
        let mut map = SidMap::default();
        let diagnostics = each_line(source, |line, _| {
            const FORM: &str = "SID || MESSAGE || REFERENCE";
            let fields: Vec<&str> = line.text.split("||").map(str::trim).collect();
            let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok());
            let (gid, sid, msg) = match (number(0), number(1), number(2), fields.len()) {
                // The second version begins with three numbers.
                (Some(gid), Some(sid), Some(_), 6..) => (gid, sid, 5),
                (Some(sid), _, _, 2..) => (1, sid, 1),
                _ => return Err(bad_line(line, FORM)),
            };
            map.entries.push(SidMapEntry {
                gid,
                sid,
                msg: fields[msg].into(),
                references: fields[msg + 1..]
                    .iter()
                    .filter(|field| !field.is_empty())
                    .map(|&field| field.into())
                    .collect(),
            });
            Ok(())
        });
        map.entries.sort_by_key(|entry| (entry.gid, entry.sid));
        (map, diagnostics)
    }

    /// The entry of a rule.
    pub fn get(&self, gid: u32, sid: u32) -> Option<&SidMapEntry> {
        let place = self
            .entries
            .binary_search_by_key(&(gid, sid), |entry| (entry.gid, entry.sid))
            .ok()?;
        self.entries.get(place)
    }

    /// All entries by number.
    pub fn iter(&self) -> impl Iterator<Item = &SidMapEntry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions() {
        let text = "105 || A thing || url,a.example || cve,1\n1 || 7 || 2 || class || 3 || Other || url,b.example\nx\n";
        let (map, diagnostics) = SidMap::parse(&Source::new("m", text.as_bytes()));
        assert_eq!(
            map.get(1, 105)
                .map(|entry| (&*entry.msg, entry.references.len())),
            Some(("A thing", 2))
        );
        assert_eq!(map.get(1, 7).map(|entry| &*entry.msg), Some("Other"));
        assert_eq!((map.iter().count(), diagnostics.len()), (2, 1));
    }
}
