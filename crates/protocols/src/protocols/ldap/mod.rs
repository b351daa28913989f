//! Directory access (RFC 4511), also over datagrams (RFC 1798).

mod message;
mod names;
mod parser;
mod record;

pub use names::{operation as operation_number, result_code};
pub use parser::Ldap;

use tapir_packet::Direction::{ToClient, ToServer};

use super::ber::{self, SEQUENCE, Unreadable};
use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

const fn at_port(transport: Transport) -> PortProbe {
    PortProbe {
        transport,
        ports: Ports::Destination(&[389, 3268]),
        min: 0,
        max: 16,
        to_server: Some(probe),
        to_client: Some(probe),
    }
}

pub(crate) const SIGNATURE: Signature =
    Signature::new(AppProto::Ldap).probes(&[at_port(Transport::Tcp), at_port(Transport::Udp)]);

/// A message is a sequence of an identifier and an operation.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    match operation(data) {
        Ok(Some(is_request)) => Opinion::Mine(Some(if is_request { ToServer } else { ToClient })),
        Ok(None) | Err(Unreadable::Wrong) => Opinion::NotMine,
        Err(Unreadable::Short) => Opinion::Unsure,
    }
}

/// Whether the operation is a request; nothing if it is no operation.
fn operation(data: &[u8]) -> Result<Option<bool>, Unreadable> {
    const APPLICATION: u8 = 0x40;
    const CLASS: u8 = 0xc0;
    let (message, rest) = ber::header(data)?;
    if message.identifier != SEQUENCE {
        return Ok(None);
    }
    let (_, rest) = ber::integer(rest)?;
    let operation = *rest.first().ok_or(Unreadable::Short)?;
    if operation & CLASS != APPLICATION {
        return Ok(None);
    }
    Ok(match operation & 0x1f {
        // Bind, unbind, search, modify, add, delete, rename, compare, abandon, extended.
        0 | 2 | 3 | 6 | 8 | 10 | 12 | 14 | 16 | 23 => Some(true),
        1 | 4 | 5 | 7 | 9 | 11 | 13 | 15 | 19 | 24 | 25 => Some(false),
        _ => None,
    })
}
