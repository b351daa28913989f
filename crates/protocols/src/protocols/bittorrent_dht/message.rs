//! The messages: queries, responses and errors.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bencode::{Bencode, Malformed, Value, bytes, number, text};

/// A message, as far as it was understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Chosen by who asks, and repeated by who answers.
    pub(super) transaction: Box<[u8]>,
    pub(super) client_version: Option<Box<[u8]>>,
    pub(super) request_type: Option<Box<str>>,
    pub(super) body: Option<Body>,
    pub(super) from_server: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Request(Request),
    Response(Response),
    Error { number: u16, message: Box<str> },
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) node: Box<[u8]>,
    pub(super) target: Option<Box<[u8]>>,
    pub(super) info_hash: Option<Box<[u8]>>,
    pub(super) token: Option<Box<[u8]>>,
    pub(super) implied_port: Option<u8>,
    pub(super) port: Option<u16>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) node: Box<[u8]>,
    pub(super) nodes: Vec<Node>,
    pub(super) nodes6: Vec<Node>,
    /// Peers that have what was asked for.
    pub(super) values: Vec<Peer>,
    pub(super) token: Option<Box<[u8]>>,
}

/// A node of the table, in compact form: identity, address, port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: [u8; 20],
    pub(super) at: Peer,
}

/// Who has a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) ip: IpAddr,
    pub(super) port: u16,
}

/// The parts of a message, of which its type says which are needed.
#[derive(Default)]
struct Parts<'a> {
    kind: Option<&'a str>,
    request_type: Option<&'a str>,
    request: Option<Request>,
    response: Option<Response>,
    error: Option<Body>,
    transaction: Option<&'a [u8]>,
    client_version: Option<&'a [u8]>,
}

impl Message {
    /// Reads a message into this one, which keeps what was understood when something is wrong.
    pub(super) fn read(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let mut parts = Parts::default();
        Bencode::new(message).message(|bencode, key, value| {
            match key {
                b"y" => parts.kind = Some(text(value)?),
                b"q" => parts.request_type = Some(text(value)?),
                b"a" => parts.request = Some(Request::read(bencode, value)?),
                b"r" => parts.response = Some(Response::read(bencode, value)?),
                b"e" => parts.error = Some(error(bencode, value)?),
                b"t" => parts.transaction = Some(bytes(value)?),
                b"v" => parts.client_version = Some(bytes(value)?),
                _ => {}
            }
            Ok(())
        })?;
        let body = match parts.kind.ok_or(Malformed)? {
            "q" => {
                let name = parts.request_type.ok_or(Malformed)?;
                self.request_type = Some(name.into());
                parts.request.map(Body::Request)
            }
            "r" => parts.response.map(Body::Response),
            "e" => parts.error,
            _ => None,
        };
        self.body = Some(body.ok_or(Malformed)?);
        self.transaction = parts.transaction.ok_or(Malformed)?.into();
        self.client_version = parts.client_version.map(Box::from);
        Ok(())
    }
}

impl Request {
    fn read<'a>(bencode: &mut Bencode<'a>, value: Value<'a>) -> Result<Self, Malformed> {
        let (mut request, mut node) = (Self::default(), None);
        dictionary(bencode, value, |_, key, value| {
            match key {
                b"id" => node = Some(bytes(value)?),
                b"target" => request.target = Some(bytes(value)?.into()),
                b"info_hash" => request.info_hash = Some(bytes(value)?.into()),
                b"token" => request.token = Some(bytes(value)?.into()),
                b"implied_port" => request.implied_port = Some(number(value)?),
                b"port" => request.port = Some(number(value)?),
                _ => {}
            }
            Ok(())
        })?;
        request.node = node.ok_or(Malformed)?.into();
        Ok(request)
    }
}

impl Response {
    fn read<'a>(bencode: &mut Bencode<'a>, value: Value<'a>) -> Result<Self, Malformed> {
        let (mut response, mut node) = (Self::default(), None);
        dictionary(bencode, value, |bencode, key, value| {
            match key {
                b"id" => node = Some(bytes(value)?),
                b"nodes" => response.nodes = nodes::<4>(bytes(value)?),
                b"nodes6" => response.nodes6 = nodes::<16>(bytes(value)?),
                b"values" if value == Value::List => bencode.items(|_, item| {
                    response.values.push(peer(bytes(item)?).ok_or(Malformed)?);
                    Ok(())
                })?,
                b"token" => response.token = Some(bytes(value)?.into()),
                _ => {}
            }
            Ok(())
        })?;
        response.node = node.ok_or(Malformed)?.into();
        Ok(response)
    }
}

fn dictionary<'a>(
    bencode: &mut Bencode<'a>,
    value: Value<'a>,
    each: impl FnMut(&mut Bencode<'a>, &'a [u8], Value<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    match value {
        Value::Dictionary => bencode.pairs(each),
        _ => Err(Malformed),
    }
}

