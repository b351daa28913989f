//! The same attack inside of everything that packets travel in. A detector that does not look inside sees
//! none of them.

use crate::connection::Connection;
use crate::hosts::{ATTACKER, CLIENT6, GATEWAY, Host, ROUTER, SERVER, SERVER6};
use crate::layers::{
    IPV4, PROVIDER_VLAN, VLAN, ethernet, ethernet_ip, ip, ip_ether_type, ipv6, protocol, udp, v6,
    vlan,
};
use crate::{Capture, Tape};

/// EtherType of Ethernet frames in GRE and Geneve.
const TRANSPARENT_ETHERNET: u16 = 0x6558;
const MPLS: u16 = 0x8847;
const PPPOE_SESSION: u16 = 0x8864;

pub(super) fn captures() -> Vec<Capture> {
    vec![
        vlans().capture(
            "vlan-qinq.pcap",
            "a traversal in a VLAN, another in a VLAN of a provider's VLAN",
        ),
        through(mpls).capture("mpls.pcap", "a traversal under two MPLS labels"),
        through(pppoe).capture("pppoe.pcap", "a traversal in a PPPoE session"),
        through(gre).capture("gre.pcap", "a traversal in GRE between two gateways"),
        through(vxlan).capture("vxlan.pcap", "a traversal in VXLAN"),
        through(geneve).capture("geneve.pcap", "a traversal in Geneve with an option"),
        ip_in_ip().capture(
            "ip-in-ip.pcap",
            "a traversal in IPv4 in IPv4, another in IPv6 in IPv4",
        ),
        through6(teredo).capture("teredo.pcap", "a traversal over IPv6 in a Teredo tunnel"),
        through6(extensions).capture(
            "ipv6-extensions.pcap",
            "a traversal over IPv6 with hop-by-hop and destination options",
        ),
    ]
}

/// A traversal between these hosts.
fn attack(tape: &mut Tape, from: Host, to: Host, port: u16) {
    let mut connection = Connection::open(tape, from.port(port), to.port(80));
    connection.exchange(
        tape,
        b"GET /static/../../app.ini HTTP/1.0\r\n\r\n",
        b"HTTP/1.0 403 Forbidden\r\n\r\n",
    );
    connection.close(tape);
}

fn through(wrap: impl Fn(&Host, &Host, Vec<u8>) -> Vec<u8> + 'static) -> Tape {
    let mut tape = Tape::through(wrap);
    attack(&mut tape, ATTACKER, SERVER, 42_001);
    tape
}

fn through6(wrap: impl Fn(&Host, &Host, Vec<u8>) -> Vec<u8> + 'static) -> Tape {
    let mut tape = Tape::through(wrap);
    attack(&mut tape, CLIENT6, SERVER6, 42_002);
    tape
}

/// The ends of a tunnel for a packet from `from`: those who attack are behind the gateway.
fn ends(from: &Host) -> (Host, Host) {
    if *from == ATTACKER || *from == CLIENT6 {
        (GATEWAY, ROUTER)
    } else {
        (ROUTER, GATEWAY)
    }
}

fn vlans() -> Tape {
    let mut tape = Tape::through(|from, to, packet| {
        let tagged = vlan(100, ip_ether_type(&packet), &packet);
        if *from == ATTACKER || *to == ATTACKER {
            return ethernet(from, to, VLAN, &tagged);
        }
        ethernet(from, to, PROVIDER_VLAN, &vlan(7, VLAN, &tagged))
    });
    attack(&mut tape, ATTACKER, SERVER, 42_001);
    attack(&mut tape, GATEWAY, SERVER, 42_003);
    tape
}

/// Two labels: traffic class 0, time to live 64, the last with the bottom bit (RFC 3032).
fn mpls(from: &Host, to: &Host, packet: Vec<u8>) -> Vec<u8> {
    let label = |label: u32, bottom: u32| (label << 12 | bottom << 8 | 64).to_be_bytes();
    let labelled = [&label(1040, 0)[..], &label(2080, 1), &packet].concat();
    ethernet(from, to, MPLS, &labelled)
}

