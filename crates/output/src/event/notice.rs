//! Drops, anomalies and counters.

use std::sync::Arc;

use tapir_packet::Timestamp;

use super::{Alert, PacketBytes, PacketHeaders, Verdict};

/// A packet was dropped.
#[derive(Debug, Clone)]
pub struct DropRecord {
    /// Its header fields.
    pub headers: PacketHeaders,
    /// Why: `rules`, `flow drop`, `stream error`, ...
    pub reason: &'static str,
    /// The alert that caused it, of a drop by rules.
    pub alert: Option<Box<Alert>>,
    /// What became of the packet.
    pub verdict: Verdict,
    /// Whether it has a record also where only the first drop of each direction of a flow has one
    /// (`flows: start`): it is that first, or a rule dropped it, or it belongs to no flow.
    pub first: bool,
}

/// Something that its protocol does not allow.
#[derive(Debug, Clone)]
pub struct Anomaly {
    /// Who found it.
    pub kind: AnomalyKind,
    /// Name of the event, such as `ipv4.trunc_pkt`; `None` for a number without a name.
    pub event: Option<&'static str>,
    /// The number of an event without a name.
    pub code: u32,
    /// Bytes of the packet for `packethdr`; `None` when no sink asked for them.
    pub packet: Option<Arc<PacketBytes>>,
}

/// Who found an anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The packet decoder.
    Decode,
    /// The stream engine.
    Stream,
    /// An application protocol.
    AppLayer {
        /// Which, by name.
        app_proto: &'static str,
        /// Where in it: `proto_parser`, `proto_detect`, `parser`.
        layer: &'static str,
    },
}

impl AnomalyKind {
    /// The value of `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Stream => "stream",
            Self::AppLayer { .. } => "applayer",
        }
    }
}

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsTree {
    /// Seconds since the start.
    pub uptime: u64,
    /// Dotted names with their values. A name may not be at once a value and the beginning of another.
    /// Any order: sinks nest counters by name in the order in which each group first appears.
    pub counters: Vec<(Arc<str>, u64)>,
    /// The rules in force, of a run with detection.
    pub rules: Option<RuleCounts>,
}

/// How many rules are in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// When they were loaded.
    pub last_reload: Timestamp,
    /// Rules loaded.
    pub loaded: u64,
    /// Rules with an error.
    pub failed: u64,
    /// Rules left out as they ask for something that is not there.
    pub skipped: u64,
}
