//! Telnet (RFC 854): free text, so whatever comes at its port.

mod parser;

pub use parser::Telnet;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Telnet).probes(&[PortProbe {
    transport: Transport::Tcp,
    ports: Ports::Destination(&[23]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    if data.len() > 1 {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}
