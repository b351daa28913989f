//! Frame relay: a Q.922 address, then multiprotocol encapsulation (RFC 2427).

use crate::decoder::{Decoded, Undecodable, Walk};
use crate::ethernet::{self, network_layer};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{ipv4, ipv6};

/// Network layer protocol identifiers.
mod nlpid {
    pub(super) const PADDING: u8 = 0x00;
    pub(super) const SNAP: u8 = 0x80;
    pub(super) const IPV6: u8 = 0x8e;
    pub(super) const IPV4: u8 = 0xcc;
}

/// Decodes a frame relay frame.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    walk.enter_layer(packet)?;
    // The last byte of the address is odd; there are two, three or four.
    let last = layer.bytes.iter().take(4).position(|byte| byte & 1 != 0);
    let control = layer.skip(last.ok_or(Undecodable)? + 1);
    if control.u8_at(0) != Some(UNNUMBERED_INFORMATION) {
        // Cisco's own encapsulation has an EtherType at once.
        let ether_type = control.u16_at(0).ok_or(Undecodable)?;
        network_layer(walk, packet, ether_type, control.skip(2));
        return Ok(());
    }
    let mut protocol = control.skip(1);
    if protocol.u8_at(0) == Some(nlpid::PADDING) {
        protocol = protocol.skip(1);
    }
    let inside = protocol.skip(1);
    match protocol.u8_at(0).ok_or(Undecodable)? {
        nlpid::IPV4 => ipv4::decode(walk, packet, inside),
        nlpid::IPV6 => ipv6::decode(walk, packet, inside),
        nlpid::SNAP => decode_snap(walk, packet, inside),
        _ => Err(Undecodable),
    }
}

/// An organisation and its protocol: EtherTypes and bridged Ethernet frames.
fn decode_snap<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) -> Decoded {
    const ETHER_TYPES: [u8; 3] = [0, 0, 0];
    const BRIDGING: [u8; 3] = [0x00, 0x80, 0xc2];
    let Some(&[o0, o1, o2, p0, p1]) = layer.first() else {
        return Err(Undecodable);
    };
    let inside = layer.skip(5);
    match ([o0, o1, o2], u16::from_be_bytes([p0, p1])) {
        (ETHER_TYPES, ether_type) => {
            network_layer(walk, packet, ether_type, inside);
            Ok(())
        }
        // Ethernet with and without its check sequence.
        (BRIDGING, 1 | 7) => ethernet::decode(walk, packet, inside),
        _ => Err(Undecodable),
    }
}
