//! Headers around payloads. Each function returns whole bytes: an Ethernet frame, an IP packet, a segment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{
    EtherType, Ethernet2Header, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, TcpHeader,
    UdpHeader, checksum::Sum16BitWords,
};

use crate::host::{Endpoint, Host};

/// EtherType of IPv4.
pub const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
pub const IPV6: u16 = 0x86dd;
/// EtherType of a VLAN tag (802.1Q).
pub const VLAN: u16 = 0x8100;
/// EtherType of a provider's VLAN tag (802.1ad).
pub const PROVIDER_VLAN: u16 = 0x88a8;

/// IP protocol numbers.
pub mod protocol {
    /// ICMP for IPv4.
    pub const ICMP: u8 = 1;
    /// IPv4 in IP.
    pub const IPV4: u8 = 4;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// IPv6 in IP.
    pub const IPV6: u8 = 41;
    /// Generic routing encapsulation.
    pub const GRE: u8 = 47;
    /// ICMP for IPv6.
    pub const ICMPV6: u8 = 58;
    /// SCTP.
    pub const SCTP: u8 = 132;
}

/// An Ethernet frame.
pub fn ethernet(from: &Host, to: &Host, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let header = Ethernet2Header {
        source: from.mac,
        destination: to.mac,
        ether_type: EtherType(ether_type),
    };
    [&header.to_bytes()[..], payload].concat()
}

/// An Ethernet frame around an IP packet.
pub fn ethernet_ip(from: &Host, to: &Host, packet: &[u8]) -> Vec<u8> {
    ethernet(from, to, ip_ether_type(packet), packet)
}

/// The EtherType of an IP packet.
pub fn ip_ether_type(packet: &[u8]) -> u16 {
    match packet.first().map(|byte| byte >> 4) {
        Some(6) => IPV6,
        _ => IPV4,
    }
}

/// What follows the EtherType of a VLAN tag: priority 0, the number, the EtherType of what is inside.
pub fn vlan(number: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [
        &number.to_be_bytes()[..],
        &ether_type.to_be_bytes(),
        payload,
    ]
    .concat()
}

/// An IP packet, of the version that the addresses have.
pub fn ip(from: &Host, to: &Host, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (from.ip, to.ip) {
        (IpAddr::V6(from), IpAddr::V6(to)) => ipv6(from, to, protocol, payload),
        _ => ipv4(from, to, protocol, payload, |_| ()),
    }
}

/// An IPv4 packet whose header `change` may alter before its checksum is computed.
pub fn ipv4(
    from: &Host,
    to: &Host,
    protocol: u8,
    payload: &[u8],
    change: impl FnOnce(&mut Ipv4Header),
) -> Vec<u8> {
    let mut header = Ipv4Header {
        time_to_live: 64,
        protocol: IpNumber(protocol),
        source: v4(from).octets(),
        destination: v4(to).octets(),
        dont_fragment: true,
        ..Ipv4Header::default()
    };
    change(&mut header);
    header.total_len = length(header.header_len().saturating_add(payload.len()));
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], payload].concat()
}

/// An IPv6 packet.
pub fn ipv6(from: Ipv6Addr, to: Ipv6Addr, next_header: u8, payload: &[u8]) -> Vec<u8> {
    let header = Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: length(payload.len()),
        next_header: IpNumber(next_header),
        hop_limit: 64,
        source: from.octets(),
        destination: to.octets(),
    };
    [&header.to_bytes()[..], payload].concat()
}

/// A length as headers say it. What is longer than any packet is said to be as long as the longest.
fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// The IPv4 address of a host; 0.0.0.0 for a host that has none.
pub fn v4(host: &Host) -> Ipv4Addr {
    match host.ip {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

/// The IPv6 address of a host; one of IPv4 is written as one of IPv6.
pub fn v6(host: &Host) -> Ipv6Addr {
    match host.ip {
        IpAddr::V6(ip) => ip,
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
    }
}

/// A UDP datagram: header and payload.
pub fn udp_datagram(from: Endpoint, to: Endpoint, payload: &[u8]) -> Vec<u8> {
    let mut header = UdpHeader {
        source_port: from.port,
        destination_port: to.port,
        length: length(payload.len().saturating_add(8)),
        checksum: 0,
    };
    let checksum = match (from.host.ip, to.host.ip) {
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            header.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload)
        }
        _ => header.calc_checksum_ipv4_raw(v4(&from.host).octets(), v4(&to.host).octets(), payload),
    };
    header.checksum = checksum.unwrap_or_default();
    [&header.to_bytes()[..], payload].concat()
}

/// An IP packet with a UDP datagram.
pub fn udp(from: Endpoint, to: Endpoint, payload: &[u8]) -> Vec<u8> {
    let datagram = udp_datagram(from, to, payload);
    ip(&from.host, &to.host, protocol::UDP, &datagram)
}

/// A TCP segment: header and payload. Ports and checksum are filled in.
pub fn tcp_segment(from: Endpoint, to: Endpoint, header: &TcpHeader, payload: &[u8]) -> Vec<u8> {
    let mut header = header.clone();
    header.source_port = from.port;
    header.destination_port = to.port;
    let checksum = match (from.host.ip, to.host.ip) {
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            header.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload)
        }
        _ => header.calc_checksum_ipv4_raw(v4(&from.host).octets(), v4(&to.host).octets(), payload),
    };
    header.checksum = checksum.unwrap_or_default();
    [&header.to_bytes()[..], payload].concat()
}

/// An ICMP message for IPv4: type, code, the four bytes that depend on them, the rest.
pub fn icmp(kind: u8, code: u8, word: [u8; 4], rest: &[u8]) -> Vec<u8> {
    let sum = Sum16BitWords::new()
        .add_2bytes([kind, code])
        .add_4bytes(word)
        .add_slice(rest)
        .ones_complement()
        .to_ne_bytes();
    [&[kind, code][..], &sum, &word, rest].concat()
}

/// An ICMP message for IPv6; its checksum covers the addresses.
pub fn icmpv6(from: &Host, to: &Host, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let sum = Sum16BitWords::new()
        .add_16bytes(v6(from).octets())
        .add_16bytes(v6(to).octets())
        .add_4bytes((4_u32.saturating_add(u32::from(length(rest.len())))).to_be_bytes())
        .add_4bytes([0, 0, 0, protocol::ICMPV6])
        .add_2bytes([kind, code])
        .add_slice(rest)
        .ones_complement()
        .to_ne_bytes();
    [&[kind, code][..], &sum, rest].concat()
}

/// An SCTP packet: common header with its CRC32c (RFC 9260), then chunks.
pub fn sctp(from_port: u16, to_port: u16, tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut packet = [
        &from_port.to_be_bytes()[..],
        &to_port.to_be_bytes(),
        &tag.to_be_bytes(),
        &[0; 4],
        chunks,
    ]
    .concat();
    let sum = crc32c(&packet).to_le_bytes();
    packet.splice(8..12, sum);
    packet
}

fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
            crc = crc >> 1 ^ carry;
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32c_of_the_check_string() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
