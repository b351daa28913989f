//! Packets in packets.

use tapir_packet::{DecodeConfig, LinkType, PacketSource, TunnelPorts};

use crate::frames::*;

fn inner_v4() -> Vec<u8> {
    ipv4(6, &tcp(&[], b"inside"))
}

fn inner_v6() -> Vec<u8> {
    ipv6(6, &tcp(&[], b"inside"))
}

/// Tunnels that IP carries at once.
fn over_ip() -> Vec<(PacketSource, Vec<u8>)> {
    let (v4, v6) = (inner_v4(), inner_v6());
    let gre = |header: &str, inside: &[u8]| ipv4(47, &chain(&[&hex(header), inside]));
    let in_ethernet = ethernet(0x0800, &v4);
    vec![
        (PacketSource::Ipv4, ipv4(4, &v4)),
        (PacketSource::Ipv4, ipv4(41, &v6)),
        (PacketSource::Ipv6, ipv6(4, &v4)),
        (PacketSource::Ipv6, ipv6(41, &v6)),
        (PacketSource::Gre, gre("0000 0800", &v4)),
        (
            PacketSource::Gre,
            gre("b000 86dd 00000000 00000007 00000001", &v6),
        ),
        (
            PacketSource::Gre,
            gre("4000 0800 00000000 0800 00 04 0a000001 00000000", &v4),
        ),
        (
            PacketSource::Gre,
            gre("3081 880b 0030 0001 00000001 00000002 ff03 0021", &v4),
        ),
        (PacketSource::Gre, gre("0000 6558", &in_ethernet)),
        (PacketSource::Gre, gre("0000 8100", &vlan(9, 0x0800, &v4))),
        (PacketSource::Gre, gre("0000 88be", &in_ethernet)),
        (
            PacketSource::Gre,
            gre("1000 88be 00000001 1007 0001 00000000", &in_ethernet),
        ),
        (
            PacketSource::Gre,
            gre(
                "1000 22eb 00000001 2007 0001 00000000 00000000",
                &in_ethernet,
            ),
        ),
        // Not Ethernet but IP was mirrored.
        (
            PacketSource::Gre,
            gre("1000 22eb 00000001 2007 0001 00000000 00000800", &v4),
        ),
        (PacketSource::Gre, gre("0000 894f 0002 02 01 00000100", &v4)),
    ]
}

/// Tunnels that UDP carries.
fn over_udp() -> Vec<(PacketSource, Vec<u8>)> {
    let (v4, v6) = (inner_v4(), inner_v6());
    let over_udp = |port: u16, header: &str, inside: &[u8]| {
        ipv4(17, &udp(40000, port, &chain(&[&hex(header), inside])))
    };
    let in_ethernet = ethernet(0x0800, &v4);
    vec![
        (PacketSource::Teredo, over_udp(3544, "", &v6)),
        (
            PacketSource::Teredo,
            over_udp(3544, "0000 1234 c0000201", &v6),
        ),
        (
            PacketSource::Vxlan,
            over_udp(4789, "08000000 00002500", &in_ethernet),
        ),
        (
            PacketSource::Vxlan,
            over_udp(
                4789,
                "08000000 00002500",
                &ethernet(0x8100, &vlan(3, 0x86dd, &v6)),
            ),
        ),
        (
            PacketSource::Geneve,
            over_udp(6081, "01 00 0800 00002500 00000000", &v4),
        ),
        (
            PacketSource::Geneve,
            over_udp(6081, "00 00 6558 00002500", &in_ethernet),
        ),
    ]
}

