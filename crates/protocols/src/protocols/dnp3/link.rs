//! Link frames and transport segments (IEEE 1815, 9.2 and 8.2).

use super::LINK_HEADER;

/// The header of a link frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) control: u8,
    pub(super) destination: u16,
    pub(super) source: u16,
}

/// A frame at the beginning of data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// It is not all there: so many bytes are needed.
    Incomplete(usize),
    /// It does not begin as one.
    Wrong,
    /// Its length is shorter than its header.
    TooShort,
    /// A frame and how many bytes it takes.
    Whole {
        link: Link,
        /// The checksum of the header is right.
        is_sound: bool,
        /// The bytes after the header, with their checksums.
        blocks: &'a [u8],
        used: usize,
    },
}

const START: [u8; 2] = [0x05, 0x64];
/// Bytes of data that share a checksum.
const BLOCK: usize = 16;
const CHECKSUM: usize = 2;

impl<'a> Frame<'a> {
    pub(super) fn read(data: &'a [u8]) -> Self {
        /// Control, destination and source count in the length.
        const COUNTED: usize = 5;
        let Some((header, rest)) = data.split_first_chunk::<LINK_HEADER>() else {
            let is_start = data.iter().zip(START).all(|(byte, start)| *byte == start);
            return if is_start {
                Self::Incomplete(LINK_HEADER)
            } else {
                Self::Wrong
            };
        };
        let [start0, start1, length, control, d0, d1, s0, s1, crc0, crc1] = *header;
        if [start0, start1] != START {
            return Self::Wrong;
        }
        let Some(user) = usize::from(length).checked_sub(COUNTED) else {
            return Self::TooShort;
        };
        let length = user + user.div_ceil(BLOCK) * CHECKSUM;
        let Some(blocks) = rest.get(..length) else {
            return Self::Incomplete(LINK_HEADER + length);
        };
        Self::Whole {
            link: Link {
                control,
                destination: u16::from_le_bytes([d0, d1]),
                source: u16::from_le_bytes([s0, s1]),
            },
            is_sound: checksum(&header[..LINK_HEADER - CHECKSUM])
                == u16::from_le_bytes([crc0, crc1]),
            blocks,
            used: LINK_HEADER + length,
        }
    }
}

/// The data in the blocks of a frame; nothing when a checksum is wrong.
pub(super) fn user_data(blocks: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(blocks.len());
    for block in blocks.chunks(BLOCK + CHECKSUM) {
        let (part, sum) = block.split_last_chunk::<CHECKSUM>()?;
        if checksum(part) != u16::from_le_bytes(*sum) {
            return None;
        }
        data.extend_from_slice(part);
    }
    Some(data)
}

/// The checksum of frames: x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, inverted.
fn checksum(data: &[u8]) -> u16 {
    let sum = data.iter().fold(0_u16, |mut sum, byte| {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 0 {
                sum >> 1
            } else {
                sum >> 1 ^ 0xa6bc
            };
        }
        sum
    });
    !sum
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A frame around data.
    pub(in super::super) fn frame(control: u8, data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len() + 5).expect("a short frame");
        let mut frame = vec![0x05, 0x64, length, control, 1, 0, 2, 0];
        frame.extend(checksum(&frame).to_le_bytes());
        for block in data.chunks(BLOCK) {
            frame.extend_from_slice(block);
            frame.extend(checksum(block).to_le_bytes());
        }
        frame
    }

    #[test]
    fn a_known_header_has_its_checksum() {
        // From IEEE 1815: a reset of the link.
        let header = [0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04, 0xe9, 0x21];
        assert!(matches!(
            Frame::read(&header),
            Frame::Whole {
                is_sound: true,
                used: 10,
                ..
            }
        ));
    }

    #[test]
    fn frames_are_waited_for_and_checked() {
        let data: Vec<u8> = (0..20).collect();
        let mut bytes = frame(0xc4, &data);
        for end in 2..bytes.len() {
            assert!(matches!(Frame::read(&bytes[..end]), Frame::Incomplete(_)));
        }
        let Frame::Whole { link, blocks, .. } = Frame::read(&bytes) else {
            panic!("it is whole");
        };
        assert_eq!((link.destination, link.source), (1, 2));
        assert_eq!(user_data(blocks), Some(data));
        *bytes.last_mut().expect("bytes") ^= 1;
        let Frame::Whole { blocks, .. } = Frame::read(&bytes) else {
            panic!("it is whole");
        };
        assert_eq!(user_data(blocks), None);
        assert_eq!(Frame::read(b"GET /"), Frame::Wrong);
    }
}
