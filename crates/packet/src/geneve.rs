//! Geneve (RFC 8926).

use crate::DecodeEvent;
use crate::decoder::{Carried, Decoded, Undecodable, Walk};
use crate::ethernet::ether_type;
use crate::layer::Layer;
use crate::packet::Packet;
use crate::tunnel::PacketSource;

const MIN_HEADER_LEN: usize = 8;

/// Decodes what a UDP payload carries, if there is a Geneve header before it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    payload: Layer<'a>,
) -> Decoded {
    let Some(&[version_and_len, flags, type0, type1, _, _, _, reserved]) =
        payload.first::<MIN_HEADER_LEN>()
    else {
        return Err(Undecodable);
    };
    walk.enter_layer(packet)?;
    let version = version_and_len >> 6;
    let header_len = MIN_HEADER_LEN + usize::from(version_and_len & 0x3f) * 4;
    let options = payload
        .bytes
        .get(MIN_HEADER_LEN..header_len)
        .ok_or(Undecodable)?;
    if version != 0 || flags & 0x3f != 0 || reserved != 0 || !are_whole(options) {
        return Err(Undecodable);
    }
    walk.counters.geneve += 1;
    let carried = match u16::from_be_bytes([type0, type1]) {
        ether_type::ARP => return Ok(()),
        ether_type::IPV4 => Carried::Ipv4,
        ether_type::IPV6 => Carried::Ipv6,
        ether_type::BRIDGE => Carried::Ethernet,
        _ => {
            packet.invalidate(DecodeEvent::GeneveUnknownPayloadType);
            return Ok(());
        }
    };
    // The header was Geneve's; what it carries may still be broken.
    let _ = walk.tunnel(
        packet,
        payload.skip(header_len),
        carried,
        PacketSource::Geneve,
    );
    Ok(())
}

/// Whether options fill the room that the header gives them.
fn are_whole(options: &[u8]) -> bool {
    let mut rest = options;
    while let Some(&[_, _, _, len_field]) = rest.first_chunk() {
        let len = 4 + usize::from(len_field & 0x1f) * 4;
        match rest.get(len..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    rest.is_empty()
}
