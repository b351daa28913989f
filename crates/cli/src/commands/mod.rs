//! What the binary does beside inspecting packets: a file a command.

pub(crate) mod check;
pub(crate) mod list;
pub(crate) mod test;
