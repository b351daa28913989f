//! What workers tell the outputs: owned events, complete enough for every sink.

mod alert;
mod envelope;
mod flow_record;
mod headers;
mod notice;

pub use alert::{
    Alert, AlertAction, AlertEngine, PacketBytes, Payload, RejectTarget, RuleMeta, Target, Verdict,
};
pub use envelope::{AppProtos, Envelope, Ether, Icmp, Transport, TunnelInfo, Variables};
pub use flow_record::{
    Bypass, ExceptionPolicy, FlowAction, FlowCounters, FlowEnd, FlowRecord, FlowState, TcpRecord,
    TtlRange,
};
pub use headers::{IpHeader, Ipv4Fields, Ipv6Fields, PacketHeaders, TcpFields, TransportHeader};
pub use notice::{Anomaly, AnomalyKind, DropRecord, RuleCounts, StatsTree};

use std::sync::Arc;

pub use tapir_packet::PacketSource;
use tapir_packet::{Direction, Timestamp};
use tapir_protocols::{CertificateChain, StoreKey};

/// Something that happened, at a place in the order of a capture.
///
/// Events are merged by `(packet, order)`, so that a replay writes the same bytes with any number of workers.
#[derive(Debug, Clone)]
pub struct Event {
    /// Number of the packet in its capture, counted from 1 (`pcap_cnt`); 0 when no packet caused the event.
    pub packet: u64,
    /// Place among the events of one packet: rule order for alerts.
    pub order: u32,
    /// When: the packet's time; for a flow record the time at which the flow was written off.
    pub ts: Timestamp,
    /// Who spoke with whom, and what every record about it repeats.
    pub envelope: Envelope,
    /// What happened.
    pub body: Body,
}

/// What stands in the record of a stored file until the file store has said its number.
pub const UNNUMBERED: &str = "\"stored\":true,\"file_id\":0";

/// Content of a file that is kept on disk, next after what was handed on before.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// The file.
    pub key: StoreKey,
    /// More of it.
    pub data: Vec<u8>,
    /// The file is over.
    pub end: Option<FileEnd>,
}

/// How a file ended that is kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileEnd {
    /// This is the SHA-256 digest of what was handed on.
    Whole([u8; 32]),
    /// Some of it is lost: it is not to be kept.
    Lost,
}

/// What an [`Event`] is about.
#[derive(Debug, Clone)]
pub enum Body {
    /// A rule matched.
    Alert(Box<Alert>),
    /// A packet was dropped (or would have been, in a simulation).
    Drop(Box<DropRecord>),
    /// A flow ended. Gives `flow` records and, one per direction, `netflow` records.
    Flow(Box<FlowRecord>),
    /// A packet or stream broke the rules of its protocol.
    Anomaly(Box<Anomaly>),
    /// The counters at one moment.
    Stats(Box<StatsTree>),
    /// A record of an application protocol, rendered by the one who parsed it.
    App {
        /// The name of the log under `types`: nearly always that of the records.
        log: &'static str,
        /// `event_type`, such as `http`.
        event_type: &'static str,
        /// Which of the settings that outputs have for the log it was rendered by, as a place in
        /// [`Needs::app_options`](crate::Needs::app_options); nothing when it is the same under all of them.
        variant: Option<usize>,
        /// What follows the envelope inside the record: `"http":{...}`, without a comma around it.
        json: Box<[u8]>,
    },
    /// The record of a file that is kept on disk. The file store knows the number that takes the place of
    /// [`UNNUMBERED`].
    Stored {
        /// As of [`Body::App`].
        json: Box<[u8]>,
        /// The file.
        key: StoreKey,
    },
    /// Certificates that a rule has kept on disk; the envelope has the address of the side that showed them first.
    Certificates {
        /// The way they went.
        side: Direction,
        /// The certificates.
        chain: Box<CertificateChain>,
    },
    /// A packet of a flow or host under `tag`, to be logged whole.
    Tagged(Arc<PacketBytes>),
    /// A packet for the packet log alone (an alerted flow's packets in its conditional mode).
    Captured(Arc<PacketBytes>),
    /// Rules set variables on this packet, and metadata records were asked for.
    Metadata,
}

impl Body {
    /// The `event_type` under which EVE files it; a packet for the packet log alone has none.
    pub fn event_type(&self) -> Option<&'static str> {
        Some(match self {
            Body::Alert(_) => "alert",
            Body::Drop(_) => "drop",
            Body::Flow(_) => "flow",
            Body::Anomaly(_) => "anomaly",
            Body::Stats(_) => "stats",
            Body::App { event_type, .. } => event_type,
            Body::Stored { .. } => "fileinfo",
            Body::Tagged(_) => "packet",
            Body::Metadata => "metadata",
            Body::Captured(_) | Body::Certificates { .. } => return None,
        })
    }
}
