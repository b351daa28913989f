//! Encapsulating Security Payload (RFC 4303).

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport, ip_proto};

/// Security parameters index and sequence number.
const HEADER_LEN: usize = 8;

/// Decodes an ESP header. What follows it is encrypted.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.esp += 1;
    if layer.len() < HEADER_LEN {
        return packet.invalidate(DecodeEvent::EspPktTooSmall);
    }
    packet.proto = ip_proto::ESP;
    packet.set_transport(Transport::Esp, layer, HEADER_LEN);
    packet.set_wants_flow();
}
