//! IPv4 (RFC 791).

use std::net::{IpAddr, Ipv4Addr};

use etherparse::Ipv4HeaderSlice;

use crate::decoder::{Carried, Decoded, Undecodable, Walk, invalid};
use crate::layer::Layer;
use crate::packet::{Network, Packet, PacketFlags, ip_proto};
use crate::tunnel::PacketSource;
use crate::{DecodeEvent, Ipv4Options, esp, gre, icmpv4, igmp, ipv4_options, sctp, tcp, udp};

const MIN_HEADER_LEN: usize = 20;

/// An IPv4 header with its options.
#[derive(Clone, Debug)]
pub struct Ipv4<'a>(Ipv4HeaderSlice<'a>);

impl<'a> Ipv4<'a> {
    #[inline]
    pub(crate) fn at(bytes: &'a [u8]) -> Option<Self> {
        Ipv4HeaderSlice::from_slice(bytes).ok().map(Ipv4)
    }

    /// The bytes of the header, options included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.0.slice()
    }

    /// Type of service: DSCP and ECN together.
    #[must_use]
    pub fn tos(&self) -> u8 {
        self.bytes()[1]
    }

    /// Length of the datagram, header included.
    #[must_use]
    pub fn total_len(&self) -> u16 {
        self.0.total_len()
    }

    /// Identification.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.0.identification()
    }

    /// The reserved bit of the flags.
    #[must_use]
    pub fn reserved_flag(&self) -> bool {
        self.bytes()[6] & 0x80 != 0
    }

    /// Do not fragment.
    #[must_use]
    pub fn dont_fragment(&self) -> bool {
        self.0.dont_fragment()
    }

    /// More fragments follow.
    #[must_use]
    pub fn more_fragments(&self) -> bool {
        self.0.more_fragments()
    }

    /// Fragment offset in units of eight bytes, as it is on the wire.
    #[must_use]
    pub fn fragment_offset(&self) -> u16 {
        self.0.fragments_offset().value()
    }

    /// Time to live.
    #[must_use]
    pub fn ttl(&self) -> u8 {
        self.0.ttl()
    }

    /// Protocol of the payload.
    #[must_use]
    pub fn proto(&self) -> u8 {
        self.0.protocol().0
    }

    /// Header checksum, as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        self.0.header_checksum()
    }

    /// Source address.
    #[must_use]
    pub fn src(&self) -> Ipv4Addr {
        self.0.source_addr()
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> Ipv4Addr {
        self.0.destination_addr()
    }

    /// Which options the header has, as far as they are well formed.
    #[must_use]
    pub fn options(&self) -> Ipv4Options {
        ipv4_options::parse(self.0.options()).options
    }
}

/// Decodes an IPv4 packet.
#[inline]
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.ipv4 += 1;
    walk.enter_layer(packet)?;
    let Some(fixed) = layer.first::<MIN_HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::Ipv4PktTooSmall);
    };
    let first = fixed[0];
    let header_len = usize::from(first & 0x0f) * 4;
    let total_len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if first >> 4 != 4
        || header_len < MIN_HEADER_LEN
        || total_len < header_len
        || layer.len() < total_len
    {
        return broken_header(packet, first, header_len, total_len);
    }
    packet.src = IpAddr::V4(Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15]));
    packet.dst = IpAddr::V4(Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19]));
    if header_len > MIN_HEADER_LEN {
        check_options(packet, layer.take(header_len).skip(MIN_HEADER_LEN).bytes)?;
    }
    packet.ip_version = 4;
    packet.proto = fixed[9];
    packet.network = Network::Ipv4;
    packet.network_at = layer.at;
    let payload = layer.take(total_len).skip(header_len);
    // More fragments, or an offset.
    if u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff != 0 {
        packet.flags.insert(PacketFlags::FRAGMENT);
        return Ok(());
    }
    match packet.proto {
        ip_proto::TCP => tcp::decode(walk, packet, payload),
        ip_proto::UDP => udp::decode(walk, packet, payload),
        _ => other_payload(walk, packet, payload),
    }
    Ok(())
}

#[cold]
fn broken_header(
    packet: &mut Packet<'_>,
    first: u8,
    header_len: usize,
    total_len: usize,
) -> Decoded {
    let event = if first >> 4 != 4 {
        DecodeEvent::Ipv4WrongIpVersion
    } else if header_len < MIN_HEADER_LEN {
        DecodeEvent::Ipv4HlenTooSmall
    } else if total_len < header_len {
        DecodeEvent::Ipv4IplenSmallerThanHlen
    } else {
        DecodeEvent::Ipv4TruncPkt
    };
    invalid(packet, event)
}

/// Options that cannot be read to their end make the whole header undecodable.
#[cold]
fn check_options(packet: &mut Packet<'_>, options: &[u8]) -> Decoded {
    let parsed = ipv4_options::parse(options);
    packet.events.merge(parsed.events);
    if parsed.is_invalid {
        packet.flags.insert(PacketFlags::INVALID);
    }
    if parsed.is_cut {
        Err(Undecodable)
    } else {
        Ok(())
    }
}

fn other_payload<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, payload: Layer<'a>) {
    match packet.proto {
        ip_proto::ICMP => icmpv4::decode(walk, packet, payload),
        ip_proto::IGMP => igmp::decode(walk, packet, payload),
        ip_proto::GRE => gre::decode(walk, packet, payload),
        ip_proto::SCTP => sctp::decode(walk, packet, payload),
        ip_proto::ESP => esp::decode(walk, packet, payload),
        ip_proto::IPV6 => {
            if tunnel(walk, packet, payload, Carried::Ipv6).is_ok() {
                walk.counters.ipv6_in_ipv4 += 1;
            }
        }
        ip_proto::IPV4 => {
            if tunnel(walk, packet, payload, Carried::Ipv4).is_ok() {
                walk.counters.ipv4_in_ipv4 += 1;
            }
        }
        0 if packet.flags.contains(PacketFlags::VAN_JACOBSON) => tcp::decode(walk, packet, payload),
        0 => {}
        ip_proto::ICMPV6 => packet.invalidate(DecodeEvent::Ipv4Icmpv6),
        _ => packet.note(DecodeEvent::Ipv4UnknownProtocol),
    }
}

fn tunnel<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    payload: Layer<'a>,
    carried: Carried,
) -> Result<(), Undecodable> {
    let decoded = walk.tunnel(packet, payload, carried, PacketSource::Ipv4);
    packet.set_wants_flow();
    decoded
}
