//! State between packets, and what happens after a match.

use bitflags::bitflags;

use super::{IntegerOp, IntegerTest, Operand};

/// What `flowbits`, `xbits` or `hostbits` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BitAction {
    /// Sets it after a match.
    Set,
    /// Clears it after a match.
    Unset,
    /// Turns it over after a match.
    Toggle,
    /// Is it set?
    IsSet,
    /// Is it clear?
    IsNotSet,
    /// Snort's `setx`: sets it and clears the others of its group.
    SetExclusive,
    /// Snort's `reset`: clears all, or all of a group.
    Reset,
}

/// `flowbits`. Its `noalert` is [`super::OptionKind::NoAlert`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowBits {
    /// What to do.
    pub action: BitAction,
    /// Names; only a test, or a Snort rule, has more than one.
    pub names: Vec<Box<str>>,
    /// For a test of several: all must pass (Snort's `&`), not one of them (`|`).
    pub all: bool,
    /// Snort's group.
    pub group: Option<Box<str>>,
}

/// `flowint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowInt {
    /// Name of the variable.
    pub name: Box<str>,
    /// What to do.
    pub op: FlowIntOp,
    /// The right side; absent for the tests of being set.
    pub value: Option<Operand<u32>>,
}

/// What `flowint` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlowIntOp {
    /// `=`: sets.
    Set,
    /// `+`: adds.
    Add,
    /// `-`: subtracts.
    Subtract,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
    /// `isset`
    IsSet,
    /// `notset`, `isnotset`
    IsNotSet,
}

/// What a bit or a counter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// The source address.
    BySrc,
    /// The destination address.
    ByDst,
    /// The pair of addresses.
    IpPair,
    /// The pair of addresses, told apart by direction: thresholds' `by_both`.
    ByBoth,
    /// The rule.
    ByRule,
    /// The flow.
    ByFlow,
    /// The transaction (`xbits` only).
    Tx,
    /// The addresses' either (`suppress` only).
    ByEither,
}

/// `xbits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XBits {
    /// What to do.
    pub action: BitAction,
    /// Name.
    pub name: Box<str>,
    /// What the bit belongs to.
    pub track: Track,
    /// Seconds until a set bit is forgotten.
    pub expire: u32,
}

/// `hostbits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostBits {
    /// What to do.
    pub action: BitAction,
    /// Name.
    pub name: Box<str>,
    /// Which host.
    pub track: HostTrack,
}

/// Which host a `hostbits` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostTrack {
    /// The sender.
    Src,
    /// The receiver.
    Dst,
    /// Both.
    Both,
}

/// `stream_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSize {
    /// Which direction's bytes.
    pub side: StreamSide,
    /// The comparison.
    pub op: IntegerOp,
    /// Bytes.
    pub value: u32,
    /// Upper end, for Snort 3's ranges.
    pub upper: u32,
}

/// `flow.pkts`, `flow.bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowCounter {
    /// Which direction's.
    pub side: StreamSide,
    /// The comparison.
    pub test: IntegerTest,
}

bitflags! {
    /// Phases of a TCP connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct TcpPhase: u8 {
        /// The handshake.
        const SETUP = 1;
        /// Between handshake and close.
        const ESTABLISHED = 2;
        /// The close.
        const CLOSING = 4;
    }
}

/// Which direction of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamSide {
    /// The client's bytes.
    Client,
    /// The server's bytes.
    Server,
    /// Both directions must pass.
    Both,
    /// One is enough.
    Either,
}

/// `app-layer-protocol`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLayerProtocol {
    /// Names under which [`crate::keywords::app_protocol`] knows them; `failed` and `unknown` too. One is enough.
    pub names: Vec<Box<str>>,
    /// Turned round.
    pub negated: bool,
    /// Which recognition is asked.
    pub mode: AppLayerMode,
}

