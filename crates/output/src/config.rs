//! What to write, and where: plain values with Suricata's defaults.

mod eve_settings;
mod settings;

use std::collections::BTreeMap;

use tapir_protocols::RecordOptions;

use std::path::PathBuf;
use std::time::Duration;

use crate::csv::CsvField;

/// All outputs of a run.
#[derive(Debug, Clone)]
pub struct OutputConfig {
    /// Folder that relative file names are below.
    pub log_dir: PathBuf,
    /// Whether packets come from an interface. A live run never waits for a slow reader of a socket; a
    /// replay does.
    pub live: bool,
    /// Whether drops are real or simulated; words the drop marks of the one-line formats.
    pub prevention: bool,
    /// `host` of every record, when set.
    pub sensor_name: Option<String>,
    /// How long records may wait in a buffer of a live run.
    pub flush_interval: Duration,
    /// Where files are kept that were seen in traffic, if they are.
    pub file_store: Option<FileStoreConfig>,
    /// The outputs, in the order in which they get each event.
    pub sinks: Vec<SinkConfig>,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            log_dir: PathBuf::from("."),
            live: false,
            prevention: false,
            sensor_name: None,
            flush_interval: Duration::from_secs(1),
            file_store: None,
            sinks: Vec::new(),
        }
    }
}

/// The store of files that were seen in traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStoreConfig {
    /// Its folder, below the log folder unless absolute.
    pub dir: PathBuf,
    /// Whether every file is stored rather than those that rules ask for.
    pub all: bool,
    /// Whether the record of a file is written beside it.
    pub write_records: bool,
    /// How many files stay open between writes.
    pub max_open: usize,
    /// How much of a TCP stream is reassembled to store a file, 0 for all; `None` when the general depth counts.
    pub stream_depth: Option<u32>,
    /// Whether the type of each file is told.
    pub types: bool,
    /// Digests to take besides SHA-256, by name.
    pub digests: Vec<String>,
}

impl Default for FileStoreConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("filestore"),
            all: false,
            write_records: false,
            max_open: 0,
            stream_depth: None,
            types: false,
            digests: Vec::new(),
        }
    }
}

/// One output.
#[derive(Debug, Clone)]
pub enum SinkConfig {
    /// EVE JSON records.
    Eve(Box<EveConfig>),
    /// One line an alert.
    Fast(FastConfig),
    /// Snort's full alerts: header fields and references under each message.
    Full(TextConfig),
    /// Snort's alerts with a hex dump of what was inspected.
    Cmg(TextConfig),
    /// One line of chosen fields an alert.
    Csv(CsvConfig),
    /// One syslog message an alert.
    Syslog(SyslogConfig),
    /// The table of counters, now and then.
    Stats(StatsLogConfig),
    /// Certificates that rules have kept on disk, in this folder below the log folder.
    Certificates(PathBuf),
    /// Packets as a capture file.
    Pcap(PcapLogConfig),
}

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A file.
    File(FileConfig),
    /// Standard output.
    Stdout,
    /// A Unix stream socket that somebody listens on.
    UnixStream(PathBuf),
    /// A Unix datagram socket, one record a datagram.
    UnixDatagram(PathBuf),
    /// The system log, one record a message.
    Syslog(SyslogTarget),
    /// Rendered and thrown away, to measure with.
    Null,
}

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileConfig {
    /// Its name, below the log folder unless absolute. With `%` a `strftime` pattern, applied at each opening.
    pub name: PathBuf,
    /// Whether to add to a file that exists rather than to begin it anew.
    pub append: bool,
    /// Permission bits to set on it.
    pub mode: Option<u32>,
    /// When to begin another file.
    pub rotate: Option<Rotation>,
}

impl FileConfig {
    /// A file of that name that is added to and never rotated.
    pub fn named(name: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            append: true,
            mode: None,
            rotate: None,
        }
    }
}

/// When to begin another log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// At the beginning of each minute, hour or day of local time.
    Boundary(CalendarUnit),
    /// This long after the last opening.
    Every(Duration),
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// Minute.
    Minute,
    /// Hour.
    Hour,
    /// Day.
    Day,
}

/// The system log, or another machine's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogTarget {
    /// Where it listens.
    pub transport: SyslogTransport,
    /// Who is speaking.
    pub identity: String,
    /// Facility number (RFC 5424, section 6.2.1).
    pub facility: u8,
    /// Severity number.
    pub severity: u8,
}

impl Default for SyslogTarget {
    fn default() -> Self {
        Self {
            transport: SyslogTransport::Local(PathBuf::from("/dev/log")),
            identity: "tapir".to_owned(),
            facility: LOCAL0,
            severity: INFO,
        }
    }
}

