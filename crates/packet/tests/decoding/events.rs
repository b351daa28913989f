//! Each malformation raises its event.

use tapir_packet::LinkType;

use crate::frames::*;

/// Frames with the events that their own packet is to have, no more and no less.
fn check(link: LinkType, cases: &[(&str, Vec<u8>)]) {
    for (expected, frame) in cases {
        let packets = decode(link, frame);
        let expected: Vec<_> = expected.split_whitespace().collect();
        let mut events = events_of(root(&packets));
        events.sort_unstable();
        assert_eq!(events, expected, "{frame:02x?}");
    }
}

fn with(mut bytes: Vec<u8>, at: usize, value: u8) -> Vec<u8> {
    bytes[at] = value;
    bytes
}

#[test]
fn ipv4() {
    let good = crate::frames::ipv4(17, &udp(1, 2, b"xyz"));
    check(
        LinkType::IPV4,
        &[
            ("", good.clone()),
            ("ipv4.pkt_too_small", good[..19].to_vec()),
            ("ipraw.invalid_ip_version", with(good.clone(), 0, 0x55)),
            ("ipv4.hlen_too_small", with(good.clone(), 0, 0x44)),
            ("ipv4.iplen_smaller_than_hlen", with(good.clone(), 3, 19)),
            ("ipv4.trunc_pkt", good[..30].to_vec()),
            ("ipv4.icmpv6", crate::frames::ipv4(58, &[128; 8])),
            ("ipv4.unknown_protocol", crate::frames::ipv4(89, &[0; 8])),
            (
                "ipv4.opt_pad_required",
                ipv4_with_options(17, &[1; 4], &udp(1, 2, &[])),
            ),
            (
                "ipv4.opt_invalid_len",
                ipv4_with_options(17, &[148, 3, 0, 1, 1, 1, 1, 1], &udp(1, 2, &[])),
            ),
        ],
    );
    let wrong_version = ethernet(0x0800, &with(good, 0, 0x65));
    check(
        LinkType::ETHERNET,
        &[("ipv4.wrong_ip_version", wrong_version)],
    );
}

#[test]
fn options_that_cannot_be_read_hide_the_packet() {
    let frame = ipv4_with_options(17, &[7, 9, 4, 0, 0, 0, 0, 0], &udp(1, 2, b"x"));
    let packets = decode(LinkType::RAW, &frame);
    assert!(root(&packets).is_invalid() && root(&packets).ipv4().is_none());
    assert!(root(&packets).udp().is_none() && !root(&packets).wants_flow());
}

#[test]
fn ipv6() {
    let segment = tcp(&[], &[]);
    let good = crate::frames::ipv6(6, &segment);
    let wrong_version = ethernet(0x86dd, &with(good.clone(), 0, 0x40));
    check(
        LinkType::ETHERNET,
        &[
            ("ipv6.wrong_ip_version", wrong_version),
            ("ipv6.pkt_too_small", ethernet(0x86dd, &good[..39])),
        ],
    );
    let v6 = crate::frames::ipv6;
    check(
        LinkType::RAW,
        &[
            ("", good.clone()),
            ("ipv6.trunc_pkt", good[..50].to_vec()),
            ("ipv6.icmpv4", v6(1, &[8; 8])),
            ("ipv6.unknown_next_header", v6(89, &[0; 8])),
            ("ipv6.data_after_none_header", v6(59, &[0])),
            ("", v6(59, &[])),
            ("ipv6.ipv4_in_ipv6_too_small", v6(4, &[0x45; 19])),
            ("ipv6.ipv4_in_ipv6_wrong_version", v6(4, &[0x65; 20])),
            ("ipv6.ipv6_in_ipv6_too_small", v6(41, &[0x65; 39])),
            ("ipv6.ipv6_in_ipv6_wrong_version", v6(41, &[0x45; 40])),
        ],
    );
}

#[test]
fn ipv6_extension_headers() {
    let segment = tcp(&[], &[]);
    let v6 = crate::frames::ipv6;
    let after = |next: u8, extension: &str| v6(next, &chain(&[&hex(extension), &segment]));
    check(
        LinkType::RAW,
        &[
            ("ipv6.trunc_exthdr", v6(0, &[6])),
            ("ipv6.trunc_exthdr", v6(43, &hex("06 01 0000 00000000"))),
            ("ipv6.trunc_exthdr", v6(135, &hex("06 01 0000 00000000"))),
            ("ipv6.rh_type_0", after(43, "06 00 00 00 00000000")),
            (
                "ipv6.exthdr_dupl_rh",
                after(43, "2b 00 02 00 00000000 06 00 02 00 00000000"),
            ),
            (
                "ipv6.hopopts_only_padding",
                after(0, "06 00 01 04 00000000"),
            ),
            (
                "ipv6.dstopts_only_padding",
                after(60, "06 00 01 04 00000000"),
            ),
            (
                "ipv6.dstopts_only_padding ipv6.zero_len_padn",
                after(60, "06 00 01 00 01 02 0000"),
            ),
            ("ipv6.hopopts_unknown_opt", after(0, "06 00 3e 04 00000000")),
            (
                "ipv6.dstopts_unknown_opt",
                after(60, "06 00 3e 04 00000000"),
            ),
            (
                "ipv6.exthdr_invalid_optlen",
                after(0, "06 00 05 01 00 3e 01 00"),
            ),
            (
                "ipv6.exthdr_dupl_hh",
                after(0, "00 00 0502 0000 0000 06 00 0502 0000 0000"),
            ),
        ],
    );
}

