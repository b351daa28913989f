//! Message Queuing Telemetry Transport, versions 3.1 to 5 (OASIS).

mod message;
mod names;
mod parser;
mod property;
mod record;
mod settings;
#[cfg(test)]
mod tests;

pub use names::{connect_flag, header_flag, type_number};
pub use parser::Mqtt;
pub use settings::Settings;

use tapir_packet::Direction::ToServer;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Mqtt)
    .patterns(&[
        Pattern::tcp(ToServer, b"MQTT")
            .within(4, 13)
            .confirmed_by(probe_connect, 0, 16),
        Pattern::tcp(ToServer, b"MQIsdp")
            .within(4, 15)
            .confirmed_by(probe_connect, 0, 16),
    ])
    .probes(&[PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[1883]),
        min: 0,
        max: 16,
        to_server: Some(probe),
        to_client: Some(probe),
    }]);

/// The type and flags of a message, then the length of its rest: up to four bytes, all but the last with their
/// highest bit set.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    const MORE: u8 = 0x80;
    const QUALITY: u8 = 0x06;
    let [first, length @ ..] = data else {
        return Opinion::Unsure;
    };
    let (reserved_type, reserved_quality) = (first >> 4 == 0, first & QUALITY == QUALITY);
    if reserved_type || reserved_quality {
        return Opinion::NotMine;
    }
    match length.iter().take(4).position(|byte| byte & MORE == 0) {
        Some(_) => Opinion::MINE,
        None if length.len() < 4 => Opinion::Unsure,
        None => Opinion::NotMine,
    }
}

/// The fixed header, then the protocol's name and level.
fn probe_connect(data: &[u8], _: &Circumstances) -> Opinion {
    const CONNECT: u8 = 0x10;
    const MORE: u8 = 0x80;
    let [CONNECT, length @ ..] = data else {
        return Opinion::NotMine;
    };
    let last = length.iter().take(4).position(|byte| byte & MORE == 0);
    let rest = last
        .and_then(|last| length.get(last + 1..))
        .unwrap_or_default();
    Opinion::settled(matches!(
        rest,
        [0, 4, b'M', b'Q', b'T', b'T', 4 | 5, ..]
            | [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', 3, ..]
    ))
}
