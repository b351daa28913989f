//! The control socket: a unix socket on which a running engine takes commands, in the protocol of Suricata's.
//!
//! A [`Server`] reads requests and queues them; whoever runs the engine takes them from it between two batches and
//! answers. It knows nothing of the commands themselves. A [`Client`] is the other end.
//!
//! Both sides send objects of JSON. The client begins with the version that it speaks, `{"version": "0.2"}`, and the
//! server says `{"return": "OK"}`; then each `{"command": …, "arguments": {…}}` gets `{"message": …, "return": "OK"}`, or
//! `"NOK"`. Since version 0.2 what the server sends ends with a line feed.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod client;
mod dialogue;
mod error;
mod messages;
mod request;
mod server;

pub use client::Client;
pub use error::ControlError;
pub use request::{Reply, Request};
pub use server::Server;

/// Where the socket is when nobody says otherwise; names that are no whole path lie in the same folder.
pub const DEFAULT_PATH: &str = "/run/tapir/command.socket";

/// The whole path of a socket of that name.
pub fn path_of(name: &str) -> std::path::PathBuf {
    std::path::Path::new(DEFAULT_PATH).with_file_name(name)
}
