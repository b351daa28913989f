//! Header tests on packets made for them.

use std::net::Ipv4Addr;

use tapir_packet::{Decoder, Frame, LinkType, Packets, Timestamp};
use tapir_rules::Span;
use tapir_rules::keywords::KeywordId;
use tapir_rules::tree::{FlagMode, GeoIp, GeoSide, IpRep, IpRepSide, IpRepTest};

use super::*;
use crate::error::CompileErrorKind;

fn decode(link: LinkType, data: &[u8]) -> Packets<'_> {
    let frame = Frame {
        ts: Timestamp::ZERO,
        link,
        data,
        wire_len: data.len() as u32,
    };
    Decoder::default().decode(&frame)
}

/// An IPv4 packet from 192.0.2.1 to 198.51.100.2, identification 0x1234, TTL 7, with the options.
fn ipv4(proto: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let total = (20 + options.len() + payload.len()) as u16;
    let [len0, len1] = total.to_be_bytes();
    let first = 0x40 | (5 + options.len() / 4) as u8;
    let mut header = vec![
        first, 0x10, len0, len1, 0x12, 0x34, 0, 0, 7, proto, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
    ];
    header.extend_from_slice(options);
    let sum = tapir_packet::internet_checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [&header, payload].concat()
}

fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let [len0, len1] = (payload.len() as u16).to_be_bytes();
    let start = [0x60, 0, 0, 0, len0, len1, next_header, 9];
    [&start[..], &[1; 16], &[2; 16], payload].concat()
}

/// A SYN with the options for a segment size of 1460 and a window scale of 7.
const SYN: [u8; 28] = [
    0x10, 0, 0, 80, 0, 0, 0, 5, 0, 0, 0, 6, 0x70, 0x02, 0x20, 0, 0, 0, 0, 9, 2, 4, 5, 0xb4, 3, 3,
    7, 0,
];

fn option(keyword: KeywordId, kind: OptionKind) -> Opt {
    Opt {
        keyword,
        span: Span::new(3, 9),
        value: Span::new(5, 8),
        kind,
    }
}

fn compile(keyword: KeywordId, kind: OptionKind) -> HeaderTest {
    HeaderTest::compile(&option(keyword, kind), &AddressKnowledge::default()).expect("compiles")
}

fn equal(keyword: KeywordId, value: u64) -> HeaderTest {
    compile(
        keyword,
        OptionKind::Integer(Box::new(IntegerTest::new(IntegerOp::Equal, value, 0))),
    )
}

fn word(keyword: KeywordId, word: &str) -> HeaderTest {
    compile(keyword, OptionKind::Text(word.into()))
}

/// Whether a test holds for the frame's own packet.
fn holds_in(link: LinkType, data: &[u8], traits: PacketTraits, test: &HeaderTest) -> bool {
    let packets = decode(link, data);
    let packet = packets.last().expect("a packet");
    let context = PacketContext {
        number: 12,
        packet,
        payload: packet.payload(),
        direction: None,
        flow: None,
        traits,
        stream: None,
        app: None,
        stream_events: Default::default(),
    };
    test.matches(&context)
}

fn holds(data: &[u8], test: &HeaderTest) -> bool {
    holds_in(LinkType::RAW, data, PacketTraits::empty(), test)
}