/// Facility `local0`, the default for records.
const LOCAL0: u8 = 16;
/// Severity `info`.
const INFO: u8 = 6;

/// How syslog messages travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogTransport {
    /// Datagrams to a local socket, in the old format (RFC 3164).
    Local(PathBuf),
    /// UDP to `HOST:PORT`, in the format of RFC 5424.
    Udp(String),
}

/// An EVE output.
#[derive(Debug, Clone)]
pub struct EveConfig {
    /// Where records go.
    pub destination: Destination,
    /// Text before each record.
    pub prefix: String,
    /// Whether to add `metadata` (flowbits and other variables).
    pub metadata: bool,
    /// Whether to add `ether`.
    pub ethernet: bool,
    /// Whether to add `suricata_version`, the version whose record format this is.
    pub suricata_version: bool,
    /// Seed of `community_id`, when it is to be added.
    pub community_id: Option<u16>,
    /// Whether to add `pcap_filename` in a replay.
    pub pcap_file: bool,
    /// Whether to write IPv6 addresses in their short form (RFC 5952).
    pub ipv6_compress: bool,
    /// `sensor_id`, when set.
    pub sensor_id: Option<u64>,
    /// What to do with the client address of a forwarding header.
    pub xff: Option<Xff>,
    /// Which records to write.
    pub types: EveTypes,
}

impl Default for EveConfig {
    fn default() -> Self {
        Self {
            destination: Destination::File(FileConfig::named("eve.json")),
            prefix: String::new(),
            metadata: true,
            ethernet: false,
            suricata_version: false,
            community_id: None,
            pcap_file: false,
            ipv6_compress: false,
            sensor_id: None,
            xff: None,
            types: EveTypes::default(),
        }
    }
}

/// Use of the client address that a proxy reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xff {
    /// Whether it replaces the packet's address or is added as `xff`.
    pub overwrite: bool,
    /// Whether proxies stand before the servers (the last address counts) or before the clients (the first).
    pub reverse: bool,
    /// Name of the header.
    pub header: String,
}

/// Which records an EVE output writes, with their options; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct EveTypes {
    /// `alert`, and `packet` for tagged packets.
    pub alert: Option<AlertOptions>,
    /// `drop`.
    pub drop: Option<DropOptions>,
    /// `flow`.
    pub flow: bool,
    /// `netflow`.
    pub netflow: bool,
    /// `anomaly`.
    pub anomaly: Option<AnomalyOptions>,
    /// `stats`.
    pub stats: Option<StatsOptions>,
    /// `metadata`.
    pub metadata: bool,
    /// Records of application protocols, by the name under `types` (`http`, `dns`, ...).
    pub app: Vec<String>,
    /// Settings of those records, by `event_type`.
    pub app_options: BTreeMap<String, RecordOptions>,
}

impl EveTypes {
    /// Alerts, anomalies, flows and statistics with their default options.
    pub fn usual() -> Self {
        Self {
            alert: Some(AlertOptions {
                tagged_packets: true,
                ..AlertOptions::default()
            }),
            anomaly: Some(AnomalyOptions::default()),
            flow: true,
            stats: Some(StatsOptions::default()),
            ..Self::default()
        }
    }
}

/// What an alert record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertOptions {
    /// `payload`: what was inspected, in base64.
    pub payload: bool,
    /// `payload_printable`: the same as text.
    pub payload_printable: bool,
    /// `payload_length`.
    pub payload_length: bool,
    /// Most bytes of stream data in a record.
    pub payload_buffer_size: usize,
    /// `packet` and `packet_info`.
    pub packet: bool,
    /// `app-layer`: the transaction's own part.
    pub app_layer: bool,
    /// `flow`.
    pub flow: bool,
    /// `alert.metadata`.
    pub rule_metadata: bool,
    /// `alert.rule`: the rule as written.
    pub rule_text: bool,
    /// `alert.references`.
    pub references: bool,
    /// `http-body`, for the one who renders that part.
    pub http_body: bool,
    /// `http-body-printable`.
    pub http_body_printable: bool,
    /// `packet` records of tagged packets.
    pub tagged_packets: bool,
    /// `verdict`.
    pub verdict: bool,
    /// Overrides the output's setting.
    pub xff: Option<Xff>,
}

impl Default for AlertOptions {
    fn default() -> Self {
        Self {
            payload: false,
            payload_printable: false,
            payload_length: false,
            payload_buffer_size: 4096,
            packet: false,
            app_layer: true,
            flow: true,
            rule_metadata: true,
            rule_text: false,
            references: false,
            http_body: false,
            http_body_printable: false,
            tagged_packets: false,
            verdict: false,
            xff: None,
        }
    }
}