#[test]
fn ipv6_fragment_and_authentication_headers() {
    let segment = tcp(&[], &[]);
    let v6 = crate::frames::ipv6;
    let after = |next: u8, extension: &str| v6(next, &chain(&[&hex(extension), &segment]));
    check(
        LinkType::RAW,
        &[
            ("ipv6.exthdr_useless_fh", after(44, "06 00 0000 00000001")),
            (
                "ipv6.exthdr_useless_fh ipv6.fh_non_zero_reserved_field",
                after(44, "06 01 0000 00000001"),
            ),
            (
                "ipv6.exthdr_dupl_fh ipv6.exthdr_useless_fh",
                after(44, "2c 00 0000 00000001 06 00 0000 00000001"),
            ),
            (
                "ipv6.frag_invalid_length",
                v6(44, &hex("06 00 0001 00000001 000000")),
            ),
            (
                "ipv6.exthdr_ah_res_not_null",
                after(51, "06 01 0001 00000001 00000001"),
            ),
            (
                "ipv6.exthdr_dupl_ah",
                after(
                    51,
                    "33 01 0000 00000001 00000001 06 01 0000 00000001 00000001",
                ),
            ),
        ],
    );
    let three = "3c 00 3e 00 3e 00 3e 00 3c 00 3e 00 3e 00 3e 00 06 00 3e 00 3e 00 3e 00";
    check(
        LinkType::RAW,
        &[(
            "ipv6.dstopts_unknown_opt ipv6.exthdr_dupl_dh",
            after(60, three),
        )],
    );
}

#[test]
fn transports() {
    let v4 = crate::frames::ipv4;
    let datagram = udp(1, 2, b"xyz");
    let segment = tcp(&[], &[]);
    check(
        LinkType::RAW,
        &[
            ("tcp.pkt_too_small", v4(6, &segment[..19])),
            (
                "tcp.hlen_too_small",
                v4(6, &with(segment.clone(), 12, 0x60)),
            ),
            (
                "tcp.invalid_optlen",
                v4(6, &with(segment.clone(), 12, 0x40)),
            ),
            ("tcp.opt_invalid_len", v4(6, &tcp(&[2, 3, 5, 1], &[]))),
            ("tcp.opt_invalid_len", v4(6, &tcp(&[2, 40, 5, 1], &[]))),
            (
                "tcp.opt_duplicate",
                v4(6, &tcp(&[3, 3, 1, 3, 3, 1, 0, 0], &[])),
            ),
            ("udp.hlen_too_small", v4(17, &datagram[..7])),
            ("udp.pkt_too_small", v4(17, &with(datagram.clone(), 5, 12))),
            ("udp.len_invalid", v4(17, &with(datagram.clone(), 5, 7))),
        ],
    );
}

#[test]
fn other_transports() {
    let v4 = crate::frames::ipv4;
    check(
        LinkType::RAW,
        &[
            ("esp.pkt_too_small", v4(50, &[0; 7])),
            ("sctp.pkt_too_small", v4(132, &[0; 11])),
            (
                "sctp.chunk_too_small",
                v4(132, &hex("0001 0002 00000001 00000000 0400")),
            ),
            (
                "sctp.chunk_len_invalid",
                v4(132, &hex("0001 0002 00000001 00000000 04000003")),
            ),
            (
                "sctp.chunk_len_invalid",
                v4(132, &hex("0001 0002 00000001 00000000 04000008")),
            ),
            (
                "sctp.init_with_non_zero_vtag",
                v4(132, &hex("0001 0002 00000001 00000000 01000004")),
            ),
            (
                "sctp.data_with_zero_vtag",
                v4(132, &hex("0001 0002 00000000 00000000 00000004")),
            ),
            (
                "sctp.init_chunk_bundled",
                v4(132, &hex("0001 0002 00000000 00000000 01000004 0b000004")),
            ),
            ("igmp.pkt_too_small", v4(2, &[0x11; 7])),
            (
                "igmp.v3_pkt_too_small",
                v4(2, &hex("11 00 0000 00000000 00 00 0002 c0000201")),
            ),
            (
                "igmp.v3_pkt_too_small",
                v4(2, &hex("22 00 0000 0000 0001 04 00 0000")),
            ),
            (
                "igmp.malformed",
                v4(2, &hex("22 00 0000 0000 0001 04 00 0001 e0000001")),
            ),
            (
                "igmp.malformed",
                v4(2, &hex("11 00 0000 00000000 00 00 ffff 00000000")),
            ),
        ],
    );
}

