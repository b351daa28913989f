//! Text to tree.

pub(crate) mod arg;
mod bytes;
mod contents;
mod dataset;
pub(crate) mod endpoint;
mod field;
mod header;
mod integer;
mod meta;
mod modifier;
mod options;
mod pattern;
mod recognise;
mod regex;
mod rule;
mod split;
mod state;
mod transform;
mod written;

pub(crate) use recognise::recognise;
pub(crate) use rule::{Outcome, Reader};
pub(crate) use split::{RawRule, Rules, comments};
pub(crate) use state::{threshold, track};
pub use written::{Written, written};