/// A list of a number and what it means.
fn error<'a>(bencode: &mut Bencode<'a>, value: Value<'a>) -> Result<Body, Malformed> {
    if value != Value::List {
        return Err(Malformed);
    }
    let (mut code, mut message) = (None, None);
    bencode.items(|_, item| {
        match item {
            Value::Integer(_) => code = Some(number(item)?),
            Value::Bytes(_) => message = Some(text(item)?),
            Value::List | Value::Dictionary => {}
        }
        Ok(())
    })?;
    Ok(Body::Error {
        number: code.ok_or(Malformed)?,
        message: message.ok_or(Malformed)?.into(),
    })
}

/// Nodes whose addresses have `N` bytes; what is left behind the last whole one is none.
fn nodes<const N: usize>(mut rest: &[u8]) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some((&id, after)) = rest.split_first_chunk::<20>() {
        let Some((at, after)) = after.split_at_checked(N + 2) else {
            break;
        };
        nodes.extend(peer(at).map(|at| Node { id, at }));
        rest = after;
    }
    nodes
}

/// An address and a port: of IPv6 when it is long enough for that.
fn peer(data: &[u8]) -> Option<Peer> {
    let (ip, rest) = match data.split_first_chunk::<16>() {
        Some((ip, rest)) if rest.len() >= 2 => (IpAddr::V6(Ipv6Addr::from(*ip)), rest),
        _ => {
            let (ip, rest) = data.split_first_chunk::<4>()?;
            (IpAddr::V4(Ipv4Addr::from(*ip)), rest)
        }
    };
    let port = u16::from_be_bytes(*rest.first_chunk()?);
    Some(Peer { ip, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8]) -> Result<Message, Malformed> {
        let mut read = Message::default();
        read.read(message).map(|()| read)
    }

    #[test]
    fn queries() {
        let message = read(
            b"d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz123456\
              4:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:v4:UT..1:y1:qe",
        )
        .unwrap();
        assert_eq!(message.request_type.as_deref(), Some("announce_peer"));
        assert_eq!(&*message.transaction, b"aa");
        assert_eq!(message.client_version.as_deref(), Some(&b"UT.."[..]));
        let Some(Body::Request(request)) = message.body else {
            panic!("a request");
        };
        assert_eq!(&*request.node, b"abcdefghij0123456789");
        assert_eq!(
            request.info_hash.as_deref(),
            Some(&b"mnopqrstuvwxyz123456"[..])
        );
        assert_eq!(request.token.as_deref(), Some(&b"aoeusnth"[..]));
        assert_eq!((request.implied_port, request.port), (Some(1), Some(6881)));
    }

    #[test]
    fn responses_with_nodes_and_peers() {
        let message = read(
            b"d1:rd2:id20:0123456789abcdefghij5:nodes27:aaaaaaaaaaaaaaaaaaaa\x0a\0\0\x01\x1a\xe1?\
              6:valuesl6:\x0a\0\0\x02\0\x5018:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x51ee1:t1:x1:y1:re",
        )
        .unwrap();
        let Some(Body::Response(response)) = message.body else {
            panic!("a response");
        };
        // The last byte of the nodes belongs to none.
        let [node] = &response.nodes[..] else {
            panic!("{:?}", response.nodes);
        };
        assert_eq!((node.id, node.at.port), ([b'a'; 20], 6881));
        assert_eq!(node.at.ip, IpAddr::from([10, 0, 0, 1]));
        let peers: Vec<_> = response
            .values
            .iter()
            .map(|it| (it.ip.to_string(), it.port))
            .collect();
        assert_eq!(
            peers,
            [("10.0.0.2".to_owned(), 80), ("2001:db8::1".to_owned(), 81)]
        );
    }

    #[test]
    fn errors() {
        let message = read(b"d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee").unwrap();
        let expected = Body::Error {
            number: 201,
            message: "A Generic Error Ocurred".into(),
        };
        assert_eq!(message.body, Some(expected));
    }

    #[test]
    fn what_lacks_a_part_is_malformed() {
        for wrong in [
            // No type; a type that is none; no query; no arguments; no identity; no transaction.
            &b"d1:ad2:id1:ae1:q4:ping1:t1:xe"[..],
            b"d1:ad2:id1:ae1:q4:ping1:t1:x1:y1:ze",
            b"d1:ad2:id1:ae1:t1:x1:y1:qe",
            b"d1:q4:ping1:t1:x1:y1:qe",
            b"d1:ade1:q4:ping1:t1:x1:y1:qe",
            b"d1:ad2:id1:ae1:q4:ping1:y1:qe",
            // A port that is none, a peer without port, an error without text.
            b"d1:ad2:id1:a4:porti65536ee1:q4:ping1:t1:x1:y1:qe",
            b"d1:rd2:id1:a6:valuesl4:abcdee1:t1:x1:y1:re",
            b"d1:eli201ee1:t1:x1:y1:ee",
        ] {
            assert_eq!(
                read(wrong),
                Err(Malformed),
                "{}",
                String::from_utf8_lossy(wrong)
            );
        }
    }
}
