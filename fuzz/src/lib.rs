//! What fuzz targets share.
//!
//! An input of packets holds each with its length in two bytes before it, most significant byte first. The last may be
//! cut.

#[path = "../../crates/protocols/tests/parsers/dialogue.rs"]
pub mod dialogue;
pub mod parser;

use tapir_packet::{Frame, LinkType, Timestamp};

/// From one packet to the next, as the packets of an input have no times.
const STEP_NANOS: u64 = 10_000_000;

/// Every link type that frames are decoded of; an input names one by its place here.
pub const LINKS: [LinkType; 15] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::NULL,
    LinkType::PPP,
    LinkType::RAW_BSD,
    LinkType::RAW_OPENBSD,
    LinkType::PPP_HDLC,
    LinkType::C_HDLC,
    LinkType::FRAME_RELAY,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::NFLOG,
    LinkType::LINUX_SLL2,
];

/// The packets of an input as frames of raw IP, ten milliseconds apart.
pub fn packets(mut input: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut now = 1_700_000_000_000_000_000_u64;
    std::iter::from_fn(move || {
        let (len, rest) = input.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
        let (data, rest) = rest.split_at(len);
        input = rest;
        now += STEP_NANOS;
        Some(Frame {
            ts: Timestamp::new(now / 1_000_000_000, (now % 1_000_000_000) as u32),
            link: LinkType::RAW,
            data,
            wire_len: len as u32,
        })
    })
}

/// An input of these packets.
pub fn input<'a>(head: &[u8], packets: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut input = head.to_vec();
    for packet in packets {
        input.extend((packet.len() as u16).to_be_bytes());
        input.extend(packet);
    }
    input
}
