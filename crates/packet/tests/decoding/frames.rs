//! Frames built layer by layer, innermost first.

use tapir_packet::{
    DecodeConfig, DecodeEvent, Decoder, Frame, LinkType, Packet, Packets, Timestamp,
};

/// Bytes from hexadecimal digits; blanks are ignored.
pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |digit: u8| (digit as char).to_digit(16).expect("a digit") as u8;
    digits
        .chunks(2)
        .map(|pair| value(pair[0]) << 4 | value(pair[1]))
        .collect()
}

/// Bytes one after the other.
pub fn chain(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    chain(&[
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1],
        &ether_type.to_be_bytes(),
        payload,
    ])
}

pub fn vlan(id: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    chain(&[&id.to_be_bytes(), &ether_type.to_be_bytes(), payload])
}

/// An IPv4 packet from 192.0.2.1 to 192.0.2.2 with a right checksum.
pub fn ipv4(proto: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with_options(proto, &[], payload)
}

pub fn ipv4_with_options(proto: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header_len = 20 + options.len();
    let total = u16::try_from(header_len + payload.len()).expect("fits");
    let [len0, len1] = total.to_be_bytes();
    let first = 0x40 | u8::try_from(header_len / 4).expect("fits");
    let fixed = [
        first, 0, len0, len1, 0x12, 0x34, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ];
    let mut header = chain(&[&fixed, options]);
    let sum = tapir_packet::internet_checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    chain(&[&header, payload])
}

/// An IPv6 packet from 2001:db8::1 to 2001:db8::2.
pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("fits").to_be_bytes();
    let addresses = hex("20010db8000000000000000000000001 20010db8000000000000000000000002");
    chain(&[
        &[0x60, 0, 0, 0, len[0], len[1], next_header, 64],
        &addresses,
        payload,
    ])
}

/// A UDP datagram without checksum.
pub fn udp(sport: u16, dport: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).expect("fits");
    chain(&[
        &sport.to_be_bytes(),
        &dport.to_be_bytes(),
        &len.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// A TCP segment with the ACK flag, without checksum.
pub fn tcp(options: &[u8], payload: &[u8]) -> Vec<u8> {
    let offset = u8::try_from(5 + options.len() / 4).expect("fits") << 4;
    let header = hex("c001 0050 00000001 00000002");
    chain(&[
        &header,
        &[offset, 0x10, 0x20, 0, 0, 0, 0, 0],
        options,
        payload,
    ])
}

pub fn decode_with(config: DecodeConfig, link: LinkType, data: &[u8]) -> Packets<'_> {
    let frame = Frame {
        ts: Timestamp::ZERO,
        link,
        data,
        wire_len: data.len() as u32,
    };
    Decoder::new(config).decode(&frame)
}

pub fn decode(link: LinkType, data: &[u8]) -> Packets<'_> {
    decode_with(DecodeConfig::default(), link, data)
}

/// The events of a packet, by name.
pub fn events_of(packet: &Packet<'_>) -> Vec<&'static str> {
    packet.events.iter().map(DecodeEvent::name).collect()
}

/// The frame's own packet.
pub fn root<'p, 'a>(packets: &'p Packets<'a>) -> &'p Packet<'a> {
    packets.last().expect("the frame's own packet")
}
