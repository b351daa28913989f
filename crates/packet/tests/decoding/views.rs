//! What packets say of their headers.

use tapir_packet::{LinkType, Quote, TcpFlags};

use crate::frames::*;

#[test]
fn tcp_over_ethernet() {
    let options = hex("020405b4 0402 080a 00000001 00000000 01 030307");
    let frame = ethernet(0x0800, &ipv4(6, &tcp(&options, b"GET /")));
    let packets = decode(LinkType::ETHERNET, &frame);
    let packet = root(&packets);
    assert_eq!(packets.len(), 1);
    assert!(packet.wants_flow() && !packet.is_invalid() && packet.events.is_empty());
    assert_eq!(packet.payload(), b"GET /");
    assert_eq!((packet.ip_version, packet.proto), (4, 6));
    assert_eq!((packet.sport, packet.dport), (0xc001, 80));
    let tcp = packet.tcp().expect("a TCP header");
    assert_eq!((tcp.seq(), tcp.ack(), tcp.window()), (1, 2, 0x2000));
    assert_eq!(tcp.flags(), TcpFlags::ACK);
    assert_eq!(tcp.bytes().len(), 40);
    assert_eq!(
        (tcp.options().mss, tcp.options().window_scale),
        (Some(1460), Some(7))
    );
    let ip = packet.ipv4().expect("an IPv4 header");
    assert_eq!((ip.id(), ip.ttl(), ip.bytes().len()), (0x1234, 64, 20));
    let ethernet = packet.ethernet().expect("an Ethernet header");
    assert_eq!((ethernet.src()[5], ethernet.dst()[5]), (1, 2));
    assert!(packet.udp().is_none() && packet.ipv6().is_none() && packet.arp().is_none());
}

#[test]
fn bytes_behind_the_datagram_are_padding() {
    let frame = chain(&[&ethernet(0x0800, &ipv4(17, &udp(1, 2, b"x"))), &[0xaa; 17]]);
    let packets = decode(LinkType::ETHERNET, &frame);
    assert_eq!(root(&packets).payload(), b"x");
    assert_eq!(root(&packets).ip_datagram().len(), 29);
}

#[test]
fn ipv6_with_extension_headers() {
    let extensions = hex("3c 00 0502 0000 0100 06 00 01 04 00000000");
    let frame = ipv6(0, &chain(&[&extensions, &tcp(&[], b"hello")]));
    let packets = decode(LinkType::RAW, &frame);
    let packet = root(&packets);
    assert_eq!(packet.proto, 6);
    assert_eq!(packet.payload(), b"hello");
    let ip = packet.ipv6().expect("an IPv6 header");
    assert_eq!(
        (ip.next_header(), ip.hop_limit(), ip.bytes().len()),
        (0, 64, 56)
    );
    assert_eq!(packet.ip_payload().len(), 25);
    assert_eq!(packet.dst.to_string(), "2001:db8::2");
}

#[test]
fn icmp_errors_quote_a_packet() {
    let quoted = ipv4(17, &udp(1234, 53, b"question"));
    let unreachable = chain(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quoted]);
    let frame = ipv4(1, &unreachable);
    let packets = decode(LinkType::RAW, &frame);
    let expected = Quote {
        ip_version: 4,
        proto: 17,
        src: "192.0.2.1".parse().expect("an address"),
        dst: "192.0.2.2".parse().expect("an address"),
        sport: 1234,
        dport: 53,
    };
    assert_eq!(root(&packets).icmp_quote(), Some(expected));
    assert_eq!(root(&packets).payload(), quoted);

    let quoted = ipv6(6, &tcp(&[], &[]));
    let too_big = chain(&[&hex("02 00 0000 00000500"), &quoted]);
    let frame = ipv6(58, &too_big);
    let packets = decode(LinkType::RAW, &frame);
    let quote = root(&packets).icmp_quote().expect("a quoted packet");
    assert_eq!((quote.proto, quote.sport, quote.dport), (6, 0xc001, 80));
    let icmp = root(&packets).icmpv6().expect("an ICMPv6 header");
    assert_eq!(icmp.mtu(), Some(1280));
}

