//! Multicast DNS (RFC 6762): DNS messages at a port of their own.

use super::dns;
use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Mdns).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Destination(&[5353]),
    min: 0,
    max: dns::HEADER as u16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

/// Whether question or answer says nothing of the way: both are sent to everyone.
fn probe(data: &[u8], circumstances: &Circumstances) -> Opinion {
    match dns::probe(data, circumstances) {
        Opinion::Mine(_) => Opinion::MINE,
        other => other,
    }
}
