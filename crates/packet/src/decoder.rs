//! From a captured frame to packets.

use smallvec::SmallVec;

use crate::layer::Layer;
use crate::packet::{Network, Packet, PacketFlags};
use crate::tunnel::{PacketSource, Tunnel};
use crate::{
    DecodeConfig, DecodeCounters, DecodeEvent, Frame, LinkType, arp, erspan, ethernet, frame_relay,
    hdlc, ipv4, ipv6, loopback, nflog, nsh, ppp, raw, sll, vlan,
};

/// The packets of a frame, in the order in which they are inspected: the innermost first, that
/// of the frame itself last.
///
/// A frame without tunnels, or with one, takes no memory from the heap.
pub type Packets<'a> = SmallVec<[Packet<'a>; 2]>;

/// A layer that could not be decoded. What was wrong is an event of the packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undecodable;

pub(crate) type Decoded = Result<(), Undecodable>;

/// Decodes frames and counts what it finds.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    config: DecodeConfig,
    /// What was decoded so far.
    pub counters: DecodeCounters,
}

impl Decoder {
    /// A decoder of its own configuration.
    #[must_use]
    pub fn new(config: DecodeConfig) -> Self {
        Decoder {
            config,
            counters: DecodeCounters::default(),
        }
    }

    /// The configuration it was made with.
    #[must_use]
    pub fn config(&self) -> &DecodeConfig {
        &self.config
    }

    /// Decodes a frame into packets in the order they are to be inspected: the innermost
    /// tunnelled packet first, the frame itself last.
    ///
    /// There is always at least the packet of the frame, however broken the frame may be.
    #[must_use]
    pub fn decode<'a>(&mut self, frame: &Frame<'a>) -> Packets<'a> {
        let mut packets = Packets::new();
        self.decode_into(frame, &mut packets);
        packets
    }

    /// Decodes a frame as [`decode`](Self::decode) does, behind the packets that are there
    /// already: where every nanosecond counts, this saves moving the packets.
    pub fn decode_into<'a>(&mut self, frame: &Frame<'a>, packets: &mut Packets<'a>) {
        let start = packets.len();
        packets.push(Packet::new(frame.ts, frame.link, frame.data));
        let Some(root) = packets.last_mut() else {
            return;
        };
        let len = root.data.len() as u64;
        self.counters.pkts += 1;
        self.counters.bytes += len;
        self.counters.max_pkt_size = self.counters.max_pkt_size.max(len);
        let mut inner = Packets::new();
        let mut walk = self.walk(&mut inner);
        walk.link_layer(root);
        if root.is_invalid() {
            self.counters.invalid += 1;
        }
        if !inner.is_empty() {
            packets.insert_many(start, inner);
        }
        self.count_events(packets.get(start..).unwrap_or_default());
    }

    /// Decodes a reassembled datagram, which starts at its IP header.
    ///
    /// `last` is the fragment that completed it: it gives the time, the VLAN tags, the depth and
    /// the packet on the wire. Nothing comes back if the datagram has no valid IP header.
    #[must_use]
    pub fn decode_ip<'a>(&mut self, datagram: &'a [u8], last: &Packet<'a>) -> Packets<'a> {
        let mut packets = Packets::new();
        let version = datagram.first().map_or(0, |byte| byte >> 4);
        let link = match version {
            6 => LinkType::IPV6,
            _ => LinkType::IPV4,
        };
        let mut whole = Packet::new(last.ts, link, datagram);
        whole.depth = last.depth;
        whole.layers = last.layers;
        whole.vlans = last.vlans;
        whole.source = PacketSource::Defrag;
        whole.tunnel = Some(last.tunnel.unwrap_or_else(|| carrier(last)));
        whole.flags.insert(PacketFlags::REASSEMBLED);
        whole
            .flags
            .insert(last.flags & PacketFlags::CHECKSUMS_IGNORED);
        let mut walk = self.walk(&mut packets);
        let all = Layer::of(whole.data);
        let decoded = match version {
            6 => ipv6::decode(&mut walk, &mut whole, all),
            _ => ipv4::decode(&mut walk, &mut whole, all),
        };
        if decoded.is_ok() {
            packets.push(whole);
            self.count_events(&packets);
        }
        packets
    }

    fn walk<'d, 'a>(&'d mut self, packets: &'d mut Packets<'a>) -> Walk<'d, 'a> {
        Walk {
            config: &self.config,
            counters: &mut self.counters,
            packets,
        }
    }

    #[inline]
    fn count_events(&mut self, packets: &[Packet<'_>]) {
        for packet in packets {
            if !packet.events.is_empty() {
                self.counters.count_events(&packet.events);
            }
        }
    }
}

/// What a tunnel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Ipv4,
    Ipv6,
    /// IPv6 that is only taken for it if it proves valid.
    TeredoIpv6,
    Ethernet,
    Vlan,
    Ppp,
    Arp,
    ErspanI,
    ErspanII,
    ErspanIII,
    Nsh,
}

