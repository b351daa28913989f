//! Secure Shell (RFC 4253).

mod banner;
mod key_exchange;
mod parser;
mod settings;
#[cfg(test)]
mod tests;
mod transaction;

pub use parser::Ssh;
pub use settings::Settings;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Ssh).patterns(&[
    Pattern::tcp(ToServer, b"SSH-").nocase(),
    Pattern::tcp(ToClient, b"SSH-").nocase(),
]);