#[test]
fn icmp() {
    let v4 = |message: &str| crate::frames::ipv4(1, &hex(message));
    let v6 = |message: &str| crate::frames::ipv6(58, &hex(message));
    let header = "0000 00000000";
    check(
        LinkType::RAW,
        &[
            ("icmpv4.pkt_too_small", v4("08 00 0000 000000")),
            ("icmpv4.unknown_type", v4(&format!("2a 00 {header}"))),
            ("icmpv4.unknown_code", v4(&format!("08 01 {header}"))),
            ("icmpv4.unknown_code", v4(&format!("03 10 {header}"))),
            ("", v4(&format!("03 01 {header}"))),
            ("icmpv4.ipv4_trunc_pkt", v4(&format!("03 01 {header} 45"))),
            (
                "icmpv4.ipv4_unknown_ver",
                v4(&format!(
                    "03 01 {header} 65 00000000000000000000000000000000000000"
                )),
            ),
            ("icmpv6.pkt_too_small", v6("80 00 0000 000000")),
            ("icmpv6.unknown_type", v6(&format!("7f 00 {header}"))),
            ("icmpv6.unassigned_type", v6(&format!("05 00 {header}"))),
            (
                "icmpv6.experimentation_type",
                v6(&format!("c8 00 {header}")),
            ),
            ("icmpv6.unknown_code", v6(&format!("80 01 {header}"))),
            ("icmpv6.ipv6_trunc_pkt", v6(&format!("01 00 {header} 60"))),
            (
                "icmpv6.ipv6_unknown_version",
                v6(&format!("01 00 {header} {}", "40".repeat(40))),
            ),
            (
                "icmpv6.mld_message_with_invalid_hl",
                v6(&format!("82 00 {header}")),
            ),
        ],
    );
}

#[test]
fn link_layers() {
    let tags = vlan(
        1,
        0x8100,
        &vlan(2, 0x8100, &vlan(3, 0x8100, &vlan(4, 0x0800, &[]))),
    );
    let ether = |ether_type: u16, payload: &str| ethernet(ether_type, &hex(payload));
    check(
        LinkType::ETHERNET,
        &[
            ("ethernet.pkt_too_small", vec![0; 13]),
            ("ethernet.unknown_ethertype", ether(0x88cc, "0000")),
            ("vlan.header_too_small", ether(0x8100, "000108")),
            (
                "ethernet.unknown_ethertype vlan.unknown_type",
                ether(0x8100, "0001 88cc"),
            ),
            ("vlan.too_many_layers", ethernet(0x8100, &tags)),
            ("vntag.header_too_small", ether(0x8926, "00000000 08")),
            (
                "ethernet.unknown_ethertype vntag.unknown_type",
                ether(0x8926, "00000000 88cc"),
            ),
            ("etag.header_too_small", ether(0x893f, "000000000000 08")),
            (
                "etag.unknown_type ethernet.unknown_ethertype",
                ether(0x893f, "000000000000 88cc"),
            ),
            ("ieee8021ah.header_too_small", ether(0x88e7, "00000001")),
            ("dce.pkt_too_small", ether(0x8903, "0000")),
        ],
    );
}

#[test]
fn labels_and_sessions() {
    let ether = |ether_type: u16, payload: &str| ethernet(ether_type, &hex(payload));
    check(
        LinkType::ETHERNET,
        &[
            ("mpls.header_too_small", ether(0x8847, "000100")),
            ("mpls.pkt_too_small", ether(0x8847, "000151ff 45")),
            ("mpls.bad_label_router_alert", ether(0x8847, "000011ff")),
            ("mpls.bad_label_implicit_null", ether(0x8847, "000031ff")),
            ("mpls.bad_label_reserved", ether(0x8847, "000051ff")),
            (
                "mpls.unknown_payload_type",
                ether(0x8847, "000151ff 15000000"),
            ),
            ("pppoe.pkt_too_small", ether(0x8864, "11 00 0001 00")),
            ("pppoe.wrong_code", ether(0x8863, "11 bb 0000 0000")),
            (
                "pppoe.malformed_tags",
                ether(0x8863, "11 09 0000 0004 0101"),
            ),
            (
                "ppp.unsup_proto",
                ether(0x8864, "11 00 0001 0004 0281 0000"),
            ),
            ("nsh.header_too_small", ether(0x894f, "0002")),
            (
                "nsh.unsupported_version",
                ether(0x894f, "4002 02 01 00000100 00"),
            ),
            (
                "nsh.bad_header_length",
                ether(0x894f, "0004 02 01 00000100 00"),
            ),
            (
                "nsh.bad_header_length",
                ether(0x894f, "0002 01 01 00000100 00"),
            ),
            ("nsh.reserved_type", ether(0x894f, "0002 00 01 00000100 00")),
            (
                "nsh.unsupported_type",
                ether(0x894f, "0002 03 01 00000100 00"),
            ),
            (
                "nsh.unknown_payload",
                ether(0x894f, "0002 02 99 00000100 00"),
            ),
        ],
    );
}

