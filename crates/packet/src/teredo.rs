//! Teredo: IPv6 over UDP (RFC 4380).

use crate::decoder::{Carried, Decoded, Undecodable, Walk};
use crate::ipv6;
use crate::layer::Layer;
use crate::packet::Packet;
use crate::tunnel::PacketSource;

/// Length of the origin indication that may precede the IPv6 packet.
const ORIGIN_LEN: usize = 8;

/// Decodes the IPv6 packet in a UDP payload, if there is one.
///
/// Nothing in Teredo marks a datagram as such: it is taken for one when an IPv6 packet fills it
/// exactly and proves valid.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    payload: Layer<'a>,
) -> Decoded {
    if payload.len() < ipv6::HEADER_LEN {
        return Err(Undecodable);
    }
    let inside = match payload.first() {
        Some([0, 0]) => payload.skip(ORIGIN_LEN),
        _ => payload,
    };
    let header = inside.first::<{ ipv6::HEADER_LEN }>().ok_or(Undecodable)?;
    let [first, _, _, _, len0, len1, next_header, hop_limit, ..] = *header;
    let payload_len = usize::from(u16::from_be_bytes([len0, len1]));
    let is_cut_hop_by_hop = next_header == 0 && payload_len < 8;
    if first >> 4 != 6
        || hop_limit == 0
        || is_cut_hop_by_hop
        || inside.len() != ipv6::HEADER_LEN + payload_len
    {
        return Err(Undecodable);
    }
    walk.tunnel(packet, inside, Carried::TeredoIpv6, PacketSource::Teredo)?;
    walk.counters.teredo += 1;
    Ok(())
}
