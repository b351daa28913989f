//! Link-local multicast name resolution (RFC 4795): DNS messages at a port of their own.

use super::dns;
use crate::AppProto;
use crate::signature::{PortProbe, Ports, Signature, Transport};

const PORTS: Ports = Ports::Both(&[5355], &[5355]);

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Llmnr).probes(&[
    PortProbe {
        transport: Transport::Udp,
        ports: PORTS,
        min: 0,
        max: dns::HEADER as u16,
        to_server: Some(dns::probe),
        to_client: Some(dns::probe),
    },
    PortProbe {
        transport: Transport::Tcp,
        ports: PORTS,
        min: 0,
        max: dns::HEADER as u16 + 2,
        to_server: Some(dns::probe_stream),
        to_client: Some(dns::probe_stream),
    },
]);
