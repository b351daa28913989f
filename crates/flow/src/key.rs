//! What makes two packets belong to one flow.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};

use foldhash::quality::SeedableRandomState;
use tapir_packet::{Packet, Quote};

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const ESP: u8 = 50;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const SCTP: u8 = 132;

/// What tells flows apart beside addresses, ports and protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOptions {
    /// `vlan.use-for-tracking`: the same addresses on two VLANs are two flows.
    pub vlan: bool,
    /// `decoder.recursion-level.use-for-tracking`: a tunnelled packet and one outside are two flows.
    pub recursion: bool,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            vlan: true,
            recursion: true,
        }
    }
}

/// A flow's identity, the same for both directions: the endpoints are held in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowKey {
    low: u128,
    high: u128,
    /// Ports of the two endpoints; what stands in their place for ICMP (types) and ESP (SPI).
    low_port: u16,
    high_port: u16,
    vlans: [u16; 3],
    protocol: u8,
    version: u8,
    recursion: u8,
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.low);
        state.write_u128(self.high);
        let [v0, v1, v2] = self.vlans.map(u64::from);
        let ports = u64::from(self.low_port) << 16 | u64::from(self.high_port);
        let kind = u64::from(self.protocol) << 16
            | u64::from(self.version) << 8
            | u64::from(self.recursion);
        state.write_u64(ports << 32 | kind);
        state.write_u64(v0 << 32 | v1 << 16 | v2);
    }
}

/// A packet's key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Belonging {
    pub key: FlowKey,
    /// The packet can start a flow. ICMP errors only join one.
    pub starts_flow: bool,
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl FlowKey {
    /// The key of two endpoints: the same whichever comes first.
    pub fn new(
        protocol: u8,
        a: (IpAddr, u16),
        b: (IpAddr, u16),
        vlans: [u16; 3],
        recursion: u8,
    ) -> Self {
        let (first, second) = ((number(a.0), a.1), (number(b.0), b.1));
        let (low, high) = if first <= second {
            (first, second)
        } else {
            (second, first)
        };
        Self::ordered(protocol, a.0.is_ipv4(), low, high, vlans, recursion)
    }

    fn ordered(
        protocol: u8,
        v4: bool,
        low: (u128, u16),
        high: (u128, u16),
        vlans: [u16; 3],
        recursion: u8,
    ) -> Self {
        Self {
            low: low.0,
            high: high.0,
            low_port: low.1,
            high_port: high.1,
            vlans,
            protocol,
            version: if v4 { 4 } else { 6 },
            recursion,
        }
    }

    /// The IP protocol.
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// 4 or 6.
    pub fn ip_version(&self) -> u8 {
        self.version
    }

    /// The two addresses, the lower first.
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        let address = |number: u128| match self.version {
            4 => IpAddr::V4(u32::try_from(number).unwrap_or_default().into()),
            _ => IpAddr::V6(Ipv6Addr::from(number)),
        };
        (address(self.low), address(self.high))
    }

    /// Of an ESP key: the lower and the higher half of the SPI.
    pub(crate) fn spi_halves(&self) -> (u16, u16) {
        (self.high_port, self.low_port)
    }

    pub(crate) fn hash_with(&self, state: &SeedableRandomState) -> u64 {
        state.hash_one(self)
    }

    /// The key of a packet's flow; `None` for packets that belong to none.
    pub(crate) fn of(packet: &Packet<'_>, options: KeyOptions) -> Option<Belonging> {
        if !packet.wants_flow() {
            return None;
        }
        let vlans = if options.vlan {
            packet.vlans.padded()
        } else {
            [0; 3]
        };
        let recursion = if options.recursion { packet.depth } else { 0 };
        let keyed = |protocol, a, b| FlowKey::new(protocol, a, b, vlans, recursion);
        let (src, dst) = (packet.src, packet.dst);
        let mut starts_flow = true;
        let key = match packet.proto {
            TCP | UDP | SCTP => keyed(packet.proto, (src, packet.sport), (dst, packet.dport)),
            ICMP => {
                let icmp = packet.icmpv4()?;
                let kind = icmp.kind();
                if is_icmpv4_error(kind) {
                    starts_flow = false;
                    let quote = reported(packet, kind)?;
                    keyed(
                        quote.proto,
                        (quote.src, quote.sport),
                        (quote.dst, quote.dport),
                    )
                } else {
                    let reply = icmpv4_counterpart(kind).unwrap_or(0);
                    keyed(ICMP, (src, kind.into()), (dst, reply.into()))
                }
            }
            ICMPV6 => {
                let icmp = packet.icmpv6()?;
                let kind = icmp.kind();
                let code = u16::from(icmp.code());
                let reply = icmpv6_counterpart(kind).unwrap_or(0);
                keyed(
                    ICMPV6,
                    (src, u16::from(kind) | code << 8),
                    (dst, reply.into()),
                )
            }
            ESP => {
                let [s0, s1, s2, s3] = *packet.transport_bytes().first_chunk()?;
                let (high, low) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([s2, s3]));
                // A security association has one direction, so the endpoints keep their order.
                FlowKey::ordered(
                    ESP,
                    src.is_ipv4(),
                    (number(src), high),
                    (number(dst), low),
                    vlans,
                    recursion,
                )
            }
            other => keyed(other, (src, 0), (dst, 0)),
        };
        Some(Belonging { key, starts_flow })
    }
}

