//! Stream Control Transmission Protocol (RFC 9260).

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport, ip_proto};

const HEADER_LEN: usize = 12;
const CHUNK_HEADER_LEN: usize = 4;

/// SCTP chunk types.
pub mod sctp_chunk {
    /// Payload data.
    pub const DATA: u8 = 0;
    /// Initiation.
    pub const INIT: u8 = 1;
    /// Initiation acknowledgment.
    pub const INIT_ACK: u8 = 2;
    /// Selective acknowledgment.
    pub const SACK: u8 = 3;
    /// Heartbeat request.
    pub const HEARTBEAT: u8 = 4;
    /// Heartbeat acknowledgment.
    pub const HEARTBEAT_ACK: u8 = 5;
    /// Abort.
    pub const ABORT: u8 = 6;
    /// Shutdown.
    pub const SHUTDOWN: u8 = 7;
    /// Shutdown acknowledgment.
    pub const SHUTDOWN_ACK: u8 = 8;
    /// Operation error.
    pub const ERROR: u8 = 9;
    /// State cookie.
    pub const COOKIE_ECHO: u8 = 10;
    /// Cookie acknowledgment.
    pub const COOKIE_ACK: u8 = 11;
    /// Shutdown complete.
    pub const SHUTDOWN_COMPLETE: u8 = 14;
}

/// An SCTP packet.
#[derive(Clone, Copy, Debug)]
pub struct Sctp<'a> {
    header: &'a [u8; HEADER_LEN],
    packet: &'a [u8],
}

/// One chunk of an SCTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpChunk<'a> {
    /// Chunk type, see [`sctp_chunk`].
    pub kind: u8,
    /// Chunk flags; their meaning depends on the type.
    pub flags: u8,
    /// Chunk header and value, without padding.
    pub bytes: &'a [u8],
}

impl<'a> SctpChunk<'a> {
    /// What follows the chunk header.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.bytes.get(CHUNK_HEADER_LEN..).unwrap_or_default()
    }

    /// The user data of a data chunk, behind its transmission sequence number, stream
    /// identifier, stream sequence number and payload protocol identifier.
    #[must_use]
    pub fn user_data(&self) -> Option<&'a [u8]> {
        if self.kind == sctp_chunk::DATA {
            self.bytes.get(16..)
        } else {
            None
        }
    }
}

impl<'a> Sctp<'a> {
    pub(crate) fn at(packet: &'a [u8]) -> Option<Self> {
        Some(Sctp {
            header: packet.first_chunk()?,
            packet,
        })
    }

    /// The twelve bytes of the common header.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.header
    }

    /// The common header and all chunks.
    #[must_use]
    pub fn packet_bytes(&self) -> &'a [u8] {
        self.packet
    }

    /// Source port.
    #[must_use]
    pub fn sport(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// Destination port.
    #[must_use]
    pub fn dport(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Verification tag.
    #[must_use]
    pub fn verification_tag(&self) -> u32 {
        let [_, _, _, _, b0, b1, b2, b3, ..] = *self.header;
        u32::from_be_bytes([b0, b1, b2, b3])
    }

    /// The chunks, in order.
    pub fn chunks(&self) -> impl Iterator<Item = SctpChunk<'a>> + Clone + use<'a> {
        Chunks {
            rest: self.packet.get(HEADER_LEN..).unwrap_or_default(),
        }
        .map_while(Result::ok)
    }
}

/// Reads chunks until the end or until one that cannot be read.
#[derive(Clone)]
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<SctpChunk<'a>, DecodeEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(&[kind, flags, len0, len1]) = self.rest.first_chunk() else {
            self.rest = &[];
            return Some(Err(DecodeEvent::SctpChunkTooSmall));
        };
        let len = usize::from(u16::from_be_bytes([len0, len1]));
        let bytes = self.rest.get(..len).filter(|_| len >= CHUNK_HEADER_LEN);
        let Some(bytes) = bytes else {
            self.rest = &[];
            return Some(Err(DecodeEvent::SctpChunkLenInvalid));
        };
        self.rest = self.rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(Ok(SctpChunk { kind, flags, bytes }))
    }
}

/// Decodes an SCTP packet.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.sctp += 1;
    let Some(sctp) = Sctp::at(layer.bytes) else {
        return packet.invalidate(DecodeEvent::SctpPktTooSmall);
    };
    packet.sport = sctp.sport();
    packet.dport = sctp.dport();
    packet.proto = ip_proto::SCTP;
    packet.set_transport(Transport::Sctp, layer, HEADER_LEN);
    if let Err(event) = check_chunks(packet, &sctp) {
        packet.invalidate(event);
        packet.clear_transport();
        return;
    }
    packet.set_wants_flow();
}

fn check_chunks(packet: &mut Packet<'_>, sctp: &Sctp<'_>) -> Result<(), DecodeEvent> {
    let tag = sctp.verification_tag();
    let mut count = 0_u32;
    let mut has_init = false;
    let chunks = Chunks {
        rest: sctp.packet.get(HEADER_LEN..).unwrap_or_default(),
    };
    for chunk in chunks {
        count += 1;
        match chunk?.kind {
            sctp_chunk::INIT => {
                has_init = true;
                if tag != 0 {
                    packet.note(DecodeEvent::SctpInitWithNonZeroVtag);
                }
            }
            sctp_chunk::INIT_ACK => has_init = true,
            sctp_chunk::DATA if tag == 0 => packet.note(DecodeEvent::SctpDataWithZeroVtag),
            _ => {}
        }
    }
    if has_init && count > 1 {
        packet.note(DecodeEvent::SctpInitChunkBundled);
    }
    Ok(())
}
