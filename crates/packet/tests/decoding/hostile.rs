//! Nothing that a frame says makes decoding panic or reach beyond it.

use proptest::prelude::*;
use tapir_packet::{Decoder, Frame, LinkType, Timestamp};

use crate::frames::*;

const LINKS: [LinkType; 14] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::PPP,
    LinkType::PPP_HDLC,
    LinkType::C_HDLC,
    LinkType::FRAME_RELAY,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NFLOG,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType(147),
];

/// Asks a frame's packets for everything they know.
fn look_at_everything(link: LinkType, data: &[u8]) {
    let frame = Frame {
        ts: Timestamp::ZERO,
        link,
        data,
        wire_len: data.len() as u32,
    };
    let mut decoder = Decoder::default();
    let packets = decoder.decode(&frame);
    assert!(!packets.is_empty());
    for packet in &packets {
        let len = packet.data.len();
        assert!(packet.payload().len() <= len && packet.transport_bytes().len() <= len);
        assert!(packet.ip_datagram().len() <= len && packet.ip_payload().len() <= len);
        assert!(packet.ipv4().is_none_or(|ip| ip.bytes().len() <= len));
        assert!(packet.ipv6().is_none_or(|ip| ip.bytes().len() <= len));
        assert!(
            packet
                .ethernet()
                .is_none_or(|header| header.bytes().len() <= len)
        );
        assert!(
            packet
                .tcp()
                .is_none_or(|tcp| tcp.options().sack_blocks().count() <= 4)
        );
        assert!(packet.udp().is_none_or(|udp| usize::from(udp.len()) <= len));
        assert!(packet.icmpv4().is_none_or(|icmp| icmp.bytes().len() <= len));
        assert!(packet.icmpv6().is_none_or(|icmp| icmp.bytes().len() <= len));
        assert!(packet.igmp().is_none_or(|igmp| igmp.bytes().len() <= len));
        assert!(
            packet
                .sctp()
                .is_none_or(|sctp| sctp.chunks().count() <= len)
        );
        assert!(packet.arp().is_none_or(|arp| arp.bytes().len() <= len));
        let quote = packet.icmp_quote();
        assert!(quote.is_none_or(|quote| matches!(quote.ip_version, 4 | 6)));
        if let Some(fragment) = packet.fragment() {
            assert!(usize::from(fragment.proto_at) < fragment.header.len());
            let rebuilt = chain(&[fragment.header, fragment.data]);
            for inner in &decoder.decode_ip(&rebuilt, packet) {
                assert!(inner.payload().len() <= rebuilt.len());
            }
        }
        let _ = (packet.ip_checksum_ok(), packet.transport_checksum_ok());
        assert!(
            packet
                .tunnel
                .is_none_or(|tunnel| tunnel.src().is_ipv4() || tunnel.src().is_ipv6())
        );
    }
}

/// A valid packet for each way from IP on.
fn ip_packets() -> Vec<Vec<u8>> {
    let tcp_options = hex("020405b4 0402 080a 00000001 00000000 01 030307");
    let segment = tcp(&tcp_options, b"payload");
    let v4 = ipv4(6, &segment);
    let v6 = ipv6(6, &segment);
    let extensions = hex(
        "3c 00 0502 0000 0100 2b 00 0104 00000000 33 00 0000 00000000 \
         2c 04 0000 00000001 00000002 00000000 00000000 11 00 0001 00000007",
    );
    let over_udp = |port: u16, header: &str, inside: &[u8]| {
        ipv4(17, &udp(40000, port, &chain(&[&hex(header), inside])))
    };
    let sctp = hex(
        "0bb8 0bb9 00000001 00000000 00 03 0013 00000001 0001 0000 00000000 616263 00 \
         03 00 0010 00000001 00010000 00000000",
    );
    let mut fragment = ipv4_with_options(17, &[1, 1, 1, 1, 1, 1, 1, 0], &[7; 24]);
    fragment[6..8].copy_from_slice(&[0x20, 0x02]);
    let in_ethernet = ethernet(0x0800, &v4);
    let ip_packets = [
        v4.clone(),
        ipv4_with_options(
            6,
            &hex("9404 0000 07 07 04 00000000 44 0c 05 03 0000000000000000 00"),
            &segment,
        ),
        ipv6(0, &chain(&[&extensions, &[1; 16]])),
        ipv4(1, &chain(&[&[3, 3, 0, 0, 0, 0, 0, 0], &v4])),
        ipv6(58, &chain(&[&[1, 3, 0, 0, 0, 0, 0, 0], &v6])),
        ipv4(
            2,
            &hex("22 00 0000 0000 0001 04 01 0001 e0000001 c0000201 00000000"),
        ),
        ipv4(132, &sctp),
        ipv4(50, &[9; 20]),
        ipv4(
            47,
            &chain(&[&hex("c000 0800 00000000 0800 00 04 0a000001 00000000"), &v4]),
        ),
        ipv4(
            47,
            &chain(&[&hex("3081 880b 0030 0001 00000001 00000002 ff03 0021"), &v4]),
        ),
        ipv4(
            47,
            &chain(&[
                &hex("1000 22eb 00000001 2007 0001 00000000 00000001"),
                &[0; 8],
                &in_ethernet,
            ]),
        ),
        over_udp(3544, "0000 1234 c0000201", &v6),
        over_udp(4789, "08000000 00002500", &in_ethernet),
        over_udp(6081, "02 00 6558 00002500 00000001 00000000", &in_ethernet),
        ipv4(41, &ipv6(4, &v4)),
        fragment,
    ];
    ip_packets.into()
}

