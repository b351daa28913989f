//! Which worker a frame goes to, from a glance at its addresses.

use std::hash::BuildHasher;

use foldhash::quality::SeedableRandomState;
use tapir_packet::{DecodeConfig, Frame, LinkType, TunnelPorts};

use crate::key::{TCP, UDP};
use crate::seed::Seed;

/// Which worker tunnelled packets go to.
///
/// A packet in a tunnel belongs to two flows: its own, and that of the tunnel. If its flow changes tunnels (mirrors,
/// relays, multipath) or a tunnel carries several flows, no choice by address keeps all of them whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TunnelHash {
    /// All tunnels to one worker: every flow stays whole, whatever the number of workers. For replays.
    #[default]
    Together,
    /// By the addresses of the tunnel: it stays whole, and every flow that keeps to it.
    Outer,
    /// By the addresses of the packet within: its flow stays whole, and one tunnel is spread over all workers. For
    /// live traffic.
    Inner,
}

/// Chooses workers: equal for every packet, fragment and ICMP error of one flow, in both directions.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    hasher: SeedableRandomState,
    tunnels: TunnelHash,
    vxlan: TunnelPorts,
    geneve: TunnelPorts,
    teredo: TunnelPorts,
}

/// Layers looked into before giving up.
const MAX_LAYERS: usize = 16;

/// What the next bytes are.
#[derive(Clone, Copy)]
enum Layer {
    Ethernet,
    /// What an EtherType announces.
    Type(u16),
    Ip,
    /// Nothing with addresses.
    None,
}

type Ends = (u128, u128);

impl Dispatcher {
    /// A dispatcher that looks for tunnels where the decoder does by default.
    pub fn new(tunnels: TunnelHash, seed: Seed) -> Self {
        let DecodeConfig {
            vxlan,
            geneve,
            teredo,
            ..
        } = DecodeConfig::default();
        Self {
            hasher: seed.state(),
            tunnels,
            vxlan,
            geneve,
            teredo,
        }
    }

    /// Looks for tunnels where a decoder of this configuration does.
    pub fn with_decode(mut self, decode: &DecodeConfig) -> Self {
        self.vxlan.clone_from(&decode.vxlan);
        self.geneve.clone_from(&decode.geneve);
        self.teredo.clone_from(&decode.teredo);
        self
    }

    /// The hash of a frame's addresses; 0 for a frame without any.
    pub fn peek(&self, frame: &Frame<'_>) -> u64 {
        self.ends(frame)
            .map_or(0, |(a, b)| self.hasher.hash_one((a.min(b), a.max(b))))
    }

    fn ends(&self, frame: &Frame<'_>) -> Option<Ends> {
        let (mut layer, mut data) = link(frame.link, frame.data)?;
        let mut ends = None;
        for _ in 0..MAX_LAYERS {
            match layer {
                Layer::Ethernet => (layer, data) = (Layer::Type(be16(data, 12)?), data.get(14..)?),
                Layer::Type(kind) => match ether_type(kind, data) {
                    Some(next) => (layer, data) = next,
                    None => return ends,
                },
                Layer::Ip => {
                    let Some(packet) = IpPacket::read(data) else {
                        return ends;
                    };
                    let quoted = packet.quoted();
                    let subject = quoted.as_ref().unwrap_or(&packet);
                    ends = Some(subject.ends);
                    match self.tunnels {
                        TunnelHash::Together if self.is_tunnel(subject) => return Some(TUNNELS),
                        TunnelHash::Together | TunnelHash::Outer => return ends,
                        TunnelHash::Inner if packet.fragment => return ends,
                        TunnelHash::Inner => match self.within(&packet) {
                            Some(next) => (layer, data) = next,
                            None => return ends,
                        },
                    }
                }
                Layer::None => return ends,
            }
        }
        ends
    }

    /// Whether a packet is, or by its ports may be, a tunnel's.
    fn is_tunnel(&self, packet: &IpPacket<'_>) -> bool {
        match packet.protocol {
            IPV4 | IPV6 | GRE => true,
            UDP if !packet.fragment => {
                let ports = [be16(packet.payload, 0), be16(packet.payload, 2)];
                let tunnels = [&self.vxlan, &self.geneve, &self.teredo];
                ports
                    .iter()
                    .flatten()
                    .any(|port| tunnels.iter().any(|tunnel| has_port(tunnel, *port)))
            }
            _ => false,
        }
    }

