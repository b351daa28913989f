//! Tapir's configuration.
//!
//! [`Config::load`] reads a `tapir.yaml` (the vocabulary of `suricata.yaml`, so that a stock one loads),
//! follows its `include`s, and applies `--set KEY=VALUE`. The result is a tree of [`Node`]s that remember
//! their place, so that whoever finds a value wrong can point at it, and that remember being read, so that
//! keys nobody understands can be listed. What the values mean is decided in [`Settings`].
//!
//! ```
//! let mut config = tapir_config::Config::from_text("tapir.yaml", "stream:\n  midstream: yes\n").unwrap();
//! config.set("stream.reassembly.depth=1mb").unwrap();
//! assert!(config.root.bool_at("stream.midstream", false).unwrap());
//! assert_eq!(config.root.size_at("stream.reassembly.depth", 0).unwrap(), 1 << 20);
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod config;
mod error;
mod node;
mod yaml;

pub use config::Config;
pub use error::ConfigError;
pub use node::{Node, Place, Source, Value, parse_bool, parse_number, parse_size};
