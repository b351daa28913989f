//! QUIC (RFC 8999, 9000) and its forerunners at Google.

mod crypto;
mod frame;
mod header;
mod parser;
mod record;

pub use parser::Quic;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Quic).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[443, 80]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const LONG: u8 = 0x80;
    const FIXED: u8 = 0x40;
    match data {
        [first, ..] if first & LONG != 0 => {
            let is_google = matches!(data.get(1..5), Some([b'Q', b'0', b'4', b'4'..=b'6']));
            Opinion::settled(is_google || long_header(data).is_some())
        }
        [first, ..] if first & FIXED != 0 => Opinion::settled(data.len() > SHORT_CONNECTION_ID),
        _ => Opinion::settled(is_google(data)),
    }
}

/// What a short header is taken to have for a connection identifier, which it does not delimit.
const SHORT_CONNECTION_ID: usize = 16;

/// First byte, version, two connection identifiers of up to 20 bytes.
fn long_header(data: &[u8]) -> Option<()> {
    const LONGEST_ID: usize = 20;
    let mut rest = data.get(5..)?;
    for _ in 0..2 {
        let (length, after) = rest.split_first()?;
        let length = usize::from(*length);
        if length > LONGEST_ID {
            return None;
        }
        rest = after.get(length..)?;
    }
    Some(())
}

/// Versions up to Q043: flags, connection identifier, version as text.
fn is_google(data: &[u8]) -> bool {
    const VERSION: u8 = 0x01;
    const CONNECTION_ID: u8 = 0x08;
    match data {
        [flags, _, _, _, _, _, _, _, _, b'Q', b'0', ..] => {
            flags & (VERSION | CONNECTION_ID) == VERSION | CONNECTION_ID
        }
        _ => false,
    }
}
