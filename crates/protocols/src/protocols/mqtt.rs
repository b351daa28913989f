//! Message Queuing Telemetry Transport, versions 3.1 to 5 (OASIS): a client begins with CONNECT.

use tapir_packet::Direction::ToServer;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Mqtt).patterns(&[
    Pattern::tcp(ToServer, b"MQTT")
        .within(4, 13)
        .confirmed_by(probe_connect, 0, 16),
    Pattern::tcp(ToServer, b"MQIsdp")
        .within(4, 15)
        .confirmed_by(probe_connect, 0, 16),
]);

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
