//! All parsers, on sample dialogues: what they understand, and what they keep.

mod dialogue;
mod memory;
mod understanding;

use std::path::Path;

/// The dialogues beside these tests.
fn all() -> Vec<dialogue::Dialogue> {
    dialogue::all_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues"))
}