    /// What a tunnel carries.
    fn within<'a>(&self, packet: &IpPacket<'a>) -> Option<(Layer, &'a [u8])> {
        match packet.protocol {
            IPV4 | IPV6 => Some((Layer::Ip, packet.payload)),
            GRE => gre(packet.payload),
            UDP => self.udp_tunnel(packet.payload),
            _ => None,
        }
    }

    fn udp_tunnel<'a>(&self, udp: &'a [u8]) -> Option<(Layer, &'a [u8])> {
        let (sport, dport, payload) = (be16(udp, 0)?, be16(udp, 2)?, udp.get(8..)?);
        if has_port(&self.vxlan, dport) {
            return Some((Layer::Ethernet, payload.get(8..)?));
        }
        if has_port(&self.geneve, dport) || has_port(&self.geneve, sport) {
            let options = usize::from(payload.first()? & 0x3f) * 4;
            return Some((ether_layer(be16(payload, 2)?), payload.get(8 + options..)?));
        }
        if has_port(&self.teredo, dport) || has_port(&self.teredo, sport) {
            return teredo(payload);
        }
        None
    }
}

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const GRE: u8 = 47;

/// Stands for the addresses of every tunnel.
const TUNNELS: Ends = (0, 0);

fn has_port(tunnel: &TunnelPorts, port: u16) -> bool {
    match tunnel {
        TunnelPorts::Disabled => false,
        TunnelPorts::Any => true,
        TunnelPorts::Only(ports) => ports.contains(&port),
    }
}

/// A Teredo payload: an origin indication may stand before the IPv6 packet (RFC 4380, 5.1.1).
fn teredo(payload: &[u8]) -> Option<(Layer, &[u8])> {
    const ORIGIN: u16 = 0;
    let packet = if be16(payload, 0)? == ORIGIN {
        payload.get(8..)?
    } else {
        payload
    };
    (packet.first()? >> 4 == 6).then_some((Layer::Ip, packet))
}

/// A GRE payload (RFC 2784, 2890).
fn gre(data: &[u8]) -> Option<(Layer, &[u8])> {
    const CHECKSUM_OR_ROUTING: u8 = 0xc0;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    const ERSPAN_2: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
    let (flags, kind) = (*data.first()?, be16(data, 2)?);
    if flags & ROUTING != 0 || data.get(1)? & 7 != 0 {
        return None;
    }
    let options = [CHECKSUM_OR_ROUTING, KEY, SEQUENCE]
        .iter()
        .filter(|&&bit| flags & bit != 0)
        .count();
    let payload = data.get(4 + options * 4..)?;
    match kind {
        // Without a sequence number there is no ERSPAN header either: type I.
        ERSPAN_2 if flags & SEQUENCE == 0 => Some((Layer::Ethernet, payload)),
        ERSPAN_2 => Some((Layer::Ethernet, payload.get(8..)?)),
        ERSPAN_3 => Some((Layer::Ethernet, payload.get(12..)?)),
        _ => Some((ether_layer(kind), payload)),
    }
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn ether_layer(kind: u16) -> Layer {
    const TRANSPARENT_ETHERNET: u16 = 0x6558;
    if kind == TRANSPARENT_ETHERNET {
        Layer::Ethernet
    } else {
        Layer::Type(kind)
    }
}

/// Looks past one header between the link layer and IP.
fn ether_type(kind: u16, data: &[u8]) -> Option<(Layer, &[u8])> {
    match kind {
        0x0800 | 0x86dd => Some((Layer::Ip, data)),
        // VLAN tags.
        0x8100 | 0x88a8 | 0x9100 => Some((Layer::Type(be16(data, 2)?), data.get(4..)?)),
        // PPPoE session: six bytes, then a PPP protocol.
        0x8864 => Some((ppp(be16(data, 6)?), data.get(8..)?)),
        0x8847 | 0x8848 => mpls(data),
        // 802.1ah: four bytes of service tag, then the customer's frame.
        0x88e7 => Some((Layer::Ethernet, data.get(4..)?)),
        // VN-tag and E-tag.
        0x8926 => Some((Layer::Type(be16(data, 4)?), data.get(6..)?)),
        0x893f => Some((Layer::Type(be16(data, 6)?), data.get(8..)?)),
        // Cisco fabric path: another Ethernet header.
        0x8903 => Some((Layer::Type(be16(data, 14)?), data.get(16..)?)),
        0x6558 => Some((Layer::Ethernet, data)),
        0x880b => ppp_frame(data),
        0x894f => nsh(data),
        _ => None,
    }
}

/// A service header, as long as its first word says (RFC 8300).
fn nsh(data: &[u8]) -> Option<(Layer, &[u8])> {
    let words = usize::from(be16(data, 0)? & 0x3f);
    let rest = data.get(words * 4..)?;
    match data.get(3)? {
        1 | 2 => Some((Layer::Ip, rest)),
        3 => Some((Layer::Ethernet, rest)),
        5 => mpls(rest),
        _ => None,
    }
}

/// A PPP frame, with or without HDLC's address and control bytes.
fn ppp_frame(data: &[u8]) -> Option<(Layer, &[u8])> {
    let skip = if data.first()? == &0xff { 2 } else { 0 };
    Some((ppp(be16(data, skip)?), data.get(skip + 2..)?))
}

fn ppp(protocol: u16) -> Layer {
    match protocol {
        0x0021 | 0x0057 => Layer::Ip,
        _ => Layer::None,
    }
}

fn mpls(mut data: &[u8]) -> Option<(Layer, &[u8])> {
    for _ in 0..MAX_LAYERS {
        let label = data.get(..4)?;
        let bottom = label.get(2)? & 1 != 0;
        data = data.get(4..)?;
        if bottom {
            return match data.first()? >> 4 {
                4 | 6 => Some((Layer::Ip, data)),
                // A pseudowire's control word, then a frame (RFC 4385).
                0 => Some((Layer::Ethernet, data.get(4..)?)),
                _ => None,
            };
        }
    }
    None
}

/// The first layer of a frame (libpcap's LINKTYPE registry).
fn link(link: LinkType, data: &[u8]) -> Option<(Layer, &[u8])> {
    match link.0 {
        1 => Some((Layer::Ethernet, data)),
        12 | 14 | 101 | 228 | 229 => Some((Layer::Ip, data)),
        0 | 108 => Some((Layer::Ip, data.get(4..)?)),
        9 | 50 => ppp_frame(data),
        104 => Some((Layer::Type(be16(data, 2)?), data.get(4..)?)),
        107 => Some((Layer::Type(be16(data, 2)?), data.get(4..)?)),
        113 => Some((Layer::Type(be16(data, 14)?), data.get(16..)?)),
        276 => Some((Layer::Type(be16(data, 0)?), data.get(20..)?)),
        239 => nflog(data),
        _ => None,
    }
}

/// The payload attribute of an NFLOG message.
fn nflog(data: &[u8]) -> Option<(Layer, &[u8])> {
    const PAYLOAD: u16 = 9;
    const MAX_ATTRIBUTES: usize = 32;
    let mut rest = data.get(4..)?;
    for _ in 0..MAX_ATTRIBUTES {
        let native = |at| Some(u16::from_ne_bytes(rest.get(at..at + 2)?.try_into().ok()?));
        let (len, kind) = (usize::from(native(0)?), native(2)?);
        if kind == PAYLOAD {
            return Some((Layer::Ip, rest.get(4..)?));
        }
        if len < 4 {
            return None;
        }
        rest = rest.get(len.next_multiple_of(4)..)?;
    }
    None
}

struct IpPacket<'a> {
    ends: Ends,
    protocol: u8,
    fragment: bool,
    v4: bool,
    payload: &'a [u8],
}

