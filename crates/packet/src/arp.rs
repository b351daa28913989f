//! Address Resolution Protocol (RFC 826).

use std::net::Ipv4Addr;

use crate::decoder::{Decoded, Walk};
use crate::ethernet::ether_type;
use crate::layer::Layer;
use crate::packet::{Network, Packet};
use crate::{DecodeEvent, decoder};

/// The part before the addresses.
const MIN_LEN: usize = 8;
/// A message on Ethernet for IPv4.
const LEN: usize = 28;

/// An ARP message on Ethernet for IPv4.
#[derive(Clone, Copy, Debug)]
pub struct Arp<'a>(&'a [u8; LEN]);

impl<'a> Arp<'a> {
    pub(crate) fn at(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Arp)
    }

    /// The bytes of the message.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Hardware type; 1 is Ethernet.
    #[must_use]
    pub fn hardware_type(&self) -> u16 {
        self.u16_at(0)
    }

    /// EtherType of the protocol addresses.
    #[must_use]
    pub fn protocol_type(&self) -> u16 {
        self.u16_at(2)
    }

    /// 1 request, 2 reply, 3 and 4 the same of reverse ARP.
    #[must_use]
    pub fn operation(&self) -> u16 {
        self.u16_at(6)
    }

    /// The sender's hardware address.
    #[must_use]
    pub fn sender_mac(&self) -> [u8; 6] {
        self.mac_at(8)
    }

    /// The sender's protocol address.
    #[must_use]
    pub fn sender_ip(&self) -> Ipv4Addr {
        self.ip_at(14)
    }

    /// The target's hardware address.
    #[must_use]
    pub fn target_mac(&self) -> [u8; 6] {
        self.mac_at(18)
    }

    /// The target's protocol address.
    #[must_use]
    pub fn target_ip(&self) -> Ipv4Addr {
        self.ip_at(24)
    }

    fn u16_at(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.0[at], self.0[at + 1]])
    }

    fn mac_at(&self, at: usize) -> [u8; 6] {
        std::array::from_fn(|i| self.0[at + i])
    }

    fn ip_at(&self, at: usize) -> Ipv4Addr {
        Ipv4Addr::from(std::array::from_fn::<u8, 4, _>(|i| self.0[at + i]))
    }
}

/// Decodes an ARP message.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.arp += 1;
    let Some(start) = layer.first::<MIN_LEN>() else {
        return decoder::invalid(packet, DecodeEvent::ArpPktTooSmall);
    };
    walk.enter_layer(packet)?;
    if let Some(fault) = fault(start, layer.len()) {
        return decoder::invalid(packet, fault);
    }
    packet.network = Network::Arp;
    packet.network_at = layer.at;
    Ok(())
}

fn fault(start: &[u8; MIN_LEN], len: usize) -> Option<DecodeEvent> {
    const ETHERNET: u16 = 1;
    let [
        hardware0,
        hardware1,
        protocol0,
        protocol1,
        hardware_len,
        protocol_len,
        op0,
        op1,
    ] = *start;
    if u16::from_be_bytes([hardware0, hardware1]) != ETHERNET {
        Some(DecodeEvent::ArpUnsupportedHardware)
    } else if u16::from_be_bytes([protocol0, protocol1]) != ether_type::IPV4 {
        Some(DecodeEvent::ArpUnsupportedProtocol)
    } else if len < LEN {
        Some(DecodeEvent::ArpInvalidPkt)
    } else if hardware_len != 6 {
        Some(DecodeEvent::ArpInvalidHardwareSize)
    } else if protocol_len != 4 {
        Some(DecodeEvent::ArpInvalidProtocolSize)
    } else if !(1..=4).contains(&u16::from_be_bytes([op0, op1])) {
        Some(DecodeEvent::ArpUnsupportedOpcode)
    } else {
        None
    }
}
