//! Sessions by script.
