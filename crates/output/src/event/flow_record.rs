//! The record of a flow at its end.

use tapir_packet::Timestamp;

/// What a flow has carried until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowCounters {
    /// Packets from the client.
    pub pkts_toserver: u64,
    /// Packets from the server.
    pub pkts_toclient: u64,
    /// Bytes from the client, link layer included.
    pub bytes_toserver: u64,
    /// Bytes from the server, link layer included.
    pub bytes_toclient: u64,
    /// Time of the first packet.
    pub start: Timestamp,
    /// Whether the client carries much more than a flow usually does (`elephant`).
    pub elephant_toserver: bool,
    /// The same for the server.
    pub elephant_toclient: bool,
}

/// A flow that is over.
#[derive(Debug, Clone)]
pub struct FlowRecord {
    /// What it carried.
    pub counters: FlowCounters,
    /// Time of the last packet.
    pub last: Timestamp,
    /// Its state at the end.
    pub state: FlowState,
    /// Why it ended.
    pub end: FlowEnd,
    /// Whether a rule alerted on it.
    pub alerted: bool,
    /// Whether the flow table was in emergency mode when it ended.
    pub emergency: bool,
    /// What rules or policies decided about the whole flow.
    pub action: Option<FlowAction>,
    /// Exception policies applied, in order.
    pub exceptions: Vec<ExceptionPolicy>,
    /// Transactions of the application protocol; 0 when there were none.
    pub tx_count: u64,
    /// Time-to-live (hop limit) values seen from the client.
    pub ttl_toserver: TtlRange,
    /// Time-to-live (hop limit) values seen from the server.
    pub ttl_toclient: TtlRange,
    /// TCP's part, for a TCP flow.
    pub tcp: Option<TcpRecord>,
}

/// State of a flow at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowState {
    /// One side has spoken.
    New,
    /// Both sides have.
    Established,
    /// Ended by its protocol.
    Closed,
    /// No longer inspected.
    Bypassed(Bypass),
}

/// Who let a flow pass uninspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bypass {
    /// The engine.
    Local,
    /// The capture method.
    Capture,
}

/// Why a flow was written off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowEnd {
    /// Nothing came for the timeout of its state.
    Timeout,
    /// Its place was needed.
    Forced,
    /// The run ended.
    Shutdown,
    /// A new connection took over its addresses and ports.
    TcpReuse,
}

impl FlowEnd {
    /// The value of `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Forced => "forced",
            Self::Shutdown => "shutdown",
            Self::TcpReuse => "tcp_reuse",
        }
    }
}

/// What was decided about a whole flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowAction {
    /// All its packets are dropped.
    Drop,
    /// All its packets are accepted (firewall mode).
    Accept,
    /// All its packets pass.
    Pass,
}

/// An exception policy that was applied to a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionPolicy {
    /// What it was applied for: `stream_midstream`, `flow_memcap`, ...
    pub target: &'static str,
    /// The policy: `pass_flow`, `bypass`, ...
    pub policy: &'static str,
}

/// Lowest and highest time-to-live seen; both 0 when nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TtlRange {
    /// Lowest.
    pub min: u8,
    /// Highest.
    pub max: u8,
}

/// TCP's part of a flow record. Without a session (a stray packet) `state` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpRecord {
    /// All flags seen.
    pub flags: u8,
    /// Flags seen from the client.
    pub flags_toserver: u8,
    /// Flags seen from the server.
    pub flags_toclient: u8,
    /// Name of the state: `syn_sent`, `established`, ...
    pub state: Option<&'static str>,
    /// A gap in the client's data.
    pub gap_toserver: bool,
    /// A gap in the server's data.
    pub gap_toclient: bool,
    /// Most regions of buffered client data at once.
    pub max_regions_toserver: u32,
    /// Most regions of buffered server data at once.
    pub max_regions_toclient: u32,
    /// Urgent bytes taken out of the client's data.
    pub urgent_toserver: u32,
    /// Urgent bytes taken out of the server's data.
    pub urgent_toclient: u32,
}
