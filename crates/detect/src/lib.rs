//! Rules compiled to groups, and their evaluation.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod error;
mod recorder;
mod rule_id;

pub use error::{CompileError, CompileErrorKind};
pub use recorder::{NoRecord, OptionVerdict, Recorder, Stage};
pub use rule_id::RuleId;
