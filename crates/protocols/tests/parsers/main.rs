//! All parsers, on sample dialogues: what they understand, and what they keep.

mod dialogue;
mod memory;
mod understanding;
