//! Dynamic host configuration (RFC 2131).

mod message;
mod parser;

pub use parser::Dhcp;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Dhcp).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[67, 68]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

/// The fixed fields and the magic cookie that precede the options.
const HEADER: usize = 240;

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    if data.len() >= HEADER {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}