#[test]
fn echo_has_identifier_and_sequence() {
    let frame = ipv4(1, &hex("08 00 0000 abcd 0007 61626364"));
    let packets = decode(LinkType::RAW, &frame);
    let icmp = root(&packets).icmpv4().expect("an ICMPv4 header");
    assert_eq!((icmp.id(), icmp.seq()), (Some(0xabcd), Some(7)));
    assert_eq!(root(&packets).payload(), b"abcd");
    assert!(root(&packets).icmp_quote().is_none());
}

#[test]
fn arp_and_vlan() {
    let arp = hex("0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202");
    let frame = ethernet(0x88a8, &vlan(0x6007, 0x8100, &vlan(42, 0x0806, &arp)));
    let packets = decode(LinkType::ETHERNET, &frame);
    assert_eq!(root(&packets).vlans.ids(), [7, 42]);
    let arp = root(&packets).arp().expect("an ARP message");
    assert_eq!(arp.operation(), 1);
    assert_eq!(arp.sender_ip().to_string(), "192.0.2.1");
    assert_eq!(arp.target_ip().to_string(), "192.0.2.2");
}

#[test]
fn sctp_chunks() {
    let header = hex("0bb8 0bb9 00000001 00000000");
    let data = hex("00 03 0013 00000001 0001 0000 00000000 616263 00");
    let sack = hex("03 00 0010 00000001 00010000 00000000");
    let frame = ipv4(132, &chain(&[&header, &data, &sack]));
    let packets = decode(LinkType::RAW, &frame);
    let sctp = root(&packets).sctp().expect("an SCTP header");
    let kinds: Vec<_> = sctp.chunks().map(|chunk| chunk.kind).collect();
    assert_eq!(kinds, [0, 3]);
    let first = sctp.chunks().next().expect("a chunk");
    assert_eq!(first.user_data(), Some(&b"abc"[..]));
    assert_eq!((root(&packets).sport, root(&packets).dport), (3000, 3001));
}

#[test]
fn igmp_versions() {
    for (message, version) in [
        ("11 00 0000 e0000001", Some(1)),
        ("11 64 0000 e0000001", Some(2)),
        ("11 64 0000 e0000001 00 00 0001 c0000201", Some(3)),
        ("22 00 0000 0000 0001 04 00 0000 e0000001", Some(3)),
        ("99 00 0000 e0000001", None),
    ] {
        let frame = ipv4(2, &hex(message));
        let packets = decode(LinkType::RAW, &frame);
        let igmp = root(&packets).igmp().expect("an IGMP message");
        assert_eq!(igmp.version(), version, "{message}");
        assert_eq!(igmp.bytes(), hex(message));
    }
}

#[test]
fn checksums_are_verified_on_demand() {
    let mut frame = ipv4(1, &hex("08 00 0000 abcd 0007 616263"));
    let sum = tapir_packet::internet_checksum(&frame[20..]);
    frame[22..24].copy_from_slice(&sum.to_be_bytes());
    {
        let packets = decode(LinkType::RAW, &frame);
        assert_eq!(root(&packets).ip_checksum_ok(), Some(true));
        assert_eq!(root(&packets).transport_checksum_ok(), Some(true));
    }
    frame[30] ^= 1;
    frame[8] -= 1;
    let packets = decode(LinkType::RAW, &frame);
    assert_eq!(root(&packets).ip_checksum_ok(), Some(false));
    assert_eq!(root(&packets).transport_checksum_ok(), Some(false));
}

/// A segment and a datagram whose checksums were computed by the builder of another library.
#[test]
fn checksums_agree_with_another_implementation() {
    use etherparse::PacketBuilder;
    let mut segment = Vec::new();
    PacketBuilder::ipv6([1; 16], [2; 16], 64)
        .tcp(1, 2, 3, 4)
        .write(&mut segment, b"an odd number of bytes!")
        .expect("room");
    let mut datagram = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .udp(1, 2)
        .write(&mut datagram, b"payload")
        .expect("room");
    for frame in [segment, datagram] {
        let packets = decode(LinkType::RAW, &frame);
        assert_eq!(root(&packets).transport_checksum_ok(), Some(true));
        let mut wrong = frame.clone();
        *wrong.last_mut().expect("bytes") ^= 0x80;
        let packets = decode(LinkType::RAW, &wrong);
        assert_eq!(root(&packets).transport_checksum_ok(), Some(false));
    }
    let unsummed = ipv4(17, &udp(1, 2, b"x"));
    let packets = decode(LinkType::RAW, &unsummed);
    assert_eq!(root(&packets).transport_checksum_ok(), None);
}
