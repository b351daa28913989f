//! ICMP for IPv6 (RFC 4443 and the registry of its types).

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport};
use crate::quote::Quote;

const HEADER_LEN: usize = 8;

/// ICMPv6 message types.
pub mod icmpv6_type {
    /// Destination unreachable.
    pub const UNREACHABLE: u8 = 1;
    /// Packet too big.
    pub const TOO_BIG: u8 = 2;
    /// Time exceeded.
    pub const TIME_EXCEEDED: u8 = 3;
    /// Parameter problem.
    pub const PARAMETER_PROBLEM: u8 = 4;
    /// Echo request.
    pub const ECHO: u8 = 128;
    /// Echo reply.
    pub const ECHO_REPLY: u8 = 129;
    /// Multicast listener query.
    pub const LISTENER_QUERY: u8 = 130;
    /// Multicast listener report.
    pub const LISTENER_REPORT: u8 = 131;
    /// Multicast listener done.
    pub const LISTENER_DONE: u8 = 132;
}
use icmpv6_type as kind;

/// An ICMPv6 message.
#[derive(Clone, Copy, Debug)]
pub struct Icmpv6<'a> {
    header: &'a [u8; HEADER_LEN],
    message: &'a [u8],
}

impl<'a> Icmpv6<'a> {
    pub(crate) fn at(message: &'a [u8]) -> Option<Self> {
        Some(Icmpv6 {
            header: message.first_chunk()?,
            message,
        })
    }

    /// The eight bytes of the header.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.header
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
        matches!(self.kind(), kind::ECHO | kind::ECHO_REPLY)
    }

    /// Identifier of an echo.
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.has_id()
            .then(|| u16::from_be_bytes([self.header[4], self.header[5]]))
    }

    /// Sequence number of an echo.
    #[must_use]
    pub fn seq(&self) -> Option<u16> {
        self.has_id()
            .then(|| u16::from_be_bytes([self.header[6], self.header[7]]))
    }

    /// The link's MTU that a packet was too big for.
    #[must_use]
    pub fn mtu(&self) -> Option<u32> {
        let [_, _, _, _, b0, b1, b2, b3] = *self.header;
        (self.kind() == kind::TOO_BIG).then(|| u32::from_be_bytes([b0, b1, b2, b3]))
    }

    /// Whether messages of this type quote the packet that caused them.
    #[must_use]
    pub fn is_error(&self) -> bool {
        (kind::UNREACHABLE..=kind::PARAMETER_PROBLEM).contains(&self.kind())
    }

    pub(crate) fn quote(&self) -> Option<Quote> {
        if !self.is_error() || !is_known_code(self.kind(), self.code()) {
            return None;
        }
        Quote::of_ipv6(self.message.get(HEADER_LEN..)?)
    }
}

/// Whether a code is one of its type; types without codes of their own take any.
fn is_known_code(kind: u8, code: u8) -> bool {
    match kind {
        kind::UNREACHABLE => code <= 6,
        kind::TIME_EXCEEDED => code <= 1,
        // Parameter problem; node information query and reply.
        kind::PARAMETER_PROBLEM | 139 | 140 => code <= 2,
        // Router renumbering.
        138 => code <= 2 || code == 255,
        // Experimental mobility; multicast router discovery.
        150..=153 => true,
        // Routing for low-power networks.
        155 => code <= 3 || (128..=132).contains(&code),
        _ => code == 0,
    }
}

/// The event for types that messages of are not decoded further.
fn unknown_type(kind: u8) -> Option<DecodeEvent> {
    match kind {
        kind::UNREACHABLE..=kind::PARAMETER_PROBLEM | 128..=159 => None,
        100 | 101 | 200 | 201 => Some(DecodeEvent::Icmpv6ExperimentationType),
        5..=126 | 160..=255 => Some(DecodeEvent::Icmpv6UnassignedType),
        0 | 127 => Some(DecodeEvent::Icmpv6UnknownType),
    }
}

/// Decodes an ICMPv6 message.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.icmpv6 += 1;
    let Some(message) = Icmpv6::at(layer.bytes) else {
        return packet.invalidate(DecodeEvent::Icmpv6PktTooSmall);
    };
    packet.set_transport(Transport::Icmpv6, layer, HEADER_LEN);
    let is_code_known = is_known_code(message.kind(), message.code());
    match unknown_type(message.kind()) {
        Some(event) => packet.note(event),
        None if !is_code_known => packet.note(DecodeEvent::Icmpv6UnknownCode),
        None => {}
    }
    if (kind::LISTENER_QUERY..=kind::LISTENER_DONE).contains(&message.kind())
        && packet.ipv6().is_some_and(|ip| ip.hop_limit() != 1)
    {
        packet.note(DecodeEvent::Icmpv6MldMessageWithInvalidHl);
    }
    let is_echo = matches!(message.kind(), kind::ECHO | kind::ECHO_REPLY);
    if message.is_error() && is_code_known {
        check_quote(packet, layer.skip(HEADER_LEN).bytes);
    } else if !(is_echo && is_code_known) {
        // Informational messages: inspection takes the body to begin after four bytes, and
        // keeps the length that it has after eight less those four.
        packet.payload_at = layer.at + 4;
        packet.payload_len = (layer.len() - HEADER_LEN).saturating_sub(4) as u32;
    }
    packet.set_wants_flow();
}

fn check_quote(packet: &mut Packet<'_>, quoted: &[u8]) {
    match quoted.first_chunk::<40>() {
        None => packet.invalidate(DecodeEvent::Icmpv6Ipv6TruncPkt),
        Some(header) if header[0] >> 4 != 6 => {
            packet.invalidate(DecodeEvent::Icmpv6Ipv6UnknownVersion);
        }
        Some(_) => {}
    }
}
