//! Hellos of client and server (RFC 8446, section 4.1; RFC 5246, section 7.4.1).

use md5::{Digest as _, Md5};

/// What a hello says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    /// The version that counts: the highest offered, or the one chosen.
    pub(super) version: u16,
    pub(super) random: Vec<u8>,
    pub(super) session: Vec<u8>,
    pub(super) server_name: Option<Vec<u8>>,
    pub(super) protocols: Vec<Vec<u8>>,
    /// The text of JA3, or JA3S of a server.
    pub(super) ja3: String,
    /// Its MD5 digest in hexadecimal digits.
    pub(super) ja3_hash: String,
    /// The server offers to continue a session without certificates (RFC 5077), or the client brings a ticket.
    pub(super) has_ticket: bool,
}

struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    fn take(&mut self, len: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Bytes behind a length of one byte.
    fn short(&mut self) -> Option<&'d [u8]> {
        let len = self.u8()?;
        self.take(len.into())
    }

    /// Bytes behind a length of two bytes.
    fn long(&mut self) -> Option<&'d [u8]> {
        let len = self.u16()?;
        self.take(len.into())
    }
}

/// Values that clients put in at random so that servers learn to pass them over (RFC 8701).
fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn words(data: &[u8]) -> impl Iterator<Item = u16> + '_ {
    data.chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

fn join(values: impl Iterator<Item = u16>) -> String {
    let texts: Vec<String> = values
        .filter(|value| !is_grease(*value))
        .map(|value| value.to_string())
        .collect();
    texts.join("-")
}

impl Hello {
    /// Reads a ClientHello; nothing if it is none.
    pub(super) fn client(data: &[u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let legacy = reader.u16()?;
        let mut hello = Hello {
            version: legacy,
            random: reader.take(32)?.to_vec(),
            session: reader.short()?.to_vec(),
            ..Hello::default()
        };
        let ciphers = reader.long()?;
        reader.short()?;
        let (mut groups, mut formats): (&[u8], &[u8]) = (&[], &[]);
        let mut kinds = Vec::new();
        let mut extensions = Reader(reader.long().unwrap_or_default());
        while let Some((kind, body)) = extensions.u16().zip(extensions.long()) {
            kinds.push(kind);
            match kind {
                0 => hello.server_name = server_name(body),
                10 => groups = Reader(body).long().unwrap_or_default(),
                11 => formats = Reader(body).short().unwrap_or_default(),
                16 => hello.protocols = protocols(body),
                35 => hello.has_ticket |= !body.is_empty(),
                41 => hello.has_ticket = true,
                43 => {
                    let offered = Reader(body).short().unwrap_or_default();
                    let highest = words(offered).filter(|version| !is_grease(*version)).max();
                    hello.version = highest.unwrap_or(legacy);
                }
                _ => {}
            }
        }
        hello.ja3 = format!(
            "{legacy},{},{},{},{}",
            join(words(ciphers)),
            join(kinds.into_iter()),
            join(words(groups)),
            join(formats.iter().map(|format| u16::from(*format))),
        );
        hello.ja3_hash = digest(&hello.ja3);
        Some(hello)
    }

    /// Reads a ServerHello; nothing if it is none.
    pub(super) fn server(data: &[u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let legacy = reader.u16()?;
        let mut hello = Hello {
            version: legacy,
            random: reader.take(32)?.to_vec(),
            session: reader.short()?.to_vec(),
            ..Hello::default()
        };
        let cipher = reader.u16()?;
        reader.u8()?;
        let mut kinds = Vec::new();
        let mut extensions = Reader(reader.long().unwrap_or_default());
        while let Some((kind, body)) = extensions.u16().zip(extensions.long()) {
            kinds.push(kind);
            match kind {
                16 => hello.protocols = protocols(body),
                43 => hello.version = Reader(body).u16().unwrap_or(legacy),
                _ => {}
            }
        }
        hello.ja3 = format!("{legacy},{cipher},{}", join(kinds.into_iter()));
        hello.ja3_hash = digest(&hello.ja3);
        Some(hello)
    }
}

/// The host name of a server name extension (RFC 6066, section 3).
fn server_name(body: &[u8]) -> Option<Vec<u8>> {
    let mut list = Reader(Reader(body).long()?);
    while let Some(kind) = list.u8() {
        let name = list.long()?;
        if kind == 0 {
            return Some(name.to_vec());
        }
    }
    None
}

/// The names of an application-layer protocol extension (RFC 7301).
fn protocols(body: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Reader(Reader(body).long().unwrap_or_default());
    std::iter::from_fn(|| list.short().map(<[u8]>::to_vec)).collect()
}

fn digest(text: &str) -> String {
    let mut out = Vec::new();
    for byte in Md5::digest(text.as_bytes()) {
        tapir_json::push_hex(&mut out, byte);
    }
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hello for `example.org`, with one cipher, one group and one protocol.
    fn client() -> Vec<u8> {
        let mut hello = vec![3, 3];
        hello.extend_from_slice(&[7; 32]);
        hello.extend_from_slice(&[0, 0, 4, 0x0a, 0x0a, 0x13, 0x01, 1, 0]);
        let name = b"example.org";
        let mut extensions = vec![0, 0, 0, name.len() as u8 + 5, 0, name.len() as u8 + 3, 0, 0];
        extensions.push(name.len() as u8);
        extensions.extend_from_slice(name);
        extensions.extend_from_slice(&[0, 10, 0, 4, 0, 2, 0, 29]);
        extensions.extend_from_slice(&[0, 16, 0, 5, 0, 3, 2, b'h', b'2']);
        extensions.extend_from_slice(&[0, 43, 0, 5, 4, 0x7a, 0x7a, 3, 4]);
        hello.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
        hello.extend_from_slice(&extensions);
        hello
    }

    #[test]
    fn a_client_names_server_protocol_and_version() {
        let hello = Hello::client(&client()).expect("a hello");
        assert_eq!(hello.server_name.as_deref(), Some(&b"example.org"[..]));
        assert_eq!(hello.protocols, [b"h2".to_vec()]);
        assert_eq!(hello.version, 0x0304);
        assert_eq!(hello.ja3, "771,4865,0-10-16-43,29,");
        assert_eq!(hello.ja3_hash.len(), 32);
    }

    #[test]
    fn what_is_cut_is_no_hello() {
        let hello = client();
        for end in 0..35 {
            assert_eq!(Hello::client(&hello[..end]), None);
            assert_eq!(Hello::server(&hello[..end]), None);
        }
    }
}