/// A valid frame for each way through the decoders.
fn valid_frames() -> Vec<Vec<u8>> {
    let v4 = ipv4(6, &tcp(&[], b"payload"));
    let in_ethernet = ethernet(0x0800, &v4);
    let mut frames: Vec<Vec<u8>> = ip_packets()
        .iter()
        .map(|packet| ethernet(if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd }, packet))
        .collect();
    let before = |start: &str, packet: &[u8]| chain(&[&hex(start), packet]);
    frames.extend([
        ethernet(
            0x8100,
            &vlan(1, 0x88a8, &vlan(2, 0x9100, &vlan(3, 0x0800, &v4))),
        ),
        ethernet(0x8847, &before("00010040 000151ff 00000000", &in_ethernet)),
        ethernet(0x8864, &before("11 00 0001 0020 0021", &v4)),
        ethernet(0x8863, &hex("11 09 0000 0004 0101 0000")),
        ethernet(
            0x0806,
            &hex("0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202"),
        ),
        ethernet(0x894f, &before("0002 02 03 00000100", &in_ethernet)),
        ethernet(
            0x88e7,
            &before("00000001 020000000001 020000000002 0800", &v4),
        ),
    ]);
    frames
}

#[test]
fn every_prefix_of_a_valid_frame() {
    for frame in valid_frames() {
        for len in 0..=frame.len() {
            for link in LINKS {
                look_at_everything(link, &frame[..len]);
            }
        }
    }
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let mut frame = Vec::new();
    for _ in 0..14_000 {
        frame = chain(&[&hex("00000001 020000000001 020000000002 88e7"), &frame]);
        if frame.len() > 200_000 {
            break;
        }
    }
    look_at_everything(LinkType::ETHERNET, &ethernet(0x88e7, &frame));
}

proptest! {
    #[test]
    fn any_mutation_of_a_valid_frame(
        which in 0..valid_frames().len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut frame = valid_frames().swap_remove(which);
        for (place, value) in changes {
            let place = place.index(frame.len());
            frame[place] = value;
        }
        look_at_everything(LinkType::ETHERNET, &frame);
        frame.truncate(cut.index(frame.len()) + 1);
        look_at_everything(LinkType::ETHERNET, &frame);
    }

    #[test]
    fn any_bytes(link in prop::sample::select(&LINKS[..]), data in prop::collection::vec(any::<u8>(), 0..300)) {
        look_at_everything(link, &data);
    }

    #[test]
    fn decoding_twice_says_the_same(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let first = decode(LinkType::ETHERNET, &data);
        let second = decode(LinkType::ETHERNET, &data);
        prop_assert_eq!(first.len(), second.len());
        for (one, two) in first.iter().zip(&second) {
            prop_assert_eq!(one.events, two.events);
            prop_assert_eq!((one.src, one.dst, one.sport, one.dport), (two.src, two.dst, two.sport, two.dport));
        }
    }
}