#[test]
fn each_field_has_its_value() {
    let segment = ipv4(6, &[], &SYN);
    for (keyword, value) in [
        (network::TTL, 7),
        (network::TOS, 0x10),
        (network::ID, 0x1234),
        (network::TCP_SEQ, 5),
        (network::TCP_ACK, 6),
        (network::TCP_WINDOW, 0x2000),
        (network::TCP_URG, 9),
        (network::TCP_MSS, 1460),
        (network::TCP_WSCALE, 7),
        (network::VLAN_LAYERS, 0),
        (network::PKT_NUM, 12),
        (tapir_rules::keywords::payload::DSIZE, 0),
    ] {
        assert!(holds(&segment, &equal(keyword, value)), "{keyword:?}");
        assert!(!holds(&segment, &equal(keyword, value + 1)), "{keyword:?}");
    }
    let echo = ipv4(1, &[], &[8, 3, 0, 0, 0xab, 0xcd, 0, 7, b'x']);
    let echo_v6 = ipv6(58, &[128, 3, 0, 0, 0xab, 0xcd, 0, 7, b'x']);
    for (keyword, v4, v6) in [
        (network::ITYPE, 8, 128),
        (network::ICODE, 3, 3),
        (network::ICMP_ID, 0xabcd, 0xabcd),
        (network::ICMP_SEQ, 7, 7),
        (network::TTL, 7, 9),
    ] {
        assert!(holds(&echo, &equal(keyword, v4)), "{keyword:?}");
        assert!(holds(&echo_v6, &equal(keyword, v6)), "{keyword:?}");
    }
    let too_big = ipv6(58, &[&[2, 0, 0, 0, 0, 0, 5, 0][..], &[0x60; 40]].concat());
    assert!(holds(&too_big, &equal(network::ICMPV6_MTU, 1280)));
    assert!(!holds(&echo_v6, &equal(network::ICMPV6_MTU, 0xabcd_0007)));
    let igmp = ipv4(2, &[], &[0x16, 0, 0, 0, 224, 0, 0, 1]);
    assert!(holds(&igmp, &equal(network::IGMP_TYPE, 0x16)));
}

#[test]
fn sctp_and_vlan_have_several_values() {
    let chunks = [0, 0, 0, 4, 3, 0, 0, 4, 3, 0, 0, 4];
    let sctp = [&[0, 1, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0][..], &chunks].concat();
    let sctp = ipv4(132, &[], &sctp);
    assert!(holds(&sctp, &equal(network::SCTP_VTAG, 9)));
    assert!(holds(&sctp, &equal(network::SCTP_CHUNK_CNT, 3)));
    assert!(holds(&sctp, &equal(network::SCTP_CHUNK_TYPE, 3)));
    assert!(!holds(&sctp, &equal(network::SCTP_CHUNK_TYPE, 1)));

    let tags = [0x81, 0, 0, 7, 0x81, 0, 0, 8, 8, 0];
    let frame = [&[0; 12][..], &tags, &ipv4(6, &[], &SYN)].concat();
    let on_wire =
        |test: &HeaderTest| holds_in(LinkType::ETHERNET, &frame, PacketTraits::empty(), test);
    assert!(on_wire(&equal(network::VLAN_ID, 8)) && !on_wire(&equal(network::VLAN_ID, 9)));
    assert!(on_wire(&equal(network::VLAN_LAYERS, 2)));
}

#[test]
fn addresses_and_protocols() {
    let segment = ipv4(6, &[], &SYN);
    assert!(!holds(
        &segment,
        &compile(network::SAMEIP, OptionKind::Bare)
    ));
    let mut same = segment.clone();
    same.copy_within(12..16, 16);
    assert!(holds(&same, &compile(network::SAMEIP, OptionKind::Bare)));
    let proto = |op, protocol| {
        compile(
            network::IP_PROTO,
            OptionKind::IpProto(IpProtoTest { op, protocol }),
        )
    };
    assert!(holds(&segment, &proto(IntegerOp::Equal, 6)));
    assert!(holds(&segment, &proto(IntegerOp::Less, 7)));
    assert!(!holds(&segment, &proto(IntegerOp::NotEqual, 6)));
    assert!(holds(&segment, &word(network::L3_PROTO, "ip4")));
    assert!(!holds(&segment, &word(network::L3_PROTO, "ipv6")));
    assert!(holds(&ipv6(6, &SYN), &word(network::L3_PROTO, "ip6")));
}

