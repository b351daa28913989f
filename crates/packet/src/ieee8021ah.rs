//! IEEE 802.1AH provider backbone bridging.

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// Service tag, the customer's two addresses, EtherType.
const HEADER_LEN: usize = 18;

/// Decodes a backbone header and the customer's frame behind it.
///
/// Counted as a layer, so that nesting ends.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.ieee8021ah += 1;
    let Some(header) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::Ieee8021ahHeaderTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([header[16], header[17]]);
    network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN));
    Ok(())
}