const ICMP_UNREACHABLE: u8 = 3;

/// The packet whose flow is to be told that it could not be delivered.
fn reported(packet: &Packet<'_>, kind: u8) -> Option<Quote> {
    let quote = packet.icmp_quote().filter(|_| kind == ICMP_UNREACHABLE)?;
    matches!(quote.proto, TCP | UDP).then_some(quote)
}

/// Whether an ICMP message of IPv4 reports an error about another packet (RFC 1122, 3.2.2).
pub(crate) fn is_icmpv4_error(kind: u8) -> bool {
    matches!(kind, ICMP_UNREACHABLE | 4 | 5 | 11 | 12)
}

/// The other half of a pair: `kind` if either is given.
fn partner(kind: u8, pairs: &[(u8, u8)]) -> Option<u8> {
    pairs.iter().find_map(|&(ask, answer)| match kind {
        k if k == ask => Some(answer),
        k if k == answer => Some(ask),
        _ => None,
    })
}

/// The type that answers an ICMP request, or asks for an answer (RFC 792, 950, 1256).
pub(crate) fn icmpv4_counterpart(kind: u8) -> Option<u8> {
    partner(kind, &[(8, 0), (13, 14), (15, 16), (10, 9), (17, 18)])
}

/// The type that answers an ICMPv6 request, or asks for an answer (RFC 4443, 4861, 2710, 4620, 6275, 3971, 4286,
/// 6775).
pub(crate) fn icmpv6_counterpart(kind: u8) -> Option<u8> {
    let pairs = [
        (128, 129),
        (135, 136),
        (133, 134),
        (130, 131),
        (139, 140),
        (144, 145),
        (146, 147),
        (148, 149),
        (151, 152),
        (157, 158),
    ];
    partner(kind, &pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_directions_share_a_key(a: u32, b: u32, sport: u16, dport: u16, vlan: u16) {
            let (a, b) = (IpAddr::V4(a.into()), IpAddr::V4(b.into()));
            let there = FlowKey::new(TCP, (a, sport), (b, dport), [vlan, 0, 0], 0);
            let back = FlowKey::new(TCP, (b, dport), (a, sport), [vlan, 0, 0], 0);
            prop_assert_eq!(there, back);
            let state = Seed::Fixed(7).state();
            prop_assert_eq!(there.hash_with(&state), back.hash_with(&state));
        }
    }

    #[test]
    fn an_ipv4_flow_is_not_its_mapped_namesake() {
        let v4: IpAddr = "10.0.0.1".parse().unwrap();
        let v6: IpAddr = "::10.0.0.1".parse().unwrap();
        assert_ne!(
            FlowKey::new(UDP, (v4, 1), (v4, 2), [0; 3], 0),
            FlowKey::new(UDP, (v6, 1), (v6, 2), [0; 3], 0)
        );
    }

    #[test]
    fn requests_and_replies_name_each_other() {
        for kind in 0..=255 {
            if let Some(other) = icmpv4_counterpart(kind) {
                assert_eq!(icmpv4_counterpart(other), Some(kind));
            }
            if let Some(other) = icmpv6_counterpart(kind) {
                assert_eq!(icmpv6_counterpart(other), Some(kind));
            }
        }
        assert_eq!(icmpv4_counterpart(8), Some(0));
        assert_eq!(icmpv6_counterpart(128), Some(129));
        assert_eq!(icmpv4_counterpart(3), None);
    }
}
