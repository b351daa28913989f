//! The rule language: text to tree, diagnostics, and back.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod diagnostic;
mod dialect;
pub mod keywords;
mod load;
mod parse;
mod print;
mod render;
pub mod side;
mod source;
mod span;
mod suggest;
pub mod tree;
mod validate;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use dialect::{Dialect, Dialects};
pub use load::{Environment, LoadOptions, RuleFile, load};
pub use parse::endpoint::{parse_addresses, parse_ports};
pub use render::Renderer;
pub use source::Source;
pub use span::{SourceId, Span};
pub use tree::{Opt, OptionKind, Rule};
