//! Secure Shell (RFC 4253).

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Ssh).patterns(&[
    Pattern::tcp(ToServer, b"SSH-").nocase(),
    Pattern::tcp(ToClient, b"SSH-").nocase(),
]);