#[test]
fn every_tunnel_shows_its_packet_first() {
    for (source, frame) in over_ip().into_iter().chain(over_udp()) {
        let packets = decode(LinkType::RAW, &frame);
        let what = format!("{source:?}: {frame:02x?}");
        assert_eq!(packets.len(), 2, "{what}");
        let (inner, outer) = (&packets[0], &packets[1]);
        assert_eq!(inner.payload(), b"inside", "{what}");
        assert_eq!(
            (inner.source, inner.depth, outer.depth),
            (source, 1, 0),
            "{what}"
        );
        assert!(outer.is_payload_inside() && !inner.is_payload_inside());
        let tunnel = inner.tunnel.expect("a tunnel");
        assert_eq!((tunnel.src(), tunnel.dst()), (outer.src, outer.dst));
        assert_eq!((tunnel.proto, tunnel.dport), (outer.proto, outer.dport));
        assert!(
            events_of(inner).is_empty() && events_of(outer).is_empty(),
            "{what}"
        );
    }
}

#[test]
fn the_innermost_comes_first_and_remembers_the_wire() {
    let middle = ipv6(41, &inner_v6());
    let frame = ethernet(0x8100, &vlan(5, 0x0800, &ipv4(41, &middle)));
    let packets = decode(LinkType::ETHERNET, &frame);
    let depths: Vec<_> = packets.iter().map(|packet| packet.depth).collect();
    assert_eq!(depths, [2, 1, 0]);
    assert_eq!(packets[0].payload(), b"inside");
    let tunnel = packets[0].tunnel.expect("a tunnel");
    assert_eq!((tunnel.ip_version(), tunnel.proto), (4, 41));
    assert_eq!(packets[2].vlans.ids(), [5]);
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut frame = inner_v4();
    for _ in 0..20 {
        frame = ipv4(4, &frame);
    }
    let packets = decode(LinkType::RAW, &frame);
    assert!(packets.len() <= 8, "{}", packets.len());
    assert!(
        packets
            .iter()
            .any(|packet| events_of(packet) == ["too_many_layers"])
    );

    let config = DecodeConfig {
        max_layers: 4,
        ..DecodeConfig::default()
    };
    let packets = decode_with(config, LinkType::RAW, &frame);
    assert_eq!(packets.len(), 1);
    assert_eq!(events_of(root(&packets)), ["too_many_layers"]);
}

#[test]
fn what_is_no_packet_is_no_tunnel() {
    let broken = chain(&[&[0x45, 0, 0, 10], &[0; 30]]);
    for frame in [
        ipv4(4, &broken),
        ipv4(47, &chain(&[&hex("0000 0800"), &broken])),
        // ERSPAN with a frame of the kind 7, which has a header of the maker's own.
        ipv4(
            47,
            &chain(&[
                &hex("1000 22eb 00000001 2001 1865 34760b01 00001e00"),
                &ethernet(0x0800, &inner_v4()),
            ]),
        ),
        ipv4(17, &udp(4000, 3544, &ipv6(0, &[0; 40]))),
        ipv4(17, &udp(4000, 4789, &hex("0800000000002501 00"))),
    ] {
        let packets = decode(LinkType::RAW, &frame);
        assert_eq!(packets.len(), 1, "{frame:02x?}");
        assert!(!root(&packets).is_payload_inside());
        assert!(!root(&packets).is_invalid());
    }
}

#[test]
fn ports_of_tunnels_are_configured() {
    let teredo = ipv4(17, &udp(40000, 40001, &inner_v6()));
    assert_eq!(decode(LinkType::RAW, &teredo).len(), 1);
    let config = DecodeConfig {
        teredo: TunnelPorts::Any,
        ..DecodeConfig::default()
    };
    assert_eq!(decode_with(config, LinkType::RAW, &teredo).len(), 2);

    let group_policy = hex("88001234 00002500");
    let vxlan = chain(&[&group_policy, &ethernet(0x0800, &inner_v4())]);
    let vxlan = ipv4(17, &udp(40000, 4789, &vxlan));
    assert_eq!(decode(LinkType::RAW, &vxlan).len(), 1);
    let config = DecodeConfig {
        vxlan_strict: false,
        ..DecodeConfig::default()
    };
    assert_eq!(decode_with(config, LinkType::RAW, &vxlan).len(), 2);
    let config = DecodeConfig {
        vxlan: TunnelPorts::Disabled,
        ..DecodeConfig::default()
    };
    assert_eq!(decode_with(config, LinkType::RAW, &vxlan).len(), 1);
}