/// What a drop record holds, and of which packets there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DropOptions {
    /// Whether to add the alert that caused the drop.
    pub alerts: bool,
    /// Whether every packet gets a record (`flows: all`), not only the first of a dropped flow's direction.
    pub all_packets: bool,
    /// Whether to add `verdict`.
    pub verdict: bool,
}

/// Which anomalies get a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnomalyOptions {
    /// The decoder's.
    pub decode: bool,
    /// The stream engine's.
    pub stream: bool,
    /// Those of application protocols.
    pub applayer: bool,
    /// Whether to add the beginning of the packet.
    pub packet_header: bool,
}

impl Default for AnomalyOptions {
    fn default() -> Self {
        Self {
            decode: false,
            stream: false,
            applayer: true,
            packet_header: false,
        }
    }
}

/// What a statistics record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatsOptions {
    /// The counters of all threads together.
    pub totals: bool,
    /// What each counter gained since the last record.
    pub deltas: bool,
    /// Whether to write counters that are zero.
    pub zeros: bool,
}

impl Default for StatsOptions {
    fn default() -> Self {
        Self {
            totals: true,
            deltas: false,
            zeros: true,
        }
    }
}

/// The one-line alert log.
#[derive(Debug, Clone)]
pub struct FastConfig {
    /// Where lines go.
    pub destination: Destination,
    /// Whether to colour them: only for a terminal.
    pub colour: bool,
    /// Whether to write IPv6 addresses in their short form.
    pub ipv6_compress: bool,
}

impl Default for FastConfig {
    fn default() -> Self {
        Self {
            destination: Destination::File(FileConfig::named("fast.log")),
            colour: false,
            ipv6_compress: false,
        }
    }
}

/// A text log of alerts.
#[derive(Debug, Clone)]
pub struct TextConfig {
    /// Where it goes.
    pub destination: Destination,
}

/// The CSV log of alerts.
#[derive(Debug, Clone)]
pub struct CsvConfig {
    /// Where lines go.
    pub destination: Destination,
    /// The fields, left to right.
    pub fields: Vec<CsvField>,
    /// What stands between them.
    pub separator: String,
}

impl Default for CsvConfig {
    fn default() -> Self {
        Self {
            destination: Destination::Stdout,
            fields: CsvField::DEFAULT.to_vec(),
            separator: ", ".to_owned(),
        }
    }
}

/// Alerts to the system log.
#[derive(Debug, Clone, Default)]
pub struct SyslogConfig {
    /// Where messages go.
    pub target: SyslogTarget,
}

/// The statistics log.
#[derive(Debug, Clone)]
pub struct StatsLogConfig {
    /// Where tables go.
    pub destination: Destination,
    /// Whether to write counters that are zero.
    pub zeros: bool,
}

impl Default for StatsLogConfig {
    fn default() -> Self {
        Self {
            destination: Destination::File(FileConfig::named("stats.log")),
            zeros: false,
        }
    }
}

/// The packet log.
#[derive(Debug, Clone)]
pub struct PcapLogConfig {
    /// Beginning of the file names, or a pattern with `%t` (time), `%n` and `%i` (thread) in `multi` mode.
    pub name: String,
    /// Folder for the files, below the log folder unless absolute.
    pub dir: Option<PathBuf>,
    /// Whether `name` is a pattern.
    pub multi: bool,
    /// Bytes after which another file is begun.
    pub limit: u64,
    /// How many files to keep; the oldest is removed. `None` keeps all.
    pub max_files: Option<usize>,
    /// Whether file names carry microseconds.
    pub micros: bool,
    /// Whether to compress with LZ4.
    pub lz4: Option<Lz4Options>,
    /// Which packets to log.
    pub condition: PcapCondition,
    /// Whether a flow is no longer logged beyond its inspection depth.
    pub use_stream_depth: bool,
    /// Whether a flow that a pass rule matched is no longer logged.
    pub honor_pass_rules: bool,
    /// BPF expression that packets must match, for the one who feeds the log.
    pub bpf_filter: Option<String>,
}

impl Default for PcapLogConfig {
    fn default() -> Self {
        Self {
            name: "log.pcap".to_owned(),
            dir: None,
            multi: false,
            limit: 1000 << 20,
            max_files: None,
            micros: false,
            lz4: None,
            condition: PcapCondition::All,
            use_stream_depth: false,
            honor_pass_rules: false,
            bpf_filter: None,
        }
    }
}

/// How packet logs are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lz4Options {
    /// Whether the frame carries a checksum of its content.
    pub checksum: bool,
}

/// Which packets a packet log takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PcapCondition {
    /// Every one.
    #[default]
    All,
    /// Those that alerted, and what their flow still sends; of a TCP flow also the segments still held.
    Alerts,
    /// Those under a `tag`.
    Tag,
}
