//! What rules, pattern sets and the parts of inspection cost.
//!
//! A [`Stopwatch`] listens to the engine's own worker and takes the time at every step it is told of. Its [`Figures`]
//! can be added up over workers; with the names of the rules they become a [`Profile`], which writes itself as tables
//! or as JSON. A worker that nobody times does not have this code.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod cost;
mod figures;
mod json;
mod profile;
mod stopwatch;
mod text;
mod view;

pub use cost::Cost;
pub use figures::{Figures, RuleFigures, SetFigures};
pub use profile::{BufferRow, PartRow, Profile, RuleRow, SetRow};
pub use stopwatch::Stopwatch;
pub use view::{SortBy, View};
