//! Network Service Header (RFC 8300).

use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{DecodeEvent, ethernet, ipv4, ipv6, mpls};

/// Base header and service path header.
const MIN_HEADER_LEN: usize = 8;
/// Header length that metadata type 1 prescribes.
const FIXED_HEADER_LEN: usize = 24;

/// Decodes a service header and what it carries.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.nsh += 1;
    let Some(header) = layer.first::<MIN_HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::NshHeaderTooSmall);
    };
    walk.enter_layer(packet)?;
    if header[0] >> 6 != 0 {
        packet.note(DecodeEvent::NshUnsupportedVersion);
        return Ok(());
    }
    let header_len = usize::from(header[1] & 0x3f) * 4;
    if header_len >= layer.len() {
        return invalid(packet, DecodeEvent::NshBadHeaderLength);
    }
    match header[2] {
        0 | 0x0f => {
            packet.note(DecodeEvent::NshReservedType);
            return Ok(());
        }
        1 if header_len != FIXED_HEADER_LEN => {
            return invalid(packet, DecodeEvent::NshBadHeaderLength);
        }
        1 | 2 => {}
        _ => {
            packet.note(DecodeEvent::NshUnsupportedType);
            return Ok(());
        }
    }
    let inside = layer.skip(header_len);
    match header[3] {
        1 => ipv4::decode(walk, packet, inside),
        2 => ipv6::decode(walk, packet, inside),
        3 => ethernet::decode(walk, packet, inside),
        5 => mpls::decode(walk, packet, inside),
        _ => {
            packet.note(DecodeEvent::NshUnknownPayload);
            Ok(())
        }
    }
}