#[test]
fn options_fragments_and_flags() {
    let with_options = ipv4(6, &[148, 4, 0, 0, 1, 1, 1, 0], &SYN);
    let asks = |option| compile(network::IPOPTS, OptionKind::IpOption(option));
    assert!(holds(&with_options, &asks(IpOption::RouterAlert)));
    assert!(holds(&with_options, &asks(IpOption::Nop)));
    assert!(holds(&with_options, &asks(IpOption::Any)));
    assert!(!holds(&with_options, &asks(IpOption::LooseSourceRoute)));
    assert!(!holds(&ipv4(6, &[], &SYN), &asks(IpOption::Any)));

    let mut fragment = ipv4(17, &[], &[0; 16]);
    fragment[6..8].copy_from_slice(&[0x60, 0x03]);
    let bits = |mode, bits| {
        compile(
            network::FRAGBITS,
            OptionKind::FragBits(FlagTest {
                mode,
                bits,
                ignored: 0,
            }),
        )
    };
    assert!(holds(&fragment, &bits(FlagMode::Exact, 3)));
    assert!(!holds(&fragment, &bits(FlagMode::Exact, 1)));
    assert!(holds(&fragment, &bits(FlagMode::All, 1)));
    assert!(!holds(&fragment, &bits(FlagMode::All, 3)));
    assert!(holds(&fragment, &bits(FlagMode::Not, 4)));
    let offset = |op, value| {
        compile(
            network::FRAGOFFSET,
            OptionKind::FragOffset(FragOffsetTest { op, value }),
        )
    };
    assert!(holds(&fragment, &offset(IntegerOp::Equal, 3)));
    assert!(holds(&fragment, &offset(IntegerOp::Greater, 2)));
    assert!(holds(&ipv4(6, &[], &SYN), &offset(IntegerOp::Equal, 0)));

    let flags = |mode, bits| {
        compile(
            network::TCP_FLAGS,
            OptionKind::TcpFlags(FlagTest {
                mode,
                bits,
                ignored: 0,
            }),
        )
    };
    assert!(holds(&ipv4(6, &[], &SYN), &flags(FlagMode::Exact, 2)));
    assert!(!holds(&ipv4(6, &[], &SYN), &flags(FlagMode::All, 18)));
}

#[test]
fn what_stands_for_a_stream_has_no_headers() {
    let segment = ipv4(6, &[], &SYN);
    let at_end =
        |test: &HeaderTest| holds_in(LinkType::RAW, &segment, PacketTraits::STREAM_END, test);
    assert!(!at_end(&equal(network::TTL, 7)) && !at_end(&word(network::IPV4_CSUM, "valid")));
    assert!(at_end(&word(network::L3_PROTO, "ipv4")));
}

#[test]
fn checksums_are_right_or_wrong() {
    let good = ipv4(1, &[], &[8, 0, 0xf7, 0xff, 0, 0, 0, 0]);
    assert!(holds(&good, &word(network::IPV4_CSUM, "valid")));
    assert!(!holds(&good, &word(network::IPV4_CSUM, "invalid")));
    assert!(holds(&good, &word(network::ICMPV4_CSUM, "valid")));
    assert!(!holds(&good, &word(network::TCPV4_CSUM, "valid")));
    let mut bad = good;
    bad[8] = 6;
    bad[27] = 1;
    assert!(holds(&bad, &word(network::IPV4_CSUM, "invalid")));
    assert!(holds(&bad, &word(network::ICMPV4_CSUM, "invalid")));
    // Sent without a checksum: neither.
    let datagram = ipv4(17, &[], &[0, 1, 0, 2, 0, 8, 0, 0]);
    assert!(!holds(&datagram, &word(network::UDPV4_CSUM, "valid")));
    assert!(!holds(&datagram, &word(network::UDPV4_CSUM, "invalid")));
    let datagram = ipv6(17, &[0, 1, 0, 2, 0, 8, 0, 0]);
    assert!(holds(&datagram, &word(network::UDPV6_CSUM, "invalid")));
}

