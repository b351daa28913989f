//! Domain names (RFC 1035).

mod message;
mod names;
mod parser;
mod record;

pub use parser::{Dns, Exchange};

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Dns).probes(&[
    PortProbe {
        transport: Transport::Udp,
        ports: Ports::Destination(&[53]),
        min: 0,
        max: HEADER as u16,
        to_server: Some(probe),
        to_client: Some(probe),
    },
    PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[53]),
        min: 0,
        max: HEADER as u16 + 2,
        to_server: Some(probe_stream),
        to_client: Some(probe_stream),
    },
]);

/// Bytes of a message's header.
pub(super) const HEADER: usize = 12;

/// A datagram with one message.
pub(super) fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    message(data, data.len())
}

/// A stream of messages, each behind its length.
pub(super) fn probe_stream(data: &[u8], _: &Circumstances) -> Opinion {
    let Some((length, rest)) = data.split_first_chunk() else {
        return Opinion::Unsure;
    };
    message(rest, u16::from_be_bytes(*length).into())
}

/// Judges the beginning of a message of `len` bytes: are there enough for the records it promises, and if the
/// question is all there, is it one?
fn message(data: &[u8], len: usize) -> Opinion {
    let Some((header, body)) = data.split_first_chunk::<HEADER>() else {
        return Opinion::Unsure;
    };
    let word = |at: usize| usize::from(header[at]) << 8 | usize::from(header[at + 1]);
    const LEAST_RECORD: usize = 2;
    let records = word(4) + word(6) + word(8) + word(10);
    if records * LEAST_RECORD > len {
        return Opinion::Unsure;
    }
    let is_whole = data.len() >= len;
    if is_whole && !questions_hold(body, word(4)) {
        return Opinion::Unsure;
    }
    let is_answer = header[2] & 0x80 != 0;
    Opinion::Mine(Some(if is_answer { ToClient } else { ToServer }))
}

/// Whether the questions can be names with type and class. What is cut off counts as good.
fn questions_hold(mut body: &[u8], count: usize) -> bool {
    const LOOKED_AT: usize = 4;
    for _ in 0..count.min(LOOKED_AT) {
        loop {
            match body {
                [] => return true,
                [0, rest @ ..] => {
                    body = rest.get(4..).unwrap_or_default();
                    break;
                }
                [pointer, _, rest @ ..] if pointer & 0xc0 == 0xc0 => {
                    body = rest.get(4..).unwrap_or_default();
                    break;
                }
                [label, ..] if label & 0xc0 != 0 => return false,
                [label, rest @ ..] => body = rest.get(usize::from(*label)..).unwrap_or_default(),
            }
        }
    }
    true
}
