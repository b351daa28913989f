//! Remote desktop ([MS-RDPBCGR]): TPKT packets (RFC 1006), or TLS at its port.

mod connect;
mod locale;
mod parser;
mod record;
mod tls;

pub use parser::Rdp;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Rdp).probes(&[PortProbe {
    transport: Transport::Tcp,
    ports: Ports::Destination(&[3389]),
    min: 0,
    max: 16,
    to_server: Some(probe),
    to_client: Some(probe),
}]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const TPKT_VERSION: u8 = 3;
    const TLS_HANDSHAKE: u8 = 0x16;
    match data {
        [TPKT_VERSION | TLS_HANDSHAKE, ..] => Opinion::MINE,
        _ => Opinion::Unsure,
    }
}
