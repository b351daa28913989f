//! Rules compiled to groups, and their evaluation.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod address_set;
mod alert;
mod arbiter;
mod compile;
mod condition;
mod context;
mod data_set;
mod detector;
mod effect;
mod error;
mod expiring;
mod flow_state;
mod gate;
mod head;
pub mod header;
mod host_bits;
mod host_condition;
mod ip_only;
mod meta;
mod names;
mod order;
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
mod transform;

pub use alert::{Actions, Alert, AlertFlags, Evidence, PacketVerdict};
pub use arbiter::{Arbiter, ArbiterCounters, ArbiterLimits, PacketFacts};
pub use compile::{
    Class, CompileConfig, ConfiguredKind, ConfiguredThreshold, DEFAULT_MAX_ALERTS, Report,
};
pub use context::{AppProtos, FlowView, PacketContext, PacketTraits, StreamWindow};
pub use data_set::{DataSetConfig, DataSetDefinition};
pub use detector::Detector;
pub use error::{CompileError, CompileErrorKind};
pub use flow_state::{FlowState, FlowVerdict};
pub use header::{AddressKnowledge, CountryDatabase, Reputation, ReputationError};
pub use meta::RuleMeta;
pub use order::{ActionClass, ActionOrder};
pub use recorder::{NoRecord, OptionVerdict, Recorder, Stage};
pub use rule::RuleKind;
pub use rule_id::RuleId;
pub use rule_set::RuleSet;
