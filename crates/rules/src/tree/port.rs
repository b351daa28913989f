//! Ports of a rule header.

/// A port expression as written, variables still by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortExpr {
    /// `any`
    Any,
    /// A port or a range.
    Range(PortRange),
    /// `$NAME`, the name without the dollar.
    Var(Box<str>),
    /// `!` before another.
    Not(Box<PortExpr>),
    /// `[a,b,...]`
    List(Vec<PortExpr>),
}

/// A range of ports, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl PortRange {
    /// All ports.
    pub const ALL: PortRange = PortRange {
        first: 0,
        last: u16::MAX,
    };

    /// Whether the port lies in the range.
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}
