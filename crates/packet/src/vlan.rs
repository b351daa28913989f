//! VLAN tags: IEEE 802.1Q, 802.1ad and the older QinQ.

use crate::DecodeEvent;
use crate::decoder::{Decoded, Undecodable, Walk, invalid};
use crate::ethernet::network_layer;
use crate::layer::Layer;
use crate::packet::Packet;

/// How many stacked tags are followed.
pub const MAX_VLANS: usize = 3;

const HEADER_LEN: usize = 4;

/// The VLAN identifiers of a packet, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vlans {
    ids: [u16; MAX_VLANS],
    count: u8,
}

impl Vlans {
    /// The identifiers, outermost first.
    #[inline]
    #[must_use]
    pub fn ids(&self) -> &[u16] {
        self.ids.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The identifiers with zero where there is no tag.
    #[inline]
    #[must_use]
    pub const fn padded(&self) -> [u16; MAX_VLANS] {
        self.ids
    }

    /// How many tags there are.
    #[inline]
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// Adds an inner tag; false if there is no room for it.
    pub(crate) fn push(&mut self, id: u16) -> bool {
        match self.ids.get_mut(usize::from(self.count)) {
            Some(place) => {
                *place = id;
                self.count += 1;
                true
            }
            None => false,
        }
    }
}

/// Decodes a VLAN tag and what follows it.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    match packet.vlans.count() {
        0 => walk.counters.vlan += 1,
        1 => walk.counters.vlan_qinq += 1,
        2 => walk.counters.vlan_qinqinq += 1,
        _ => {
            packet.note(DecodeEvent::VlanTooManyLayers);
            return Err(Undecodable);
        }
    }
    let Some(&[tag0, tag1, type0, type1]) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::VlanHeaderTooSmall);
    };
    walk.enter_layer(packet)?;
    packet.vlans.push(u16::from_be_bytes([tag0, tag1]) & 0x0fff);
    let ether_type = u16::from_be_bytes([type0, type1]);
    if !network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN)) {
        return invalid(packet, DecodeEvent::VlanUnknownType);
    }
    Ok(())
}
