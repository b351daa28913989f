//! The rule language: text to tree, diagnostics, and back
