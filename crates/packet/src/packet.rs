//! The packet descriptor: what decoding found, as offsets into the captured bytes.

use std::net::{IpAddr, Ipv4Addr};

use bitflags::bitflags;

use crate::arp::Arp;
use crate::checksum;
use crate::ethernet::Ethernet;
use crate::fragment::Fragment;
use crate::icmpv4::Icmpv4;
use crate::icmpv6::Icmpv6;
use crate::igmp::Igmp;
use crate::ipv4::Ipv4;
use crate::ipv6::Ipv6;
use crate::layer::Layer;
use crate::quote::Quote;
use crate::sctp::Sctp;
use crate::tcp::Tcp;
use crate::tunnel::{PacketSource, Tunnel};
use crate::udp::Udp;
use crate::vlan::Vlans;
use crate::{DecodeEvent, DecodeEvents, LinkType, Timestamp};

bitflags! {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct PacketFlags: u8 {
        /// A malformation that ends decoding was found.
        const INVALID = 1;
        /// The packet belongs to a flow.
        const WANTS_FLOW = 1 << 1;
        /// The payload is inspected as a packet of its own.
        const PAYLOAD_INSIDE = 1 << 2;
        /// A piece of a datagram.
        const FRAGMENT = 1 << 3;
        /// Checksums were left to the network card.
        const CHECKSUMS_IGNORED = 1 << 4;
        /// Put together from fragments.
        const REASSEMBLED = 1 << 5;
        /// TCP whose IP protocol number was taken by Van Jacobson compression.
        const VAN_JACOBSON = 1 << 6;
    }
}

/// The network layer that was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    #[default]
    None,
    Ipv4,
    Ipv6,
    Arp,
}

/// The transport layer that was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    #[default]
    None,
    Tcp,
    Udp,
    Icmpv4,
    Icmpv6,
    Igmp,
    Sctp,
    Esp,
    Gre,
}

/// The IP protocol numbers that decoding knows by name.
pub mod ip_proto {
    /// IPv6 hop-by-hop options.
    pub const HOP_BY_HOP: u8 = 0;
    /// Internet Control Message Protocol.
    pub const ICMP: u8 = 1;
    /// Internet Group Management Protocol.
    pub const IGMP: u8 = 2;
    /// IPv4 in IP.
    pub const IPV4: u8 = 4;
    /// Transmission Control Protocol.
    pub const TCP: u8 = 6;
    /// User Datagram Protocol.
    pub const UDP: u8 = 17;
    /// IPv6 in IP.
    pub const IPV6: u8 = 41;
    /// IPv6 routing header.
    pub const ROUTING: u8 = 43;
    /// IPv6 fragment header.
    pub const FRAGMENT: u8 = 44;
    /// Generic Routing Encapsulation.
    pub const GRE: u8 = 47;
    /// Encapsulating Security Payload.
    pub const ESP: u8 = 50;
    /// Authentication Header.
    pub const AH: u8 = 51;
    /// ICMP for IPv6.
    pub const ICMPV6: u8 = 58;
    /// IPv6: no next header.
    pub const NO_NEXT: u8 = 59;
    /// IPv6 destination options.
    pub const DESTINATION: u8 = 60;
    /// Stream Control Transmission Protocol.
    pub const SCTP: u8 = 132;
    /// IPv6 mobility header.
    pub const MOBILITY: u8 = 135;
    /// Host Identity Protocol.
    pub const HIP: u8 = 139;
    /// Shim6.
    pub const SHIM6: u8 = 140;
}