#[test]
fn reputations_are_asked_by_side() {
    let mut lists = Reputation::new();
    assert!(
        lists
            .add_categories("1,bad,Bad hosts\n2,good,Good hosts")
            .is_empty()
    );
    assert!(
        lists
            .add_list("192.0.2.0/24,1,50\n198.51.100.2,2,0")
            .is_empty()
    );
    let known = AddressKnowledge {
        countries: None,
        reputation: Some(Arc::new(lists)),
    };
    let segment = ipv4(6, &[], &SYN);
    let asks = |side, category: &str, test| {
        let asked = IpRep {
            side,
            category: category.into(),
            test,
        };
        let option = option(network::IPREP, OptionKind::IpRep(Box::new(asked)));
        let test = HeaderTest::compile(&option, &known).expect("compiles");
        holds(&segment, &test)
    };
    let above = |score| IpRepTest::Score(IntegerOp::Greater, score, 0);
    assert!(asks(IpRepSide::Src, "bad", above(30)) && !asks(IpRepSide::Src, "bad", above(50)));
    assert!(!asks(IpRepSide::Dst, "bad", above(30)) && asks(IpRepSide::Any, "bad", above(30)));
    assert!(!asks(IpRepSide::Both, "bad", above(30)));
    assert!(asks(
        IpRepSide::Dst,
        "good",
        IpRepTest::Score(IntegerOp::Equal, 0, 0)
    ));
    assert!(asks(IpRepSide::Dst, "good", IpRepTest::IsSet));
    assert!(asks(IpRepSide::Src, "good", IpRepTest::IsNotSet));
    let unknown = IpRep {
        side: IpRepSide::Any,
        category: "ugly".into(),
        test: IpRepTest::IsSet,
    };
    let unknown = option(network::IPREP, OptionKind::IpRep(Box::new(unknown)));
    let error = HeaderTest::compile(&unknown, &known).expect_err("no such category");
    assert_eq!(
        (error.kind, error.span),
        (CompileErrorKind::Refused, Some(5..8))
    );
}

/// A database that knows one network, 192.0.2.0/24, to be in Germany.
///
/// The format: <https://maxmind.github.io/MaxMind-DB/>.
fn german_network() -> Vec<u8> {
    const RECORD: usize = 3;
    let prefix = u32::from(Ipv4Addr::new(192, 0, 2, 0));
    let nodes = 24_u32;
    let nothing = nodes;
    let data = nodes + 16;
    let mut bytes = Vec::new();
    for depth in 0..nodes {
        let next = if depth + 1 == nodes { data } else { depth + 1 };
        let goes_right = prefix >> (31 - depth) & 1 == 1;
        let pair = if goes_right {
            [nothing, next]
        } else {
            [next, nothing]
        };
        for record in pair {
            bytes.extend_from_slice(&record.to_be_bytes()[4 - RECORD..]);
        }
    }
    bytes.extend_from_slice(&[0; 16]);
    // Maps have type 7, texts type 2; the length is in the low bits.
    let text = |text: &str| [&[0x40 | text.len() as u8][..], text.as_bytes()].concat();
    bytes.extend(
        [
            &[0xe1][..],
            &text("country"),
            &[0xe1],
            &text("iso_code"),
            &text("DE"),
        ]
        .concat(),
    );
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let short = |number: u16| [&[0xa2][..], &number.to_be_bytes()].concat();
    let metadata = [
        &[0xe9][..],
        &text("node_count"),
        &[0xc1, nodes as u8],
        &text("record_size"),
        &short(24),
        &text("ip_version"),
        &short(4),
        &text("database_type"),
        &text("Test-Country"),
        &text("languages"),
        &[0x00, 0x04],
        &text("binary_format_major_version"),
        &short(2),
        &text("binary_format_minor_version"),
        &short(0),
        &text("build_epoch"),
        &[0x01, 0x02, 1],
        &text("description"),
        &[0xe0],
    ];
    bytes.extend(metadata.concat());
    bytes
}

