//! Linux cooked captures: what capturing on "any" gives.

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// Version 1: the protocol is last.
const V1_HEADER_LEN: usize = 16;
/// Version 2: the protocol is first.
const V2_HEADER_LEN: usize = 20;

/// Decodes a cooked frame.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.sll += 1;
    let Some(header) = layer.first::<V1_HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::SllPktTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([header[14], header[15]]);
    network_layer(walk, packet, ether_type, layer.skip(V1_HEADER_LEN));
    Ok(())
}

/// Decodes a cooked frame of version 2.
pub(crate) fn decode_v2<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.sll2 += 1;
    let Some(header) = layer.first::<V2_HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::Sll2PktTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([header[0], header[1]]);
    network_layer(walk, packet, ether_type, layer.skip(V2_HEADER_LEN));
    Ok(())
}
