//! EtherNet/IP encapsulation (ODVA, volume 2, chapter 2).

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
    const HEADER: usize = 24;
    let Some(header) = data.first_chunk::<HEADER>() else {
        return Opinion::Unsure;
    };
    let command = u16::from_le_bytes([header[0], header[1]]);
    // NOP, list services, identity and interfaces, (un)register session, send data, status and cancel.
    let known = matches!(
        command,
        0x00 | 0x04 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73
    );
    let options_clear = header[20..24] == [0; 4];
    Opinion::settled(known && options_clear)
}
