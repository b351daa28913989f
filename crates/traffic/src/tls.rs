//! The first messages of TLS 1.2 (RFC 5246), which pass in the clear.

/// What a client says first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The server it wants to speak with.
    pub server_name: Option<String>,
    /// Protocols it wants to speak.
    pub alpn: Vec<String>,
}

/// Suites that a client offers: AES with GCM, by elliptic curves and by RSA.
const SUITES: [u16; 4] = [0xc02f, 0xc030, 0x009c, 0x009d];
const HANDSHAKE: u8 = 22;

impl ClientHello {
    /// The record with this message.
    pub fn bytes(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(name) = &self.server_name {
            let entry = [&[0][..], &prefixed(name.as_bytes())].concat();
            extension(&mut extensions, 0, &prefixed(&entry));
        }
        extension(&mut extensions, 10, &prefixed(&[0, 23, 0, 24]));
        extension(&mut extensions, 11, &[1, 0]);
        extension(&mut extensions, 13, &prefixed(&[4, 1, 5, 1]));
        if !self.alpn.is_empty() {
            let names = self.alpn.iter().flat_map(|name| {
                let name = name.as_bytes();
                let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
                [length]
                    .into_iter()
                    .chain(name.iter().copied().take(usize::from(length)))
            });
            extension(&mut extensions, 16, &prefixed(&names.collect::<Vec<_>>()));
        }
        let suites: Vec<u8> = SUITES
            .iter()
            .flat_map(|suite| suite.to_be_bytes())
            .collect();
        let mut body = vec![3, 3];
        body.extend(random(0x11));
        body.push(0);
        body.extend(prefixed(&suites));
        body.extend([1, 0]);
        body.extend(prefixed(&extensions));
        record(1, &body)
    }
}

/// What a server answers: TLS 1.2 and the first suite of [`ClientHello`].
pub fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random(0x22));
    body.push(0);
    body.extend(SUITES[0].to_be_bytes());
    body.push(0);
    record(2, &body)
}

/// Thirty-two bytes that are the same each time.
fn random(first: u8) -> [u8; 32] {
    std::array::from_fn(|i| first.wrapping_add((i as u8).wrapping_mul(7)))
}

/// Bytes behind their length.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let bytes = bytes.get(..usize::from(length)).unwrap_or(bytes);
    [&length.to_be_bytes()[..], bytes].concat()
}

fn extension(into: &mut Vec<u8>, number: u16, data: &[u8]) {
    into.extend(number.to_be_bytes());
    into.extend(prefixed(data));
}

/// A handshake message in a record of its own.
fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
    let message = [&[kind][..], &length[1..], body].concat();
    [&[HANDSHAKE, 3, 1][..], &prefixed(&message)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_a_client_hello_agree() {
        let hello = ClientHello {
            server_name: Some("a.example".to_owned()),
            alpn: vec!["h2".to_owned()],
        };
        let bytes = hello.bytes();
        let number = |at: usize| usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
        assert_eq!(number(3), bytes.len() - 5);
        assert_eq!(number(7), bytes.len() - 9);
        // Version, random, no session, suites, compression; then extensions up to the end.
        let extensions = 9 + 2 + 32 + 1 + 2 + 8 + 2;
        assert_eq!(number(extensions), bytes.len() - extensions - 2);
        assert!(bytes.windows(9).any(|window| window == b"a.example"));
    }
}
