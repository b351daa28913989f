//! ERSPAN: mirrored Ethernet frames in GRE (draft-foschiano-erspan).

use crate::decoder::{Decoded, Undecodable, Walk};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::vlan::MAX_VLANS;
use crate::{DecodeEvent, ethernet, raw};

const TYPE_II_HEADER_LEN: usize = 8;
const TYPE_III_HEADER_LEN: usize = 12;
/// What follows the header of type III when its last bit says so.
const TYPE_III_SUBHEADER_LEN: usize = 8;

/// Type I: the frame begins at once.
pub(crate) fn decode_type_i<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.erspan += 1;
    ethernet::decode(walk, packet, layer)
}

/// Type II.
pub(crate) fn decode_type_ii<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    const VERSION: u8 = 1;
    enter::<TYPE_II_HEADER_LEN>(walk, packet, layer, VERSION)?;
    ethernet::decode(walk, packet, layer.skip(TYPE_II_HEADER_LEN))
}

/// Type III, which says what kind of frame was mirrored.
pub(crate) fn decode_type_iii<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    const VERSION: u8 = 2;
    const ETHERNET: u8 = 0;
    const IP: u8 = 2;
    let header = enter::<TYPE_III_HEADER_LEN>(walk, packet, layer, VERSION)?;
    let has_subheader = header[TYPE_III_HEADER_LEN - 1] & 1 != 0;
    let subheader_len = if has_subheader {
        TYPE_III_SUBHEADER_LEN
    } else {
        0
    };
    let mirrored = layer.skip(TYPE_III_HEADER_LEN + subheader_len);
    match header[10] >> 2 & 0x1f {
        ETHERNET => ethernet::decode(walk, packet, mirrored),
        IP => raw::decode(walk, packet, mirrored),
        // Frames behind headers of the maker's own.
        _ => Err(Undecodable),
    }
}

/// What types II and III have in common: a version and the VLAN of the mirrored port.
fn enter<'a, const LEN: usize>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
    version: u8,
) -> Result<&'a [u8; LEN], Undecodable> {
    walk.counters.erspan += 1;
    let Some(header) = layer.first::<LEN>() else {
        packet.note(DecodeEvent::ErspanHeaderTooSmall);
        return Err(Undecodable);
    };
    walk.enter_layer(packet)?;
    if header[0] >> 4 != version {
        packet.note(DecodeEvent::ErspanUnsupportedVersion);
        return Err(Undecodable);
    }
    let vlan = u16::from_be_bytes([header[0], header[1]]) & 0x0fff;
    if vlan > 0 {
        if usize::from(packet.vlans.count()) >= MAX_VLANS {
            packet.note(DecodeEvent::ErspanTooManyVlanLayers);
            return Err(Undecodable);
        }
        packet.vlans.push(vlan);
    }
    Ok(header)
}