/// RFC 2516: version and type, code, session, length; then PPP's number of IPv4.
fn pppoe(from: &Host, to: &Host, packet: Vec<u8>) -> Vec<u8> {
    let len = (packet.len() as u16 + 2).to_be_bytes();
    let framed = [&[0x11, 0, 0, 42][..], &len, &[0, 0x21], &packet].concat();
    ethernet(from, to, PPPOE_SESSION, &framed)
}

/// RFC 2784: no checksum, version 0.
fn gre(from: &Host, _: &Host, packet: Vec<u8>) -> Vec<u8> {
    let (near, far) = ends(from);
    let carried = [&[0, 0][..], &IPV4.to_be_bytes(), &packet].concat();
    ethernet_ip(&near, &far, &ip(&near, &far, protocol::GRE, &carried))
}

/// RFC 7348: a flag that says the network number is there, the number, the frame.
fn vxlan(from: &Host, to: &Host, packet: Vec<u8>) -> Vec<u8> {
    let (near, far) = ends(from);
    let frame = ethernet_ip(from, to, &packet);
    let carried = [&[8, 0, 0, 0][..], &[0, 0, 77, 0], &frame].concat();
    let datagram = udp(near.port(51_000), far.port(4789), &carried);
    ethernet_ip(&near, &far, &datagram)
}

/// RFC 8926: one option of eight bytes, the kind of what is carried, the network number, the option, the frame.
fn geneve(from: &Host, to: &Host, packet: Vec<u8>) -> Vec<u8> {
    let (near, far) = ends(from);
    let frame = ethernet_ip(from, to, &packet);
    let kind = TRANSPARENT_ETHERNET.to_be_bytes();
    let option = [1, 2, 3, 1, 0xde, 0xad, 0xbe, 0xef];
    let carried = [&[2, 0][..], &kind, &[0, 0, 88, 0], &option, &frame].concat();
    let datagram = udp(near.port(51_001), far.port(6081), &carried);
    ethernet_ip(&near, &far, &datagram)
}

fn ip_in_ip() -> Tape {
    let mut tape = Tape::through(|from, _, packet| {
        let (near, far) = ends(from);
        let number = match ip_ether_type(&packet) {
            IPV4 => protocol::IPV4,
            _ => protocol::IPV6,
        };
        ethernet_ip(&near, &far, &ip(&near, &far, number, &packet))
    });
    attack(&mut tape, ATTACKER, SERVER, 42_001);
    attack(&mut tape, CLIENT6, SERVER6, 42_002);
    tape
}

/// RFC 4380: IPv6 in UDP as it is; the server has port 3544.
fn teredo(from: &Host, _: &Host, packet: Vec<u8>) -> Vec<u8> {
    let (near, far) = ends(from);
    let (near, far) = match near {
        GATEWAY => (near.port(51_002), far.port(3544)),
        _ => (near.port(3544), far.port(51_002)),
    };
    ethernet_ip(&near.host, &far.host, &udp(near, far, &packet))
}

/// Puts two extension headers before what the packet carries: hop-by-hop options and destination options,
/// each of eight bytes, with a router alert or with padding.
fn extensions(from: &Host, to: &Host, packet: Vec<u8>) -> Vec<u8> {
    const HOP_BY_HOP: u8 = 0;
    const DESTINATION: u8 = 60;
    let carried = packet.get(40..).unwrap_or_default();
    let hop_by_hop = [DESTINATION, 0, 5, 2, 0, 0, 0, 0];
    let destination = [protocol::TCP, 0, 1, 4, 0, 0, 0, 0];
    let payload = [&hop_by_hop[..], &destination, carried].concat();
    let extended = ipv6(v6(from), v6(to), HOP_BY_HOP, &payload);
    ethernet_ip(from, to, &extended)
}