#[test]
fn countries_are_asked_by_side() {
    let database = CountryDatabase::from_bytes(german_network()).expect("a database");
    assert_eq!(
        database.country(Ipv4Addr::new(192, 0, 2, 77).into()),
        Some(*b"DE")
    );
    assert_eq!(database.country(Ipv4Addr::new(192, 0, 3, 77).into()), None);
    let known = AddressKnowledge {
        countries: Some(Arc::new(database)),
        reputation: None,
    };
    let segment = ipv4(6, &[], &SYN);
    let geoip = |side, negated, countries: &[[u8; 2]]| {
        let asked = GeoIp {
            side,
            negated,
            countries: countries.into(),
        };
        option(network::GEOIP, OptionKind::GeoIp(Box::new(asked)))
    };
    let asks = |side, negated, countries: &[[u8; 2]]| {
        let test = HeaderTest::compile(&geoip(side, negated, countries), &known);
        holds(&segment, &test.expect("compiles"))
    };
    assert!(asks(GeoSide::Src, false, &[*b"FR", *b"DE"]) && !asks(GeoSide::Src, false, &[*b"FR"]));
    assert!(asks(GeoSide::Any, false, &[*b"DE"]) && !asks(GeoSide::Both, false, &[*b"DE"]));
    assert!(asks(GeoSide::Src, true, &[*b"FR"]) && !asks(GeoSide::Src, true, &[*b"DE"]));
    // The destination is in no known country.
    assert!(!asks(GeoSide::Dst, true, &[*b"FR"]) && !asks(GeoSide::Dst, false, &[*b"DE"]));
    let option = geoip(GeoSide::Src, false, &[*b"DE"]);
    assert!(HeaderTest::compile(&option, &AddressKnowledge::default()).is_err());
    assert!(CountryDatabase::from_bytes(vec![0; 100]).is_err());
}

#[test]
fn buffers_are_the_bytes_of_headers() {
    use super::buffer::{bytes, each, is_header_buffer};
    let segment = ipv4(
        6,
        &[148, 4, 0, 0, 1, 1, 1, 0],
        &[&SYN[..], b"data"].concat(),
    );
    let frame = [&[0; 12][..], &[8, 0], &segment].concat();
    let packets = decode(LinkType::ETHERNET, &frame);
    let packet = packets.last().expect("a packet");
    assert_eq!(bytes(network::ETHER_HDR, packet), Some(&frame[..14]));
    assert_eq!(bytes(network::IPV4_HDR, packet), Some(&segment[..28]));
    assert_eq!(bytes(network::TCP_HDR, packet), Some(&SYN[..]));
    assert_eq!(bytes(network::IP_SRC, packet), Some(&[192, 0, 2, 1][..]));
    assert_eq!(bytes(network::IP_DST, packet), Some(&[198, 51, 100, 2][..]));
    assert_eq!(bytes(network::UDP_HDR, packet), None);
    assert_eq!(bytes(network::IPV6_HDR, packet), None);
    assert!(is_header_buffer(network::TCP_HDR) && !is_header_buffer(network::TTL));

    let data = |text: &[u8; 4]| [&[0, 3, 0, 20][..], &[0; 12], text].concat();
    let chunks = [
        &[0, 1, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0][..],
        &data(b"one."),
        &data(b"two."),
    ];
    let sctp = ipv4(132, &[], &chunks.concat());
    let packets = decode(LinkType::RAW, &sctp);
    let packet = packets.last().expect("a packet");
    assert_eq!(bytes(network::SCTP_HDR, packet), Some(&sctp[20..]));
    assert_eq!(bytes(network::SCTP_CHUNK_DATA, packet), Some(&b"one."[..]));
    assert!(each(network::SCTP_CHUNK_DATA, packet, |data| data == b"two."));
    assert!(!each(network::SCTP_CHUNK_DATA, packet, |data| data == b"three"));
}

#[test]
fn options_of_other_kinds_are_left_to_others() {
    let option = option(network::TTL, OptionKind::Bare);
    let error = HeaderTest::compile(&option, &AddressKnowledge::default()).expect_err("no test");
    assert_eq!(
        error.kind,
        CompileErrorKind::NotEvaluated {
            keyword: "ttl".into()
        }
    );
}

#[test]
fn needs_tell_the_header() {
    assert_eq!(equal(network::TCP_SEQ, 1).needs(), Needs::Tcp);
    assert_eq!(equal(network::TTL, 1).needs(), Needs::Ip);
    assert_eq!(word(network::UDPV4_CSUM, "valid").needs(), Needs::Udp);
    assert_eq!(equal(network::VLAN_ID, 1).needs(), Needs::Nothing);
}
