//! The pcapng format (draft-ietf-opsawg-pcapng): sections, interfaces, blocks.

use tapir_packet::{LinkType, Timestamp};

use super::record::{ByteOrder, MAX_PACKET, Step};
use crate::batch::FrameMeta;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Type, length, and the length again at the end.
const FRAMING: usize = 12;
/// Byte order, version and length of a section.
const SECTION_BODY: usize = 16;
/// A longer block is damage (the limit of libpcap).
const MAX_BLOCK: u32 = 16 << 20;
/// More interfaces in a section are damage: each costs memory.
const MAX_INTERFACES: usize = 65_536;

const OPTION_TSRESOL: u16 = 9;
const OPTION_TSOFFSET: u16 = 14;

/// What the current section said so far.
pub(super) struct PcapngFormat {
    order: ByteOrder,
    interfaces: Vec<Interface>,
}

impl Default for PcapngFormat {
    fn default() -> Self {
        Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
        }
    }
}

/// An interface that packets were captured on.
struct Interface {
    link: LinkType,
    snaplen: u32,
    ticks_per_second: u64,
    offset_seconds: i64,
}

impl Interface {
    fn time(&self, ticks: u64) -> Timestamp {
        let secs = ticks / self.ticks_per_second;
        let rest = u128::from(ticks % self.ticks_per_second) * 1_000_000_000
            / u128::from(self.ticks_per_second);
        let secs = secs.saturating_add_signed(self.offset_seconds);
        Timestamp::from_nanos(
            secs.saturating_mul(1_000_000_000)
                .saturating_add(rest as u64),
        )
    }
}

/// Whether a file that begins so begins with a section.
pub(super) fn is_magic(magic: [u8; 4]) -> bool {
    magic == SECTION_HEADER.to_be_bytes()
}

impl PcapngFormat {
    /// What the packets of the section's first interface begin with.
    pub(super) fn first_link(&self) -> Option<LinkType> {
        self.interfaces.first().map(|interface| interface.link)
    }

    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, String> {
        if bytes.len() < FRAMING {
            return Ok(Step::More { needed: FRAMING });
        }
        // A section header reads the same in both byte orders; the rest of it says which is right.
        let begins_section = self.order.u32(bytes, 0) == SECTION_HEADER;
        let order = if begins_section {
            if bytes.len() < FRAMING + SECTION_BODY {
                return Ok(Step::More {
                    needed: FRAMING + SECTION_BODY,
                });
            }
            section_order(bytes)?
        } else {
            self.order
        };
        let length = order.u32(bytes, 4);
        let used = length as usize;
        if used < FRAMING || length > MAX_BLOCK || !length.is_multiple_of(4) {
            return Err(format!("a block of {length} bytes"));
        }
        if bytes.len() < used {
            return Ok(Step::More { needed: used });
        }
        let again = order.u32(bytes, used - 4);
        if again != length {
            return Err(format!(
                "a block of {length} bytes that says {again} at its end"
            ));
        }
        let body = bytes.get(8..used - 4).unwrap_or_default();
        if begins_section {
            let (major, minor) = (order.u16(body, 4), order.u16(body, 6));
            if body.len() < SECTION_BODY || major != 1 || !matches!(minor, 0 | 2) {
                return Err(format!(
                    "a section of version {major}.{minor}, which is unknown"
                ));
            }
            self.order = order;
            self.interfaces.clear();
            return Ok(Step::Skip { used });
        }
        match order.u32(bytes, 0) {
            INTERFACE => self.interface(body).map(|()| Step::Skip { used }),
            ENHANCED_PACKET if body.len() >= 20 => self.packet(body, order.u32(body, 0), used),
            OLD_PACKET if body.len() >= 20 => {
                self.packet(body, u32::from(order.u16(body, 0)), used)
            }
            SIMPLE_PACKET if body.len() >= 4 => self.simple_packet(body, used),
            ENHANCED_PACKET | OLD_PACKET | SIMPLE_PACKET => Err(format!(
                "a packet block of {length} bytes, too short for its own header"
            )),
            _ => Ok(Step::Skip { used }),
        }
    }

