//! Capture files (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).

use crate::tape::Recorded;

/// LINKTYPE_ETHERNET.
pub const ETHERNET: u16 = 1;
/// LINKTYPE_RAW.
pub const RAW_IP: u16 = 101;
/// LINKTYPE_LINUX_SLL2.
pub const LINUX_COOKED: u16 = 276;

/// How a pcap file is written.
#[derive(Debug, Clone, Copy)]
pub struct Pcap {
    /// LINKTYPE_ number.
    pub link: u16,
    /// Whether numbers are written most significant byte first.
    pub big_endian: bool,
    /// Whether times have nanoseconds rather than microseconds.
    pub nanoseconds: bool,
}

impl Default for Pcap {
    fn default() -> Self {
        Self {
            link: ETHERNET,
            big_endian: false,
            nanoseconds: false,
        }
    }
}

/// A pcap file of these frames.
pub fn pcap(frames: &[Recorded], how: &Pcap) -> Vec<u8> {
    let numbers = Numbers(how.big_endian);
    let magic = if how.nanoseconds {
        0xa1b2_3c4d
    } else {
        0xa1b2_c3d4
    };
    let mut file = [
        &numbers.u32(magic)[..],
        &numbers.u16(2),
        &numbers.u16(4),
        &numbers.u32(0),
        &numbers.u32(0),
        &numbers.u32(262_144),
        &numbers.u32(u32::from(how.link)),
    ]
    .concat();
    for frame in frames {
        let len = frame.bytes.len() as u32;
        let fraction = match how.nanoseconds {
            true => frame.at.subsec_nanos(),
            false => frame.at.subsec_micros(),
        };
        for number in [frame.at.as_secs() as u32, fraction, len, len] {
            file.extend(numbers.u32(number));
        }
        file.extend(&frame.bytes);
    }
    file
}

/// An interface of a pcapng section.
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    /// LINKTYPE_ number.
    pub link: u16,
    /// Decimal places of its seconds, 6 or 9.
    pub decimals: u8,
}

/// A pcapng section: interfaces, and frames with the number of the interface that each came from.
pub fn pcapng_section(
    big_endian: bool,
    interfaces: &[Interface],
    frames: &[(u32, Recorded)],
) -> Vec<u8> {
    let numbers = Numbers(big_endian);
    let magic = numbers.u32(0x1a2b_3c4d);
    let version = [numbers.u16(1), numbers.u16(0)].concat();
    let unknown_length = [0xff; 8];
    let mut section = numbers.block(
        0x0a0d_0d0a,
        &[&magic[..], &version, &unknown_length].concat(),
    );
    for interface in interfaces {
        let resolution = [
            &numbers.u16(9)[..],
            &numbers.u16(1),
            &[interface.decimals, 0, 0, 0],
        ];
        let body = [
            &numbers.u16(interface.link)[..],
            &[0, 0],
            &numbers.u32(262_144),
            &resolution.concat(),
            &[0; 4],
        ];
        section.extend(numbers.block(1, &body.concat()));
    }
    for (interface, frame) in frames {
        let decimals = interfaces.get(*interface as usize).map(|it| it.decimals);
        let ticks = match decimals {
            Some(9) => frame.at.as_nanos(),
            _ => frame.at.as_micros(),
        } as u64;
        let len = frame.bytes.len() as u32;
        let head = [*interface, (ticks >> 32) as u32, ticks as u32, len, len];
        let mut body: Vec<u8> = head.iter().flat_map(|&n| numbers.u32(n)).collect();
        body.extend(&frame.bytes);
        section.extend(numbers.block(6, &body));
    }
    section
}

/// Numbers in the byte order of a file: true for most significant byte first.
struct Numbers(bool);

impl Numbers {
    fn u16(&self, number: u16) -> [u8; 2] {
        if self.0 {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn u32(&self, number: u32) -> [u8; 4] {
        if self.0 {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    /// A pcapng block: type, length, body padded to 32 bits, length.
    fn block(&self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let len = self.u32((12 + body.len() + padding.len()) as u32);
        [&self.u32(kind)[..], &len, body, &padding, &len].concat()
    }
}
