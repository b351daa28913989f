//! Distributed Network Protocol (IEEE 1815): link frames that begin with 0x0564.

mod layout;
mod link;
mod names;
mod object;
mod parser;
mod record;

pub use names::{function, indication};
pub use parser::Dnp3;

use memchr::memmem;
use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature =
    Signature::new(AppProto::Dnp3)
        .off_by_default()
        .probes(&[PortProbe {
            transport: Transport::Tcp,
            ports: Ports::Destination(&[20000]),
            min: 0,
            max: LINK_HEADER as u16,
            to_server: Some(probe),
            to_client: Some(probe),
        }]);

const LINK_HEADER: usize = 10;

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const FROM_MASTER: u8 = 0x80;
    const SHORTEST: u8 = 5;
    // Gateways may greet with a line of text.
    if data.is_ascii() && memmem::find(data, b"DNP3").is_some() {
        return Opinion::MINE;
    }
    let Some(&[start0, start1, length, control, ..]) = data.first_chunk::<LINK_HEADER>() else {
        return Opinion::Unsure;
    };
    if [start0, start1] != [0x05, 0x64] || length < SHORTEST {
        return Opinion::NotMine;
    }
    Opinion::Mine(Some(if control & FROM_MASTER != 0 {
        ToServer
    } else {
        ToClient
    }))
}