impl<'a> IpPacket<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        match data.first()? >> 4 {
            4 => Self::v4(data),
            6 => Self::v6(data),
            _ => None,
        }
    }

    fn v4(data: &'a [u8]) -> Option<Self> {
        let address = |at| {
            Some(u128::from(u32::from_be_bytes(
                data.get(at..at + 4)?.try_into().ok()?,
            )))
        };
        let header = usize::from(data.first()? & 0xf) * 4;
        Some(Self {
            ends: (address(12)?, address(16)?),
            protocol: *data.get(9)?,
            fragment: be16(data, 6)? & 0x3fff != 0,
            v4: true,
            payload: data.get(header.max(20)..).unwrap_or_default(),
        })
    }

    fn v6(data: &'a [u8]) -> Option<Self> {
        const HOP_BY_HOP: u8 = 0;
        const ROUTING: u8 = 43;
        const FRAGMENT: u8 = 44;
        const AUTHENTICATION: u8 = 51;
        const DESTINATION: u8 = 60;
        let address = |at| Some(u128::from_be_bytes(data.get(at..at + 16)?.try_into().ok()?));
        let ends = (address(8)?, address(24)?);
        let (mut protocol, mut payload) = (*data.get(6)?, data.get(40..).unwrap_or_default());
        let mut fragment = false;
        for _ in 0..MAX_LAYERS {
            let Some(&[next, len]) = payload.first_chunk() else {
                break;
            };
            let len = match protocol {
                HOP_BY_HOP | ROUTING | DESTINATION => usize::from(len) * 8 + 8,
                AUTHENTICATION => usize::from(len) * 4 + 8,
                FRAGMENT => {
                    const OFFSET_AND_MORE: u16 = 0xfff9;
                    fragment |= be16(payload, 2).is_some_and(|word| word & OFFSET_AND_MORE != 0);
                    8
                }
                _ => break,
            };
            protocol = next;
            payload = payload.get(len..).unwrap_or_default();
        }
        Some(Self {
            ends,
            protocol,
            fragment,
            v4: false,
            payload,
        })
    }

    /// The packet whose failed delivery an ICMP message reports, if its flow is to be told.
    fn quoted(&self) -> Option<Self> {
        const ICMP: u8 = 1;
        const UNREACHABLE: u8 = 3;
        if !self.v4
            || self.fragment
            || self.protocol != ICMP
            || *self.payload.first()? != UNREACHABLE
        {
            return None;
        }
        let quoted = IpPacket::v4(self.payload.get(8..)?)?;
        matches!(quoted.protocol, TCP | UDP).then_some(quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tapir_packet::Timestamp;

    fn ipv4(protocol: u8, src: [u8; 4], dst: [u8; 4], flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 7, 0, 0, 64, protocol, 0, 0];
        packet[2..4].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
        packet[6..8].copy_from_slice(&flags.to_be_bytes());
        packet.extend_from_slice(&src);
        packet.extend_from_slice(&dst);
        packet.extend_from_slice(payload);
        packet
    }

    fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend_from_slice(&kind.to_be_bytes());
        frame.extend_from_slice(payload);
        frame
    }

    fn peek(dispatcher: &Dispatcher, link: u16, data: &[u8]) -> u64 {
        let frame = Frame {
            ts: Timestamp::new(0, 0),
            link: LinkType(link),
            data,
            wire_len: data.len() as u32,
        };
        dispatcher.peek(&frame)
    }

    const A: [u8; 4] = [10, 0, 0, 1];
    const B: [u8; 4] = [10, 0, 0, 2];
    const ROUTER: [u8; 4] = [10, 9, 9, 9];

    #[test]
    fn one_flow_one_worker() {
        let dispatcher = Dispatcher::new(TunnelHash::Outer, Seed::Fixed(1));
        let there = ipv4(6, A, B, 0, &[0; 20]);
        let hash = peek(&dispatcher, 1, &ethernet(0x0800, &there));
        assert_ne!(hash, 0);
        assert_eq!(
            hash,
            peek(
                &dispatcher,
                1,
                &ethernet(0x0800, &ipv4(6, B, A, 0, &[9; 20]))
            )
        );
        assert_eq!(
            hash,
            peek(&dispatcher, 101, &ipv4(6, A, B, 0x2003, &[1; 8])),
            "a fragment"
        );
        let mut tagged = vec![0, 5, 0x08, 0];
        tagged.extend_from_slice(&there);
        assert_eq!(
            hash,
            peek(&dispatcher, 1, &ethernet(0x8100, &tagged)),
            "a tag"
        );
        let mut unreachable = vec![3, 1, 0, 0, 0, 0, 0, 0];
        unreachable.extend_from_slice(&there);
        assert_eq!(
            hash,
            peek(&dispatcher, 101, &ipv4(1, ROUTER, A, 0, &unreachable)),
            "an ICMP error"
        );
        assert_ne!(
            hash,
            peek(&dispatcher, 101, &ipv4(6, A, ROUTER, 0, &[0; 20]))
        );
    }

    #[test]
    fn tunnels_are_split_only_on_request() {
        let inner = ipv4(17, A, B, 0, &[0; 8]);
        let mut vxlan = vec![0xc0, 0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0];
        vxlan.extend_from_slice(&ethernet(0x0800, &inner));
        let mut gre = vec![0, 0, 0x08, 0];
        gre.extend_from_slice(&inner);
        let by_inner = Dispatcher::new(TunnelHash::Inner, Seed::Fixed(1));
        let by_outer = Dispatcher::new(TunnelHash::Outer, Seed::Fixed(1));
        let together = Dispatcher::new(TunnelHash::Together, Seed::Fixed(1));
        let one_for_all = peek(&together, 101, &ipv4(47, A, ROUTER, 0, &gre));
        let plain = peek(&by_inner, 101, &inner);
        let outer_pair = peek(&by_outer, 101, &ipv4(6, ROUTER, B, 0, &[0; 20]));
        for tunnelled in [
            ipv4(17, ROUTER, B, 0, &vxlan),
            ipv4(47, ROUTER, B, 0, &gre),
            ipv4(4, ROUTER, B, 0, &inner),
        ] {
            assert_eq!(peek(&by_inner, 101, &tunnelled), plain);
            assert_eq!(peek(&by_outer, 101, &tunnelled), outer_pair);
            assert_eq!(peek(&together, 101, &tunnelled), one_for_all);
        }
        assert_eq!(
            peek(&together, 101, &inner),
            peek(&by_outer, 101, &inner),
            "no tunnel"
        );
    }

    proptest! {
        #[test]
        fn no_frame_is_too_strange(link in 0u16..300, data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let dispatcher = Dispatcher::new(TunnelHash::Inner, Seed::Fixed(1));
            prop_assert_eq!(peek(&dispatcher, link, &data), peek(&dispatcher, link, &data));
        }
    }
}
