//! What the notation says, once read: who speaks with whom, and what happens in which order.

use std::path::PathBuf;
use std::time::Duration;

use tapir_traffic::Host;
use tapir_traffic::connection::Side;

/// The packets of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Traffic {
    /// Those of a capture file.
    Capture(PathBuf),
    /// Those that these conversations take, one after the other.
    Conversations(Vec<Conversation>),
}

/// What carries a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TCP, with handshake, acknowledgements and end.
    Tcp,
    /// UDP, a datagram a message.
    Udp,
    /// ICMP of the version that the addresses ask for.
    Icmp,
    /// IP packets of this protocol.
    Ip(u8),
}

/// Two hosts that speak with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// What carries it.
    pub carrier: Carrier,
    /// Who begins, and its port where that is said.
    pub client: (Host, Option<u16>),
    /// The other, and its port.
    pub server: (Host, u16),
    /// How often it takes place, each time from another port of the client.
    pub times: u32,
    /// Time between one time and the next.
    pub every: Duration,
    /// What happens.
    pub steps: Vec<Step>,
}

/// Something that happens in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A side says something, and the other acknowledges it.
    Say(Side, Vec<u8>),
    /// An ICMP message: type, code, and all that follows the checksum.
    Icmp(Side, u8, u8, Vec<u8>),
    /// A side sends its last message again, or other bytes in its place.
    Again(Side, Option<Vec<u8>>),
    /// A side sends a segment so many bytes from where it is, and stays there.
    Segment(Side, i32, Vec<u8>),
    /// A side sent so many bytes that nobody has seen.
    Gap(Side, u32),
    /// A side resets the connection.
    Reset(Side),
    /// A segment with these flags alone, by their letters.
    Flags(Side, String, Vec<u8>),
    /// Time passes.
    Wait(Duration),
    /// How messages are cut from here on.
    Cut(Cut),
    /// There is no handshake, and no end.
    Midstream,
    /// There is no end.
    Open,
}

/// How a message becomes segments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// Lengths of the segments. The last one counts for all that follow, when `repeats`; otherwise the rest is one
    /// segment. Empty for as few segments as can be.
    pub lengths: Vec<usize>,
    /// Whether the last length counts for all that follow.
    pub repeats: bool,
    /// In which order they are sent.
    pub order: Order,
}

/// In which order segments are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Order {
    /// As they are.
    #[default]
    Straight,
    /// The last one first.
    Reversed,
    /// These first, counted from 0, then all others.
    Given(Vec<usize>),
}
