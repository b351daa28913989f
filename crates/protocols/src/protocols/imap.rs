//! Mail retrieval, version 4 (RFC 9051).

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Imap).patterns(&[
    Pattern::tcp(ToClient, b"* OK ").nocase(),
    Pattern::tcp(ToClient, b"* NO ").nocase(),
    Pattern::tcp(ToClient, b"* BAD ").nocase(),
    Pattern::tcp(ToClient, b"* LIST ").nocase(),
    Pattern::tcp(ToClient, b"* ESEARCH ").nocase(),
    Pattern::tcp(ToClient, b"* STATUS ").nocase(),
    Pattern::tcp(ToClient, b"* FLAGS ").nocase(),
    // Behind a tag of up to six letters.
    Pattern::tcp(ToServer, b" CAPABILITY")
        .nocase()
        .within(0, 17),
]);
