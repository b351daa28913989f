//! Lints: what can be said of rules that load, and are wrong, slow or doubtful all the same.
//!
//! A lint is a file in `lints/`, whose head is also its page in the reference. [`check`] loads sources, tries every
//! lint on them, and gives [`Finding`]s, those of the loader among them; [`mend`] applies their fixes;
//! [`Format`] writes them for people and machines.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod allow;
mod broader;
mod check;
mod expression;
mod finding;
mod fix;
mod format;
mod frequency;
mod host_names;
mod lint;
pub mod lints;
pub mod reference;
mod stretch;
mod surroundings;

pub use check::{Checked, Selection, check, check_within};
pub use finding::{Finding, Level};
pub use fix::mend;
pub use format::Format;
pub use lint::{Lint, Report};
pub use surroundings::Surroundings;
