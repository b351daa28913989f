//! IPv6 extension headers (RFC 8200, 4302, 6275, 7401, 5533).

use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, PacketFlags, ip_proto};
use crate::{DecodeEvent, esp, icmpv6, ipv6, sctp, tcp, udp};

/// The extension headers met so far.
#[derive(Default)]
struct Seen {
    hop_by_hop: bool,
    destination: u8,
    routing: bool,
    authentication: bool,
    fragment: bool,
}

/// What to do after an extension header.
enum Next {
    /// Go on behind so many bytes.
    Skip(usize),
    /// Everything is decoded that can be.
    Stop,
}

/// Decodes a chain of extension headers and the transport header behind it.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, chain: Layer<'a>) {
    let mut seen = Seen::default();
    let mut kind = packet.proto;
    let mut rest = chain;
    loop {
        packet.extensions_len = (chain.len() - rest.len()) as u16;
        packet.proto = kind;
        if kind == ip_proto::NO_NEXT {
            if rest.len() > 0 {
                packet.note(DecodeEvent::Ipv6DataAfterNoneHeader);
            }
            return;
        }
        let Some(&[next_kind, len_field]) = rest.first() else {
            return packet.invalidate(DecodeEvent::Ipv6TruncExthdr);
        };
        let next = match kind {
            ip_proto::HOP_BY_HOP | ip_proto::DESTINATION => {
                take_options(packet, rest, kind, len_field, &mut seen)
            }
            ip_proto::ROUTING => take_routing(packet, rest, len_field, &mut seen),
            ip_proto::FRAGMENT => take_fragment(packet, chain, rest, len_field, &mut seen),
            ip_proto::AH => take_authentication(packet, rest, len_field, &mut seen),
            ip_proto::MOBILITY | ip_proto::HIP | ip_proto::SHIM6 => {
                skip_or_cut(packet, rest, 8 + usize::from(len_field) * 8)
            }
            _ => return decode_payload(walk, packet, rest),
        };
        match next {
            Next::Skip(len) => rest = rest.skip(len),
            Next::Stop => return,
        }
        kind = next_kind;
    }
}

fn decode_payload<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, payload: Layer<'a>) {
    match packet.proto {
        ip_proto::TCP => tcp::decode(walk, packet, payload),
        ip_proto::UDP => udp::decode(walk, packet, payload),
        ip_proto::ICMPV6 => icmpv6::decode(walk, packet, payload),
        ip_proto::SCTP => sctp::decode(walk, packet, payload),
        ip_proto::ESP => esp::decode(walk, packet, payload),
        ip_proto::IPV4 => ipv6::decode_ipv4_inside(walk, packet, payload),
        ip_proto::ICMP => packet.note(DecodeEvent::Ipv6Icmpv4),
        _ => packet.note(DecodeEvent::Ipv6UnknownNextHeader),
    }
}

fn skip_or_cut(packet: &mut Packet<'_>, rest: Layer<'_>, len: usize) -> Next {
    if len > rest.len() {
        packet.invalidate(DecodeEvent::Ipv6TruncExthdr);
        return Next::Stop;
    }
    Next::Skip(len)
}

fn take_routing(packet: &mut Packet<'_>, rest: Layer<'_>, len_field: u8, seen: &mut Seen) -> Next {
    let next = skip_or_cut(packet, rest, 8 + usize::from(len_field) * 8);
    if matches!(next, Next::Stop) {
        return next;
    }
    if seen.routing {
        packet.note(DecodeEvent::Ipv6ExthdrDuplRh);
    } else if rest.u8_at(2) == Some(0) {
        packet.note(DecodeEvent::Ipv6RhType0);
    }
    seen.routing = true;
    next
}

fn take_authentication(
    packet: &mut Packet<'_>,
    rest: Layer<'_>,
    len_field: u8,
    seen: &mut Seen,
) -> Next {
    // The field counts words of four bytes less two; twelve bytes are the least there can be.
    let len = 12 + usize::from(len_field).saturating_sub(1) * 4;
    let next = skip_or_cut(packet, rest, len);
    if matches!(next, Next::Stop) {
        return next;
    }
    if rest.u16_at(2) != Some(0) {
        packet.note(DecodeEvent::Ipv6ExthdrAhResNotNull);
    }
    if seen.authentication {
        packet.note(DecodeEvent::Ipv6ExthdrDuplAh);
    }
    seen.authentication = true;
    next
}

