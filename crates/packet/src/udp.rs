//! UDP (RFC 768) and the tunnels that run over it.

use etherparse::UdpHeaderSlice;

use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport, ip_proto};
use crate::{DecodeEvent, geneve, teredo, vxlan};

const HEADER_LEN: usize = 8;

/// A UDP header.
#[derive(Clone, Debug)]
pub struct Udp<'a>(UdpHeaderSlice<'a>);

impl<'a> Udp<'a> {
    #[inline]
    pub(crate) fn at(bytes: &'a [u8]) -> Option<Self> {
        UdpHeaderSlice::from_slice(bytes).ok().map(Udp)
    }

    /// The eight bytes of the header.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.0.slice()
    }

    /// Source port.
    #[must_use]
    pub fn sport(&self) -> u16 {
        self.0.source_port()
    }

    /// Destination port.
    #[must_use]
    pub fn dport(&self) -> u16 {
        self.0.destination_port()
    }

    /// Length of header and payload.
    #[must_use]
    pub fn len(&self) -> u16 {
        self.0.length()
    }

    /// Whether there is no payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        usize::from(self.len()) <= HEADER_LEN
    }

    /// Checksum, as sent; zero when the sender computed none.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        self.0.checksum()
    }
}

/// Decodes a UDP datagram.
#[inline]
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.udp += 1;
    let Some(&[s0, s1, d0, d1, len0, len1, _, _]) = layer.first::<HEADER_LEN>() else {
        return packet.invalidate(DecodeEvent::UdpHlenTooSmall);
    };
    let len = usize::from(u16::from_be_bytes([len0, len1]));
    if layer.len() < len {
        return packet.invalidate(DecodeEvent::UdpPktTooSmall);
    }
    if len < HEADER_LEN {
        return packet.invalidate(DecodeEvent::UdpLenInvalid);
    }
    packet.sport = u16::from_be_bytes([s0, s1]);
    packet.dport = u16::from_be_bytes([d0, d1]);
    packet.proto = ip_proto::UDP;
    let datagram = layer.take(len);
    packet.set_transport(Transport::Udp, datagram, HEADER_LEN);
    decode_tunnel(walk, packet, datagram.skip(HEADER_LEN));
    packet.set_wants_flow();
}

/// Tries the tunnels that the ports allow, in turn, until one is recognised.
#[inline]
fn decode_tunnel<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, payload: Layer<'a>) {
    let config = walk.config;
    let (sport, dport) = (packet.sport, packet.dport);
    if (config.teredo.contains(dport) || config.teredo.contains(sport))
        && teredo::decode(walk, packet, payload).is_ok()
    {
        return;
    }
    if (config.geneve.contains(dport) || config.geneve.contains(sport))
        && geneve::decode(walk, packet, payload).is_ok()
    {
        return;
    }
    if config.vxlan.contains(dport) {
        // Datagrams to the port that carry something else are just datagrams.
        let _ = vxlan::decode(walk, packet, payload);
    }
}
