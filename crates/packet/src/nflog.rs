//! Linux netfilter log messages: attributes, one of which is the packet.

use crate::decoder::{Decoded, Undecodable, Walk};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{ipv4, ipv6, raw};

/// Address family, version, resource.
const HEADER_LEN: usize = 4;
const ATTRIBUTE_HEADER_LEN: usize = 4;
/// The attribute that holds the packet.
const PAYLOAD: u16 = 9;

/// Decodes the packet of a log message.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    const INET: u8 = 2;
    const INET6: u8 = 10;
    let &[family, _, _, _] = layer.first::<HEADER_LEN>().ok_or(Undecodable)?;
    let inside = payload(layer.skip(HEADER_LEN)).ok_or(Undecodable)?;
    match family {
        INET => ipv4::decode(walk, packet, inside),
        INET6 => ipv6::decode(walk, packet, inside),
        _ => raw::decode(walk, packet, inside),
    }
}

/// Finds the payload among the attributes, whose lengths are in the byte order of the machine
/// that captured. Such machines are little-endian, except when a length makes sense only in the
/// other order.
fn payload(attributes: Layer<'_>) -> Option<Layer<'_>> {
    let mut rest = attributes;
    while let Some(&[len0, len1, kind0, kind1]) = rest.first::<ATTRIBUTE_HEADER_LEN>() {
        let little = u16::from_le_bytes([len0, len1]);
        let is_big = usize::from(little) > rest.len();
        let (len, kind) = if is_big {
            (
                u16::from_be_bytes([len0, len1]),
                u16::from_be_bytes([kind0, kind1]),
            )
        } else {
            (little, u16::from_le_bytes([kind0, kind1]))
        };
        let len = usize::from(len);
        if len < ATTRIBUTE_HEADER_LEN || len > rest.len() {
            return None;
        }
        // The upper bits are flags of netlink.
        if kind & 0x3fff == PAYLOAD {
            return Some(rest.take(len).skip(ATTRIBUTE_HEADER_LEN));
        }
        rest = rest.skip(len.next_multiple_of(4));
    }
    None
}
