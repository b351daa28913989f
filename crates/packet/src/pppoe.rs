//! PPP over Ethernet (RFC 2516).

use crate::DecodeEvent;
use crate::decoder::{Decoded, Walk, invalid};
use crate::layer::Layer;
use crate::packet::Packet;
use crate::ppp::{self, Protocol};

const HEADER_LEN: usize = 6;

/// Decodes a session packet: a PPP frame without framing.
pub(crate) fn decode_session<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    walk.counters.pppoe += 1;
    let Some(&[_, _, _, _, len0, len1, protocol]) = layer.first() else {
        return invalid(packet, DecodeEvent::PppoePktTooSmall);
    };
    walk.enter_layer(packet)?;
    if [len0, len1] == [0, 0] {
        return Ok(());
    }
    let field = layer.skip(HEADER_LEN);
    let (number, field_len) = if protocol & 1 != 0 {
        (u16::from(protocol), 1)
    } else {
        match field.u16_at(0) {
            Some(number) => (number, 2),
            None => return invalid(packet, DecodeEvent::PppoePktTooSmall),
        }
    };
    ppp::decode_protocol(
        walk,
        packet,
        field.skip(field_len),
        Protocol::from_number(number),
    )
}

/// Decodes a discovery packet, of which only the form is checked.
pub(crate) fn decode_discovery<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    layer: Layer<'a>,
) -> Decoded {
    const OFFER: u8 = 0x07;
    const INITIATION: u8 = 0x09;
    const REQUEST: u8 = 0x19;
    const CONFIRMATION: u8 = 0x65;
    const TERMINATION: u8 = 0xa7;
    walk.counters.pppoe += 1;
    let Some(&[_, code, _, _, len0, len1]) = layer.first::<HEADER_LEN>() else {
        return invalid(packet, DecodeEvent::PppoePktTooSmall);
    };
    walk.enter_layer(packet)?;
    if !matches!(
        code,
        OFFER | INITIATION | REQUEST | CONFIRMATION | TERMINATION
    ) {
        packet.invalidate(DecodeEvent::PppoeWrongCode);
        return Ok(());
    }
    let tags_len = usize::from(u16::from_be_bytes([len0, len1]));
    if tags_len > layer.len() - HEADER_LEN {
        packet.invalidate(DecodeEvent::PppoeMalformedTags);
    }
    Ok(())
}
