//! The three dialects of the rule language.

use bitflags::bitflags;

/// A dialect of the rule language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Suricata 9.
    #[default]
    Suricata,
    /// Snort 2.9.
    Snort2,
    /// Snort 3.
    Snort3,
}

impl Dialect {
    /// The name people use.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Suricata => "Suricata",
            Dialect::Snort2 => "Snort 2",
            Dialect::Snort3 => "Snort 3",
        }
    }

    /// The set of this dialect alone.
    pub const fn set(self) -> Dialects {
        match self {
            Dialect::Suricata => Dialects::SURICATA,
            Dialect::Snort2 => Dialects::SNORT2,
            Dialect::Snort3 => Dialects::SNORT3,
        }
    }
}

bitflags! {
    /// A set of dialects.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Dialects: u8 {
        /// Suricata 9.
        const SURICATA = 1;
        /// Snort 2.9.
        const SNORT2 = 2;
        /// Snort 3.
        const SNORT3 = 4;
    }
}
