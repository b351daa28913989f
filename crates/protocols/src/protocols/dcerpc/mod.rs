//! DCE remote procedure calls (C706, chapter 12): version 5 over TCP, version 4 over UDP.

mod call;
mod operations;
mod parser;
pub(crate) mod pdu;

pub use call::{Call, CallName};
pub use parser::Dcerpc;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Dcerpc).patterns(&[
    Pattern::tcp(ToServer, &[5, 0]).confirmed_by(probe_stream, 0, 0),
    Pattern::tcp(ToClient, &[5, 0]).confirmed_by(probe_stream, 0, 0),
    Pattern::udp(ToServer, &[4, 0]).confirmed_by(probe_datagram, 0, 0),
]);

/// Integer and character formats that exist: a nibble each, of which one bit has a meaning; three float formats.
fn known_representation(formats: u8, floats: u8) -> bool {
    formats & 0xee == 0 && floats <= 3
}

fn probe_stream(data: &[u8], circumstances: &Circumstances) -> Opinion {
    const HEADER: usize = 16;
    let Some(&[5, 0, kind, _, formats, floats, ..]) = data.first_chunk::<HEADER>() else {
        return Opinion::NotMine;
    };
    if !known_representation(formats, floats) {
        return Opinion::NotMine;
    }
    let asks = matches!(
        kind,
        pdu::REQUEST | pdu::BIND | pdu::ALTER_CONTEXT | pdu::AUTH3
    );
    let way = if asks { ToServer } else { ToClient };
    if way == circumstances.direction {
        Opinion::MINE
    } else {
        Opinion::Mine(Some(way))
    }
}

fn probe_datagram(data: &[u8], _: &Circumstances) -> Opinion {
    const REQUEST: u8 = 0;
    const HEADER: usize = 80;
    let Some(&[4, kind, _, flags, formats, floats, ..]) = data.first_chunk::<HEADER>() else {
        return Opinion::NotMine;
    };
    let reserved_clear = flags & 0xfc == 0;
    if !reserved_clear || !known_representation(formats, floats) {
        return Opinion::NotMine;
    }
    Opinion::Mine(Some(if kind == REQUEST { ToServer } else { ToClient }))
}
