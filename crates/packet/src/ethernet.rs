//! Ethernet II frames and the protocols their EtherType announces.

use etherparse::Ethernet2HeaderSlice;

use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::{DecodeEvent, arp, etag, ieee8021ah, ipv4, ipv6, mpls, nsh, pppoe, vlan, vntag};

/// EtherTypes, as assigned by the IEEE.
pub(crate) mod ether_type {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    /// Cisco Fabric Path, or data center Ethernet.
    pub(crate) const DCE: u16 = 0x8903;
    /// Transparent Ethernet bridging.
    pub(crate) const BRIDGE: u16 = 0x6558;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const PROVIDER_BRIDGING: u16 = 0x88a8;
    pub(crate) const QINQ: u16 = 0x9100;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const PPP: u16 = 0x880b;
    pub(crate) const MPLS_UNICAST: u16 = 0x8847;
    pub(crate) const MPLS_MULTICAST: u16 = 0x8848;
    pub(crate) const PPPOE_DISCOVERY: u16 = 0x8863;
    pub(crate) const PPPOE_SESSION: u16 = 0x8864;
    pub(crate) const ERSPAN: u16 = 0x88be;
    pub(crate) const ERSPAN_III: u16 = 0x22eb;
    pub(crate) const IEEE8021AH: u16 = 0x88e7;
    pub(crate) const ETAG: u16 = 0x893f;
    pub(crate) const VNTAG: u16 = 0x8926;
    pub(crate) const NSH: u16 = 0x894f;
}

const HEADER_LEN: usize = 14;

/// An Ethernet II header.
#[derive(Clone, Debug)]
pub struct Ethernet<'a>(Ethernet2HeaderSlice<'a>);

impl<'a> Ethernet<'a> {
    pub(crate) fn at(bytes: &'a [u8]) -> Option<Self> {
        Ethernet2HeaderSlice::from_slice(bytes).ok().map(Ethernet)
    }

    /// The fourteen bytes of the header.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.0.slice()
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> [u8; 6] {
        self.0.destination()
    }

    /// Source address.
    #[must_use]
    pub fn src(&self) -> [u8; 6] {
        self.0.source()
    }

    /// EtherType of what follows the header.
    #[must_use]
    pub fn ether_type(&self) -> u16 {
        self.0.ether_type().0
    }
}

/// Decodes an Ethernet frame.
#[inline]
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.ethernet += 1;
    let Some(header) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::EthernetPktTooSmall);
    };
    walk.enter_layer(packet)?;
    packet.ethernet_at = layer.at;
    let ether_type = u16::from_be_bytes([header[12], header[13]]);
    network_layer(walk, packet, ether_type, layer.skip(HEADER_LEN));
    Ok(())
}

/// Decodes what an EtherType announces. False says that the type is not known; whether decoding
/// went well is for the packet's events to say.
#[inline]
pub(crate) fn network_layer<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    ether_type: u16,
    layer: Layer<'a>,
) -> bool {
    let _ = match ether_type {
        ether_type::IPV4 => ipv4::decode(walk, packet, layer),
        ether_type::IPV6 => ipv6::decode(walk, packet, layer),
        _ => return other_layer(walk, packet, ether_type, layer),
    };
    true
}

fn other_layer<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    ether_type: u16,
    layer: Layer<'a>,
) -> bool {
    let _ = match ether_type {
        ether_type::VLAN | ether_type::PROVIDER_BRIDGING | ether_type::QINQ => {
            vlan::decode(walk, packet, layer)
        }
        ether_type::ARP => arp::decode(walk, packet, layer),
        ether_type::PPPOE_SESSION => pppoe::decode_session(walk, packet, layer),
        ether_type::PPPOE_DISCOVERY => pppoe::decode_discovery(walk, packet, layer),
        ether_type::MPLS_UNICAST | ether_type::MPLS_MULTICAST => mpls::decode(walk, packet, layer),
        ether_type::IEEE8021AH => ieee8021ah::decode(walk, packet, layer),
        ether_type::DCE => decode_dce(walk, packet, layer),
        ether_type::ETAG => etag::decode(walk, packet, layer),
        ether_type::VNTAG => vntag::decode(walk, packet, layer),
        ether_type::NSH => nsh::decode(walk, packet, layer),
        _ => {
            walk.counters.unknown_ethertype += 1;
            packet.note(DecodeEvent::EthernetUnknownEthertype);
            return false;
        }
    };
    true
}

/// Cisco's data center Ethernet: two more bytes, then an Ethernet frame.
fn decode_dce<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) -> Decoded {
    const TAG_LEN: usize = 2;
    if layer.len() < TAG_LEN + HEADER_LEN {
        return invalid(packet, DecodeEvent::DcePktTooSmall);
    }
    decode(walk, packet, layer.skip(TAG_LEN))
}
