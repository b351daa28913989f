//! Names of bits and variables as small numbers.

use rustc_hash::FxHashMap;

/// Number of a name in [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameId(pub(crate) u32);

/// The names that the rules of a set use, each with its number.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    names: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, NameId>,
}

impl Names {
    /// The number of a name, a new one for a new name.
    pub(crate) fn intern(&mut self, name: &str) -> NameId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = NameId(self.names.len() as u32);
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    /// The name behind a number.
    pub(crate) fn name(&self, id: NameId) -> &str {
        self.names.get(id.0 as usize).map_or("", |name| name)
    }

    /// Whether another set of names begins with these.
    pub(crate) fn is_prefix_of(&self, other: &Names) -> bool {
        other.names.starts_with(&self.names)
    }
}
