//! The rule language: text to tree, diagnostics, and back.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod dialect;
pub mod keywords;
mod span;
pub mod tree;

pub use dialect::{Dialect, Dialects};
pub use span::{SourceId, Span};
pub use tree::{Opt, OptionKind, Rule};
