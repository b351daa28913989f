//! Looking for open ports, and knocking too hard.

use std::time::Duration;

use etherparse::TcpHeader;

use crate::connection::{Connection, Side, flags};
use crate::hosts::{ATTACKER, SERVER, stranger};
use crate::{Capture, Tape};

pub(super) fn captures() -> Vec<Capture> {
    vec![
        port_scan().capture(
            "port-scan.pcap",
            "SYN to forty ports in four seconds; all closed but one",
        ),
        odd_flags().capture(
            "scan-odd-flags.pcap",
            "segments that no honest host sends: no flags, all of them, FIN alone, SYN with FIN",
        ),
        syn_flood().capture(
            "syn-flood.pcap",
            "sixty SYN of sixty addresses in less than a second; nobody finishes the handshake",
        ),
    ]
}

fn port_scan() -> Tape {
    let mut tape = Tape::default();
    for port in 70..110 {
        let mut probe = Connection::new(ATTACKER.port(46_000), SERVER.port(port));
        probe.say(&mut tape, Side::Client, flags::syn(), b"");
        if port == 80 {
            probe.say(&mut tape, Side::Server, flags::syn_ack(), b"");
            let enough = TcpHeader {
                rst: true,
                ..flags::none()
            };
            probe.say(&mut tape, Side::Client, enough, b"");
        } else {
            // A closed port counts nothing of its own.
            *probe.next(Side::Server) = 0;
            probe.say(&mut tape, Side::Server, flags::rst(), b"");
        }
        tape.wait(Duration::from_millis(98));
    }
    tape
}

fn odd_flags() -> Tape {
    let none = flags::none;
    let mut tape = Tape::default();
    let segments = [
        none(),
        TcpHeader {
            fin: true,
            psh: true,
            urg: true,
            ..none()
        },
        TcpHeader {
            fin: true,
            ..none()
        },
        TcpHeader {
            fin: true,
            syn: true,
            ..none()
        },
    ];
    for (port, segment) in (46_101..).zip(segments) {
        let mut probe = Connection::new(ATTACKER.port(port), SERVER.port(443));
        probe.say(&mut tape, Side::Client, segment, b"");
    }
    tape
}

fn syn_flood() -> Tape {
    let mut tape = Tape::default();
    for number in 100..160 {
        let client = stranger(number).port(20_000 + u16::from(number));
        let mut attempt = Connection::new(client, SERVER.port(80));
        attempt.say(&mut tape, Side::Client, flags::syn(), b"");
        tape.wait(Duration::from_millis(9));
    }
    tape
}
