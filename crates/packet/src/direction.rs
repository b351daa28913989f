//! The two ways a packet can travel within its flow.

/// Which way a packet travels: towards the flow's server or towards its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client (who sent the flow's first packet) to the server.
    ToServer,
    /// From the server back to the client.
    ToClient,
}

impl Direction {
    /// The opposite way.
    #[must_use]
    pub const fn reverse(self) -> Direction {
        match self {
            Direction::ToServer => Direction::ToClient,
            Direction::ToClient => Direction::ToServer,
        }
    }

    /// 0 to the server, 1 to the client: for arrays with one entry a direction.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Direction::ToServer => 0,
            Direction::ToClient => 1,
        }
    }

    /// The name used in events: `to_server` or `to_client`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Direction::ToServer => "to_server",
            Direction::ToClient => "to_client",
        }
    }
}
