//! The classic format (draft-ietf-opsawg-pcap), its nanosecond variant, and the modified one that carries
//! eight more bytes a record.

use tapir_packet::{LinkType, Timestamp};

use super::record::{ByteOrder, MAX_PACKET, Step};
use crate::batch::FrameMeta;

/// What the file header says.
pub(super) struct PcapFormat {
    order: ByteOrder,
    nanoseconds: bool,
    record_header: usize,
    /// Files of version 2.2 and before have the two lengths the other way round; 2.3 sometimes.
    lengths: Lengths,
    snaplen: u32,
    link: LinkType,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    Either,
}

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;

/// Length of the file header.
pub(super) const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const MODIFIED_RECORD_HEADER: usize = 24;

/// The byte order that a file begins in; `None` when it does not begin as this format does.
pub(super) fn order_of_magic(magic: [u8; 4]) -> Option<ByteOrder> {
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find(|order| matches!(order.u32(&magic, 0), MICROSECONDS | NANOSECONDS | MODIFIED))
}

impl PcapFormat {
    /// Reads the file header. The error says what is wrong with it.
    pub(super) fn of_header(order: ByteOrder, bytes: &[u8]) -> Result<Self, String> {
        let magic = order.u32(bytes, 0);
        let (major, minor) = (order.u16(bytes, 4), order.u16(bytes, 6));
        let lengths = match (major, minor) {
            (2, 0..=2) | (543, 0) => Lengths::WireFirst,
            (2, 3) => Lengths::Either,
            (2, 4) => Lengths::CapturedFirst,
            _ => {
                return Err(format!("version {major}.{minor} of the format is unknown"));
            }
        };
        let snaplen = match order.u32(bytes, 16) {
            0 | 0x8000_0000.. => MAX_PACKET,
            snaplen => snaplen.min(MAX_PACKET),
        };
        // The upper bits say how long a frame check sequence is; decoding does without one.
        let number = order.u32(bytes, 20) & 0x03ff_ffff;
        let link = LinkType(u16::try_from(number).unwrap_or(u16::MAX));
        let modified = magic == MODIFIED;
        Ok(Self {
            order,
            nanoseconds: magic == NANOSECONDS,
            record_header: if modified {
                MODIFIED_RECORD_HEADER
            } else {
                RECORD_HEADER
            },
            lengths,
            snaplen,
            link,
        })
    }

    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    #[inline]
    pub(super) fn step(&self, bytes: &[u8]) -> Result<Step, String> {
        if bytes.len() < self.record_header {
            return Ok(Step::More {
                needed: self.record_header,
            });
        }
        let at = |at| self.order.u32(bytes, at);
        let (secs, fraction) = (at(0), at(4));
        let (mut captured, mut wire) = (at(8), at(12));
        let swapped = match self.lengths {
            Lengths::CapturedFirst => false,
            Lengths::WireFirst => true,
            Lengths::Either => captured > wire,
        };
        if swapped {
            (captured, wire) = (wire, captured);
        }
        if captured > MAX_PACKET {
            return Err(format!(
                "a packet of {captured} bytes; the longest possible has {MAX_PACKET}"
            ));
        }
        let used = self.record_header + captured as usize;
        if bytes.len() < used {
            return Ok(Step::More { needed: used });
        }
        let nanos = u64::from(fraction) * if self.nanoseconds { 1 } else { 1000 };
        let frame = FrameMeta {
            len: captured.min(self.snaplen),
            wire_len: wire.max(captured),
            link: self.link,
            ts: Timestamp::from_nanos(u64::from(secs) * 1_000_000_000 + nanos),
            ..FrameMeta::at(self.record_header)
        };
        Ok(Step::Frame { frame, used })
    }
}
