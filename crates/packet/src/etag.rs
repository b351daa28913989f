//! E-tags (IEEE 802.1BR).

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// Six bytes of tag and the EtherType.
const HEADER_LEN: usize = 8;

/// Decodes an E-tag and what follows it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.etag += 1;
    let Some(header) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::EtagHeaderTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([header[6], header[7]]);
    if !network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN)) {
        return invalid(packet, DecodeEvent::EtagUnknownType);
    }
    Ok(())
}
