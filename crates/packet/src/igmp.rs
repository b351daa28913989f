//! Internet Group Management Protocol (RFC 1112, 2236, 3376).

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport};

const HEADER_LEN: usize = 8;
/// A version 3 query before its list of sources.
const QUERY_V3_LEN: usize = 12;
const GROUP_RECORD_LEN: usize = 8;
/// As many sources as fit into a datagram with router alert option.
const MAX_SOURCES: usize = (65535 - 24 - QUERY_V3_LEN) / 4;

/// IGMP message types.
pub mod igmp_type {
    /// Membership query.
    pub const QUERY: u8 = 0x11;
    /// Membership report, version 1.
    pub const REPORT_V1: u8 = 0x12;
    /// Membership report, version 2.
    pub const REPORT_V2: u8 = 0x16;
    /// Leave group.
    pub const LEAVE: u8 = 0x17;
    /// Membership report, version 3.
    pub const REPORT_V3: u8 = 0x22;
}
use igmp_type as kind;

/// An IGMP message.
#[derive(Clone, Copy, Debug)]
pub struct Igmp<'a> {
    header: &'a [u8; HEADER_LEN],
    bytes: &'a [u8],
}

impl<'a> Igmp<'a> {
    pub(crate) fn at(bytes: &'a [u8], len: u16) -> Option<Self> {
        let header = bytes.first_chunk()?;
        Some(Igmp {
            header,
            bytes: bytes.get(..usize::from(len)).unwrap_or(header),
        })
    }

    /// The bytes of the message, lists of sources and groups included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Message type.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.header[0]
    }

    /// Maximum response time, or zero.
    #[must_use]
    pub fn max_response_time(&self) -> u8 {
        self.header[1]
    }

    /// Protocol version, where the message tells.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        match self.kind() {
            kind::QUERY if self.bytes.len() >= QUERY_V3_LEN => Some(3),
            kind::QUERY if self.max_response_time() == 0 => Some(1),
            kind::QUERY | kind::REPORT_V2 | kind::LEAVE => Some(2),
            kind::REPORT_V1 => Some(1),
            kind::REPORT_V3 => Some(3),
            _ => None,
        }
    }
}

/// Decodes an IGMP message.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.igmp += 1;
    let Some(header) = layer.first::<HEADER_LEN>() else {
        return packet.invalidate(DecodeEvent::IgmpPktTooSmall);
    };
    let len = match header[0] {
        kind::QUERY => query_len(layer),
        kind::REPORT_V3 => report_len(layer),
        _ => Ok(HEADER_LEN),
    };
    let len = len.and_then(|len| u16::try_from(len).map_err(|_| DecodeEvent::IgmpMalformed));
    match len {
        Ok(len) if len < u16::MAX => {
            packet.set_transport(Transport::Igmp, layer, usize::from(len));
            packet.igmp_len = len;
        }
        Ok(_) => packet.invalidate(DecodeEvent::IgmpMalformed),
        Err(event) => packet.invalidate(event),
    }
}

fn query_len(layer: Layer<'_>) -> Result<usize, DecodeEvent> {
    if layer.len() < QUERY_V3_LEN {
        return Ok(HEADER_LEN);
    }
    let sources = layer.u16_at(10).map_or(0, usize::from);
    if sources > MAX_SOURCES {
        return Err(DecodeEvent::IgmpMalformed);
    }
    let len = QUERY_V3_LEN + sources * 4;
    if layer.len() < len {
        Err(DecodeEvent::IgmpV3PktTooSmall)
    } else {
        Ok(len)
    }
}

fn report_len(layer: Layer<'_>) -> Result<usize, DecodeEvent> {
    let records = layer.u16_at(6).unwrap_or_default();
    let mut rest = layer.skip(HEADER_LEN);
    for _ in 0..records {
        let Some(record) = rest.first::<GROUP_RECORD_LEN>() else {
            return Err(DecodeEvent::IgmpV3PktTooSmall);
        };
        let auxiliary = usize::from(record[1]) * 4;
        let sources = usize::from(u16::from_be_bytes([record[2], record[3]])) * 4;
        let len = GROUP_RECORD_LEN + auxiliary + sources;
        if rest.len() < len {
            return Err(DecodeEvent::IgmpMalformed);
        }
        rest = rest.skip(len);
    }
    Ok(layer.len() - rest.len())
}
