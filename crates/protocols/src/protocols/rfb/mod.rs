//! Remote framebuffer, VNC (RFC 6143): both sides begin with their version.

mod message;
mod parser;
mod record;
#[cfg(test)]
mod tests;

pub use parser::Rfb;
pub use record::result_number;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Rfb).patterns(&[
    Pattern::tcp(ToServer, b"RFB "),
    Pattern::tcp(ToClient, b"RFB "),
]);
