//! Headers that lie. Each frame is wrong in one way.

use etherparse::{TcpHeader, TcpOptionElement};

use crate::connection::flags;
use crate::hosts::{ATTACKER, CLIENT6, SERVER, SERVER6};
use crate::layers::{
    IPV4, IPV6, VLAN, ethernet, icmp, icmpv6, ip, ipv4, ipv6, protocol, sctp, tcp_segment,
    udp_datagram, v6,
};
use crate::{Capture, Tape};

pub(super) fn captures() -> Vec<Capture> {
    vec![
        link().capture(
            "malformed-link.pcap",
            "an Ethernet frame of ten bytes; a VLAN tag of two",
        ),
        ipv4_headers().capture(
            "malformed-ipv4.pcap",
            "IPv4 headers cut short, of the wrong length or version; options that lie; a packet that its source \
             routes; the reserved bit",
        ),
        ipv6_headers().capture(
            "malformed-ipv6.pcap",
            "IPv6 headers cut short or of the wrong version; extension headers cut, doubled, useless",
        ),
        tcp().capture(
            "malformed-tcp.pcap",
            "TCP headers cut short or of the wrong length; options that lie; a packet from a host to itself",
        ),
        udp_and_sctp().capture(
            "malformed-udp-sctp.pcap",
            "UDP lengths that are wrong; port 0; an SCTP header cut short",
        ),
        icmp_messages().capture(
            "malformed-icmp.pcap",
            "ICMP messages cut short, of unknown type and code, with half a quote",
        ),
    ]
}

fn link() -> Tape {
    let mut tape = Tape::default();
    let frame = ethernet(&ATTACKER, &SERVER, VLAN, &[0, 5]);
    tape.frame(frame[..10].to_vec());
    tape.frame(frame);
    tape
}

/// A frame with the bytes of an IPv4 packet, right or wrong.
fn as_ipv4(tape: &mut Tape, packet: &[u8]) {
    tape.frame(ethernet(&ATTACKER, &SERVER, IPV4, packet));
}

/// A right IPv4 packet from the attacker to the server.
fn to_server(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ip(&ATTACKER, &SERVER, protocol, payload)
}

/// A datagram to a port where nobody listens.
fn datagram() -> Vec<u8> {
    udp_datagram(ATTACKER.port(48_001), SERVER.port(5000), b"malformed")
}

/// An IPv4 packet with options.
fn with_options(options: &[u8]) -> Vec<u8> {
    ipv4(&ATTACKER, &SERVER, protocol::UDP, &datagram(), |header| {
        header.options = options.try_into().expect("options in units of four bytes");
    })
}

/// An IPv4 packet one byte of whose header was changed, its checksum made right again.
fn with_byte(at: usize, value: u8) -> Vec<u8> {
    let mut packet = to_server(protocol::UDP, &datagram());
    packet[at] = value;
    let sum: u32 = (0..20)
        .step_by(2)
        .filter(|&i| i != 10)
        .map(|i| u32::from(u16::from_be_bytes([packet[i], packet[i + 1]])))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !((folded + (folded >> 16)) as u16);
    packet.splice(10..12, checksum.to_be_bytes());
    packet
}

fn ipv4_headers() -> Tape {
    let mut tape = Tape::default();
    let right = to_server(protocol::UDP, &datagram());
    // Ten bytes of a header of twenty.
    as_ipv4(&mut tape, &right[..10]);
    // A header of four times four bytes.
    as_ipv4(&mut tape, &with_byte(0, 0x44));
    // A packet shorter than its header.
    as_ipv4(&mut tape, &with_byte(3, 10));
    // A packet longer than the frame.
    as_ipv4(&mut tape, &with_byte(2, 4));
    // Version 5.
    as_ipv4(&mut tape, &with_byte(0, 0x55));
    // Record route, forty bytes long in a list of eight.
    as_ipv4(&mut tape, &with_options(&[7, 40, 4, 0, 0, 0, 0, 0]));
    // Two router alerts.
    as_ipv4(&mut tape, &with_options(&[148, 4, 0, 0, 148, 4, 0, 0]));
    // A source route over one router.
    as_ipv4(&mut tape, &with_options(&[131, 7, 4, 192, 168, 10, 1, 0]));
    // The bit that must be zero (RFC 791), and a bit for the evil (RFC 3514).
    as_ipv4(&mut tape, &with_byte(6, 0x80));
    tape
}

fn ipv6_headers() -> Tape {
    const HOP_BY_HOP: u8 = 0;
    const FRAGMENT: u8 = 44;
    let datagram = udp_datagram(CLIENT6.port(48_001), SERVER6.port(5000), b"malformed");
    let packet =
        |next_header, payload: &[u8]| ipv6(v6(&CLIENT6), v6(&SERVER6), next_header, payload);
    let right = packet(protocol::UDP, &datagram);
    let mut version = right.clone();
    version[0] = 0x50;
    let mut long = right.clone();
    long[5] += 100;
    let before = |next: u8, header: [u8; 7]| [&[next][..], &header, &datagram].concat();
    let padding = [0, 1, 4, 0, 0, 0, 0];
    let doubled = [&[HOP_BY_HOP][..], &padding, &before(protocol::UDP, padding)].concat();
    let mut tape = Tape::default();
    for wrong in [
        // Twenty bytes of a header of forty.
        right[..20].to_vec(),
        // A payload longer than the frame.
        long,
        // Version 5.
        version,
        // A hop-by-hop header of sixteen bytes, of which eight are there.
        packet(HOP_BY_HOP, &[protocol::UDP, 1, 1, 4, 0, 0, 0, 0]),
        // Two hop-by-hop headers.
        packet(HOP_BY_HOP, &doubled),
        // A fragment that is the whole.
        packet(FRAGMENT, &before(protocol::UDP, [0, 0, 0, 0, 0, 0, 9])),
        // Padding of three times two bytes that pad nothing.
        packet(HOP_BY_HOP, &before(protocol::UDP, [0, 1, 0, 1, 0, 1, 0])),
    ] {
        tape.frame(ethernet(&CLIENT6, &SERVER6, IPV6, &wrong));
    }
    tape
}

