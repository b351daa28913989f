//! VN-tags (IEEE 802.1Qbh).

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// Four bytes of tag and the EtherType.
const HEADER_LEN: usize = 6;

/// Decodes a VN-tag and what follows it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.vntag += 1;
    let Some(header) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::VntagHeaderTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([header[4], header[5]]);
    if !network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN)) {
        return invalid(packet, DecodeEvent::VntagUnknownType);
    }
    Ok(())
}
