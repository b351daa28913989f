//! DNS.

use std::time::Duration;

use tapir_traffic::dns::{Message, labels};

use crate::connection::Connection;
use crate::hosts::{ATTACKER, CLIENT, OUTSIDE, RESOLVER};
use crate::layers::udp;
use crate::{Capture, Tape};

const A: u16 = 1;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const TRANSFER: u16 = 252;

pub(super) fn captures() -> Vec<Capture> {
    vec![
        questions().capture(
            "dns.pcap",
            "questions and answers; one for a name of the onion network; a zone transfer over TCP",
        ),
        tunnel().capture(
            "dns-tunnel.pcap",
            "fifteen questions for TXT records whose first label is 63 letters of something else",
        ),
    ]
}

/// A message with one question, and one answer where there is data for it.
fn message(id: u16, name: &str, kind: u16, data: Option<&[u8]>) -> Vec<u8> {
    let message = Message {
        id,
        name: labels(name).expect("names of a scenario are right"),
        kind,
        answer: data.map(|data| (0, vec![data.to_vec()])),
    };
    message.bytes()
}

/// One question of the client and the resolver's answer.
fn ask(tape: &mut Tape, id: u16, name: &str, kind: u16, data: &[u8]) {
    let (client, resolver) = (CLIENT.port(50_000 + id), RESOLVER.port(53));
    let question = message(id, name, kind, None);
    tape.packet(&CLIENT, &RESOLVER, udp(client, resolver, &question));
    let answer = message(id, name, kind, Some(data));
    tape.packet(&RESOLVER, &CLIENT, udp(resolver, client, &answer));
}

/// A question for a name of the onion network; other scenarios use it where only the file differs.
pub(super) fn onion(tape: &mut Tape) {
    ask(tape, 4, "tapirtapirtapirt.onion", A, &[0, 0, 0, 0]);
}

fn questions() -> Tape {
    let mut tape = Tape::default();
    ask(&mut tape, 1, "www.example", A, &[198, 51, 100, 80]);
    let ip6 = [0x20, 1, 0xd, 0xb8, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
    ask(&mut tape, 2, "www.example", AAAA, &ip6);
    ask(&mut tape, 3, "example", MX, b"\0\x0a\x04mail\x07example\0");
    onion(&mut tape);

    let mut connection = Connection::open(&mut tape, ATTACKER.port(43_001), RESOLVER.port(53));
    let question = message(5, "example", TRANSFER, None);
    let framed = [&(question.len() as u16).to_be_bytes()[..], &question].concat();
    // Flags of the answer: refused.
    let mut refusal = framed.clone();
    refusal[4] = 0x81;
    refusal[5] = 0x85;
    connection.exchange(&mut tape, &framed, &refusal);
    connection.close(&mut tape);
    tape
}

fn tunnel() -> Tape {
    let mut tape = Tape::default();
    let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
    for number in 0..15_usize {
        let secret: String = (0..63)
            .map(|i| char::from(alphabet[(number * 17 + i * i * 5 + i * 3) % alphabet.len()]))
            .collect();
        let id = 100 + number as u16;
        let name = format!("{secret}.t.example");
        let question = message(id, &name, TXT, None);
        let (client, server) = (CLIENT.port(50_000 + id), OUTSIDE.port(53));
        tape.packet(&CLIENT, &OUTSIDE, udp(client, server, &question));
        let answer = message(id, &name, TXT, Some(b"\x08d2hhdD8K"));
        tape.packet(&OUTSIDE, &CLIENT, udp(server, client, &answer));
        tape.wait(Duration::from_millis(500));
    }
    tape
}
