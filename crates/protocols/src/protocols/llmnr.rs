//! Link-local multicast name resolution (RFC 4795): DNS messages at a port of their own.

use super::dns;
use crate::AppProto;
use crate::signature::{PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Llmnr).probes(&[PortProbe {
    transport: Transport::Udp,
    ports: Ports::Both(&[5355], &[5355]),
    min: 0,
    max: dns::HEADER as u16,
    to_server: Some(dns::probe),
    to_client: Some(dns::probe),
}]);
