//! The hello messages of both sides (RFC 8446, section 4.1).

use smallvec::SmallVec;

use super::parser::Event;

/// More values than this in one list are not kept: no honest hello has them.
const MOST_KEPT: usize = 512;

/// The number of TLS 1.3.
const FINAL: u16 = 0x0304;

/// Stands for those drafts of TLS 1.3 that do not tell which they are.
const BEFORE_DRAFT_16: u16 = 0x7f01;

/// What a side says in its hello.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    /// Version in the fixed part.
    pub legacy_version: u16,
    /// Version offered first or chosen, extensions considered.
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Box<[u8]>,
    pub ciphers: Vec<u16>,
    pub extensions: Vec<u16>,
    pub groups: Vec<u16>,
    pub formats: Vec<u8>,
    pub signatures: Vec<u16>,
    pub versions: Vec<u16>,
    pub name: Option<Box<[u8]>>,
    pub alpn: Vec<Box<[u8]>>,
    pub has_ticket: bool,
    pub problems: SmallVec<[Event; 2]>,
}

/// Values without meaning that clients add so that servers stay tolerant (RFC 8701).
pub(crate) fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Takes the first bytes off.
pub(crate) fn take<'a>(data: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (first, rest) = data.split_at_checked(length)?;
    *data = rest;
    Some(first)
}

pub(crate) fn byte(data: &mut &[u8]) -> Option<u8> {
    let (&first, rest) = data.split_first()?;
    *data = rest;
    Some(first)
}

pub(crate) fn word(data: &mut &[u8]) -> Option<u16> {
    let (first, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(u16::from_be_bytes(*first))
}

fn short<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = byte(data)?;
    take(data, usize::from(length))
}

fn long<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = word(data)?;
    take(data, usize::from(length))
}

fn words(data: &[u8]) -> Vec<u16> {
    let pairs = data.chunks_exact(2).take(MOST_KEPT);
    pairs
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect()
}

impl Hello {
    /// Reads the body of a hello.
    pub fn parse(mut data: &[u8], from_client: bool) -> Option<Self> {
        let data = &mut data;
        let legacy_version = word(data)?;
        // Servers of the first drafts of TLS 1.3 sent no session, and chose no compression.
        let is_draft = !from_client && matches!(legacy_version, FINAL | 0x7f00..=0x7f15);
        let mut hello = Self {
            legacy_version,
            // Later ones name the version in an extension: to name it here is what only the very first did.
            version: match legacy_version {
                FINAL if is_draft => BEFORE_DRAFT_16,
                version => version,
            },
            random: take(data, 32)?.try_into().ok()?,
            ..Self::default()
        };
        if !is_draft {
            hello.session_id = short(data)?.into();
        }
        if is_draft {
            hello.ciphers = vec![word(data)?];
        } else if from_client {
            hello.ciphers = words(long(data)?);
            short(data)?;
        } else {
            hello.ciphers = vec![word(data)?];
            byte(data)?;
        }
        if !data.is_empty() {
            hello.read_extensions(long(data)?, from_client);
        }
        Some(hello)
    }

    fn read_extensions(&mut self, mut data: &[u8], from_client: bool) {
        while !data.is_empty() {
            let Some((kind, body)) = word(&mut data).zip(long(&mut data)) else {
                self.problems.push(Event::InvalidHandshakeMessage);
                return;
            };
            if self.extensions.len() < MOST_KEPT {
                self.extensions.push(kind);
            }
            if self.read_extension(kind, body, from_client).is_none() {
                self.problems.push(Event::InvalidHandshakeMessage);
            }
        }
    }

    fn read_extension(&mut self, kind: u16, mut body: &[u8], from_client: bool) -> Option<()> {
        let body = &mut body;
        match kind {
            0 if from_client => self.read_name(body),
            10 => self.groups = words(long(body)?),
            11 => self.formats = short(body)?.to_vec(),
            13 => self.signatures = words(long(body)?),
            16 => {
                let mut list = long(body)?;
                while !list.is_empty() && self.alpn.len() < MOST_KEPT {
                    self.alpn.push(short(&mut list)?.into());
                }
            }
            35 => self.has_ticket = !body.is_empty(),
            43 if from_client => {
                self.versions = words(short(body)?);
                let mut offered = self.versions.iter().copied();
                if let Some(first) = offered.find(|&version| is_version(version)) {
                    self.version = first;
                }
            }
            43 => self.version = word(body)?,
            _ => {}
        }
        Some(())
    }

    fn read_name(&mut self, body: &mut &[u8]) {
        if self.name.is_some() {
            self.problems.push(Event::MultipleNames);
            return;
        }
        // A server may answer with an empty extension; from a client that is no name either.
        let Some(mut list) = long(body) else { return };
        let Some(kind) = byte(&mut list) else { return };
        if kind != 0 {
            self.problems.push(Event::InvalidNameType);
            return;
        }
        match long(&mut list) {
            Some(name) if name.len() <= 255 => self.name = Some(name.into()),
            _ => self.problems.push(Event::InvalidNameLength),
        }
    }
}

/// Whether a version is one of SSL 3 to TLS 1.3 or one of the drafts of TLS 1.3.
pub(crate) fn is_version(version: u16) -> bool {
    matches!(version, 0x0300..=0x0304 | 0x7f00..=0x7f1c | 0xfb1a | 0xfb17)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A hello of a client that asks for `a.b` and offers h2.
    pub fn client() -> Vec<u8> {
        let mut data = vec![3, 3];
        data.extend([7; 32]);
        data.extend([0, 0, 4, 0x1a, 0x1a, 0x13, 1, 1, 0]);
        let extensions: &[u8] = &[
            0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b', 0, 10, 0, 4, 0, 2, 0, 29, 0, 16, 0, 5, 0,
            3, 2, b'h', b'2', 0, 43, 0, 5, 4, 0x2a, 0x2a, 3, 4,
        ];
        data.extend([0, extensions.len() as u8]);
        data.extend(extensions);
        data
    }

    #[test]
    fn a_hello_is_read() {
        let hello = Hello::parse(&client(), true).unwrap();
        assert_eq!(hello.name.as_deref(), Some(&b"a.b"[..]));
        assert_eq!(hello.alpn, [b"h2".as_slice().into()]);
        assert_eq!((hello.legacy_version, hello.version), (0x303, 0x304));
        assert_eq!(hello.ciphers, [0x1a1a, 0x1301]);
        assert!(hello.problems.is_empty());
    }

    #[test]
    fn a_server_of_an_early_draft_is_known_by_its_fixed_version() {
        let mut data = vec![3, 4];
        data.extend([7; 32]);
        data.extend([0xc0, 0x2b, 0, 5, 0, 16, 0, 1, 0]);
        let hello = Hello::parse(&data, false).unwrap();
        assert_eq!(
            (hello.legacy_version, hello.version),
            (FINAL, BEFORE_DRAFT_16)
        );
        assert_eq!((hello.ciphers, hello.extensions), (vec![0xc02b], vec![16]));
    }

    #[test]
    fn what_is_cut_does_no_harm() {
        let data = client();
        for end in 0..data.len() {
            let _ = Hello::parse(&data[..end], true);
            let _ = Hello::parse(&data[..end], false);
        }
    }
}
