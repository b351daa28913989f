//! Header fields of a packet that the packet-printing outputs show.

use tapir_packet::Packet;

/// Header fields of one packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PacketHeaders {
    /// Bytes captured.
    pub frame_len: u32,
    /// Link-layer source and destination addresses and EtherType.
    pub ether: Option<([u8; 6], [u8; 6], u16)>,
    /// The IP header.
    pub ip: Option<IpHeader>,
    /// The transport header.
    pub transport: Option<TransportHeader>,
    /// Bytes after the transport header.
    pub payload_len: u32,
}

impl PacketHeaders {
    /// The fields of a packet.
    pub fn of(packet: &Packet<'_>) -> Self {
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self {
            frame_len: len(packet.data),
            ether: packet
                .ethernet()
                .map(|ether| (ether.src(), ether.dst(), ether.ether_type())),
            ip: ip_header(packet),
            transport: transport_header(packet),
            payload_len: len(packet.payload()),
        }
    }
}

fn ip_header(packet: &Packet<'_>) -> Option<IpHeader> {
    if let Some(ip) = packet.ipv4() {
        return Some(IpHeader::V4(Ipv4Fields {
            tos: ip.tos(),
            len: ip.total_len(),
            header_len: u8::try_from(ip.bytes().len()).unwrap_or(u8::MAX),
            id: ip.id(),
            df: ip.dont_fragment(),
            mf: ip.more_fragments(),
            rb: ip.reserved_flag(),
            offset: ip.fragment_offset(),
            ttl: ip.ttl(),
            proto: ip.proto(),
        }));
    }
    let ip = packet.ipv6()?;
    Some(IpHeader::V6(Ipv6Fields {
        traffic_class: ip.traffic_class(),
        flow_label: ip.flow_label(),
        payload_len: ip.payload_len(),
        hop_limit: ip.hop_limit(),
        next_header: ip.next_header(),
    }))
}

fn transport_header(packet: &Packet<'_>) -> Option<TransportHeader> {
    if let Some(tcp) = packet.tcp() {
        return Some(TransportHeader::Tcp(TcpFields {
            seq: tcp.seq(),
            ack: tcp.ack(),
            window: tcp.window(),
            flags: tcp.flags().bits(),
            header_len: u8::try_from(tcp.bytes().len()).unwrap_or(u8::MAX),
            reserved: tcp.reserved(),
            urgent: tcp.urgent_pointer(),
        }));
    }
    if let Some(udp) = packet.udp() {
        return Some(TransportHeader::Udp {
            len: udp.len(),
            checksum: udp.checksum(),
        });
    }
    if let Some(icmp) = packet.icmpv4() {
        let echo = icmp.id().zip(icmp.seq());
        return Some(TransportHeader::Icmp {
            kind: icmp.kind(),
            code: icmp.code(),
            echo,
        });
    }
    let icmp = packet.icmpv6()?;
    let echo = icmp.id().zip(icmp.seq());
    Some(TransportHeader::Icmp {
        kind: icmp.kind(),
        code: icmp.code(),
        echo,
    })
}

/// The IP header of either version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpHeader {
    /// Version 4 (RFC 791).
    V4(Ipv4Fields),
    /// Version 6 (RFC 8200).
    V6(Ipv6Fields),
}

/// Fields of an IPv4 header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ipv4Fields {
    /// Type of service.
    pub tos: u8,
    /// Total length in bytes.
    pub len: u16,
    /// Length of the header in bytes, options included.
    pub header_len: u8,
    /// Identification.
    pub id: u16,
    /// Don't-fragment flag.
    pub df: bool,
    /// More-fragments flag.
    pub mf: bool,
    /// Reserved flag.
    pub rb: bool,
    /// Fragment offset in units of 8 bytes.
    pub offset: u16,
    /// Time to live.
    pub ttl: u8,
    /// Protocol number.
    pub proto: u8,
}

/// Fields of an IPv6 header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ipv6Fields {
    /// Traffic class.
    pub traffic_class: u8,
    /// Flow label.
    pub flow_label: u32,
    /// Length of what follows the fixed header.
    pub payload_len: u16,
    /// Hop limit.
    pub hop_limit: u8,
    /// Next header of the fixed header.
    pub next_header: u8,
}

/// The transport header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportHeader {
    /// TCP (RFC 9293).
    Tcp(TcpFields),
    /// UDP (RFC 768).
    Udp {
        /// Length field: header and payload.
        len: u16,
        /// Checksum as received.
        checksum: u16,
    },
    /// ICMP (RFC 792) or ICMPv6 (RFC 4443).
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Identifier and sequence number, of a message that has them.
        echo: Option<(u16, u16)>,
    },
}

/// Fields of a TCP header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpFields {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Window as received, unscaled.
    pub window: u16,
    /// The eight flag bits, CWR highest.
    pub flags: u8,
    /// Length of the header in bytes, options included.
    pub header_len: u8,
    /// The four reserved bits between data offset and flags.
    pub reserved: u8,
    /// Urgent pointer.
    pub urgent: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Envelope;
    use tapir_packet::{Decoder, Frame, LinkType, Timestamp};

    #[test]
    fn fields_of_a_decoded_packet() {
        let mut data = vec![
            0x45, 0x10, 0, 32, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ];
        data.extend_from_slice(&[0xd4, 0x31, 0, 53, 0, 12, 0xab, 0xcd, 1, 2, 3, 4]);
        let frame = Frame {
            ts: Timestamp::new(1, 0),
            link: LinkType::RAW,
            data: &data,
            wire_len: 32,
        };
        let mut decoder = Decoder::default();
        let packets = decoder.decode(&frame);
        let packet = packets.first().expect("a packet");
        let ip = Ipv4Fields {
            tos: 0x10,
            len: 32,
            header_len: 20,
            id: 0x1234,
            df: true,
            ttl: 64,
            proto: 17,
            ..Ipv4Fields::default()
        };
        let expected = PacketHeaders {
            frame_len: 32,
            ether: None,
            ip: Some(IpHeader::V4(ip)),
            transport: Some(TransportHeader::Udp {
                len: 12,
                checksum: 0xabcd,
            }),
            payload_len: 4,
        };
        assert_eq!(PacketHeaders::of(packet), expected);
        let at = Envelope::of(packet, 9);
        assert_eq!(
            (at.src_port, at.dest_port, at.proto, at.ip_version),
            (54_321, 53, 17, 4)
        );
        assert!(at.tunnel.is_none());
    }
}
