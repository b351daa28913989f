//! Network management, versions 1, 2c and 3 (RFC 1157, 1901, 3412).

mod message;
mod names;
mod parser;

pub use names::{pdu_number, trap_number};
pub use parser::Snmp;

use crate::AppProto;
use crate::protocols::ber::{self, OCTET_STRING, SEQUENCE, Unreadable};
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Snmp).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[161, 162]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const SHORTEST: usize = 4;
    if data.len() < SHORTEST {
        return Opinion::NotMine;
    }
    match is_message(data) {
        Ok(mine) => Opinion::settled(mine),
        Err(Unreadable::Short) => Opinion::Unsure,
        Err(Unreadable::Wrong) => Opinion::NotMine,
    }
}

/// A sequence of the version and the community, or in version 3 the header.
fn is_message(data: &[u8]) -> Result<bool, Unreadable> {
    let (message, rest) = ber::header(data)?;
    if message.identifier != SEQUENCE {
        return Ok(false);
    }
    let (version, rest) = ber::integer(rest)?;
    let (next, _) = ber::header(rest)?;
    Ok(match version {
        0 | 1 => next.identifier == OCTET_STRING,
        3 => next.identifier == SEQUENCE,
        _ => false,
    })
}
