//! Cisco HDLC.

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// Address, control, EtherType.
const HEADER_LEN: usize = 4;

/// Decodes a Cisco HDLC frame.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.chdlc += 1;
    let Some(&[_, _, type0, type1]) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::ChdlcPktTooSmall);
    };
    walk.enter_layer(packet)?;
    let ether_type = u16::from_be_bytes([type0, type1]);
    network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN));
    Ok(())
}
