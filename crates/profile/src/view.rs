//! Which rows of a profile are shown, in which order.

/// Which rows are shown, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// What rules are sorted by, the greatest first.
    pub sort: SortBy,
    /// How many rules and pattern sets are shown; nothing for all.
    pub top: Option<usize>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            sort: SortBy::Time,
            top: Some(20),
        }
    }
}

/// A column that rules are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// Time of all trials.
    Time,
    /// Time of one trial on average.
    Mean,
    /// Time of the longest trial.
    Longest,
    /// Time of the trials that did not match.
    Misses,
    /// Trials.
    Checks,
    /// Matches.
    Matches,
    /// Hits of the prefilter.
    Hits,
    /// Hits that led nowhere.
    InVain,
}

impl SortBy {
    /// All, by the name that people give them.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("time", Self::Time),
        ("mean", Self::Mean),
        ("longest", Self::Longest),
        ("misses", Self::Misses),
        ("checks", Self::Checks),
        ("matches", Self::Matches),
        ("hits", Self::Hits),
        ("in-vain", Self::InVain),
    ];

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, sort)| *sort)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, sort)| *sort == self);
        found.map_or("", |(name, _)| name)
    }
}
