//! VXLAN (RFC 7348).

use crate::DecodeEvent;
use crate::decoder::{Carried, Decoded, Undecodable, Walk};
use crate::ethernet::ether_type;
use crate::layer::Layer;
use crate::packet::Packet;
use crate::tunnel::PacketSource;

const HEADER_LEN: usize = 8;
const ETHERNET_HEADER_LEN: usize = 14;

/// Decodes the Ethernet frame in a UDP payload, if there is a VXLAN header before it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    payload: Layer<'a>,
) -> Decoded {
    const VNI_IS_VALID: u8 = 0x08;
    let both = payload
        .first::<{ HEADER_LEN + ETHERNET_HEADER_LEN }>()
        .ok_or(Undecodable)?;
    walk.enter_layer(packet)?;
    let [
        flags,
        reserved1,
        reserved2,
        reserved3,
        _,
        _,
        _,
        reserved4,
        ..,
    ] = *both;
    if flags & VNI_IS_VALID == 0 {
        return Err(Undecodable);
    }
    let is_plain = flags == VNI_IS_VALID && [reserved1, reserved2, reserved3, reserved4] == [0; 4];
    if walk.config.vxlan_strict && !is_plain {
        return Err(Undecodable);
    }
    walk.counters.vxlan += 1;
    let carried = match u16::from_be_bytes([both[20], both[21]]) {
        ether_type::ARP => return Ok(()),
        ether_type::IPV4 => Carried::Ipv4,
        ether_type::IPV6 => Carried::Ipv6,
        ether_type::VLAN | ether_type::PROVIDER_BRIDGING | ether_type::QINQ => Carried::Vlan,
        _ => {
            packet.invalidate(DecodeEvent::VxlanUnknownPayloadType);
            return Ok(());
        }
    };
    let inside = payload.skip(HEADER_LEN + ETHERNET_HEADER_LEN);
    // The header was VXLAN's; what it carries may still be broken.
    let _ = walk.tunnel(packet, inside, carried, PacketSource::Vxlan);
    Ok(())
}