fn take_fragment(
    packet: &mut Packet<'_>,
    chain: Layer<'_>,
    rest: Layer<'_>,
    reserved: u8,
    seen: &mut Seen,
) -> Next {
    const LEN: usize = 8;
    let next = skip_or_cut(packet, rest, LEN);
    let Next::Skip(_) = next else { return next };
    if reserved != 0 {
        packet.note(DecodeEvent::Ipv6FhNonZeroReservedField);
    }
    if seen.fragment {
        packet.note(DecodeEvent::Ipv6ExthdrDuplFh);
        return next;
    }
    seen.fragment = true;
    let place = rest.u16_at(2).unwrap_or_default();
    let (offset, more) = (place & !7, place & 1 != 0);
    if offset == 0 && !more {
        packet.note(DecodeEvent::Ipv6ExthdrUselessFh);
        return next;
    }
    if more && !rest.len().is_multiple_of(8) {
        packet.note(DecodeEvent::Ipv6FragInvalidLength);
    }
    packet.flags.insert(PacketFlags::FRAGMENT);
    packet.fragment_at = (ipv6::HEADER_LEN + chain.len() - rest.len()) as u16;
    Next::Stop
}

fn take_options(
    packet: &mut Packet<'_>,
    rest: Layer<'_>,
    kind: u8,
    len_field: u8,
    seen: &mut Seen,
) -> Next {
    let len = (usize::from(len_field) + 1) * 8;
    let next = skip_or_cut(packet, rest, len);
    if matches!(next, Next::Stop) {
        return next;
    }
    if kind == ip_proto::HOP_BY_HOP {
        if seen.hop_by_hop {
            packet.note(DecodeEvent::Ipv6ExthdrDuplHh);
            return next;
        }
        seen.hop_by_hop = true;
    } else {
        // Destination options may stand before a routing header and again at the end.
        if seen.destination >= 2 {
            packet.note(DecodeEvent::Ipv6ExthdrDuplDh);
            return next;
        }
        seen.destination += 1;
    }
    check_options(
        packet,
        rest.take(len).skip(2).bytes,
        kind == ip_proto::HOP_BY_HOP,
    );
    next
}

/// The options of a hop-by-hop or destination options header.
fn check_options(packet: &mut Packet<'_>, options: &[u8], is_hop_by_hop: bool) {
    const PAD1: u8 = 0;
    const PADN: u8 = 1;
    const ROUTER_ALERT: u8 = 5;
    const JUMBO: u8 = 0xc2;
    const HOME_ADDRESS: u8 = 0xc9;
    let mut has_padding = false;
    let mut has_other = false;
    let mut rest = options;
    while let Some((&kind, tail)) = rest.split_first() {
        if kind == PAD1 {
            has_padding = true;
            rest = tail;
            continue;
        }
        let body = tail
            .split_first()
            .and_then(|(&len, body)| body.split_at_checked(usize::from(len)));
        let Some((body, next)) = body else {
            packet.invalidate(DecodeEvent::Ipv6ExthdrInvalidOptlen);
            break;
        };
        let min_len = match kind {
            ROUTER_ALERT => 2,
            JUMBO => 4,
            HOME_ADDRESS => 16,
            _ => 0,
        };
        if body.len() < min_len {
            packet.invalidate(DecodeEvent::Ipv6ExthdrInvalidOptlen);
            break;
        }
        match kind {
            PADN => {
                has_padding = true;
                if body.is_empty() {
                    packet.note(DecodeEvent::Ipv6ZeroLenPadn);
                }
            }
            ROUTER_ALERT | HOME_ADDRESS => has_other = true,
            JUMBO => {}
            _ => {
                has_other = true;
                packet.note(if is_hop_by_hop {
                    DecodeEvent::Ipv6HopoptsUnknownOpt
                } else {
                    DecodeEvent::Ipv6DstoptsUnknownOpt
                });
            }
        }
        rest = next;
    }
    if has_padding && !has_other {
        packet.note(if is_hop_by_hop {
            DecodeEvent::Ipv6HopoptsOnlyPadding
        } else {
            DecodeEvent::Ipv6DstoptsOnlyPadding
        });
    }
}
