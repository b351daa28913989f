//! Packets out of thin air: hosts talk over a [`Tape`], and what it recorded is a capture.
//!
//! Times, addresses and numbers are fixed: the same conversation gives the same bytes. Small captures and tests of
//! rules are made so.
//!
//! | in | is |
//! |---|---|
//! | [`host`] | who takes part |
//! | [`layers`] | headers around payloads, right or deliberately wrong |
//! | [`connection`] | TCP as two hosts speak it |
//! | [`dns`] and [`tls`] | messages of these protocols |
//! | [`tape`] and [`format`] | frames with times, and the files that they are written to |
//!
//! ```
//! use tapir_traffic::{Host, Tape, connection::Connection, format};
//!
//! let (client, server) = (Host::v4(192, 0, 2, 1), Host::v4(192, 0, 2, 2));
//! let mut tape = Tape::default();
//! let mut connection = Connection::open(&mut tape, client.port(40_000), server.port(80));
//! connection.client(&mut tape, b"GET / HTTP/1.0\r\n\r\n");
//! connection.close(&mut tape);
//! // A handshake of three, a request and its acknowledgement, an end of three.
//! assert_eq!(tape.frames().len(), 8);
//! let file = format::pcap(tape.frames(), &format::Pcap::default());
//! assert!(file.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]));
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod connection;
pub mod dns;
pub mod format;
pub mod host;
pub mod layers;
pub mod tape;
pub mod tls;

pub use host::{Endpoint, Host};
pub use tape::{Capture, Tape};
