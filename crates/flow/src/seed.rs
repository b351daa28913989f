//! The secret of the hash tables.

use foldhash::{SharedSeed, quality::SeedableRandomState};

/// Where the hash of a table takes its key from.
///
/// On a live interface the key must not be guessable, or a sender could aim all its flows at one place of the table;
/// in a replay it must be the same in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// The same in every run: for replays.
    Fixed(u64),
    /// Drawn anew for each table: for live traffic.
    Random,
}

impl Seed {
    /// A hasher state keyed with this seed.
    pub(crate) fn state(self) -> SeedableRandomState {
        match self {
            Seed::Fixed(seed) => SeedableRandomState::with_seed(seed, SharedSeed::global_fixed()),
            Seed::Random => SeedableRandomState::random(),
        }
    }
}
