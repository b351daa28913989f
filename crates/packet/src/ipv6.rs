//! IPv6 (RFC 8200).

use std::net::{IpAddr, Ipv6Addr};

use etherparse::Ipv6HeaderSlice;

use crate::decoder::{Carried, Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::{Network, Packet, ip_proto};
use crate::tunnel::PacketSource;
use crate::{DecodeEvent, gre, icmpv6, ipv6_extensions, sctp, tcp, udp};

pub(crate) const HEADER_LEN: usize = 40;

/// An IPv6 header with the extension headers that were decoded.
#[derive(Clone, Debug)]
pub struct Ipv6<'a> {
    fixed: Ipv6HeaderSlice<'a>,
    bytes: &'a [u8],
}

impl<'a> Ipv6<'a> {
    #[inline]
    pub(crate) fn at(bytes: &'a [u8], extensions_len: u16) -> Option<Self> {
        let fixed = Ipv6HeaderSlice::from_slice(bytes).ok()?;
        let len = HEADER_LEN + usize::from(extensions_len);
        Some(Ipv6 {
            fixed,
            bytes: bytes.get(..len).unwrap_or(fixed.slice()),
        })
    }

    /// The bytes of the header and of the extension headers behind it.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Traffic class.
    #[must_use]
    pub fn traffic_class(&self) -> u8 {
        self.fixed.traffic_class()
    }

    /// Flow label.
    #[must_use]
    pub fn flow_label(&self) -> u32 {
        self.fixed.flow_label().value()
    }

    /// Length of everything behind the fixed header.
    #[must_use]
    pub fn payload_len(&self) -> u16 {
        self.fixed.payload_length()
    }

    /// What follows the fixed header.
    #[must_use]
    pub fn next_header(&self) -> u8 {
        self.fixed.next_header().0
    }

    /// Hop limit.
    #[must_use]
    pub fn hop_limit(&self) -> u8 {
        self.fixed.hop_limit()
    }

    /// Source address.
    #[must_use]
    pub fn src(&self) -> Ipv6Addr {
        self.fixed.source_addr()
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> Ipv6Addr {
        self.fixed.destination_addr()
    }
}

/// Decodes an IPv6 packet.
#[inline]
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.ipv6 += 1;
    walk.enter_layer(packet)?;
    let Ok(header) = Ipv6HeaderSlice::from_slice(layer.bytes) else {
        let event = match layer.len() {
            HEADER_LEN.. => DecodeEvent::Ipv6WrongIpVersion,
            _ => DecodeEvent::Ipv6PktTooSmall,
        };
        return invalid(packet, event);
    };
    let payload_len = usize::from(header.payload_length());
    if layer.len() < HEADER_LEN + payload_len {
        return invalid(packet, DecodeEvent::Ipv6TruncPkt);
    }
    packet.src = IpAddr::V6(header.source_addr());
    packet.dst = IpAddr::V6(header.destination_addr());
    packet.ip_version = 6;
    packet.proto = header.next_header().0;
    packet.network = Network::Ipv6;
    packet.network_at = layer.at;
    let payload = layer.skip(HEADER_LEN).take(payload_len);
    match packet.proto {
        ip_proto::TCP => tcp::decode(walk, packet, payload),
        ip_proto::UDP => udp::decode(walk, packet, payload),
        _ => other_payload(walk, packet, payload),
    }
    Ok(())
}

fn other_payload<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, payload: Layer<'a>) {
    match packet.proto {
        ip_proto::ICMPV6 => icmpv6::decode(walk, packet, payload),
        ip_proto::SCTP => sctp::decode(walk, packet, payload),
        ip_proto::IPV4 => decode_ipv4_inside(walk, packet, payload),
        ip_proto::IPV6 => decode_ipv6_inside(walk, packet, payload),
        ip_proto::GRE => gre::decode(walk, packet, payload),
        ip_proto::HOP_BY_HOP
        | ip_proto::ROUTING
        | ip_proto::FRAGMENT
        | ip_proto::DESTINATION
        | ip_proto::AH
        | ip_proto::ESP
        | ip_proto::NO_NEXT
        | ip_proto::MOBILITY
        | ip_proto::HIP
        | ip_proto::SHIM6 => ipv6_extensions::decode(walk, packet, payload),
        ip_proto::ICMP => packet.note(DecodeEvent::Ipv6Icmpv4),
        _ => packet.note(DecodeEvent::Ipv6UnknownNextHeader),
    }
}

/// An IPv4 packet in this one.
pub(crate) fn decode_ipv4_inside<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    inside: Layer<'a>,
) {
    const IPV4_HEADER_LEN: usize = 20;
    match inside.first::<IPV4_HEADER_LEN>() {
        None => packet.invalidate(DecodeEvent::Ipv6Ipv4InIpv6TooSmall),
        Some(header) if header[0] >> 4 != 4 => {
            packet.invalidate(DecodeEvent::Ipv6Ipv4InIpv6WrongVersion);
        }
        Some(_) => {
            if walk
                .tunnel(packet, inside, Carried::Ipv4, PacketSource::Ipv6)
                .is_ok()
            {
                walk.counters.ipv4_in_ipv6 += 1;
            }
            packet.set_wants_flow();
        }
    }
}

/// An IPv6 packet in this one.
fn decode_ipv6_inside<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, inside: Layer<'a>) {
    match inside.first::<HEADER_LEN>() {
        None => packet.invalidate(DecodeEvent::Ipv6Ipv6InIpv6TooSmall),
        Some(header) if header[0] >> 4 != 6 => {
            packet.note(DecodeEvent::Ipv6Ipv6InIpv6WrongVersion);
        }
        Some(_) => {
            if walk
                .tunnel(packet, inside, Carried::Ipv6, PacketSource::Ipv6)
                .is_ok()
            {
                walk.counters.ipv6_in_ipv6 += 1;
            }
            packet.set_wants_flow();
        }
    }
}
