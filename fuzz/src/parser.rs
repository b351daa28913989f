//! How parsers of protocols are fed.
//!
//! An input holds pieces of a flow, each behind two bytes: the highest bit says that the server speaks, the next one that
//! the bytes are missing, the rest is their number, most significant byte first.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_protocols::{AppProto, ParserSettings, Transport};

use crate::dialogue::Listener;

const FROM_SERVER: u16 = 1 << 15;
const MISSING: u16 = 1 << 14;

/// Open transactions that an engine keeps of a flow at most.
const MOST_OPEN: usize = 1024;

/// Feeds an input to the parser of a protocol, over both transports, and looks at all that it understood.
pub fn feed(proto: AppProto, input: &[u8]) {
    let mut settings = ParserSettings::default();
    settings.ssh.hassh = true;
    settings.tls.ja3 = true;
    settings.tls.ja4 = true;
    let settings = Arc::new(settings);
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut listener = Listener::new(proto, transport, &settings);
        for (direction, missing, said) in pieces(input) {
            if missing && transport == Transport::Tcp {
                listener.miss(direction, said.len());
            } else {
                listener.hear(direction, said);
            }
            let mut excess = listener.state.len().saturating_sub(MOST_OPEN);
            listener.state.release(|_| {
                let goes = excess > 0;
                excess = excess.saturating_sub(1);
                goes
            });
        }
        listener.seen();
    }
}

fn pieces(mut input: &[u8]) -> impl Iterator<Item = (Direction, bool, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = input.split_first_chunk::<2>()?;
        let head = u16::from_be_bytes(*head);
        let len = usize::from(head & !(FROM_SERVER | MISSING)).min(rest.len());
        let (said, rest) = rest.split_at(len);
        input = rest;
        let direction = match head & FROM_SERVER {
            0 => ToServer,
            _ => ToClient,
        };
        Some((direction, head & MISSING != 0, said))
    })
}

/// An input of these turns of a dialogue.
pub fn input(turns: &[(Direction, Vec<u8>)]) -> Vec<u8> {
    let mut input = Vec::new();
    for (direction, said) in turns {
        let side = match direction {
            ToServer => 0,
            ToClient => FROM_SERVER,
        };
        for piece in said.chunks(usize::from(MISSING - 1)) {
            input.extend((side | piece.len() as u16).to_be_bytes());
            input.extend(piece);
        }
    }
    input
}

/// A target that feeds the parser of a protocol.
#[macro_export]
macro_rules! parser_target {
    ($proto:ident) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            $crate::parser::feed(tapir_protocols::AppProto::$proto, input);
        });
    };
}
