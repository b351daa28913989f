//! Mail submission and transfer (RFC 5321).

mod decode;
mod events;
mod message;
mod parser;
mod reply;
mod settings;
mod transaction;

pub use parser::Smtp;
pub use settings::Settings;

use memchr::memchr;
use tapir_packet::Direction::ToServer;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Smtp)
    .patterns(&[
        Pattern::tcp(ToServer, b"EHLO").nocase(),
        Pattern::tcp(ToServer, b"HELO").nocase(),
        Pattern::tcp(ToServer, b"QUIT").nocase(),
    ])
    .probes(&[PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[25, 465]),
        min: 0,
        max: 5,
        to_server: None,
        to_client: Some(probe_greeting),
    }]);

/// The server's greeting: 220 and its domain. File servers greet alike, so the client must not look like one.
fn probe_greeting(data: &[u8], circumstances: &Circumstances) -> Opinion {
    let Some((&[two, second, zero, mark], rest)) = data.split_first_chunk() else {
        return Opinion::Unsure;
    };
    if [two, second, zero] != *b"220" || !matches!(mark, b' ' | b'-') {
        return Opinion::NotMine;
    }
    let line_ends = memchr(b'\n', rest).is_some();
    if circumstances.to_server == AppProto::Smtp {
        return if line_ends {
            Opinion::MINE
        } else {
            Opinion::Unsure
        };
    }
    if !begins_with_domain(rest) {
        return Opinion::NotMine;
    }
    // A client that begins with encryption may have come to the wrong server.
    let client_may_be = (!circumstances.to_server.is_known()
        || circumstances.to_server == AppProto::Tls)
        && circumstances.bytes_to_server > 4;
    if client_may_be && line_ends {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}

/// Whether a host name stands first (RFC 1035, 2.3.1).
fn begins_with_domain(text: &[u8]) -> bool {
    let end = text
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')));
    let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let delimited = end.is_none_or(|end| matches!(text.get(end), Some(b' ' | b'\r' | b'\n')));
    delimited && name.first().is_some_and(u8::is_ascii_alphanumeric)
}
