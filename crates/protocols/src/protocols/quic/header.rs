//! Headers of packets (RFC 8999, RFC 9000 section 17, RFC 9369, and Google's Q039 to Q046).

use super::super::cursor::Cursor;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,
    /// Encrypted with keys that nobody but the two sides know.
    Short,
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) kind: Kind,
    pub(super) version: u32,
    /// Connection identifier of the receiver.
    pub(super) destination: &'a [u8],
    /// Bytes of the header up to the packet number.
    pub(super) len: usize,
    /// Bytes of the packet from the packet number on.
    pub(super) rest: usize,
}

const LONG: u8 = 0x80;
const LONGEST_ID: usize = 20;

/// The second version (RFC 9369).
pub(super) const VERSION_2: u32 = 0x6b33_43cf;

/// Whether a version is one of Google's, by the letter it begins with.
pub(super) fn is_google(version: u32) -> bool {
    matches!(version.to_be_bytes(), [b'Q' | b'T', b'0', ..])
}

/// The number of a version of Google's.
pub(super) fn google_number(version: u32) -> u32 {
    let [_, hundreds, tens, ones] = version.to_be_bytes();
    [hundreds, tens, ones].iter().fold(0, |sum, digit| {
        sum * 10 + u32::from(digit.saturating_sub(b'0').min(9))
    })
}

impl<'a> Header<'a> {
    /// Reads the header at the beginning of a datagram or of what is left of one.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let first = *data.first()?;
        if first & LONG == 0 {
            return match Self::google(data) {
                Some(header) => Some(header),
                None => Some(Self {
                    kind: Kind::Short,
                    version: 0,
                    destination: &[],
                    len: 1,
                    rest: data.len() - 1,
                }),
            };
        }
        let mut cursor = Cursor::new(data.get(1..)?);
        let version = cursor.u32()?;
        if matches!(
            version.to_be_bytes(),
            [b'Q', b'0', b'4', b'3' | b'4' | b'5' | b'6']
        ) {
            return Self::google_long(data, version, cursor);
        }
        let length = usize::from(cursor.u8()?);
        let destination = cursor.take(length).filter(|_| length <= LONGEST_ID)?;
        let length = usize::from(cursor.u8()?);
        cursor.take(length)?;
        let kind = kind(first, version);
        if kind == Kind::Initial {
            let token = variable(&mut cursor)?;
            cursor.take(usize::try_from(token).ok()?)?;
        }
        let rest = match kind {
            Kind::Initial | Kind::ZeroRtt | Kind::Handshake => {
                usize::try_from(variable(&mut cursor)?).ok()?
            }
            _ => cursor.rest().len(),
        };
        Some(Self {
            kind,
            version,
            destination,
            len: data.len() - cursor.rest().len(),
            rest: (rest <= cursor.rest().len()).then_some(rest)?,
        })
    }

    /// Q044 to Q046: lengths of both identifiers in one byte, a packet number of four.
    fn google_long(data: &'a [u8], version: u32, mut cursor: Cursor<'a>) -> Option<Self> {
        let lengths = cursor.u8()?;
        let length = |nibble: u8| {
            if nibble == 0 {
                0
            } else {
                usize::from(nibble) + 3
            }
        };
        let destination = cursor.take(length(lengths >> 4))?;
        cursor.take(length(lengths & 0xf))?;
        cursor.u32()?;
        Some(Self {
            kind: match data.first()? & 0x7f {
                0x7f | 0x43 | 0x42 | 0x41 | 0x40 => Kind::Initial,
                0x7e => Kind::Retry,
                _ => Kind::Handshake,
            },
            version,
            destination,
            len: data.len() - cursor.rest().len(),
            rest: cursor.rest().len(),
        })
    }

    /// Q039 to Q043: flags, identifier, version, nonce, packet number.
    fn google(data: &'a [u8]) -> Option<Self> {
        const VERSION: u8 = 0x01;
        const IDENTIFIER: u8 = 0x08;
        let mut cursor = Cursor::new(data);
        let flags = cursor.u8()?;
        if flags & (VERSION | IDENTIFIER) != VERSION | IDENTIFIER {
            return None;
        }
        let destination = cursor.take(8)?;
        let version = cursor.u32().filter(|version| is_google(*version))?;
        cursor.take(match flags >> 4 & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => 6,
        })?;
        Some(Self {
            kind: Kind::Initial,
            version,
            destination,
            len: data.len() - cursor.rest().len(),
            rest: cursor.rest().len(),
        })
    }
}

fn kind(first: u8, version: u32) -> Kind {
    let number = first >> 4 & 3;
    match (version, number) {
        (0, _) => Kind::VersionNegotiation,
        (VERSION_2, number) => match number {
            0 => Kind::Retry,
            1 => Kind::Initial,
            2 => Kind::ZeroRtt,
            _ => Kind::Handshake,
        },
        (_, 0) => Kind::Initial,
        (_, 1) => Kind::ZeroRtt,
        (_, 2) => Kind::Handshake,
        (_, _) => Kind::Retry,
    }
}

/// A number of one, two, four or eight bytes (RFC 9000, section 16).
pub(super) fn variable(cursor: &mut Cursor<'_>) -> Option<u64> {
    let first = cursor.u8()?;
    let more = (1_usize << (first >> 6)) - 1;
    let rest = cursor.take(more)?;
    Some(rest.iter().fold(u64::from(first & 0x3f), |sum, byte| {
        sum << 8 | u64::from(*byte)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initial_packet_of_both_versions() {
        let packet = |first, version: u32| {
            let mut packet = vec![first];
            packet.extend_from_slice(&version.to_be_bytes());
            packet.extend_from_slice(b"\x02ab\x01c\0\x40\x05\x01\x02\x03\x04\x05");
            packet
        };
        for (first, version) in [(0xc0, 1), (0xd0, VERSION_2)] {
            let packet = packet(first, version);
            let header = Header::read(&packet).expect("a header");
            assert_eq!(header.kind, Kind::Initial);
            assert_eq!((header.destination, header.rest), (&b"ab"[..], 5));
            for end in 1..packet.len() {
                assert_eq!(Header::read(&packet[..end]), None);
            }
        }
    }

    #[test]
    fn versions_of_google_have_numbers() {
        assert_eq!(google_number(u32::from_be_bytes(*b"Q046")), 46);
        assert!(!is_google(1));
    }
}
