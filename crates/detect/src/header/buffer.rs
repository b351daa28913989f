//! The sticky buffers that are made of header bytes.

use std::net::IpAddr;

use tapir_packet::Packet;
use tapir_rules::keywords::{BufferId, network};

/// Whether a sticky buffer is one of those that [`each`] shows.
#[must_use]
pub fn is_header_buffer(buffer: BufferId) -> bool {
    [
        network::ETHER_HDR,
        network::IPV4_HDR,
        network::IPV6_HDR,
        network::TCP_HDR,
        network::UDP_HDR,
        network::ICMPV4_HDR,
        network::ICMPV6_HDR,
        network::IGMP_HDR,
        network::SCTP_HDR,
        network::SCTP_CHUNK_DATA,
        network::IP_SRC,
        network::IP_DST,
    ]
    .contains(&buffer)
}

/// The bytes of a header buffer, if the packet has that header.
///
/// Of a buffer of which there are several, this is the first.
#[must_use]
pub fn bytes<'a>(buffer: BufferId, packet: &Packet<'a>) -> Option<&'a [u8]> {
    match buffer {
        network::ETHER_HDR => Some(packet.ethernet()?.bytes()),
        network::IPV4_HDR => Some(packet.ipv4()?.bytes()),
        network::IPV6_HDR => Some(packet.ipv6()?.bytes()),
        network::TCP_HDR => Some(packet.tcp()?.bytes()),
        network::UDP_HDR => Some(packet.udp()?.bytes()),
        network::ICMPV4_HDR => Some(packet.icmpv4()?.bytes()),
        network::ICMPV6_HDR => Some(packet.icmpv6()?.bytes()),
        network::IGMP_HDR => Some(packet.igmp()?.bytes()),
        network::SCTP_HDR => Some(packet.sctp()?.packet_bytes()),
        network::SCTP_CHUNK_DATA => packet.sctp()?.chunks().find_map(|chunk| chunk.user_data()),
        network::IP_SRC => address(packet, 12, 8),
        network::IP_DST => address(packet, 16, 24),
        _ => None,
    }
}

/// Shows every instance of a header buffer until one of them is accepted, and says whether one was.
pub fn each<'a>(
    buffer: BufferId,
    packet: &Packet<'a>,
    mut accepts: impl FnMut(&'a [u8]) -> bool,
) -> bool {
    if buffer == network::SCTP_CHUNK_DATA {
        let Some(sctp) = packet.sctp() else {
            return false;
        };
        return sctp
            .chunks()
            .filter_map(|chunk| chunk.user_data())
            .any(accepts);
    }
    bytes(buffer, packet).is_some_and(&mut accepts)
}

/// An address as it stands in the header.
fn address<'a>(packet: &Packet<'a>, v4_at: usize, v6_at: usize) -> Option<&'a [u8]> {
    let header = packet.ip_datagram();
    match packet.src {
        IpAddr::V4(_) => header.get(v4_at..v4_at + 4),
        IpAddr::V6(_) => header.get(v6_at..v6_at + 16),
    }
}