/// A decoded packet: addresses, ports, events, and where each header lies in the captured bytes.
///
/// A tunnelled packet is a packet of its own whose [`data`](Packet::data) begins at its first
/// inner header.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub ts: Timestamp,
    /// The bytes this packet begins at: the whole frame, or what a tunnel carried.
    pub data: &'a [u8],
    /// Source address; unspecified without an IP header.
    pub src: IpAddr,
    /// Destination address; unspecified without an IP header.
    pub dst: IpAddr,
    /// Source port of TCP, UDP and SCTP; zero otherwise.
    pub sport: u16,
    /// Destination port of TCP, UDP and SCTP; zero otherwise.
    pub dport: u16,
    /// What the first byte of [`data`](Packet::data) is the start of; raw IP inside a tunnel.
    pub link: LinkType,
    /// 4, 6, or 0 without a valid IP header.
    pub ip_version: u8,
    /// IP protocol, that behind the extension headers for IPv6; see [`ip_proto`].
    pub proto: u8,
    /// How many tunnels the packet is inside; 0 for the frame itself.
    pub depth: u8,
    /// The VLAN tags, outermost first.
    pub vlans: Vlans,
    /// Where the packet came from: the wire, or which kind of tunnel.
    pub source: PacketSource,
    /// What decoding found wrong.
    pub events: DecodeEvents,
    /// The packet on the wire that carried this one, if it was tunnelled or reassembled.
    pub tunnel: Option<Tunnel<'a>>,
    pub(crate) flags: PacketFlags,
    pub(crate) network: Network,
    pub(crate) transport: Transport,
    /// Layers decoded so far, those of the carrying packets included.
    pub(crate) layers: u8,
    /// Where the Ethernet header is; `u32::MAX` without.
    pub(crate) ethernet_at: u32,
    pub(crate) network_at: u32,
    pub(crate) transport_at: u32,
    /// Where the transport message ends.
    pub(crate) transport_end: u32,
    pub(crate) payload_at: u32,
    pub(crate) payload_len: u32,
    /// Length of the IPv6 extension headers.
    pub(crate) extensions_len: u16,
    /// IPv6: where the fragment header is, from the IPv6 header on; 0 without.
    pub(crate) fragment_at: u16,
    /// Length of the IGMP header, lists included.
    pub(crate) igmp_len: u16,
}

impl<'a> Packet<'a> {
    pub(crate) const NOWHERE: u32 = u32::MAX;

    #[inline(always)]
    pub(crate) fn new(ts: Timestamp, link: LinkType, data: &'a [u8]) -> Self {
        // Offsets have 32 bits.
        let data = data.get(..u32::MAX as usize - 1).unwrap_or(data);
        Packet {
            ts,
            data,
            src: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            dst: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            sport: 0,
            dport: 0,
            link,
            ip_version: 0,
            proto: 0,
            depth: 0,
            vlans: Vlans::default(),
            source: PacketSource::Wire,
            events: DecodeEvents::EMPTY,
            tunnel: None,
            flags: PacketFlags::empty(),
            network: Network::None,
            transport: Transport::None,
            layers: 0,
            ethernet_at: Self::NOWHERE,
            network_at: 0,
            transport_at: 0,
            transport_end: 0,
            payload_at: 0,
            payload_len: 0,
            extensions_len: 0,
            fragment_at: 0,
            igmp_len: 0,
        }
    }

