//! What both file formats have in common: bytes in, records out, a step at a time.

use super::pcap::PcapFormat;
use super::pcapng::PcapngFormat;
use crate::batch::FrameMeta;
use crate::error::CaptureError;

/// As many bytes tell whether a file is a capture.
pub(super) const LONGEST_HEADER: usize = 24;
/// A packet longer than this is damage, not a packet (the limit of libpcap).
pub(super) const MAX_PACKET: u32 = 262_144;

/// What the bytes at the current position are.
pub(super) enum Step {
    /// A frame; its offset counts from the current position.
    Frame { frame: FrameMeta, used: usize },
    /// Something to pass over.
    Skip { used: usize },
    /// Too short to tell: so many bytes are needed.
    More { needed: usize },
}

/// The format of a file and what its headers said so far.
pub(super) enum Format {
    Pcap(PcapFormat),
    Pcapng(PcapngFormat),
}

/// Why a file is no capture that can be read.
pub(super) enum Unusable {
    NotACapture(String),
    UnknownLink(u16),
}

impl Unusable {
    pub(super) fn into_error(self, name: &str) -> CaptureError {
        let name = name.to_owned();
        match self {
            Self::NotACapture(found) => CaptureError::NotACapture { name, found },
            Self::UnknownLink(link) => CaptureError::UnknownLink { name, link },
        }
    }
}

impl Format {
    /// Recognises a file by its beginning; also says where its first record is.
    pub(super) fn recognise(bytes: &[u8]) -> Result<(Self, usize), Unusable> {
        if let Some(magic) = bytes.first_chunk::<4>() {
            if *magic == pcapng_magic() {
                return Ok((Self::Pcapng(PcapngFormat::default()), 0));
            }
            if let Some(pcap) = PcapFormat::of_header(bytes)? {
                return Ok((Self::Pcap(pcap), LONGEST_HEADER));
            }
        }
        Err(Unusable::NotACapture(match bytes {
            [] => "it is empty".to_owned(),
            _ => {
                let start: Vec<String> = bytes
                    .iter()
                    .take(4)
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                format!(
                    "it begins with {}, which is neither pcap nor pcapng",
                    start.join(" ")
                )
            }
        }))
    }

    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, String> {
        match self {
            Self::Pcap(format) => format.step(bytes),
            Self::Pcapng(format) => format.step(bytes),
        }
    }
}

const fn pcapng_magic() -> [u8; 4] {
    [0x0a, 0x0d, 0x0d, 0x0a]
}

/// The byte order that a file was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The 16 bits at `at`; 0 beyond the end.
    #[inline]
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let raw = bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        }
    }

    /// The 32 bits at `at`; 0 beyond the end.
    #[inline]
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let raw = bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or_default();
        match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        }
    }
}
