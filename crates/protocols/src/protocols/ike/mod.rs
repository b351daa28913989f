//! Internet Key Exchange, versions 1 and 2 (RFC 2408, 7296).

mod names;
mod parser;
mod record;
mod version1;
mod version2;

pub use parser::Ike;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Ike).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[500]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const HEADER: usize = 28;
    let Some(header) = data.first_chunk::<HEADER>() else {
        return Opinion::NotMine;
    };
    let (version, exchange) = (header[17], header[18]);
    let length = u32::from_be_bytes([header[24], header[25], header[26], header[27]]);
    let known = match version {
        0x10 => matches!(exchange, 0..=6 | 32..=33),
        0x20 => matches!(exchange, 34..=37),
        _ => false,
    };
    Opinion::settled(known && length as usize == data.len())
}
