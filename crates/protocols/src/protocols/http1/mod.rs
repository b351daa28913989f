//! HTTP before version 2 (RFC 9112).

mod body;
mod event;
mod form;
mod head;
mod headers;
mod host;
mod lines;
mod parser;
mod record;
mod request;
mod response;
mod settings;
mod transaction;
mod uri;

pub use parser::Http1;
pub use settings::Settings;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

const fn method(bytes: &'static [u8]) -> Pattern {
    Pattern::tcp(ToServer, bytes).nocase()
}

const fn version(bytes: &'static [u8]) -> Pattern {
    Pattern::tcp(ToClient, bytes).nocase()
}

macro_rules! methods {
    ($($name:literal)*) => {
        &[
            $(method(concat!($name, " ").as_bytes()), method(concat!($name, "\t").as_bytes()),)*
            version(b"HTTP/0.9"),
            version(b"HTTP/1.0"),
            version(b"HTTP/1.1"),
        ]
    };
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Http1).patterns(methods!(
    "GET" "PUT" "POST" "HEAD" "TRACE" "OPTIONS" "CONNECT" "DELETE" "PATCH" "PROPFIND" "PROPPATCH" "MKCOL" "COPY" "MOVE"
    "LOCK" "UNLOCK" "CHECKOUT" "UNCHECKOUT" "CHECKIN" "UPDATE" "LABEL" "REPORT" "MKWORKSPACE" "MKACTIVITY" "MERGE"
    "INVALID" "VERSION-CONTROL" "BASELINE-CONTROL"
));
