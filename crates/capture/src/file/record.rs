//! What both file formats have in common: bytes in, records out, a step at a time.

use tapir_packet::LinkType;

use super::pcap::{self, PcapFormat};
use super::pcapng::{self, PcapngFormat};
use crate::batch::FrameMeta;
use crate::error::CaptureError;

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

impl Format {
    #[inline]
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, String> {
        match self {
            Self::Pcap(format) => format.step(bytes),
            Self::Pcapng(format) => format.step(bytes),
        }
    }

    /// What the packets of the first interface begin with, once that is known.
    pub(super) fn link(&self) -> Option<LinkType> {
        match self {
            Self::Pcap(format) => Some(format.link()),
            Self::Pcapng(format) => format.first_link(),
        }
    }
}

/// Why a file is no capture that can be read.
pub(super) enum Unusable {
    NotACapture(String),
    UnknownLink(u16),
}

impl Unusable {
    pub(super) fn empty() -> Self {
        Self::NotACapture("it is empty".to_owned())
    }

    pub(super) fn into_error(self, name: &str) -> CaptureError {
        let name = name.to_owned();
        match self {
            Self::NotACapture(found) => CaptureError::NotACapture { name, found },
            Self::UnknownLink(link) => CaptureError::UnknownLink { name, link },
        }
    }
}

/// The headers before a file's first packet, read until they have said what packets begin with.
#[derive(Default)]
pub(super) struct Start {
    format: Option<Format>,
}

/// How far a start has come.
pub(super) enum Started {
    /// So many bytes are done with.
    Skip { used: usize },
    /// So many bytes are needed.
    More { needed: usize },
    /// Packets follow.
    Ready { format: Format, link: LinkType },
}

impl Start {
    /// Reads on.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Started, Unusable> {
        let Some(mut format) = self.format.take() else {
            return self.recognise(bytes);
        };
        if let Some(link) = format.link() {
            return match link.is_supported() {
                true => Ok(Started::Ready { format, link }),
                false => Err(Unusable::UnknownLink(link.0)),
            };
        }
        let step = format.step(bytes).map_err(Unusable::NotACapture)?;
        self.format = Some(format);
        Ok(match step {
            Step::Skip { used } | Step::Frame { used, .. } => Started::Skip { used },
            Step::More { needed } => Started::More { needed },
        })
    }

    fn recognise(&mut self, bytes: &[u8]) -> Result<Started, Unusable> {
        let Some(magic) = bytes.first_chunk::<4>() else {
            return Ok(Started::More { needed: 4 });
        };
        let used = if pcapng::is_magic(*magic) {
            self.format = Some(Format::Pcapng(PcapngFormat::default()));
            0
        } else if let Some(order) = pcap::order_of_magic(*magic) {
            if bytes.len() < pcap::FILE_HEADER {
                let needed = pcap::FILE_HEADER;
                return Ok(Started::More { needed });
            }
            let format = PcapFormat::of_header(order, bytes).map_err(Unusable::NotACapture)?;
            self.format = Some(Format::Pcap(format));
            pcap::FILE_HEADER
        } else {
            let [a, b, c, d] = magic;
            return Err(Unusable::NotACapture(format!(
                "it begins with {a:02x} {b:02x} {c:02x} {d:02x}, which is neither pcap nor pcapng"
            )));
        };
        Ok(Started::Skip { used })
    }
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
