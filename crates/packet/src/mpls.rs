//! MPLS label stacks (RFC 3032).

use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{DecodeEvent, ethernet, ipv4, ipv6};

const LABEL_LEN: usize = 4;
/// Control word before an Ethernet frame (RFC 4448), and what is needed to guess the payload.
const CONTROL_WORD_LEN: usize = 4;

/// Decodes a label stack and what is below it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.mpls += 1;
    walk.enter_layer(packet)?;
    let mut rest = layer;
    let bottom = loop {
        let Some(entry) = rest.first::<LABEL_LEN>() else {
            return invalid(packet, DecodeEvent::MplsHeaderTooSmall);
        };
        rest = rest.skip(LABEL_LEN);
        let entry = u32::from_be_bytes(*entry);
        if entry & 0x100 != 0 {
            break entry;
        }
    };
    match bottom >> 12 {
        0 => return ipv4::decode(walk, packet, rest),
        1 => packet.note(DecodeEvent::MplsBadLabelRouterAlert),
        2 => return ipv6::decode(walk, packet, rest),
        3 => packet.note(DecodeEvent::MplsBadLabelImplicitNull),
        4..15 => packet.note(DecodeEvent::MplsBadLabelReserved),
        _ => return guess(walk, packet, rest),
    }
    Ok(())
}

/// A label says nothing of what is below it: the first bits must.
fn guess<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) -> Decoded {
    let Some(&[first, ..]) = layer.first::<CONTROL_WORD_LEN>() else {
        return invalid(packet, DecodeEvent::MplsPktTooSmall);
    };
    // What is wrong below is not the label stack's fault.
    let _ = match first >> 4 {
        4 => ipv4::decode(walk, packet, layer),
        6 => ipv6::decode(walk, packet, layer),
        0 => ethernet::decode(walk, packet, layer.skip(CONTROL_WORD_LEN)),
        _ => {
            packet.invalidate(DecodeEvent::MplsUnknownPayloadType);
            Ok(())
        }
    };
    Ok(())
}
