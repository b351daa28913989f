//! Fragments and the datagrams made of them.

use tapir_packet::{Decoder, Frame, LinkType, PacketSource, Timestamp};

use crate::frames::*;

#[test]
fn an_ipv4_fragment_says_where_it_belongs() {
    let mut frame = ipv4_with_options(17, &[1, 1, 1, 1, 1, 1, 1, 0], &[7; 24]);
    frame[6..8].copy_from_slice(&[0x20, 0x02]);
    let packets = decode(LinkType::RAW, &frame);
    let packet = root(&packets);
    assert!(packet.is_fragment() && !packet.wants_flow());
    assert!(packet.udp().is_none() && packet.payload().is_empty());
    let fragment = packet.fragment().expect("a fragment");
    assert_eq!(
        (fragment.id, fragment.offset, fragment.more),
        (0x1234, 16, true)
    );
    assert_eq!((fragment.data, fragment.header.len()), (&[7; 24][..], 28));
    assert_eq!((fragment.proto, fragment.proto_at), (17, 9));
    assert!(
        decode(LinkType::RAW, &ipv4(17, &udp(1, 2, &[])))
            .iter()
            .all(|p| !p.is_fragment())
    );
}

#[test]
fn an_ipv6_fragment_leaves_its_header_out() {
    let hop_by_hop = hex("2c 00 0502 0000 0100");
    let fragment_header = hex("11 00 0019 00abcdef");
    let frame = ipv6(0, &chain(&[&hop_by_hop, &fragment_header, &[9; 16]]));
    let packets = decode(LinkType::RAW, &frame);
    let fragment = root(&packets).fragment().expect("a fragment");
    assert_eq!(
        (fragment.id, fragment.offset, fragment.more),
        (0xabcdef, 24, true)
    );
    assert_eq!((fragment.data, fragment.header.len()), (&[9; 16][..], 48));
    // The hop-by-hop header says what follows it.
    assert_eq!((fragment.proto, fragment.proto_at), (17, 40));

    let frame = ipv6(44, &chain(&[&fragment_header, &[9; 16]]));
    let packets = decode(LinkType::RAW, &frame);
    assert_eq!(
        root(&packets).fragment().map(|fragment| fragment.proto_at),
        Some(6)
    );
}

#[test]
fn a_reassembled_datagram_is_decoded_in_its_fragments_place() {
    let mut last = ipv4(17, &[0; 16]);
    last[6..8].copy_from_slice(&[0x00, 0x02]);
    let last = ethernet(0x8100, &vlan(12, 0x0800, &last));
    let whole = ipv4(17, &udp(1000, 2000, b"all of it"));
    let mut decoder = Decoder::default();
    let frame = Frame {
        ts: Timestamp::new(5, 0),
        link: LinkType::ETHERNET,
        data: &last,
        wire_len: last.len() as u32,
    };
    let packets = decoder.decode(&frame);
    let rebuilt = decoder.decode_ip(&whole, root(&packets));
    let packet = root(&rebuilt);
    assert_eq!(packet.payload(), b"all of it");
    assert_eq!((packet.source, packet.depth), (PacketSource::Defrag, 0));
    assert_eq!(
        (packet.vlans.ids(), packet.ts),
        (&[12][..], Timestamp::new(5, 0))
    );
    assert!(packet.is_reassembled() && packet.wants_flow());
    assert_eq!(packet.tunnel.map(|tunnel| tunnel.proto), Some(17));
    assert!(decoder.decode_ip(&whole[..19], root(&packets)).is_empty());
}
