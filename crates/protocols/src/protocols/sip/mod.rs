//! Session initiation (RFC 3261).

mod message;
mod parser;
mod sdp;

pub use parser::Sip;

use memchr::memmem;
use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

macro_rules! patterns {
    ($make:path) => {
        [
            $make(ToServer, b"REGISTER"),
            $make(ToServer, b"INVITE"),
            $make(ToServer, b"ACK"),
            $make(ToServer, b"BYE"),
            $make(ToServer, b"CANCEL"),
            $make(ToServer, b"UPDATE"),
            $make(ToServer, b"REFER"),
            $make(ToServer, b"PRACK"),
            $make(ToServer, b"SUBSCRIBE"),
            $make(ToServer, b"NOTIFY"),
            $make(ToServer, b"PUBLISH"),
            $make(ToServer, b"MESSAGE"),
            $make(ToServer, b"INFO"),
            $make(ToClient, b"SIP/2.0").within(0, 8),
            $make(ToClient, b"UPDATE"),
        ]
    };
}

const DATAGRAMS: [Pattern; 15] = patterns!(Pattern::udp);
const STREAMS: [Pattern; 15] = patterns!(Pattern::tcp);

const ALL: [Pattern; 30] = {
    let mut all = [DATAGRAMS[0]; 30];
    let mut n = 0;
    while n < 15 {
        all[n] = DATAGRAMS[n];
        all[n + 15] = STREAMS[n];
        n += 1;
    }
    all
};

const fn at_port(transport: Transport) -> PortProbe {
    PortProbe {
        transport,
        ports: Ports::Destination(&[5060, 5061]),
        min: 0,
        max: 16,
        to_server: Some(probe_request),
        to_client: Some(probe_response),
    }
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Sip)
    .patterns(&ALL)
    .probes(&[at_port(Transport::Udp), at_port(Transport::Tcp)]);

/// A request line: methods that other protocols have too are told by its end.
fn probe_request(data: &[u8], _: &Circumstances) -> Opinion {
    let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_token = !method.is_empty() && method.iter().all(u8::is_ascii_uppercase);
    if is_token && memmem::find(line, b" SIP/2.0").is_some() {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}

fn probe_response(data: &[u8], _: &Circumstances) -> Opinion {
    if data.starts_with(b"SIP/2.0 ") {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}