    /// A packet that stands for the rest of a flow at its end: addresses, ports, and no bytes.
    #[must_use]
    pub fn at_flow_end(
        ts: Timestamp,
        proto: u8,
        from: (IpAddr, u16),
        to: (IpAddr, u16),
    ) -> Packet<'static> {
        let mut packet = Packet::new(ts, LinkType::RAW, &[]);
        (packet.src, packet.sport) = from;
        (packet.dst, packet.dport) = to;
        packet.ip_version = if from.0.is_ipv4() { 4 } else { 6 };
        packet.proto = proto;
        packet.source = PacketSource::FlowTimeout;
        packet
    }

    /// Whether a malformation was found that ends decoding. Such a packet takes part in no flow
    /// and its payload is not inspected; rules on decoder events still are.
    #[inline]
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.flags.contains(PacketFlags::INVALID)
    }

    /// Whether the packet is to be tracked in a flow.
    #[inline]
    #[must_use]
    pub fn wants_flow(&self) -> bool {
        self.flags.contains(PacketFlags::WANTS_FLOW)
    }

    /// Whether the payload is, or was, inspected as packets of their own: the payload of this
    /// one is then not inspected again.
    #[inline]
    #[must_use]
    pub fn is_payload_inside(&self) -> bool {
        self.flags.contains(PacketFlags::PAYLOAD_INSIDE)
    }

    /// Says that the payload is inspected elsewhere, as that of a datagram it completed.
    pub fn set_payload_inside(&mut self) {
        self.flags.insert(PacketFlags::PAYLOAD_INSIDE);
    }

    /// Whether the packet is a fragment of a datagram.
    #[inline]
    #[must_use]
    pub fn is_fragment(&self) -> bool {
        self.flags.contains(PacketFlags::FRAGMENT)
    }

    /// Whether the packet was put together from fragments.
    #[inline]
    #[must_use]
    pub fn is_reassembled(&self) -> bool {
        self.flags.contains(PacketFlags::REASSEMBLED)
    }

    /// Whether checksums say nothing because a network card was to compute them.
    #[must_use]
    pub fn are_checksums_ignored(&self) -> bool {
        self.flags.contains(PacketFlags::CHECKSUMS_IGNORED)
    }

    /// Says that checksums were left to the network card and are not to be verified.
    pub fn ignore_checksums(&mut self) {
        self.flags.insert(PacketFlags::CHECKSUMS_IGNORED);
    }

    /// Transport payload: what follows the TCP, UDP, ICMP, ... header; empty when no transport
    /// header was decoded.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        let at = self.payload_at as usize;
        self.data
            .get(at..at + self.payload_len as usize)
            .unwrap_or_default()
    }

    /// The packet of a TCP segment as it would be with another beginning of its payload, and a right checksum; `bytes`
    /// gets what is captured of it.
    #[must_use]
    pub fn with_payload<'b>(&self, payload: &[u8], bytes: &'b mut Vec<u8>) -> Packet<'b>
    where
        'a: 'b,
    {
        const CHECKSUM: usize = 16;
        bytes.clear();
        bytes.extend_from_slice(self.data);
        let at = self.payload_at as usize;
        let len = payload.len().min(self.payload_len as usize);
        if let (Some(there), Some(new)) = (bytes.get_mut(at..at + len), payload.get(..len)) {
            there.copy_from_slice(new);
        }
        let changed = Packet {
            data: bytes,
            ..self.clone()
        };
        let checksum = checksum::of_segment(&changed);
        let at = self.transport_at as usize + CHECKSUM;
        if let (Some(checksum), Some(there)) = (checksum, bytes.get_mut(at..at + 2)) {
            there.copy_from_slice(&checksum.to_be_bytes());
        }
        Packet {
            data: bytes,
            ..self.clone()
        }
    }

    fn bytes_from(&self, at: u32) -> &'a [u8] {
        self.data.get(at as usize..).unwrap_or_default()
    }

    /// The innermost Ethernet header of this packet.
    #[must_use]
    pub fn ethernet(&self) -> Option<Ethernet<'a>> {
        if self.ethernet_at == Self::NOWHERE {
            return None;
        }
        Ethernet::at(self.bytes_from(self.ethernet_at))
    }

    /// The ARP message, if it is a valid one.
    #[must_use]
    pub fn arp(&self) -> Option<Arp<'a>> {
        if self.network != Network::Arp {
            return None;
        }
        Arp::at(self.bytes_from(self.network_at))
    }

    /// The IPv4 header, if it is a valid one.
    #[inline]
    #[must_use]
    pub fn ipv4(&self) -> Option<Ipv4<'a>> {
        if self.network != Network::Ipv4 {
            return None;
        }
        Ipv4::at(self.bytes_from(self.network_at))
    }

    /// The IPv6 header and its extension headers, if it is a valid one.
    #[inline]
    #[must_use]
    pub fn ipv6(&self) -> Option<Ipv6<'a>> {
        if self.network != Network::Ipv6 {
            return None;
        }
        Ipv6::at(self.bytes_from(self.network_at), self.extensions_len)
    }

    /// The bytes of the IP packet, link layer and padding behind it left out; empty without a
    /// valid IP header.
    #[must_use]
    pub fn ip_datagram(&self) -> &'a [u8] {
        let bytes = self.bytes_from(self.network_at);
        let len = match self.network {
            Network::Ipv4 => self.ipv4().map_or(0, |ip| usize::from(ip.total_len())),
            Network::Ipv6 => self
                .ipv6()
                .map_or(0, |ip| 40 + usize::from(ip.payload_len())),
            Network::None | Network::Arp => 0,
        };
        bytes.get(..len).unwrap_or_default()
    }

    /// What follows the IP header and, for IPv6, the extension headers that were decoded.
    #[must_use]
    pub fn ip_payload(&self) -> &'a [u8] {
        let header = match self.network {
            Network::Ipv4 => self.ipv4().map_or(0, |ip| ip.bytes().len()),
            Network::Ipv6 => 40 + usize::from(self.extensions_len),
            Network::None | Network::Arp => 0,
        };
        self.ip_datagram().get(header..).unwrap_or_default()
    }

    /// The TCP header.
    #[inline]
    #[must_use]
    pub fn tcp(&self) -> Option<Tcp<'a>> {
        if self.transport != Transport::Tcp {
            return None;
        }
        Tcp::at(self.bytes_from(self.transport_at))
    }

    /// The UDP header.
    #[inline]
    #[must_use]
    pub fn udp(&self) -> Option<Udp<'a>> {
        if self.transport != Transport::Udp {
            return None;
        }
        Udp::at(self.bytes_from(self.transport_at))
    }

    /// The ICMPv4 header.
    #[must_use]
    pub fn icmpv4(&self) -> Option<Icmpv4<'a>> {
        if self.transport != Transport::Icmpv4 {
            return None;
        }
        Icmpv4::at(self.transport_bytes())
    }

    /// The ICMPv6 header.
    #[must_use]
    pub fn icmpv6(&self) -> Option<Icmpv6<'a>> {
        if self.transport != Transport::Icmpv6 {
            return None;
        }
        Icmpv6::at(self.transport_bytes())
    }

    /// The IGMP message.
    #[must_use]
    pub fn igmp(&self) -> Option<Igmp<'a>> {
        if self.transport != Transport::Igmp {
            return None;
        }
        Igmp::at(self.bytes_from(self.transport_at), self.igmp_len)
    }

    /// The SCTP header and its chunks.
    #[must_use]
    pub fn sctp(&self) -> Option<Sctp<'a>> {
        if self.transport != Transport::Sctp {
            return None;
        }
        Sctp::at(self.transport_bytes())
    }

    /// Whether an ESP header was decoded.
    #[must_use]
    pub fn is_esp(&self) -> bool {
        self.transport == Transport::Esp
    }

    /// Whether a GRE header was decoded.
    #[must_use]
    pub fn is_gre(&self) -> bool {
        self.transport == Transport::Gre
    }

    /// From the transport header to the end of its message.
    #[must_use]
    pub fn transport_bytes(&self) -> &'a [u8] {
        if self.transport == Transport::None {
            return &[];
        }
        self.data
            .get(self.transport_at as usize..self.transport_end as usize)
            .unwrap_or_default()
    }

    /// What is needed to reassemble the datagram that this packet is a fragment of; nothing for
    /// a packet that is whole.
    #[must_use]
    pub fn fragment(&self) -> Option<Fragment<'a>> {
        if !self.is_fragment() {
            return None;
        }
        match self.network {
            Network::Ipv4 => Fragment::of_ipv4(self.ip_datagram()),
            Network::Ipv6 => Fragment::of_ipv6(self.ip_datagram(), self.fragment_at),
            Network::None | Network::Arp => None,
        }
    }

    /// The packet that an ICMP error quotes.
    #[must_use]
    pub fn icmp_quote(&self) -> Option<Quote> {
        match self.transport {
            Transport::Icmpv4 => self.icmpv4()?.quote(),
            Transport::Icmpv6 => self.icmpv6()?.quote(),
            _ => None,
        }
    }

    /// Whether the IPv4 header checksum is right; nothing without a valid IPv4 header.
    #[must_use]
    pub fn ip_checksum_ok(&self) -> Option<bool> {
        Some(checksum::internet(self.ipv4()?.bytes()) == 0)
    }

    /// Whether the checksum of the TCP, UDP, ICMP or IGMP message is right; nothing for other
    /// transports and for UDP over IPv4 sent without a checksum.
    ///
    /// The sum runs over the whole message: ask only when the answer is needed.
    #[must_use]
    pub fn transport_checksum_ok(&self) -> Option<bool> {
        checksum::transport_ok(self)
    }

    /// Notes a malformation that decoding survives.
    #[cold]
    pub(crate) fn note(&mut self, event: DecodeEvent) {
        self.events.set(event);
    }

    /// Notes a malformation that makes the packet invalid.
    #[cold]
    pub(crate) fn invalidate(&mut self, event: DecodeEvent) {
        self.events.set(event);
        self.flags.insert(PacketFlags::INVALID);
    }

    /// Takes a transport message with a header of `header` bytes.
    #[inline]
    pub(crate) fn set_transport(
        &mut self,
        transport: Transport,
        message: Layer<'a>,
        header: usize,
    ) {
        self.transport = transport;
        self.transport_at = message.at;
        self.transport_end = message.at + message.bytes.len() as u32;
        self.payload_at = message.at + header as u32;
        self.payload_len = message.bytes.len().saturating_sub(header) as u32;
    }

    pub(crate) fn set_wants_flow(&mut self) {
        self.flags.insert(PacketFlags::WANTS_FLOW);
    }

    /// Forgets a transport header that turned out to be broken.
    pub(crate) fn clear_transport(&mut self) {
        self.transport = Transport::None;
        self.payload_len = 0;
    }
}
