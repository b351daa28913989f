//! Zero-copy decoding from the link layer to the transport layer.
//!
//! A [`Decoder`] turns a captured [`Frame`] into [`Packets`]: the frame's own and one for each
//! packet that a tunnel in it carries, the innermost first. A [`Packet`] is a descriptor of offsets
//! into the captured bytes; [`Packet::ipv4`], [`Packet::tcp`] and the like give views of its
//! headers. Whatever is malformed is a [`DecodeEvent`] of the packet, never an error that stops.
//!
//! ```
//! use tapir_packet::{Decoder, Frame, LinkType, Timestamp};
//!
//! let frame = Frame {
//!     ts: Timestamp::new(1_700_000_000, 0),
//!     link: LinkType::RAW,
//!     data: &[
//!         0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
//!         0xd4, 0x31, 0, 53, 0, 8, 0, 0, // UDP
//!     ],
//!     wire_len: 28,
//! };
//! let mut decoder = Decoder::default();
//! let packets = decoder.decode(&frame);
//! let packet = packets.last().expect("the frame's own packet");
//! assert_eq!(packet.src.to_string(), "192.0.2.1");
//! assert_eq!((packet.sport, packet.dport), (54321, 53));
//! assert!(packet.udp().is_some() && packet.payload().is_empty());
//! assert!(packet.events.is_empty());
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod arp;
mod checksum;
mod config;
mod counters;
mod decoder;
mod direction;
mod erspan;
mod esp;
mod etag;
mod ethernet;
mod event;
mod fragment;
mod frame;
mod frame_relay;
mod geneve;
mod gre;
mod hdlc;
mod icmpv4;
mod icmpv6;
mod ieee8021ah;
mod igmp;
mod ipv4;
mod ipv4_options;
mod ipv6;
mod ipv6_extensions;
mod layer;
mod link;
mod loopback;
mod mpls;
mod nflog;
mod nsh;
mod packet;
mod ppp;
mod pppoe;
mod quote;
mod raw;
mod sctp;
mod sll;
mod tcp;
mod tcp_options;
mod teredo;
mod timestamp;
mod tunnel;
mod udp;
mod vlan;
mod vntag;
mod vxlan;

pub use arp::Arp;
pub use checksum::internet as internet_checksum;
pub use config::{DecodeConfig, MAX_TUNNEL_PORTS, TunnelPorts};
pub use counters::DecodeCounters;
pub use decoder::{Decoder, Packets};
pub use direction::Direction;
pub use ethernet::Ethernet;
pub use event::{DecodeEvent, DecodeEvents};
pub use fragment::Fragment;
pub use frame::Frame;
pub use icmpv4::{Icmpv4, icmpv4_type};
pub use icmpv6::{Icmpv6, icmpv6_type};
pub use igmp::{Igmp, igmp_type};
pub use ipv4::Ipv4;
pub use ipv4_options::{Ipv4Option, Ipv4Options};
pub use ipv6::Ipv6;
pub use link::LinkType;
pub use packet::{Packet, ip_proto};
pub use quote::Quote;
pub use sctp::{Sctp, SctpChunk, sctp_chunk};
pub use tcp::{Tcp, TcpFlags};
pub use tcp_options::TcpOptions;
pub use timestamp::Timestamp;
pub use tunnel::{PacketSource, Tunnel};
pub use udp::Udp;
pub use vlan::{MAX_VLANS, Vlans};