#[test]
fn arp() {
    let arp = hex("0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202");
    check(
        LinkType::ETHERNET,
        &[
            ("arp.pkt_too_small", ethernet(0x0806, &arp[..7])),
            ("arp.invalid_pkt", ethernet(0x0806, &arp[..27])),
            (
                "arp.unsupported_hardware",
                ethernet(0x0806, &with(arp.clone(), 1, 6)),
            ),
            (
                "arp.unsupported_protocol",
                ethernet(0x0806, &with(arp.clone(), 3, 6)),
            ),
            (
                "arp.invalid_hardware_size",
                ethernet(0x0806, &with(arp.clone(), 4, 5)),
            ),
            (
                "arp.invalid_protocol_size",
                ethernet(0x0806, &with(arp.clone(), 5, 16)),
            ),
            (
                "arp.unsupported_opcode",
                ethernet(0x0806, &with(arp.clone(), 7, 9)),
            ),
        ],
    );
}

#[test]
fn other_links() {
    check(LinkType::LINUX_SLL, &[("sll.pkt_too_small", vec![0; 15])]);
    check(LinkType::LINUX_SLL2, &[("sll2.pkt_too_small", vec![0; 19])]);
    check(LinkType::C_HDLC, &[("chdlc.pkt_too_small", vec![0; 3])]);
    check(
        LinkType::NULL,
        &[
            ("ltnull.pkt_too_small", vec![0; 3]),
            ("ltnull.unsupported_type", hex("07000000 45")),
        ],
    );
    check(
        LinkType::PPP,
        &[
            ("ppp.pkt_too_small", hex("")),
            ("ppp.pkt_too_small", hex("ff03 00")),
            ("ppp.ip4_pkt_too_small", hex("ff03 0021 45")),
            ("ppp.ip6_pkt_too_small", hex("ff03 0057 60")),
            ("ppp.vju_pkt_too_small", hex("ff03 002f 45")),
            ("ppp.unsup_proto", hex("ff03 002b 00")),
            ("ppp.wrong_type", hex("ff03 1234 00")),
            ("", hex("ff03 c021 01")),
        ],
    );
}

#[test]
fn tunnel_headers() {
    let gre = |header: &str| crate::frames::ipv4(47, &hex(header));
    check(
        LinkType::RAW,
        &[
            ("gre.pkt_too_small", gre("000008")),
            ("gre.wrong_version", gre("0002 0800")),
            ("gre.version0_recur", gre("0100 0800")),
            ("gre.version0_flags", gre("0008 0800")),
            ("gre.version0_hdr_too_big", gre("2000 0800")),
            (
                "gre.version0_malformed_sre_hdr",
                gre("4000 0800 00000000 0800 0008"),
            ),
            ("gre.version1_chksum", gre("a001 880b 00000000")),
            ("gre.version1_route", gre("6001 880b 00000000")),
            ("gre.version1_ssr", gre("2801 880b 00000000")),
            ("gre.version1_recur", gre("2101 880b 00000000")),
            ("gre.version1_flags", gre("2009 880b 00000000")),
            ("gre.version1_wrong_protocol", gre("2001 0800 00000000")),
            ("gre.version1_no_key", gre("0001 880b 00000000")),
            ("gre.version1_hdr_too_big", gre("3001 880b 00000000")),
            ("", gre("2001 880b 00000001")),
        ],
    );
    let over_udp = |port: u16, payload: &str| crate::frames::ipv4(17, &udp(9, port, &hex(payload)));
    let frame = "020000000001020000000002 88cc";
    check(
        LinkType::RAW,
        &[
            (
                "vxlan.unknown_payload_type",
                over_udp(4789, &format!("0800000000002500 {frame}")),
            ),
            (
                "geneve.unknown_payload_type",
                over_udp(6081, "00 00 88cc 00002500"),
            ),
            ("", over_udp(6081, "01 00 88cc 00002500")),
        ],
    );
}
