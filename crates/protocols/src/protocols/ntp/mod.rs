//! Network time, versions 3 and 4 (RFC 5905).

mod parser;

pub use parser::{Ntp, mode_number};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Ntp).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[123]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const PACKET: usize = 48;
    let Some(&[first, ..]) = data.first_chunk::<PACKET>() else {
        return Opinion::NotMine;
    };
    let version = first >> 3 & 7;
    Opinion::settled(matches!(version, 3 | 4))
}
