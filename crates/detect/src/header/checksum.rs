//! The keywords that verify checksums.

use tapir_packet::{Packet, ip_proto};
use tapir_rules::keywords::{KeywordId, network};

use super::Needs;

/// Which checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumOf {
    /// The IPv4 header.
    Ipv4,
    /// TCP over IPv4.
    TcpIpv4,
    /// TCP over IPv6.
    TcpIpv6,
    /// UDP over IPv4.
    UdpIpv4,
    /// UDP over IPv6.
    UdpIpv6,
    /// ICMP.
    Icmpv4,
    /// ICMPv6.
    Icmpv6,
    /// IGMP.
    Igmp,
}

impl ChecksumOf {
    pub(super) fn of(keyword: KeywordId) -> Option<Self> {
        Some(match keyword {
            network::IPV4_CSUM => ChecksumOf::Ipv4,
            network::TCPV4_CSUM => ChecksumOf::TcpIpv4,
            network::TCPV6_CSUM => ChecksumOf::TcpIpv6,
            network::UDPV4_CSUM => ChecksumOf::UdpIpv4,
            network::UDPV6_CSUM => ChecksumOf::UdpIpv6,
            network::ICMPV4_CSUM => ChecksumOf::Icmpv4,
            network::ICMPV6_CSUM => ChecksumOf::Icmpv6,
            network::IGMP_CSUM => ChecksumOf::Igmp,
            _ => return None,
        })
    }

    /// Whether a packet has this checksum and it is right, or wrong, as asked. One that was left to
    /// the network card counts as right.
    pub(super) fn is(self, valid: bool, packet: &Packet<'_>) -> bool {
        if !self.is_in(packet) {
            return false;
        }
        if packet.are_checksums_ignored() {
            return valid;
        }
        let ok = match self {
            ChecksumOf::Ipv4 => packet.ip_checksum_ok(),
            _ => packet.transport_checksum_ok(),
        };
        ok == Some(valid)
    }

    fn is_in(self, packet: &Packet<'_>) -> bool {
        let of = |version: u8, proto: u8| packet.ip_version == version && packet.proto == proto;
        match self {
            ChecksumOf::Ipv4 => packet.ip_version == 4,
            ChecksumOf::TcpIpv4 => of(4, ip_proto::TCP),
            ChecksumOf::TcpIpv6 => of(6, ip_proto::TCP),
            ChecksumOf::UdpIpv4 => of(4, ip_proto::UDP),
            ChecksumOf::UdpIpv6 => of(6, ip_proto::UDP),
            ChecksumOf::Icmpv4 => of(4, ip_proto::ICMP),
            ChecksumOf::Icmpv6 => of(6, ip_proto::ICMPV6),
            ChecksumOf::Igmp => of(4, ip_proto::IGMP),
        }
    }

    pub(super) fn needs(self) -> Needs {
        match self {
            ChecksumOf::Ipv4 => Needs::Ipv4,
            ChecksumOf::TcpIpv4 | ChecksumOf::TcpIpv6 => Needs::Tcp,
            ChecksumOf::UdpIpv4 | ChecksumOf::UdpIpv6 => Needs::Udp,
            ChecksumOf::Icmpv4 => Needs::Icmp,
            ChecksumOf::Icmpv6 => Needs::Icmpv6,
            ChecksumOf::Igmp => Needs::Igmp,
        }
    }
}
