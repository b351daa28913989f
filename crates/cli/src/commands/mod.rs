//! What the binary does beside inspecting packets: a file a command.

pub(crate) mod buffers;
pub(crate) mod check;
pub(crate) mod ctl;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod profile;
mod replayed;
pub(crate) mod test;
