//! Frames without a link layer.

use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{DecodeEvent, ipv4, ipv6};

const IPV4_HEADER_LEN: usize = 20;

/// Decodes an IP packet by its version field.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.raw += 1;
    let Some(header) = layer.first::<IPV4_HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::Ipv4PktTooSmall);
    };
    walk.enter_layer(packet)?;
    match header[0] >> 4 {
        4 => ipv4::decode(walk, packet, layer),
        6 => ipv6::decode(walk, packet, layer),
        _ => {
            packet.note(DecodeEvent::IprawInvalidIpVersion);
            Ok(())
        }
    }
}
