//! What every record repeats: who spoke with whom, over which path.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tapir_packet::{Direction, Packet, PacketSource};

/// The part of a record that says where it belongs.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The flow's number; 0 when the packet belongs to none.
    pub flow_id: u64,
    /// The flow that this one belongs to (FTP data to its control flow); 0 for none.
    pub parent_id: u64,
    /// Interface of a live capture.
    pub in_iface: Option<Arc<str>>,
    /// Name of the capture being replayed.
    pub pcap_filename: Option<Arc<str>>,
    /// VLAN ids, outermost first; only the first `vlan_count` count.
    pub vlans: [u16; 3],
    /// How many entries of `vlans` are set.
    pub vlan_count: u8,
    /// IP version: 4 or 6, 0 when this is no IP packet (addresses and ports then say nothing).
    pub ip_version: u8,
    /// IP protocol number after extension headers.
    pub proto: u8,
    /// Source address; for a flow record the client's.
    pub src_ip: IpAddr,
    /// Destination address; for a flow record the server's.
    pub dest_ip: IpAddr,
    /// Source port; 0 for a protocol without ports.
    pub src_port: u16,
    /// Destination port.
    pub dest_port: u16,
    /// ICMP type and code.
    pub icmp: Option<Icmp>,
    /// ICMP type and code of the answer, on flow records.
    pub response_icmp: Option<Icmp>,
    /// Security parameters index of an ESP packet.
    pub spi: Option<u32>,
    /// What kind of packet caused the event.
    pub pkt_src: PacketSource,
    /// Which way the packet goes in its flow; `None` without a flow.
    pub direction: Option<Direction>,
    /// The outer packet of a tunnelled one.
    pub tunnel: Option<Box<TunnelInfo>>,
    /// Link-layer addresses.
    pub ether: Option<Box<Ether>>,
    /// What the header of a protocol without ports says, or that of SCTP.
    pub transport: Option<Box<Transport>>,
    /// The transaction that the event is about.
    pub tx_id: Option<u64>,
    /// Application protocol as recognised so far.
    pub app_protos: AppProtos,
    /// Community ID (version 1) of the flow, with the configured seed; as the outputs ask for it.
    pub community_id: Option<Box<str>>,
    /// Flowbits, flowints and other variables of packet and flow; boxed as most packets have none.
    pub variables: Option<Box<Variables>>,
    /// Tenant in multi-tenant detection; 0 for none.
    pub tenant_id: u32,
}

impl Envelope {
    /// What the packet itself tells; flow, application and variables are for the caller to add.
    /// `number` is the packet's in its capture.
    pub fn of(packet: &Packet<'_>, number: u64) -> Self {
        let v4 = packet.icmpv4().map(|icmp| Icmp {
            kind: icmp.kind(),
            code: icmp.code(),
        });
        let v6 = || {
            packet.icmpv6().map(|icmp| Icmp {
                kind: icmp.kind(),
                code: icmp.code(),
            })
        };
        let tunnel = packet.tunnel.map(|outer| {
            Box::new(TunnelInfo {
                src_ip: outer.src(),
                dest_ip: outer.dst(),
                src_port: outer.sport,
                dest_port: outer.dport,
                proto: outer.proto,
                depth: packet.depth,
                packet: number,
                pkt_src: PacketSource::Wire,
            })
        });
        Self {
            vlans: packet.vlans.padded(),
            vlan_count: packet.vlans.count(),
            ip_version: packet.ip_version,
            proto: packet.proto,
            src_ip: packet.src,
            dest_ip: packet.dst,
            src_port: packet.sport,
            dest_port: packet.dport,
            icmp: v4.or_else(v6),
            spi: esp_spi(packet),
            transport: Transport::of(packet).map(Box::new),
            pkt_src: packet.source,
            tunnel: tunnel.filter(|_| packet.depth > 0),
            ..Self::default()
        }
    }
}

impl Default for Envelope {
    fn default() -> Self {
        let none = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            flow_id: 0,
            parent_id: 0,
            in_iface: None,
            pcap_filename: None,
            vlans: [0; 3],
            vlan_count: 0,
            ip_version: 0,
            proto: 0,
            src_ip: none,
            dest_ip: none,
            src_port: 0,
            dest_port: 0,
            icmp: None,
            response_icmp: None,
            spi: None,
            pkt_src: PacketSource::Wire,
            direction: None,
            tunnel: None,
            ether: None,
            transport: None,
            tx_id: None,
            app_protos: AppProtos::default(),
            community_id: None,
            variables: None,
            tenant_id: 0,
        }
    }
}

