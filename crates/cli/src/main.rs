//! The `tapir` binary.

fn main() {}
