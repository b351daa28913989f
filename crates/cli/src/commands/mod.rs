//! What the binary does beside inspecting packets: a file a command.

pub(crate) mod buffers;
pub(crate) mod check;
pub(crate) mod convert;
pub(crate) mod ctl;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod list;
pub(crate) mod profile;
mod replayed;
mod rule_files;
pub(crate) mod test;
