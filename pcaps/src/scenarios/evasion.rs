//! TCP that is meant to be read differently by the server and by those who watch, or that just arrives so.

use crate::connection::{Connection, Side, flags};
use crate::hosts::{ATTACKER, SERVER};
use crate::{Capture, Tape};

const REQUEST: &[u8] = b"GET /cgi/../../../etc/passwd HTTP/1.0\r\n\r\n";
const FORBIDDEN: &[u8] = b"HTTP/1.0 403 Forbidden\r\n\r\n";

pub(super) fn captures() -> Vec<Capture> {
    vec![
        out_of_order().capture(
            "tcp-out-of-order.pcap",
            "a traversal in four segments that arrive in the order 1, 4, 3, 2",
        ),
        overlapping().capture(
            "tcp-overlap.pcap",
            "a traversal in segments that overlap with the same bytes",
        ),
        sent_again().capture(
            "tcp-retransmission-differs.pcap",
            "a traversal is acknowledged, then sent again with innocent bytes",
        ),
        reset_ignored().capture(
            "tcp-rst-evasion.pcap",
            "a reset that the server must ignore, then a traversal",
        ),
        gap().capture(
            "tcp-gap.pcap",
            "a segment that the server acknowledges was never seen",
        ),
        handshakes().capture(
            "tcp-odd-handshakes.pcap",
            "a SYN/ACK that acknowledges the wrong number; another one, different, in an open connection",
        ),
        midstream().capture(
            "tcp-midstream.pcap",
            "a request and its answer in a connection whose beginning was not captured",
        ),
    ]
}

fn open(tape: &mut Tape, port: u16) -> Connection {
    Connection::open(tape, ATTACKER.port(port), SERVER.port(80))
}

fn answer_and_close(tape: &mut Tape, mut connection: Connection) {
    connection.say(tape, Side::Server, flags::ack(), b"");
    connection.server(tape, FORBIDDEN);
    connection.close(tape);
}

fn out_of_order() -> Tape {
    let mut tape = Tape::default();
    let mut connection = open(&mut tape, 41_001);
    let parts: Vec<_> = REQUEST.chunks(11).collect();
    for part in [0, 3, 2, 1] {
        let ahead = part * 11;
        connection.say_at(
            &mut tape,
            Side::Client,
            ahead,
            flags::data(),
            parts[part as usize],
        );
    }
    connection.advance(Side::Client, REQUEST.len());
    answer_and_close(&mut tape, connection);
    tape
}

fn overlapping() -> Tape {
    let mut tape = Tape::default();
    let mut connection = open(&mut tape, 41_002);
    for (start, end) in [(0, 12), (20, 34), (8, 24), (30, REQUEST.len())] {
        let bytes = &REQUEST[start..end];
        connection.say_at(&mut tape, Side::Client, start as i32, flags::data(), bytes);
    }
    connection.advance(Side::Client, REQUEST.len());
    answer_and_close(&mut tape, connection);
    tape
}

fn sent_again() -> Tape {
    let mut tape = Tape::default();
    let mut connection = open(&mut tape, 41_003);
    connection.client(&mut tape, REQUEST);
    let innocent = b"GET /index.html?nothing=here HTTP/1.0\r\n\r\n";
    assert_eq!(innocent.len(), REQUEST.len());
    let back = -(REQUEST.len() as i32);
    connection.say_at(&mut tape, Side::Client, back, flags::data(), innocent);
    answer_and_close(&mut tape, connection);
    tape
}

fn reset_ignored() -> Tape {
    let mut tape = Tape::default();
    let mut connection = open(&mut tape, 41_004);
    let mut reset = flags::rst();
    // Far beyond anything that the server has sent.
    reset.acknowledgment_number = 7_000_001 + 200_000;
    connection.say_at(&mut tape, Side::Client, 0, reset, b"");
    connection.client(&mut tape, REQUEST);
    connection.server(&mut tape, FORBIDDEN);
    connection.close(&mut tape);
    tape
}

fn gap() -> Tape {
    let mut tape = Tape::default();
    let mut connection = open(&mut tape, 41_005);
    connection.client(
        &mut tape,
        b"POST /upload HTTP/1.0\r\nContent-Length: 1500\r\n\r\n",
    );
    connection.advance(Side::Client, 1000);
    connection.client(&mut tape, &[b'x'; 500]);
    connection.server(&mut tape, FORBIDDEN);
    connection.close(&mut tape);
    tape
}

fn handshakes() -> Tape {
    let mut tape = Tape::default();
    let mut wrong = Connection::new(ATTACKER.port(41_006), SERVER.port(80));
    wrong.say(&mut tape, Side::Client, flags::syn(), b"");
    let mut answer = flags::syn_ack();
    answer.acknowledgment_number = 999;
    wrong.say(&mut tape, Side::Server, answer, b"");

    let mut connection = open(&mut tape, 41_007);
    connection.client(&mut tape, b"HEAD / HTTP/1.0\r\n\r\n");
    connection.say_at(&mut tape, Side::Server, 5_000, flags::syn_ack(), b"");
    connection.server(&mut tape, FORBIDDEN);
    connection.close(&mut tape);
    tape
}

fn midstream() -> Tape {
    let mut tape = Tape::default();
    let mut connection = Connection::already_open(ATTACKER.port(41_008), SERVER.port(80));
    connection.client(
        &mut tape,
        b"GET /status HTTP/1.1\r\nHost: 192.168.10.80\r\n\r\n",
    );
    connection.server(&mut tape, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    tape
}
