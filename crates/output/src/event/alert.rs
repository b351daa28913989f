//! An alert, and what a rule says about itself.

use std::sync::Arc;

use tapir_packet::{LinkType, Packet, Timestamp};

use super::{FlowCounters, PacketHeaders};

/// What is constant about a rule, shared by all its alerts.
#[derive(Debug, Clone, Default)]
pub struct RuleMeta {
    /// Generator id.
    pub gid: u32,
    /// Signature id.
    pub sid: u32,
    /// Revision.
    pub rev: u32,
    /// Message.
    pub msg: String,
    /// Text of the classification, from `classification.config`; empty without one.
    pub classification: String,
    /// Priority, 1 the most severe.
    pub priority: u32,
    /// References with the prefix of `reference.config` put before them, in the rule's order.
    pub references: Vec<String>,
    /// `metadata` keys with all their values, in the order in which they are to be written.
    pub metadata: Vec<(String, Vec<String>)>,
    /// Which side is the victim, of a rule with `target`.
    pub target: Option<Target>,
    /// The rule as written.
    pub text: String,
    /// The action word as written: `alert`, `drop`, `reject`, ...
    pub action: String,
}

/// The side a rule's `target` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The packet's source is the victim.
    Source,
    /// The packet's destination is the victim.
    Destination,
}

/// A rule matched a packet or a stream.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The rule.
    pub rule: Arc<RuleMeta>,
    /// What became of the traffic because of this rule.
    pub action: AlertAction,
    /// Counters of the flow at this moment; `None` without a flow.
    pub flow: Option<FlowCounters>,
    /// What the rule looked at; `None` when no sink asked for it.
    pub payload: Option<Payload>,
    /// The packet; `None` when no sink asked for it. Shared by all alerts of a packet.
    pub packet: Option<Arc<PacketBytes>>,
    /// Header fields of the packet; `None` when no sink asked for them.
    pub headers: Option<Arc<PacketHeaders>>,
    /// What finally became of the packet, all alerts considered.
    pub verdict: Verdict,
    /// Which engine raised it, where there is a firewall.
    pub engine: Option<AlertEngine>,
    /// Address found in a forwarding header of the application protocol.
    pub xff: Option<Box<str>>,
    /// Whether the transaction was guessed rather than known.
    pub tx_guessed: bool,
    /// The members that tell of the transaction (`"http":{...},"files":[...]`), rendered by whoever knows it.
    pub transaction: Option<Arc<[u8]>>,
    /// Data that keywords attached, as the inside of a JSON object (`"key":{...}`).
    pub context: Option<Box<str>>,
    /// Name of the packet log's file that holds the packet, when there is one.
    pub capture_file: Option<Arc<str>>,
}

impl Alert {
    /// An alert of `rule` with nothing attached.
    pub fn new(rule: Arc<RuleMeta>) -> Self {
        Self {
            rule,
            action: AlertAction::Allowed,
            flow: None,
            payload: None,
            packet: None,
            headers: None,
            verdict: Verdict::Alert,
            engine: None,
            xff: None,
            tx_guessed: false,
            transaction: None,
            context: None,
            capture_file: None,
        }
    }
}

/// Which engine raised an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertEngine {
    /// The rules that find threats.
    ThreatDetection,
    /// The firewall.
    Firewall {
        /// The hook of the rule or policy: `packet:filter`, `http:request_line`.
        hook: Box<str>,
        /// What it does: `accept:hook`.
        policy: &'static str,
    },
}

/// The `action` of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertAction {
    /// The traffic went on.
    #[default]
    Allowed,
    /// A `drop` in prevention mode, or a `reject`.
    Blocked,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It went on, with an alert.
    #[default]
    Alert,
    /// Firewall mode accepted it.
    Accept,
    /// A `pass` rule let it through.
    Pass,
    /// It was dropped.
    Drop,
    /// A reject was sent.
    Reject {
        /// To whom.
        to: RejectTarget,
        /// Whether the packet was dropped as well (prevention mode).
        dropped: bool,
    },
}

/// Receiver of the answer that a `reject` sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectTarget {
    /// The packet's source.
    Client,
    /// The packet's destination.
    Server,
    /// Both.
    Both,
}

/// What a rule looked at.
#[derive(Debug, Clone)]
pub struct Payload {
    /// The bytes; gaps of a stream are left out, or marked by the one who collected it.
    pub data: Arc<[u8]>,
    /// True for reassembled stream data, false for the packet's own payload.
    pub stream: bool,
    /// The whole length, gaps included; may exceed that of `data`.
    pub length: u64,
}

/// A packet as captured (or made up, for a reassembled one).
#[derive(Debug, Clone)]
pub struct PacketBytes {
    /// Its time.
    pub ts: Timestamp,
    /// How `data` starts.
    pub link: LinkType,
    /// The captured bytes.
    pub data: Box<[u8]>,
    /// Length on the wire, at least that of `data`.
    pub wire_len: u32,
}

impl PacketBytes {
    /// A copy of a packet.
    pub fn of(packet: &Packet<'_>) -> Self {
        Self {
            ts: packet.ts,
            link: packet.link,
            data: packet.data.into(),
            wire_len: u32::try_from(packet.data.len()).unwrap_or(u32::MAX),
        }
    }
}