/// Type and code of an ICMP or ICMPv6 message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
}

/// The outermost packet around a tunnelled one.
#[derive(Debug, Clone)]
pub struct TunnelInfo {
    /// Source address.
    pub src_ip: IpAddr,
    /// Destination address.
    pub dest_ip: IpAddr,
    /// Source port; 0 for a protocol without ports.
    pub src_port: u16,
    /// Destination port.
    pub dest_port: u16,
    /// IP protocol number.
    pub proto: u8,
    /// How many packets the inner one is wrapped in.
    pub depth: u8,
    /// Number of the packet in its capture; 0 for none.
    pub packet: u64,
    /// Where the outer packet came from.
    pub pkt_src: PacketSource,
}

/// Link-layer addresses of a packet, or all that a flow used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ether {
    /// One packet's.
    Packet {
        /// Source address.
        src: [u8; 6],
        /// Destination address.
        dst: [u8; 6],
        /// EtherType, when known.
        ether_type: Option<u16>,
    },
    /// A flow's: each address once, in the order seen.
    Flow {
        /// Addresses on the client's side.
        src: Vec<[u8; 6]>,
        /// Addresses on the server's side.
        dst: Vec<[u8; 6]>,
    },
}

impl Ether {
    /// Exchanges the two sides.
    pub fn turn(&mut self) {
        match self {
            Self::Packet { src, dst, .. } => std::mem::swap(src, dst),
            Self::Flow { src, dst } => std::mem::swap(src, dst),
        }
    }
}

/// What the header of a transport says of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// A message about groups.
    Igmp {
        /// Type.
        kind: u8,
        /// Version, where the message tells.
        version: Option<u8>,
    },
    /// A message of routers about groups.
    Rgmp {
        /// Type.
        kind: u8,
    },
    /// SCTP.
    Sctp {
        /// Verification tag.
        tag: u32,
        /// Types of the chunks, in their order.
        chunks: Vec<u8>,
    },
}

impl Transport {
    /// More chunks than this are not listed.
    const MAX_CHUNKS: usize = 256;
    /// The group of routers.
    const ROUTERS: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 25));

    fn of(packet: &Packet<'_>) -> Option<Self> {
        if let Some(igmp) = packet.igmp() {
            let kind = igmp.kind();
            return Some(match packet.dst == Self::ROUTERS {
                true => Self::Rgmp { kind },
                false => Self::Igmp {
                    kind,
                    version: igmp.version(),
                },
            });
        }
        let sctp = packet.sctp()?;
        let chunks = sctp.chunks().take(Self::MAX_CHUNKS);
        Some(Self::Sctp {
            tag: sctp.verification_tag(),
            chunks: chunks.map(|chunk| chunk.kind).collect(),
        })
    }
}

fn esp_spi(packet: &Packet<'_>) -> Option<u32> {
    let bytes = packet.transport_bytes().first_chunk()?;
    packet.is_esp().then(|| u32::from_be_bytes(*bytes))
}

/// Names of the application protocol a flow was recognised as (`http`, `failed`, ...); `None` while unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppProtos {
    /// The flow's protocol.
    pub both: Option<&'static str>,
    /// As the client's side was recognised.
    pub toserver: Option<&'static str>,
    /// As the server's side was recognised.
    pub toclient: Option<&'static str>,
    /// Before a change of protocol (STARTTLS).
    pub original: Option<&'static str>,
    /// Expected after a change of protocol, or by a parent flow.
    pub expected: Option<&'static str>,
}

/// Variables that rules set on a packet and its flow.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// Names of the flowbits set, in the order they were set. `traffic/id/X` and `traffic/label/X` are
    /// filed under `traffic` as they are in rules of the peers.
    pub flowbits: Vec<Arc<str>>,
    /// Flow integers by name.
    pub flowints: Vec<(Arc<str>, u32)>,
    /// Flow variables: name and captured bytes.
    pub flowvars: Vec<(Arc<str>, Box<[u8]>)>,
    /// Packet variables: name and captured bytes.
    pub pktvars: Vec<(Arc<str>, Box<[u8]>)>,
    /// Entropy values computed by rules: buffer name and value.
    pub entropy: Vec<(Arc<str>, f64)>,
}

impl Variables {
    /// True when no variable is set.
    pub fn is_empty(&self) -> bool {
        self.flowbits.is_empty()
            && self.flowints.is_empty()
            && self.flowvars.is_empty()
            && self.pktvars.is_empty()
            && self.entropy.is_empty()
    }
}
