//! TLS and SSL (RFC 8446, 6101; SSL 2 as in Hickman, 1995).

mod certificate;
pub(super) mod fingerprint;
pub(super) mod hello;
mod parser;
mod record;
mod settings;
mod transaction;

pub use parser::Tls;
pub use settings::Settings;

use tapir_packet::Direction::{self, ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

const fn record(direction: Direction, start: &'static [u8]) -> Pattern {
    Pattern::tcp(direction, start)
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Tls)
    .first_data(ToServer)
    .patterns(&[
        Pattern::tcp(ToServer, &[1, 0, 2])
            .within(2, 5)
            .confirmed_by(probe, 0, 3),
        record(ToServer, &[0x01, 3, 0]),
        record(ToServer, &[0x16, 3, 0]),
        record(ToServer, &[0x01, 3, 1]),
        record(ToServer, &[0x16, 3, 1]),
        record(ToServer, &[0x01, 3, 2]),
        record(ToServer, &[0x16, 3, 2]),
        record(ToServer, &[0x01, 3, 3]),
        record(ToServer, &[0x16, 3, 3]),
        record(ToClient, &[0x15, 3, 0]),
        record(ToClient, &[0x16, 3, 0]),
        record(ToClient, &[0x17, 3, 0]),
        record(ToClient, &[0x15, 3, 1]),
        record(ToClient, &[0x16, 3, 1]),
        record(ToClient, &[0x17, 3, 1]),
        record(ToClient, &[0x15, 3, 2]),
        record(ToClient, &[0x16, 3, 2]),
        record(ToClient, &[0x17, 3, 2]),
        record(ToClient, &[0x15, 3, 3]),
        record(ToClient, &[0x16, 3, 3]),
        record(ToClient, &[0x17, 3, 3]),
    ])
    .probes(&[PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[443]),
        min: 0,
        max: 3,
        to_server: Some(probe),
        to_client: None,
    }]);

/// The hello of SSL 2, in a record with a header of two bytes.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    match data {
        [length, _, kind, ..] => Opinion::settled(length & 0x80 != 0 && *kind == 1),
        _ => Opinion::Unsure,
    }
}