    fn interface(&mut self, body: &[u8]) -> Result<(), String> {
        if body.len() < 8 {
            return Err("an interface block too short for its own header".to_owned());
        }
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(format!("more than {MAX_INTERFACES} interfaces"));
        }
        let order = self.order;
        let link = LinkType(order.u16(body, 0));
        let snaplen = match order.u32(body, 4) {
            0 | 0x8000_0000.. => MAX_PACKET,
            snaplen => snaplen.min(MAX_PACKET),
        };
        let mut interface = Interface {
            link,
            snaplen,
            ticks_per_second: 1_000_000,
            offset_seconds: 0,
        };
        let mut options = body.get(8..).unwrap_or_default();
        while options.len() >= 4 {
            let (code, len) = (order.u16(options, 0), usize::from(order.u16(options, 2)));
            let Some(value) = options.get(4..4 + len) else {
                break;
            };
            match (code, value) {
                (0, _) => break,
                (OPTION_TSRESOL, [resolution]) => {
                    interface.ticks_per_second = ticks_per_second(*resolution)?
                }
                (OPTION_TSOFFSET, [_, _, _, _, _, _, _, _]) => {
                    let (low, high) = (order.u32(value, 0), order.u32(value, 4));
                    let (low, high) = if order == ByteOrder::Big {
                        (high, low)
                    } else {
                        (low, high)
                    };
                    interface.offset_seconds = (u64::from(high) << 32 | u64::from(low)) as i64;
                }
                _ => {}
            }
            options = options
                .get(4 + len.next_multiple_of(4)..)
                .unwrap_or_default();
        }
        self.interfaces.push(interface);
        Ok(())
    }

    /// Enhanced and old packet blocks share their layout behind the interface number.
    fn packet(&self, body: &[u8], interface: u32, used: usize) -> Result<Step, String> {
        let order = self.order;
        let interface = self.known(interface)?;
        let ticks = u64::from(order.u32(body, 4)) << 32 | u64::from(order.u32(body, 8));
        let (captured, wire) = (order.u32(body, 12), order.u32(body, 16));
        if captured > interface.snaplen {
            return Err(format!(
                "a packet of {captured} bytes; the longest possible has {}",
                interface.snaplen
            ));
        }
        if captured as usize > body.len() - 20 {
            return Err(format!(
                "a packet of {captured} bytes in a block with room for {}",
                body.len() - 20
            ));
        }
        let frame = FrameMeta {
            len: captured,
            wire_len: wire.max(captured),
            link: interface.link,
            ts: interface.time(ticks),
            ..FrameMeta::at(8 + 20)
        };
        Ok(Step::Frame { frame, used })
    }

    /// A packet without a time, on the first interface.
    fn simple_packet(&self, body: &[u8], used: usize) -> Result<Step, String> {
        let interface = self.known(0)?;
        let wire = self.order.u32(body, 0);
        let captured = wire.min(interface.snaplen).min((body.len() - 4) as u32);
        let frame = FrameMeta {
            len: captured,
            wire_len: wire,
            link: interface.link,
            ..FrameMeta::at(8 + 4)
        };
        Ok(Step::Frame { frame, used })
    }

    fn known(&self, interface: u32) -> Result<&Interface, String> {
        self.interfaces
            .get(interface as usize)
            .ok_or_else(|| format!("a packet of interface {interface}, which no block describes"))
    }
}

fn section_order(bytes: &[u8]) -> Result<ByteOrder, String> {
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find(|order| order.u32(bytes, 8) == BYTE_ORDER_MAGIC)
        .ok_or_else(|| "a section header without a byte-order mark".to_owned())
}

/// The resolution option: a power of ten, or of two when the highest bit is set.
fn ticks_per_second(resolution: u8) -> Result<u64, String> {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent)
        .ok_or_else(|| format!("a time resolution of {base}^-{exponent} seconds"))
}
