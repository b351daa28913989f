//! Events and where they go.
//!
//! Workers turn what they see into owned [`Event`]s; one thread puts those into order and hands them to
//! [`Outputs`], the set of all sinks: EVE JSON, one-line, full, hex-dump and CSV alerts, the system log,
//! counters, packet logs. [`OutputConfig`] says which there are; [`Outputs::needs`] tells workers what to
//! fill in. Everything is written in the formats that readers of Suricata's and Snort's logs know.
//!
//! ```
//! use std::sync::Arc;
//! use tapir_output::{Alert, Body, Envelope, Event, OutputConfig, Outputs, RuleMeta, SinkConfig};
//! use tapir_output::config::{Destination, FastConfig};
//! use tapir_packet::Timestamp;
//!
//! let fast = FastConfig { destination: Destination::Stdout, ..FastConfig::default() };
//! let config = OutputConfig { sinks: vec![SinkConfig::Fast(fast)], ..OutputConfig::default() };
//! let mut outputs = Outputs::open(&config)?;
//!
//! let rule = RuleMeta { gid: 1, sid: 7, rev: 2, msg: "a rule".into(), priority: 3, ..RuleMeta::default() };
//! outputs.emit(&Event {
//!     packet: 1,
//!     order: 0,
//!     ts: Timestamp::new(1_700_000_000, 0),
//!     envelope: Envelope { ip_version: 4, proto: 6, ..Envelope::default() },
//!     body: Body::Alert(Box::new(Alert::new(Arc::new(rule)))),
//! });
//! assert_eq!(outputs.finish(), 0);
//! # Ok::<(), tapir_output::OutputError>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod certificate_store;
mod channel;
pub mod config;
mod csv;
mod error;
mod eve;
pub mod event;
mod fast;
mod file_store;
mod full;
mod local_time;
mod needs;
mod outputs;
mod pcap_log;
mod protocol_name;
#[cfg(test)]
mod samples;
mod sink;
mod stats_log;
mod summary;
mod syslog_alert;
mod text;

pub use channel::Channel;
pub use config::{OutputConfig, SinkConfig};
pub use csv::CsvField;
pub use error::OutputError;
pub use eve::RECORD_FORMAT;
pub use event::{Alert, Body, Envelope, Event, FlowRecord, RuleMeta};
pub use local_time::LocalTime;
pub use needs::Needs;
pub use outputs::Outputs;
pub use pcap_log::PcapLog;
pub use protocol_name::protocol_name;
pub use sink::Sink;
pub use summary::{RuleCount, Summary};
pub use tapir_json::Json;
