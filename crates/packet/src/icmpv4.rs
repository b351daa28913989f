//! ICMP for IPv4 (RFC 792, 950, 1256).

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport};
use crate::quote::Quote;

const HEADER_LEN: usize = 8;

/// ICMPv4 message types.
pub mod icmpv4_type {
    /// Echo reply.
    pub const ECHO_REPLY: u8 = 0;
    /// Destination unreachable.
    pub const UNREACHABLE: u8 = 3;
    /// Source quench.
    pub const SOURCE_QUENCH: u8 = 4;
    /// Redirect.
    pub const REDIRECT: u8 = 5;
    /// Echo request.
    pub const ECHO: u8 = 8;
    /// Router advertisement.
    pub const ROUTER_ADVERT: u8 = 9;
    /// Router solicitation.
    pub const ROUTER_SOLICIT: u8 = 10;
    /// Time exceeded.
    pub const TIME_EXCEEDED: u8 = 11;
    /// Parameter problem.
    pub const PARAMETER_PROBLEM: u8 = 12;
    /// Timestamp request.
    pub const TIMESTAMP: u8 = 13;
    /// Timestamp reply.
    pub const TIMESTAMP_REPLY: u8 = 14;
    /// Information request.
    pub const INFO: u8 = 15;
    /// Information reply.
    pub const INFO_REPLY: u8 = 16;
    /// Address mask request.
    pub const ADDRESS_MASK: u8 = 17;
    /// Address mask reply.
    pub const ADDRESS_MASK_REPLY: u8 = 18;
}
use icmpv4_type as kind;

/// An ICMPv4 message.
#[derive(Clone, Copy, Debug)]
pub struct Icmpv4<'a> {
    header: &'a [u8; HEADER_LEN],
    message: &'a [u8],
}

impl<'a> Icmpv4<'a> {
    pub(crate) fn at(message: &'a [u8]) -> Option<Self> {
        Some(Icmpv4 {
            header: message.first_chunk()?,
            message,
        })
    }

    /// The bytes of the header: eight, or as many as messages of the type have in front of their
    /// variable part.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.message.get(..self.header_len()).unwrap_or(self.header)
    }

    fn header_len(&self) -> usize {
        match self.kind() {
            kind::TIMESTAMP | kind::TIMESTAMP_REPLY => HEADER_LEN + 12,
            kind::ADDRESS_MASK | kind::ADDRESS_MASK_REPLY => HEADER_LEN + 4,
            // Number of addresses, and how many words each takes.
            kind::ROUTER_ADVERT => {
                HEADER_LEN + usize::from(self.header[4]) * usize::from(self.header[5]) * 4
            }
            _ => HEADER_LEN,
        }
    }

    /// Message type.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.header[0]
    }

    /// Code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.header[1]
    }

    /// Checksum, as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Whether messages of this type have an identifier and a sequence number.
    #[must_use]
    pub fn has_id(&self) -> bool {
        matches!(
            self.kind(),
            kind::ECHO_REPLY | kind::ECHO | kind::TIMESTAMP..=kind::ADDRESS_MASK_REPLY
        )
    }

    /// Identifier of a request or reply.
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.has_id()
            .then(|| u16::from_be_bytes([self.header[4], self.header[5]]))
    }

    /// Sequence number of a request or reply.
    #[must_use]
    pub fn seq(&self) -> Option<u16> {
        self.has_id()
            .then(|| u16::from_be_bytes([self.header[6], self.header[7]]))
    }

    /// Whether messages of this type quote the packet that caused them.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(
            self.kind(),
            kind::UNREACHABLE
                | kind::SOURCE_QUENCH
                | kind::REDIRECT
                | kind::TIME_EXCEEDED
                | kind::PARAMETER_PROBLEM
        )
    }

    pub(crate) fn quote(&self) -> Option<Quote> {
        if !self.is_error() || self.code() > highest_code(self.kind())? {
            return None;
        }
        Quote::of_ipv4(self.message.get(HEADER_LEN..)?)
    }
}

/// The highest code of a type; nothing for unknown types.
fn highest_code(kind: u8) -> Option<u8> {
    match kind {
        kind::UNREACHABLE => Some(15),
        kind::REDIRECT => Some(3),
        kind::TIME_EXCEEDED => Some(1),
        kind::ROUTER_ADVERT
        | kind::ECHO_REPLY
        | kind::SOURCE_QUENCH
        | kind::ECHO
        | kind::PARAMETER_PROBLEM..=kind::ADDRESS_MASK_REPLY => Some(0),
        _ => None,
    }
}

/// Decodes an ICMPv4 message.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.icmpv4 += 1;
    let Some(message) = Icmpv4::at(layer.bytes) else {
        return packet.invalidate(DecodeEvent::Icmpv4PktTooSmall);
    };
    packet.set_transport(Transport::Icmpv4, layer, HEADER_LEN);
    match highest_code(message.kind()) {
        None => packet.note(DecodeEvent::Icmpv4UnknownType),
        Some(highest) if message.code() > highest => packet.note(DecodeEvent::Icmpv4UnknownCode),
        Some(_) if message.is_error() => {
            check_quote(packet, message.kind(), layer.skip(HEADER_LEN).bytes);
        }
        Some(_) => {}
    }
    packet.set_wants_flow();
}

fn check_quote(packet: &mut Packet<'_>, kind: u8, quoted: &[u8]) {
    // A quench without a quote is as bad as a cut one; the others may do without.
    if quoted.is_empty() && kind != kind::SOURCE_QUENCH {
        return;
    }
    match quoted.first_chunk::<20>() {
        None => packet.invalidate(DecodeEvent::Icmpv4Ipv4TruncPkt),
        Some(header) if header[0] >> 4 != 4 => {
            packet.invalidate(DecodeEvent::Icmpv4Ipv4UnknownVer);
        }
        Some(_) => {}
    }
}
