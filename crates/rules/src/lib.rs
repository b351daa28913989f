//! The rule language: text to tree, diagnostics, and back.
//!
//! [`load`] reads rules of three dialects (Suricata 9, Snort 2.9, Snort 3) into one tree, [`Rule`]; what a dialect
//! says differently is settled here, so that whoever compiles rules sees no dialect. Reading never fails: what
//! is wrong becomes a [`Diagnostic`] that points at the text, and [`Renderer`] draws it. Every keyword of the
//! three dialects has a row in [`keywords`]. [`side`] reads the files beside the rules. Nothing here opens a
//! file: texts come from the caller.
//!
//! ```
//! use tapir_rules::{LoadOptions, OptionKind, Renderer, Source, load};
//!
//! let text = "alert tcp any any -> any 80 (msg:\"Login\"; content:\"login\"; nocase; sid:1;)\n\
//!             alert tcp any any -> any 80 (contnet:\"login\"; sid:2;)\n";
//! let file = load(vec![Source::new("local.rules", text.as_bytes())], &LoadOptions::default());
//!
//! let rule = &file.rules[0];
//! assert_eq!((rule.sid, rule.msg()), (1, "Login"));
//! assert!(matches!(&rule.options[1].kind, OptionKind::Content(content) if content.nocase));
//! assert_eq!(rule.to_string(), text.lines().next().unwrap());
//!
//! let drawn = Renderer::new(&file.sources).render(&file.diagnostics[0]);
//! assert!(drawn.contains("local.rules:2:30") && drawn.contains("did you mean `content`?"));
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod convert;
mod diagnostic;
mod dialect;
mod difference;
mod format;
pub mod keywords;
mod load;
mod parse;
mod print;
mod render;
mod rewrite;
pub mod sentence;
pub mod side;
mod source;
mod span;
mod suggest;
pub mod tree;
mod unified;
mod validate;

pub use convert::convert;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use dialect::{Dialect, Dialects};
pub use difference::{Aspect, Difference, differences};
pub use format::format;
pub use load::{DataSetFiles, Environment, LoadOptions, RuleFile, load};
pub use parse::{Written, written};
pub use render::Renderer;
pub use rewrite::{Change, Rewritten};
pub use source::Source;
pub use span::{SourceId, Span};
pub use suggest::nearest;
pub use tree::{Opt, OptionKind, Rule};
