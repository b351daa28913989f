//! Kerberos version 5 (RFC 4120).

mod message;
mod names;
mod parser;

pub(super) use message::shown_ticket;
pub use parser::Krb5;

use super::ber::{self, SEQUENCE, Unreadable};
use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Probe, Signature, Transport};

const fn at_port(transport: Transport, probe: Probe) -> PortProbe {
    PortProbe {
        transport,
        ports: Ports::Destination(&[88]),
        min: 0,
        max: 16,
        to_server: Some(probe),
        to_client: Some(probe),
    }
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Krb5).probes(&[
    at_port(Transport::Udp, probe),
    at_port(Transport::Tcp, probe_stream),
]);

/// An application element with a sequence that begins with the protocol's version.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const SHORTEST: usize = 11;
    const CLASS: u8 = 0xc0;
    const APPLICATION: u8 = 0x40;
    const VERSION_5: &[u8] = &[2, 1, 5];
    if data.len() < SHORTEST {
        return Opinion::NotMine;
    }
    match ber::header(data) {
        Ok((element, rest)) if element.identifier & CLASS == APPLICATION => match ber::header(rest)
        {
            Ok((inner, rest)) if inner.identifier == SEQUENCE => {
                Opinion::settled(rest.len() > 5 && rest.get(2..5) == Some(VERSION_5))
            }
            _ => Opinion::NotMine,
        },
        Err(Unreadable::Short) => Opinion::Unsure,
        _ => Opinion::NotMine,
    }
}

/// Over TCP a message follows its length.
fn probe_stream(data: &[u8], circumstances: &Circumstances) -> Opinion {
    const SHORTEST: usize = 15;
    const LONGEST: u32 = 16384;
    match data.split_first_chunk() {
        Some((length, rest))
            if data.len() >= SHORTEST && u32::from_be_bytes(*length) <= LONGEST =>
        {
            probe(rest, circumstances)
        }
        _ => Opinion::NotMine,
    }
}
