//! What workers find, and where it belongs in the order of the capture.

use std::sync::Arc;

use tapir_detect::{Alert, FirewallDrop, PacketFacts, PacketVerdict};
use tapir_output::event::{FileContent, FlowCounters, PacketBytes, PacketHeaders, Payload};
use tapir_output::{Envelope, Event};

/// Where a finding belongs. Findings of all workers are merged in this order, so that what is written does
/// not depend on how flows were spread over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The packet's number.
    pub(crate) packet: u64,
    /// Flows that a packet's time ends come after the packet.
    pub(crate) stage: Stage,
    /// For an ended flow the number of its first packet.
    pub(crate) flow: u64,
    /// Place among the findings of one packet or flow.
    pub(crate) order: u32,
}

/// The two things that a moment of packet time brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The packet itself is inspected.
    Packet,
    /// Flows end because time has passed.
    FlowEnd,
}

/// Something a worker found.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) place: Place,
    pub(crate) what: Discovery,
}

/// The kinds of findings.
#[derive(Debug)]
pub(crate) enum Discovery {
    /// Ready to be written.
    Event(Box<Event>),
    /// Content of a file that is kept on disk.
    Content(Box<FileContent>),
    /// Rules matched; the arbiter has the last word.
    Alerted(Box<Alerted>),
}

/// What an alert is about beside its packet: numbers of a transaction and of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlertSubject {
    pub(crate) transaction: Option<u64>,
    pub(crate) frame: Option<u64>,
}

impl AlertSubject {
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            transaction: alert.transaction,
            frame: alert.evidence.as_deref().and_then(|found| found.frame),
        }
    }
}

/// Rules that matched one packet, with all that their records may show of it.
#[derive(Debug)]
pub(crate) struct Alerted {
    pub(crate) facts: PacketFacts,
    pub(crate) alerts: Vec<Alert>,
    /// What alerts show of what they are about.
    pub(crate) subjects: Vec<(AlertSubject, Arc<[u8]>)>,
    /// Addresses of clients behind proxies that transactions name, by their number.
    pub(crate) forwarded: Vec<(u64, Box<str>)>,
    /// A `tag` of its flow has the packet logged.
    pub(crate) tagged: bool,
    /// The firewall does not let the packet pass.
    pub(crate) firewall: Option<FirewallDrop>,
    /// No packet of its flow was dropped in this direction before.
    pub(crate) first_drop: bool,
    /// What became of the packet, where the arbiter was asked already.
    pub(crate) settled: Option<PacketVerdict>,
    pub(crate) envelope: Envelope,
    pub(crate) flow: Option<FlowCounters>,
    /// The packet's own payload, and that of the stream around what was inspected.
    pub(crate) payload: Option<Payload>,
    pub(crate) stream: Option<Payload>,
    pub(crate) packet: Option<Arc<PacketBytes>>,
    pub(crate) headers: Option<Arc<PacketHeaders>>,
}
