//! Datagrams that travel in pieces.

use etherparse::IpFragOffset;

use crate::hosts::{ATTACKER, CLIENT, CLIENT6, Host, ROUTER, SERVER, SERVER6};
use crate::layers::{icmp, ip, ipv4, protocol, udp_datagram};
use crate::{Capture, Tape};

const MESSAGE: &[u8] =
    b"<38>May 14 09:00:00 gate sshd[411]: Failed password for root from 203.0.113.66 port 55022 ssh2";

pub(super) fn captures() -> Vec<Capture> {
    vec![
        ipv4_fragments().capture(
            "ipv4-fragments.pcap",
            "a syslog message in three fragments, the middle one first",
        ),
        overlap().capture(
            "ipv4-fragment-overlap.pcap",
            "the second fragment of a datagram comes twice, with different bytes the second time",
        ),
        ping_of_death().capture(
            "ping-of-death.pcap",
            "fragments of an echo that would be longer than a datagram can be",
        ),
        ipv6_fragments().capture(
            "ipv6-fragments.pcap",
            "a syslog message over IPv6 in two fragments",
        ),
    ]
}

/// A fragment of an IPv4 datagram: `start` in bytes, and whether more follow.
fn fragment(
    from: &Host,
    to: &Host,
    id: u16,
    protocol: u8,
    (start, more): (u16, bool),
    bytes: &[u8],
) -> Vec<u8> {
    ipv4(from, to, protocol, bytes, |header| {
        header.identification = id;
        header.dont_fragment = false;
        header.more_fragments = more;
        header.fragment_offset =
            IpFragOffset::try_new(start / 8).expect("thirteen bits count eights up to 65528");
    })
}

fn ipv4_fragments() -> Tape {
    let mut tape = Tape::default();
    let datagram = udp_datagram(ROUTER.port(514), SERVER.port(514), MESSAGE);
    // The words "Failed password for root" are in bytes 44 to 68: in two fragments.
    let (first, second, third) = (&datagram[..48], &datagram[48..80], &datagram[80..]);
    for (start, more, bytes) in [(48, true, second), (0, true, first), (80, false, third)] {
        let piece = fragment(&ROUTER, &SERVER, 77, protocol::UDP, (start, more), bytes);
        tape.packet(&ROUTER, &SERVER, piece);
    }
    tape
}

fn overlap() -> Tape {
    let mut tape = Tape::default();
    let datagram = udp_datagram(ATTACKER.port(5001), SERVER.port(5001), &[b'a'; 72]);
    let forged = [b'b'; 32];
    for (start, more, bytes) in [
        (0, true, &datagram[..32]),
        (32, true, &datagram[32..64]),
        (32, true, &forged[..]),
        (64, false, &datagram[64..]),
    ] {
        let piece = fragment(&ATTACKER, &SERVER, 78, protocol::UDP, (start, more), bytes);
        tape.packet(&ATTACKER, &SERVER, piece);
    }
    tape
}

fn ping_of_death() -> Tape {
    let mut tape = Tape::default();
    let echo = icmp(8, 0, [0, 1, 0, 1], &[0x41; 1000]);
    let head = &echo[..1000];
    let first = fragment(&ATTACKER, &CLIENT, 79, protocol::ICMP, (0, true), head);
    tape.packet(&ATTACKER, &CLIENT, first);
    let tail = [0x41; 400];
    let last = fragment(
        &ATTACKER,
        &CLIENT,
        79,
        protocol::ICMP,
        (65_520, false),
        &tail,
    );
    tape.packet(&ATTACKER, &CLIENT, last);
    tape
}

fn ipv6_fragments() -> Tape {
    const FRAGMENT: u8 = 44;
    let mut tape = Tape::default();
    let datagram = udp_datagram(CLIENT6.port(514), SERVER6.port(514), MESSAGE);
    let (first, second) = datagram.split_at(56);
    for (start, more, bytes) in [(0_u16, 1, first), (56, 0, second)] {
        let place = (start | more).to_be_bytes();
        let header = [&[protocol::UDP, 0][..], &place, &80_u32.to_be_bytes()].concat();
        let piece = ip(&CLIENT6, &SERVER6, FRAGMENT, &[&header, bytes].concat());
        tape.packet(&CLIENT6, &SERVER6, piece);
    }
    tape
}