/// One frame's way through the layers.
pub(crate) struct Walk<'d, 'a> {
    pub(crate) config: &'d DecodeConfig,
    pub(crate) counters: &'d mut DecodeCounters,
    packets: &'d mut Packets<'a>,
}

impl<'a> Walk<'_, 'a> {
    fn link_layer(&mut self, packet: &mut Packet<'a>) {
        let all = Layer::of(packet.data);
        // What was undecodable is among the packet's events.
        let _ = match packet.link {
            LinkType::ETHERNET => ethernet::decode(self, packet, all),
            LinkType::LINUX_SLL => sll::decode(self, packet, all),
            LinkType::LINUX_SLL2 => sll::decode_v2(self, packet, all),
            LinkType::RAW
            | LinkType::RAW_BSD
            | LinkType::RAW_OPENBSD
            | LinkType::IPV4
            | LinkType::IPV6 => raw::decode(self, packet, all),
            LinkType::NULL | LinkType::LOOP => loopback::decode(self, packet, all),
            LinkType::PPP | LinkType::PPP_HDLC => ppp::decode(self, packet, all),
            LinkType::C_HDLC => hdlc::decode(self, packet, all),
            LinkType::FRAME_RELAY => frame_relay::decode(self, packet, all),
            LinkType::NFLOG => nflog::decode(self, packet, all),
            _ => Err(Undecodable),
        };
    }

    /// Counts a layer against the limit.
    #[inline]
    pub(crate) fn enter_layer(&mut self, packet: &mut Packet<'a>) -> Decoded {
        packet.layers = packet.layers.saturating_add(1);
        if packet.layers >= self.config.max_layers {
            return self.too_many_layers(packet);
        }
        Ok(())
    }

    #[cold]
    fn too_many_layers(&mut self, packet: &mut Packet<'a>) -> Decoded {
        self.counters.too_many_layers += 1;
        packet.invalidate(DecodeEvent::TooManyLayers);
        Err(Undecodable)
    }

    /// Decodes what a tunnel carries as a packet of its own, which is inspected before `outer`.
    ///
    /// An undecodable one is dropped, events and all: it was no tunnel after all. That nesting was
    /// too deep is said of the packet around it.
    pub(crate) fn tunnel(
        &mut self,
        outer: &mut Packet<'a>,
        inside: Layer<'a>,
        carried: Carried,
        source: PacketSource,
    ) -> Decoded {
        if outer.layers.saturating_add(1) >= self.config.max_layers {
            return self.too_many_layers(outer);
        }
        let before = self.packets.len();
        let mut inner = Packet::new(outer.ts, LinkType::RAW, inside.bytes);
        inner.depth = outer.depth.saturating_add(1);
        inner.layers = outer.layers.saturating_add(1);
        inner.source = source;
        inner.tunnel = Some(outer.tunnel.unwrap_or_else(|| carrier(outer)));
        inner
            .flags
            .insert(outer.flags & PacketFlags::CHECKSUMS_IGNORED);
        let decoded = self.carried(&mut inner, carried);
        if decoded.is_err() || (carried == Carried::TeredoIpv6 && inner.is_invalid()) {
            self.packets.truncate(before);
            if inner.events.contains(DecodeEvent::TooManyLayers) {
                outer.note(DecodeEvent::TooManyLayers);
            }
            return Err(Undecodable);
        }
        outer.flags.insert(PacketFlags::PAYLOAD_INSIDE);
        self.packets.push(inner);
        Ok(())
    }

    fn carried(&mut self, inner: &mut Packet<'a>, carried: Carried) -> Decoded {
        let all = Layer::of(inner.data);
        match carried {
            Carried::Ipv4 => ipv4::decode(self, inner, all),
            Carried::Ipv6 | Carried::TeredoIpv6 => ipv6::decode(self, inner, all),
            Carried::Ethernet => {
                inner.link = LinkType::ETHERNET;
                ethernet::decode(self, inner, all)
            }
            Carried::Vlan => vlan::decode(self, inner, all),
            Carried::Ppp => {
                inner.link = LinkType::PPP;
                ppp::decode(self, inner, all)
            }
            Carried::Arp => arp::decode(self, inner, all),
            Carried::ErspanI => erspan::decode_type_i(self, inner, all),
            Carried::ErspanII => erspan::decode_type_ii(self, inner, all),
            Carried::ErspanIII => erspan::decode_type_iii(self, inner, all),
            Carried::Nsh => nsh::decode(self, inner, all),
        }
    }
}

/// What tunnelled packets remember of the packet on the wire.
fn carrier<'a>(outer: &Packet<'a>) -> Tunnel<'a> {
    let ip = match outer.network {
        Network::Ipv4 | Network::Ipv6 => outer.data.get(outer.network_at as usize..),
        Network::None | Network::Arp => None,
    };
    Tunnel {
        ip: ip.unwrap_or_default(),
        sport: outer.sport,
        dport: outer.dport,
        proto: outer.proto,
    }
}

/// Fails with an event that makes the packet invalid.
#[cold]
pub(crate) fn invalid(packet: &mut Packet<'_>, event: DecodeEvent) -> Decoded {
    packet.invalidate(event);
    Err(Undecodable)
}
