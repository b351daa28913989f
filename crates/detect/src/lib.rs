//! Rules compiled to groups, and their evaluation.
//!
//! [`RuleSet::compile`] turns the trees of `tapir_rules` into an immutable [`RuleSet`] that all workers share. Each
//! worker has a [`Detector`] that tries the rules on one [`PacketContext`] after another; what a flow has to remember
//! is its [`FlowState`]. What crosses flows (bits of hosts, data sets that rules change, thresholds) is settled by one
//! [`Arbiter`] in packet order, so that the result is the same with any number of workers.
//!
//! On its way to an alert a rule passes: the prefilter (its rarest literal, looked for together with all others', its
//! event, or its place in a list of rules without either), its gate (bits that the packet must show), its head, its
//! conditions, its payload options in stream or packet, its other buffers, and what it asks beyond its flow. A
//! [`Recorder`] is told of each step; the engine's, [`NoRecord`], compiles to nothing.
//!
//! ```
//! use std::sync::Arc;
//! use tapir_detect::{
//!     ActionOrder, AddressKnowledge, CompileConfig, DEFAULT_MAX_ALERTS, DataSetConfig, Detector, FlowState,
//!     PacketContext, PacketTraits, RuleSet,
//! };
//! use tapir_flow::tcp::StreamEvents;
//! use tapir_packet::{DecodeConfig, Decoder, Frame, LinkType, Timestamp};
//!
//! let text = r#"alert udp any any -> any 53 (msg:"Tunnel"; content:"|04|evil"; sid:1;)"#;
//! let file = tapir_rules::load(vec![tapir_rules::Source::new("local.rules", text.as_bytes())], &Default::default());
//! let (rules, report) = RuleSet::compile(&file.rules, &CompileConfig {
//!     addresses: &|_| None,
//!     ports: &|_| None,
//!     class: &|_| None,
//!     source: &|_| text,
//!     directory: &|_| None,
//!     action_order: ActionOrder::default(),
//!     max_alerts: DEFAULT_MAX_ALERTS,
//!     guess_transactions: false,
//!     data_sets: DataSetConfig::default(),
//!     thresholds: &[],
//!     known: &AddressKnowledge::default(),
//!     features: &[],
//!     firewall: None,
//!     previous: None,
//! });
//! assert_eq!(report.loaded, 1);
//!
//! // UDP from 10.0.0.1:4000 to 10.0.0.2:53 in a raw IP packet.
//! let bytes = b"\x45\0\0\x21\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x0f\xa0\0\x35\0\x0d\0\0\x04evil";
//! let frame = Frame { ts: Timestamp::new(1, 0), link: LinkType(101), data: bytes, wire_len: bytes.len() as u32 };
//! let packets = Decoder::new(DecodeConfig::default()).decode(&frame);
//!
//! let mut detector = Detector::new(Arc::clone(&rules));
//! let mut alerts = Vec::new();
//! for packet in &packets {
//!     let context = PacketContext {
//!         number: 1,
//!         packet,
//!         payload: packet.payload(),
//!         direction: None,
//!         flow: None,
//!         traits: PacketTraits::empty(),
//!         stream: None,
//!         app: None,
//!         stream_events: StreamEvents::NONE,
//!     };
//!     detector.inspect(&context, None, &mut alerts);
//! }
//! let messages: Vec<&str> = alerts.iter().filter_map(|alert| rules.meta(alert.rule)).map(|meta| &*meta.msg).collect();
//! assert_eq!(messages, ["Tunnel"]);
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod address_set;
mod alert;
mod arbiter;
mod compile;
mod compiled_rule;
mod condition;
mod context;
mod data_set;
mod detector;
mod effect;
mod error;
mod expiring;
mod firewall;
mod flow_state;
mod frame;
mod gate;
mod head;
pub mod header;
mod host_bits;
mod host_condition;
mod ip_only;
mod meta;
mod names;
mod order;
mod part;
mod payload;
mod port_set;
mod prefilter;
mod range_set;
mod recorder;
mod rule;
mod rule_id;
mod rule_set;
mod section;
mod tag;
mod tally;
mod transaction;
mod transform;

pub use alert::{Actions, Alert, AlertFlags, Evidence, PacketVerdict};
pub use arbiter::{Arbiter, ArbiterCounters, ArbiterLimits, PacketFacts};
pub use compile::{
    Class, CompileConfig, ConfiguredKind, ConfiguredThreshold, DEFAULT_MAX_ALERTS, Report,
    fast_pattern,
};
pub use compiled_rule::CompiledRule;
pub use context::{AppProtos, FlowView, PacketContext, PacketTraits, StreamWindow};
pub use data_set::{DataSetAddition, DataSetConfig, DataSetDefinition, DataSetInquiry};
pub use detector::{Detector, FlowApp, FlowSubject};
pub use error::{CompileError, CompileErrorKind};
pub use firewall::{
    FirewallConfig, FirewallDrop, FirewallReason, PacketHook, Policy, PolicyAction, Reach,
};
pub use flow_state::{FlowState, FlowVerdict};
pub use frame::{FlowFrames, FrameView};
pub use gate::Gate;
pub use header::{AddressKnowledge, CountryDatabase, Reputation, ReputationError};
pub use meta::RuleMeta;
pub use order::{ActionClass, ActionOrder};
pub use part::{Part, PatternSetFacts, PatternSetId};
pub use port_set::port_ranges;
pub use recorder::{
    Fate, HeadFault, NO_OPTION, NoRecord, OptionVerdict, Recorder, Stage, TestOutcome, TestVerdict,
    TransactionSight,
};
pub use rule::RuleKind;
pub use rule_id::RuleId;
pub use rule_set::RuleSet;
pub use tally::{Tallies, Tally};
