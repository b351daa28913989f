//! PostgreSQL (Frontend/Backend Protocol, version 3).

mod parser;
mod record;
mod request;
mod response;
mod settings;
#[cfg(test)]
mod tests;

pub use parser::Pgsql;
pub use settings::Settings;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature =
    Signature::new(AppProto::Pgsql)
        .off_by_default()
        .probes(&[PortProbe {
            transport: Transport::Tcp,
            ports: Ports::Destination(&[5432]),
            min: 0,
            max: 16,
            to_server: Some(probe_startup),
            to_client: Some(probe_answer),
        }]);

/// The client begins with its protocol version, or a request for encryption or cancellation in its place.
fn probe_startup(data: &[u8], _: &Circumstances) -> Opinion {
    const LONGEST: u32 = 10_000;
    let Some(&[l0, l1, l2, l3, v0, v1, v2, v3]) = data.first_chunk() else {
        return Opinion::Unsure;
    };
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    let version = u32::from_be_bytes([v0, v1, v2, v3]);
    const CANCEL: u32 = 80_877_102;
    const TLS: u32 = 80_877_103;
    const GSS: u32 = 80_877_104;
    let known = matches!(version, CANCEL | TLS | GSS) || version >> 16 == 3;
    Opinion::settled(known && (8..=LONGEST).contains(&length))
}

/// The server answers with one letter about encryption, or with a message.
fn probe_answer(data: &[u8], _: &Circumstances) -> Opinion {
    match data {
        [] => Opinion::Unsure,
        [b'S' | b'N' | b'G'] => Opinion::MINE,
        [kind, rest @ ..] => match rest.first_chunk() {
            None => Opinion::Unsure,
            Some(length) => {
                let known = b"RESNKZTDCIAGHWVvnst123".contains(kind);
                Opinion::settled(known && u32::from_be_bytes(*length) >= 4)
            }
        },
    }
}