fn tcp() -> Tape {
    let segment =
        |port, header: &TcpHeader| tcp_segment(ATTACKER.port(port), SERVER.port(8080), header, b"");
    let with_options = |port, options: &[u8]| {
        let mut header = flags::none();
        header.syn = true;
        header
            .set_options_raw(options)
            .expect("options of at most forty bytes");
        segment(port, &header)
    };
    // Changes the length of the header, in units of four bytes, and makes the checksum right again.
    let with_length = |port, words: u8| {
        let mut segment = segment(port, &flags::syn());
        let difference = u16::from(segment[12]).abs_diff(u16::from(words << 4)) << 8;
        let sum = u16::from_be_bytes([segment[16], segment[17]]);
        let longer = words << 4 > segment[12];
        // One's complement arithmetic: what the header gains the checksum loses.
        let (mut new, borrow) = match longer {
            true => sum.overflowing_sub(difference),
            false => sum.overflowing_add(difference),
        };
        if borrow {
            new = if longer { new - 1 } else { new + 1 };
        }
        segment[12] = words << 4;
        segment.splice(16..18, new.to_be_bytes());
        segment
    };
    let mut tape = Tape::default();
    for wrong in [
        // Ten bytes of a header of twenty.
        segment(48_011, &flags::syn())[..10].to_vec(),
        // A header of sixty bytes, of which 24 are there.
        with_length(48_012, 15),
        // A header of sixteen bytes.
        with_length(48_013, 4),
        // A maximum segment size of three bytes, and a filler.
        with_options(48_014, &[2, 3, 5, 1]),
        // Two maximum segment sizes.
        with_options(48_015, &[2, 4, 5, 0xb4, 2, 4, 5, 0xb4]),
    ] {
        as_ipv4(&mut tape, &to_server(protocol::TCP, &wrong));
    }
    tape.frame(to_itself());
    tape
}

/// A connection request that claims to come from its own goal.
fn to_itself() -> Vec<u8> {
    let mut header = flags::none();
    header.syn = true;
    header
        .set_options(&[TcpOptionElement::MaximumSegmentSize(1460)])
        .expect("four bytes of options fit");
    let segment = tcp_segment(SERVER.port(139), SERVER.port(139), &header, b"");
    ethernet(
        &ATTACKER,
        &SERVER,
        IPV4,
        &ip(&SERVER, &SERVER, protocol::TCP, &segment),
    )
}

fn udp_and_sctp() -> Tape {
    let with_length = |length: u8| {
        let mut wrong = datagram();
        wrong[5] = length;
        wrong
    };
    let mut tape = Tape::default();
    // A datagram longer than the packet.
    as_ipv4(&mut tape, &to_server(protocol::UDP, &with_length(100)));
    // Four bytes of a header of eight.
    as_ipv4(&mut tape, &to_server(protocol::UDP, &datagram()[..4]));
    // A datagram shorter than its header.
    as_ipv4(&mut tape, &to_server(protocol::UDP, &with_length(4)));
    let to_nobody = udp_datagram(ATTACKER.port(48_002), SERVER.port(0), b"hello");
    as_ipv4(&mut tape, &to_server(protocol::UDP, &to_nobody));
    // Eight bytes of a header of twelve.
    let association = sctp(48_003, 7000, 0, &[]);
    as_ipv4(&mut tape, &to_server(protocol::SCTP, &association[..8]));
    tape
}

fn icmp_messages() -> Tape {
    let mut tape = Tape::default();
    let rest = [0x42; 8];
    for message in [
        // Four bytes of eight.
        icmp(8, 0, [0; 4], &rest)[..4].to_vec(),
        // A type that nobody has assigned.
        icmp(99, 0, [0; 4], &rest),
        // An echo of a code that echoes do not have.
        icmp(8, 5, [0; 4], &rest),
        // A host unreachable that quotes ten bytes.
        icmp(3, 1, [0; 4], &to_server(protocol::UDP, &datagram())[..10]),
    ] {
        as_ipv4(&mut tape, &to_server(protocol::ICMP, &message));
    }
    let echo = |code| icmpv6(&CLIENT6, &SERVER6, 128, code, &[0, 1, 0, 1, 0x42, 0x42]);
    for message in [echo(0)[..4].to_vec(), echo(7)] {
        let packet = ip(&CLIENT6, &SERVER6, protocol::ICMPV6, &message);
        tape.frame(ethernet(&CLIENT6, &SERVER6, IPV6, &packet));
    }
    tape
}
