//! Point-to-Point Protocol (RFC 1661, 1662).

use crate::decoder::{Decoded, Undecodable, Walk, invalid};
use crate::layer::Layer;
use crate::packet::{Packet, PacketFlags};
use crate::{DecodeEvent, ipv4, ipv6};

const IPV4_HEADER_LEN: usize = 20;
const IPV6_HEADER_LEN: usize = 40;

/// What a PPP protocol number stands for, as far as decoding tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ipv4,
    Ipv6,
    /// TCP/IP by Van Jacobson, header not compressed: the protocol number is zero.
    VanJacobson,
    /// Link and network control, authentication, compression.
    Control,
    /// A network protocol that is not decoded.
    Unsupported,
    Unknown,
}

impl Protocol {
    pub(crate) fn from_number(number: u16) -> Self {
        match number {
            0x0021 => Protocol::Ipv4,
            0x0057 => Protocol::Ipv6,
            0x002f => Protocol::VanJacobson,
            // Compressed datagrams; the control protocols of IP, IPv6, compression and Cisco
            // discovery; LCP, PAP, link quality, callback and CHAP.
            0x00fd | 0x8021 | 0x8057 | 0x80fd | 0x8207 | 0xc021 | 0xc023 | 0xc025 | 0xc029
            | 0xc223 => Protocol::Control,
            // VJ compressed, IPX, OSI, NS, DECnet, AppleTalk, bridging, ST-II, Vines and others,
            // MPLS, and their control protocols.
            0x002d | 0x002b | 0x0023 | 0x0025 | 0x0027 | 0x0029 | 0x0031 | 0x0033 | 0x0035
            | 0x0205 | 0x0231 | 0x0233 | 0x0281 | 0x0283 | 0x8023 | 0x8025 | 0x8027 | 0x8029
            | 0x802b | 0x8033 | 0x8035 | 0x8281 => Protocol::Unsupported,
            _ => Protocol::Unknown,
        }
    }
}

/// Decodes a PPP frame, with or without HDLC-like framing and with or without protocol field
/// compression.
pub(crate) fn decode<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.ppp += 1;
    let framing_len = match layer.u8_at(0) {
        Some(0xff) => 2,
        _ => 0,
    };
    let field = layer.skip(framing_len);
    // The last byte of a protocol number is odd, the others are even.
    let (number, field_len) = match *field.bytes {
        [low, ..] if low & 1 != 0 => (u16::from(low), 1),
        [high, low, ..] => (u16::from_be_bytes([high, low]), 2),
        _ => return invalid(packet, DecodeEvent::PppPktTooSmall),
    };
    walk.enter_layer(packet)?;
    let inside = field.skip(field_len);
    let protocol = Protocol::from_number(number);
    if field_len == 1 {
        return decode_compressed(walk, packet, inside, protocol);
    }
    decode_protocol(walk, packet, inside, protocol)
}

/// What follows a protocol field of one byte: only IP is expected there.
fn decode_compressed<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    inside: Layer<'a>,
    protocol: Protocol,
) -> Decoded {
    match protocol {
        Protocol::Ipv4 if inside.len() < IPV4_HEADER_LEN => {
            invalid(packet, DecodeEvent::PppVjuPktTooSmall)
        }
        Protocol::Ipv4 | Protocol::Ipv6 | Protocol::VanJacobson => {
            decode_protocol(walk, packet, inside, protocol)
        }
        Protocol::Control | Protocol::Unsupported | Protocol::Unknown => {
            packet.note(DecodeEvent::PppUnsupProto);
            Ok(())
        }
    }
}

/// Decodes what a protocol number announces.
pub(crate) fn decode_protocol<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    inside: Layer<'a>,
    protocol: Protocol,
) -> Decoded {
    match protocol {
        Protocol::Ipv4 if inside.len() < IPV4_HEADER_LEN => {
            invalid(packet, DecodeEvent::PppIp4PktTooSmall)
        }
        Protocol::Ipv4 => ipv4::decode(walk, packet, inside),
        Protocol::Ipv6 if inside.len() < IPV6_HEADER_LEN => {
            invalid(packet, DecodeEvent::PppIp6PktTooSmall)
        }
        Protocol::Ipv6 => ipv6::decode(walk, packet, inside),
        Protocol::VanJacobson => match inside.first::<IPV4_HEADER_LEN>() {
            None => invalid(packet, DecodeEvent::PppVjuPktTooSmall),
            Some(header) if header[0] >> 4 != 4 => Err(Undecodable),
            Some(_) => {
                packet.flags.insert(PacketFlags::VAN_JACOBSON);
                ipv4::decode(walk, packet, inside)
            }
        },
        Protocol::Control => Ok(()),
        Protocol::Unsupported => {
            packet.note(DecodeEvent::PppUnsupProto);
            Ok(())
        }
        Protocol::Unknown => {
            packet.invalidate(DecodeEvent::PppWrongType);
            Ok(())
        }
    }
}
