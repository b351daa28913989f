//! Mail retrieval, version 3 (RFC 1939, 2449, 2595, 5034).

mod parser;

pub use parser::Pop3;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Pop3).probes(&[PortProbe {
    transport: Transport::Tcp,
    ports: Ports::Destination(&[110]),
    min: 0,
    max: 16,
    to_server: Some(probe_command),
    to_client: Some(probe_status),
}]);

/// Shorter data tells nothing: a word and the end of its line.
const SHORTEST: usize = 5;

const COMMANDS: [&[u8]; 15] = [
    b"USER", b"PASS", b"STAT", b"LIST", b"RETR", b"DELE", b"NOOP", b"RSET", b"QUIT", b"TOP",
    b"UIDL", b"APOP", b"AUTH", b"CAPA", b"STLS",
];

fn probe_command(data: &[u8], _: &Circumstances) -> Opinion {
    if data.len() < SHORTEST {
        return Opinion::Unsure;
    }
    let word = data
        .split(|byte| matches!(byte, b' ' | b'\r' | b'\n'))
        .next()
        .unwrap_or_default();
    Opinion::settled(
        COMMANDS
            .iter()
            .any(|command| command.eq_ignore_ascii_case(word)),
    )
}

fn probe_status(data: &[u8], _: &Circumstances) -> Opinion {
    if data.len() < SHORTEST {
        return Opinion::Unsure;
    }
    Opinion::settled(data.starts_with(b"+OK") || data.starts_with(b"-ERR"))
}
