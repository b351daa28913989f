//! The head of a rule: protocol, addresses and ports.

use std::net::IpAddr;

use tapir_packet::{Packet, ip_proto};
use tapir_rules::tree::ProtocolName;

use crate::address_set::{AddressSetId, AddressSets};
use crate::port_set::{PortSetId, PortSets};
use crate::recorder::HeadFault;

/// The packets that a rule's protocol is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ProtocolTest {
    /// Any packet with an IP header.
    Ip,
    Ipv4,
    Ipv6,
    /// Any packet at all.
    Any,
    Tcp,
    Udp,
    /// TCP or UDP: what carries application protocols.
    TcpOrUdp,
    /// ICMP of either version.
    Icmp,
    Icmpv4,
    Icmpv6,
    Sctp,
    Igmp,
    Ethernet,
    Arp,
}

impl ProtocolTest {
    /// The test of a protocol name; nothing for a name that no packet answers to.
    pub(crate) fn of(name: ProtocolName) -> Option<Self> {
        Some(match name {
            ProtocolName::Ip => Self::Ip,
            ProtocolName::Ip4 => Self::Ipv4,
            ProtocolName::Ip6 => Self::Ipv6,
            ProtocolName::Tcp | ProtocolName::TcpPkt | ProtocolName::TcpStream => Self::Tcp,
            ProtocolName::Udp => Self::Udp,
            ProtocolName::Icmp => Self::Icmp,
            ProtocolName::IcmpV4 => Self::Icmpv4,
            ProtocolName::IcmpV6 => Self::Icmpv6,
            ProtocolName::Sctp => Self::Sctp,
            ProtocolName::Igmp => Self::Igmp,
            ProtocolName::PktHdr => Self::Any,
            ProtocolName::Ether => Self::Ethernet,
            ProtocolName::Arp => Self::Arp,
            ProtocolName::App(_) => Self::TcpOrUdp,
            ProtocolName::File | ProtocolName::User => return None,
        })
    }

    /// Whether TCP packets can pass.
    pub(crate) fn admits_tcp(self) -> bool {
        matches!(
            self,
            Self::Ip
                | Self::Ipv4
                | Self::Ipv6
                | Self::Any
                | Self::Tcp
                | Self::TcpOrUdp
                | Self::Ethernet
        )
    }

    /// Whether UDP packets can pass.
    pub(crate) fn admits_udp(self) -> bool {
        matches!(self, Self::Udp) || (self != Self::Tcp && self.admits_tcp())
    }

    /// Whether packets that are neither can pass.
    pub(crate) fn admits_others(self) -> bool {
        !matches!(self, Self::Tcp | Self::Udp | Self::TcpOrUdp)
    }

    #[inline]
    fn admits(self, packet: &Packet<'_>) -> bool {
        let ip = packet.ip_version;
        match self {
            Self::Ip => ip != 0,
            Self::Ipv4 => ip == 4,
            Self::Ipv6 => ip == 6,
            Self::Any => true,
            Self::Tcp => ip != 0 && packet.proto == ip_proto::TCP,
            Self::Udp => ip != 0 && packet.proto == ip_proto::UDP,
            Self::TcpOrUdp => ip != 0 && matches!(packet.proto, ip_proto::TCP | ip_proto::UDP),
            Self::Icmp => ip != 0 && matches!(packet.proto, ip_proto::ICMP | ip_proto::ICMPV6),
            Self::Icmpv4 => ip != 0 && packet.proto == ip_proto::ICMP,
            Self::Icmpv6 => ip != 0 && packet.proto == ip_proto::ICMPV6,
            Self::Sctp => ip != 0 && packet.proto == ip_proto::SCTP,
            Self::Igmp => ip != 0 && packet.proto == ip_proto::IGMP,
            Self::Ethernet => packet.ethernet().is_some(),
            Self::Arp => packet.arp().is_some(),
        }
    }
}

/// Protocol, addresses and ports of a rule, the lists by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) protocol: ProtocolTest,
    pub(crate) src: AddressSetId,
    pub(crate) dst: AddressSetId,
    pub(crate) sport: PortSetId,
    pub(crate) dport: PortSetId,
}

impl Head {
    /// Any packet.
    pub(crate) const ANY: Self = Self {
        protocol: ProtocolTest::Any,
        src: AddressSetId::ANY,
        dst: AddressSetId::ANY,
        sport: PortSetId::ANY,
        dport: PortSetId::ANY,
    };

    /// The head with its two sides exchanged.
    pub(crate) fn reversed(self) -> Self {
        Self {
            src: self.dst,
            dst: self.src,
            sport: self.dport,
            dport: self.sport,
            ..self
        }
    }

    /// Whether a packet is one that the rule is about.
    #[inline]
    pub(crate) fn admits(
        &self,
        packet: &Packet<'_>,
        addresses: &AddressSets,
        ports: &PortSets,
    ) -> bool {
        self.protocol.admits(packet)
            && self.admits_ports(packet, ports)
            && self.admits_addresses(packet.ip_version, packet.src, packet.dst, addresses)
    }

    /// What keeps a packet from being one that the rule is about, asked part by part.
    pub(crate) fn fault(
        &self,
        packet: &Packet<'_>,
        addresses: &AddressSets,
        ports: &PortSets,
    ) -> Option<HeadFault> {
        let source = Self {
            dst: AddressSetId::ANY,
            dport: PortSetId::ANY,
            ..*self
        };
        let destination = Self {
            src: AddressSetId::ANY,
            sport: PortSetId::ANY,
            ..*self
        };
        let has_host =
            |it: &Self| it.admits_addresses(packet.ip_version, packet.src, packet.dst, addresses);
        if !self.protocol.admits(packet) {
            Some(HeadFault::Protocol)
        } else if !has_host(&source) {
            Some(HeadFault::Source)
        } else if !source.admits_ports(packet, ports) {
            Some(HeadFault::SourcePort)
        } else if !has_host(&destination) {
            Some(HeadFault::Destination)
        } else if !destination.admits_ports(packet, ports) {
            Some(HeadFault::DestinationPort)
        } else {
            None
        }
    }

    fn admits_ports(&self, packet: &Packet<'_>, ports: &PortSets) -> bool {
        if self.sport == PortSetId::ANY && self.dport == PortSetId::ANY {
            return true;
        }
        // A fragment has no ports of its own, nor has a protocol that knows none.
        matches!(packet.proto, ip_proto::TCP | ip_proto::UDP | ip_proto::SCTP)
            && !packet.is_fragment()
            && ports.contains(self.dport, packet.dport)
            && ports.contains(self.sport, packet.sport)
    }

    fn admits_addresses(
        &self,
        ip_version: u8,
        src: IpAddr,
        dst: IpAddr,
        addresses: &AddressSets,
    ) -> bool {
        // Address lists say nothing about packets without addresses.
        ip_version == 0 || (addresses.contains(self.dst, dst) && addresses.contains(self.src, src))
    }
}
