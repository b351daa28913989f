//! Trivial file transfer (RFC 1350).

mod parser;

pub use parser::Tftp;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

const SHORTEST: usize = 4;

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Tftp).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[69]),
    min: 0,
    max: SHORTEST as u16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

/// The operation is a small number of two bytes.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    Opinion::settled(data.len() >= SHORTEST && data.first() == Some(&0))
}
