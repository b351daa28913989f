//! BSD loopback frames: an address family, then the packet.

use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{DecodeEvent, LinkType, ipv4, ipv6};

const HEADER_LEN: usize = 4;

/// Decodes a loopback frame. The family is in the byte order of the capturing machine, or in
/// network order for [`LinkType::LOOP`].
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.null += 1;
    let Some(&family) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::LtnullPktTooSmall);
    };
    walk.enter_layer(packet)?;
    let little = u32::from_le_bytes(family);
    // Families are small numbers: in the other order they would be huge.
    let family = if packet.link == LinkType::LOOP || little > 0xffff {
        u32::from_be_bytes(family)
    } else {
        little
    };
    let inside = layer.skip(HEADER_LEN);
    match family {
        2 => ipv4::decode(walk, packet, inside),
        // Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, Darwin.
        10 | 23 | 24 | 26 | 28 | 30 => ipv6::decode(walk, packet, inside),
        _ => {
            packet.note(DecodeEvent::LtnullUnsupportedType);
            Ok(())
        }
    }
}
