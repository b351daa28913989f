//! Link types.

use tapir_packet::LinkType;

use crate::frames::*;

fn v4() -> Vec<u8> {
    ipv4(17, &udp(5353, 53, b"v4"))
}

fn v6() -> Vec<u8> {
    ipv6(17, &udp(5353, 53, b"v6"))
}

fn before(start: &str, packet: &[u8]) -> Vec<u8> {
    chain(&[&hex(start), packet])
}

/// Frames of all link types but Ethernet.
fn frames_of_links() -> Vec<(LinkType, Vec<u8>)> {
    let (v4, v6) = (v4(), v6());
    vec![
        (LinkType::RAW, v4.clone()),
        (LinkType::RAW_BSD, v6.clone()),
        (LinkType::RAW_OPENBSD, v4.clone()),
        (LinkType::IPV4, v4.clone()),
        (LinkType::IPV6, v6.clone()),
        (LinkType::NULL, before("02000000", &v4)),
        (LinkType::NULL, before("0000001e", &v6)),
        (LinkType::LOOP, before("00000018", &v6)),
        (
            LinkType::LINUX_SLL,
            before("0000 0001 0006 020000000001 0000 0800", &v4),
        ),
        (
            LinkType::LINUX_SLL2,
            before("86dd 0000 00000002 0001 00 06 020000000001 0000", &v6),
        ),
        (LinkType::PPP, before("ff03 0021", &v4)),
        (LinkType::PPP, before("0057", &v6)),
        (LinkType::PPP, before("21", &v4)),
        (LinkType::PPP_HDLC, before("ff03 0057", &v6)),
        (LinkType::C_HDLC, before("0f00 0800", &v4)),
        (LinkType::FRAME_RELAY, before("1841 03 cc", &v4)),
        (LinkType::FRAME_RELAY, before("1841 0800", &v4)),
        (
            LinkType::FRAME_RELAY,
            before("1841 03 00 80 000000 86dd", &v6),
        ),
        (
            LinkType::NFLOG,
            before("02 00 0000 0800 0100 08000103 3000 0900", &v4[..]),
        ),
    ]
}

/// What may stand between Ethernet and IP.
fn frames_of_ethernet() -> Vec<(LinkType, Vec<u8>)> {
    let (v4, v6) = (v4(), v6());
    vec![
        (LinkType::ETHERNET, ethernet(0x0800, &v4)),
        (LinkType::ETHERNET, ethernet(0x86dd, &v6)),
        (
            LinkType::ETHERNET,
            ethernet(0x8847, &before("00010040 000151ff", &v4)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8864, &before("11 00 0001 0020 0057", &v6)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8864, &before("11 00 0001 0020 21", &v4)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8903, &before("0000", &ethernet(0x0800, &v4))),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8926, &before("00000000 0800", &v4)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x893f, &before("000000000000 86dd", &v6)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x894f, &before("0002 02 01 00000100", &v4)),
        ),
        (
            LinkType::ETHERNET,
            ethernet(
                0x88e7,
                &before("00000001 020000000001 020000000002 0800", &v4),
            ),
        ),
    ]
}

/// Every way to put an IP packet into a frame shows the same packet.
#[test]
fn every_link_type_leads_to_ip() {
    for (link, frame) in frames_of_links().into_iter().chain(frames_of_ethernet()) {
        // The payload attribute of NFLOG says how long it is.
        let frame = match link {
            LinkType::NFLOG => {
                let len = u16::try_from(v4().len() + 4).expect("fits").to_le_bytes();
                chain(&[&frame[..12], &len, &frame[14..]])
            }
            _ => frame,
        };
        let packets = decode(link, &frame);
        let packet = root(&packets);
        let what = format!("{link}: {frame:02x?}");
        assert_eq!(events_of(packet), [""; 0], "{what}");
        assert_eq!((packet.sport, packet.dport), (5353, 53), "{what}");
        let expected: &[u8] = if packet.ip_version == 4 { b"v4" } else { b"v6" };
        assert_eq!(packet.payload(), expected, "{what}");
    }
}

#[test]
fn an_unknown_link_type_gives_a_bare_packet() {
    let packets = decode(LinkType(147), b"anything");
    assert_eq!(packets.len(), 1);
    assert_eq!(root(&packets).ip_version, 0);
    assert!(!root(&packets).wants_flow());
}
