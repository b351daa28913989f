//! EtherNet/IP encapsulation (ODVA, volume 2, chapter 2).

mod cip;
mod names;
mod parser;
mod pdu;
mod record;

pub use cip::{ATTRIBUTE, CLASS};
pub use names::{command as command_number, status as status_number};
pub use parser::Enip;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

const fn at_port(transport: Transport) -> PortProbe {
    PortProbe {
        transport,
        ports: Ports::Both(&[44818], &[44818]),
        min: 0,
        max: 24,
        to_server: Some(probe),
        to_client: Some(probe),
    }
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Enip)
    .off_by_default()
    .probes(&[at_port(Transport::Tcp), at_port(Transport::Udp)]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    if data.len() < pdu::HEADER {
        return Opinion::Unsure;
    }
    Opinion::settled(pdu::begins(data))
}
