//! The numbers of headers.

use tapir_rules::keywords::{KeywordId, network, payload};

use super::Needs;
use crate::context::PacketContext;

/// A number that a packet has at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Time to live or hop limit.
    Ttl,
    /// Type of service of IPv4.
    Tos,
    /// Identification of IPv4.
    Id,
    /// TCP sequence number.
    Seq,
    /// TCP acknowledgment number.
    Ack,
    /// TCP window, not scaled.
    Window,
    /// TCP urgent pointer.
    UrgentPointer,
    /// TCP maximum segment size option.
    SegmentSize,
    /// TCP window scale option.
    WindowScale,
    /// ICMP type of either version.
    IcmpType,
    /// ICMP code of either version.
    IcmpCode,
    /// Identifier of an ICMP request or reply of either version.
    IcmpId,
    /// Sequence number of an ICMP request or reply of either version.
    IcmpSeq,
    /// MTU that an ICMPv6 message announces.
    Icmpv6Mtu,
    /// IGMP type.
    IgmpType,
    /// SCTP verification tag.
    SctpTag,
    /// Number of SCTP chunks.
    SctpChunkCount,
    /// Number of VLAN tags.
    VlanLayers,
    /// Length of the transport payload.
    PayloadSize,
    /// Number of the packet in its capture.
    PacketNumber,
}

impl Field {
    /// The number that a keyword is about.
    pub(super) fn of(keyword: KeywordId) -> Option<Self> {
        Some(match keyword {
            network::TTL => Field::Ttl,
            network::TOS => Field::Tos,
            network::ID => Field::Id,
            network::TCP_SEQ => Field::Seq,
            network::TCP_ACK => Field::Ack,
            network::TCP_WINDOW => Field::Window,
            network::TCP_URG => Field::UrgentPointer,
            network::TCP_MSS => Field::SegmentSize,
            network::TCP_WSCALE => Field::WindowScale,
            network::ITYPE => Field::IcmpType,
            network::ICODE => Field::IcmpCode,
            network::ICMP_ID => Field::IcmpId,
            network::ICMP_SEQ => Field::IcmpSeq,
            network::ICMPV6_MTU => Field::Icmpv6Mtu,
            network::IGMP_TYPE => Field::IgmpType,
            network::SCTP_VTAG => Field::SctpTag,
            network::SCTP_CHUNK_CNT => Field::SctpChunkCount,
            network::VLAN_LAYERS => Field::VlanLayers,
            network::PKT_NUM => Field::PacketNumber,
            payload::DSIZE => Field::PayloadSize,
            _ => return None,
        })
    }

    /// The number, if the packet has it.
    #[inline]
    pub(super) fn value(self, context: &PacketContext<'_>) -> Option<u64> {
        let packet = context.packet;
        Some(match self {
            Field::Ttl => match packet.ipv4() {
                Some(ip) => ip.ttl().into(),
                None => packet.ipv6()?.hop_limit().into(),
            },
            Field::Tos => packet.ipv4()?.tos().into(),
            Field::Id => packet.ipv4()?.id().into(),
            Field::Seq => packet.tcp()?.seq().into(),
            Field::Ack => packet.tcp()?.ack().into(),
            Field::Window => packet.tcp()?.window().into(),
            Field::UrgentPointer => packet.tcp()?.urgent_pointer().into(),
            Field::SegmentSize => packet.tcp()?.options().mss?.into(),
            Field::WindowScale => packet.tcp()?.options().window_scale?.into(),
            Field::IcmpType => match packet.icmpv4() {
                Some(icmp) => icmp.kind().into(),
                None => packet.icmpv6()?.kind().into(),
            },
            Field::IcmpCode => match packet.icmpv4() {
                Some(icmp) => icmp.code().into(),
                None => packet.icmpv6()?.code().into(),
            },
            Field::IcmpId => match packet.icmpv4() {
                Some(icmp) => icmp.id()?.into(),
                None => packet.icmpv6()?.id()?.into(),
            },
            Field::IcmpSeq => match packet.icmpv4() {
                Some(icmp) => icmp.seq()?.into(),
                None => packet.icmpv6()?.seq()?.into(),
            },
            Field::Icmpv6Mtu => packet.icmpv6()?.mtu()?.into(),
            Field::IgmpType => packet.igmp()?.kind().into(),
            Field::SctpTag => packet.sctp()?.verification_tag().into(),
            Field::SctpChunkCount => packet.sctp()?.chunks().count() as u64,
            Field::VlanLayers => packet.vlans.count().into(),
            Field::PayloadSize => context.payload.len() as u64,
            Field::PacketNumber => context.number,
        })
    }

    pub(super) fn needs(self) -> Needs {
        match self {
            Field::Ttl => Needs::Ip,
            Field::Tos | Field::Id => Needs::Ipv4,
            Field::Seq
            | Field::Ack
            | Field::Window
            | Field::UrgentPointer
            | Field::SegmentSize
            | Field::WindowScale => Needs::Tcp,
            Field::IcmpType | Field::IcmpCode | Field::IcmpId | Field::IcmpSeq => Needs::Icmp,
            Field::Icmpv6Mtu => Needs::Icmpv6,
            Field::IgmpType => Needs::Igmp,
            Field::SctpTag | Field::SctpChunkCount => Needs::Sctp,
            Field::VlanLayers | Field::PayloadSize | Field::PacketNumber => Needs::Nothing,
        }
    }
}
