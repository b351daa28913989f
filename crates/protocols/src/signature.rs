//! What tells a protocol apart: patterns at the beginning of the data, and probes that look closer.

use tapir_packet::Direction;

use crate::AppProto;

/// What carries the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A stream.
    Tcp,
    /// Datagrams.
    Udp,
}

/// What a probe makes of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// It is the protocol. If a direction is given, that is the way such data goes.
    Mine(Option<Direction>),
    /// It is not.
    NotMine,
    /// More data may tell.
    Unsure,
}

impl Opinion {
    pub(crate) const MINE: Self = Self::Mine(None);

    /// Mine if so, not mine otherwise.
    pub(crate) const fn settled(mine: bool) -> Self {
        if mine { Self::MINE } else { Self::NotMine }
    }
}

/// What a probe may know of the flow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// The way the data goes.
    pub direction: Direction,
    /// Ports of the flow's first packet: its sender's and its receiver's.
    pub ports: [u16; 2],
    /// What is known of the client's side.
    pub to_server: AppProto,
    /// Bytes that went to the server in whole packets.
    pub bytes_to_server: u64,
    /// The session was joined after its beginning.
    pub midstream: bool,
}

pub(crate) type Probe = fn(&[u8], &Circumstances) -> Opinion;

/// A closer look at data that a pattern was found in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Confirmation {
    pub probe: Probe,
    /// Bytes the probe needs.
    pub min: u16,
    /// Bytes beyond which an unsure probe means no.
    pub max: u16,
}

/// Bytes that one side of a protocol begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    pub transport: Transport,
    pub direction: Direction,
    pub bytes: &'static [u8],
    pub nocase: bool,
    /// Where it may begin, and where it must have ended.
    pub offset: u16,
    pub depth: u16,
    pub confirm: Option<Confirmation>,
}

impl Pattern {
    /// Bytes at the very beginning of a stream.
    pub(crate) const fn tcp(direction: Direction, bytes: &'static [u8]) -> Self {
        Self {
            transport: Transport::Tcp,
            direction,
            bytes,
            nocase: false,
            offset: 0,
            depth: bytes.len() as u16,
            confirm: None,
        }
    }

    /// Bytes at the very beginning of a datagram.
    pub(crate) const fn udp(direction: Direction, bytes: &'static [u8]) -> Self {
        Self {
            transport: Transport::Udp,
            ..Self::tcp(direction, bytes)
        }
    }

    /// In any case of letters.
    pub(crate) const fn nocase(self) -> Self {
        Self {
            nocase: true,
            ..self
        }
    }

    /// Not before `offset` and not beyond `depth`.
    pub(crate) const fn within(self, offset: u16, depth: u16) -> Self {
        Self {
            offset,
            depth,
            ..self
        }
    }

    /// Only if a probe agrees.
    pub(crate) const fn confirmed_by(self, probe: Probe, min: u16, max: u16) -> Self {
        Self {
            confirm: Some(Confirmation { probe, min, max }),
            ..self
        }
    }

    /// Whether the bytes occur where they must, in the `searched` first bytes.
    pub(crate) fn occurs_in(&self, searched: &[u8]) -> bool {
        let end = usize::from(self.depth).min(searched.len());
        let Some(place) = searched.get(usize::from(self.offset)..end) else {
            return false;
        };
        place.windows(self.bytes.len()).any(|window| {
            if self.nocase {
                window.eq_ignore_ascii_case(self.bytes)
            } else {
                window == self.bytes
            }
        })
    }
}

/// Probes for the flows at some ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PortProbe {
    pub transport: Transport,
    /// Where the protocol is looked for unless configured otherwise.
    pub ports: Ports,
    /// Bytes the probes need.
    pub min: u16,
    /// Bytes beyond which unsure probes mean no; 0 for no limit.
    pub max: u16,
    pub to_server: Option<Probe>,
    pub to_client: Option<Probe>,
}

/// Default ports of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ports {
    /// Receiver's ports.
    Destination(&'static [u16]),
    /// Receiver's and sender's ports.
    Both(&'static [u16], &'static [u16]),
}

/// All that tells one protocol apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    pub proto: AppProto,
    /// Looked for unless the configuration says no.
    pub enabled: bool,
    pub patterns: &'static [Pattern],
    pub probes: &'static [PortProbe],
    /// The side that must speak first over TCP, if one must.
    pub first_data: Option<Direction>,
}

impl Signature {
    /// A protocol that is looked for by default and where either side may speak first.
    pub(crate) const fn new(proto: AppProto) -> Self {
        Self {
            proto,
            enabled: true,
            patterns: &[],
            probes: &[],
            first_data: None,
        }
    }

    pub(crate) const fn patterns(self, patterns: &'static [Pattern]) -> Self {
        Self { patterns, ..self }
    }

    pub(crate) const fn probes(self, probes: &'static [PortProbe]) -> Self {
        Self { probes, ..self }
    }

    pub(crate) const fn off_by_default(self) -> Self {
        Self {
            enabled: false,
            ..self
        }
    }

    pub(crate) const fn first_data(self, side: Direction) -> Self {
        Self {
            first_data: Some(side),
            ..self
        }
    }
}