/// Which recognition of an application protocol `app-layer-protocol` asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AppLayerMode {
    /// The one of the packet's direction.
    #[default]
    Direction,
    /// The flow's final one.
    Final,
    /// The first one of the flow, before any change.
    Original,
    /// Either direction's.
    Either,
    /// The client's direction.
    ToServer,
    /// The server's direction.
    ToClient,
}

/// `threshold`, also in `threshold.config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// How alerts are counted and shown.
    pub kind: ThresholdKind,
    /// What is counted together.
    pub track: Track,
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// How a threshold counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThresholdKind {
    /// The first `count` in a period.
    Limit,
    /// Every `count`-th.
    Threshold,
    /// One in a period, once `count` is reached.
    Both,
    /// At `count`, then each time the number has grown by this factor.
    Backoff {
        /// The factor.
        multiplier: u32,
    },
}

/// `detection_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectionFilter {
    /// What is counted together.
    pub track: Track,
    /// Matches beyond this number alert.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// Counts distinct values of this field instead of packets.
    pub unique_on: Option<UniqueOn>,
}

/// Which field `detection_filter` counts distinct values of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UniqueOn {
    /// Source port.
    SrcPort,
    /// Destination port.
    DstPort,
}

/// `tag`: log the packets that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Whose packets.
    pub scope: TagScope,
    /// How many.
    pub count: u32,
    /// Of what.
    pub metric: TagMetric,
}

/// Whose packets a `tag` logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagScope {
    /// The flow's.
    Session,
    /// The source host's.
    HostSrc,
    /// The destination host's.
    HostDst,
}

/// What a `tag` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagMetric {
    /// Packets.
    Packets,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

/// `config`: what the rest of the flow or transaction is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The subsystem (`logging`, `tx`...).
    pub subsystem: Box<str>,
    /// What is set: `disable`, `type tx`, `scope flow` as key and value.
    pub settings: Vec<(Box<str>, Box<str>)>,
}

/// `dataset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// What to do.
    pub action: BitAction,
    /// Name.
    pub name: Box<str>,
    /// Kind of values.
    pub kind: Option<DataKind>,
    /// File to read at start.
    pub load: Option<Box<str>>,
    /// File to write at the end.
    pub save: Option<Box<str>>,
    /// File to read and write.
    pub state: Option<Box<str>>,
    /// Limit of memory in bytes.
    pub memcap: Option<u64>,
    /// Size of the hash table.
    pub hashsize: Option<u32>,
    /// Format of the file (`csv`, `json`, `ndjson`).
    pub format: Option<Box<str>>,
    /// Further settings, key and value: `context_key`, `value_key`, `array_key`, `remove_key`, `unset`.
    pub extra: Vec<(Box<str>, Box<str>)>,
}

/// Kind of the values of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// Strings, in files as base64.
    String,
    /// MD5 digests.
    Md5,
    /// SHA-256 digests.
    Sha256,
    /// IPv4 addresses.
    Ipv4,
    /// IPv6 addresses, and IPv4 ones mapped.
    Ip,
}

impl DataKind {
    /// The kind of a name, as rules write it.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "md5" => Self::Md5,
            "sha256" => Self::Sha256,
            "ipv4" => Self::Ipv4,
            "ip" | "ipv6" => Self::Ip,
            _ => return None,
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
            Self::Ipv4 => "ipv4",
            Self::Ip => "ip",
        }
    }
}

/// `datarep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datarep {
    /// Name.
    pub name: Box<str>,
    /// Less, greater or equal.
    pub op: IntegerOp,
    /// The value compared with.
    pub value: u16,
    /// Kind of values.
    pub kind: Option<DataKind>,
    /// File to read at start.
    pub load: Option<Box<str>>,
    /// File to read and write.
    pub state: Option<Box<str>>,
    /// Limit of memory in bytes.
    pub memcap: Option<u64>,
    /// Size of the hash table.
    pub hashsize: Option<u32>,
}
