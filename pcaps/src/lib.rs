//! Builds the small captures of this folder packet by packet, so that anyone sees what is in them.
//!
//! A scenario plays hosts that talk over a [`Tape`]; what the tape recorded becomes a [`Capture`], the bytes
//! of a file. Times, addresses and numbers are fixed: the same program writes the same bytes.
//!
//! | in | is |
//! |---|---|
//! | [`scenarios`] | what happens in each capture, a file a family |
//! | [`hosts`] | who takes part |
//!
//! Headers, connections and files are made by [`tapir_traffic`].
//!
//! ```
//! let captures = tapir_pcaps::captures();
//! let dns = captures.iter().find(|capture| capture.name == "dns.pcap").unwrap();
//! assert!(dns.bytes.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]));
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod hosts;
pub mod readme;
pub mod scenarios;

pub use scenarios::captures;
pub use tapir_traffic::{Capture, Tape};
use tapir_traffic::{connection, format, layers};
