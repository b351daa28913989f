//! Messages of the three versions (RFC 1157, 3416, 3412, 3414).

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::protocols::ber::{self, Element, INTEGER, OCTET_STRING, SEQUENCE};

const OBJECT: u8 = 0x06;
const ADDRESS: u8 = 0x40;
/// The kind of a request or response is its tag, which belongs to the context.
const PDU: u8 = 0xa0;
pub(super) const TRAP_V1: u8 = 4;
const KINDS: u8 = 9;
/// Variables that are kept.
const MAX_VARIABLES: usize = 256;
/// Users are known by name in this model only.
const USER_MODEL: u32 = 3;

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// It goes to the client.
    pub(super) from_server: bool,
    /// As people count: 1, 2 or 3.
    pub(super) version: u32,
    pub(super) community: Option<Vec<u8>>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) is_encrypted: bool,
    pub(super) has_unknown_model: bool,
    pub(super) request: Option<Pdu>,
}

/// What a message asks or says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pdu {
    pub(super) kind: u8,
    pub(super) error: u32,
    pub(super) trap: Option<Trap>,
    pub(super) variables: Vec<String>,
}

/// A trap of version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trap {
    pub(super) kind: u8,
    pub(super) object: String,
    pub(super) address: String,
}

/// Takes the next element: its header, content, and what follows.
fn element(data: &[u8]) -> Option<(Element, &[u8], &[u8])> {
    let (element, rest) = ber::header(data).ok()?;
    let (content, rest) = rest.split_at_checked(element.len)?;
    Some((element, content, rest))
}

/// Takes the next element, which must be of a kind.
fn expect(data: &[u8], identifier: u8) -> Option<(&[u8], &[u8])> {
    let (element, content, rest) = element(data)?;
    (element.identifier == identifier).then_some((content, rest))
}

/// A number that may take five bytes because it has no sign.
fn integer(data: &[u8]) -> Option<(u32, &[u8])> {
    let (content, rest) = expect(data, INTEGER)?;
    if content.is_empty() || content.len() > 5 {
        return None;
    }
    let value = content
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    Some(((value & u64::from(u32::MAX)) as u32, rest))
}

/// An object identifier with dots (X.690, 8.19).
fn object(content: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut number = 0_u64;
    let mut is_first = true;
    for byte in content {
        if number >> 56 != 0 {
            return None;
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing to a string does not fail.
        let _ = if is_first {
            let high = (number / 40).min(2);
            write!(text, "{high}.{}", number - high * 40)
        } else {
            write!(text, ".{number}")
        };
        is_first = false;
        number = 0;
    }
    Some(text)
}

impl Pdu {
    fn read(data: &[u8]) -> Option<Self> {
        let (header, content, _) = element(data)?;
        let kind = header.identifier.checked_sub(PDU)?;
        if kind >= KINDS {
            return None;
        }
        let mut pdu = Self {
            kind,
            ..Self::default()
        };
        let variables = if kind == TRAP_V1 {
            let (name, rest) = expect(content, OBJECT)?;
            let (address, rest) = expect(rest, ADDRESS)?;
            let (generic, rest) = integer(rest)?;
            let (_specific, rest) = integer(rest)?;
            // How long the sender has been up.
            let (_, _, rest) = element(rest)?;
            pdu.trap = Some(Trap {
                kind: u8::try_from(generic).ok()?,
                object: object(name)?,
                address: Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(),
            });
            rest
        } else {
            let (_id, rest) = integer(content)?;
            // In bulk requests these two mean how often to repeat.
            let (error, rest) = integer(rest)?;
            let (_index, rest) = integer(rest)?;
            const BULK: u8 = 5;
            pdu.error = if kind == BULK { 0 } else { error };
            rest
        };
        let (mut list, _) = expect(variables, SEQUENCE)?;
        while !list.is_empty() {
            let (variable, rest) = expect(list, SEQUENCE)?;
            let (name, _) = expect(variable, OBJECT)?;
            if pdu.variables.len() < MAX_VARIABLES {
                pdu.variables.push(object(name)?);
            }
            list = rest;
        }
        Some(pdu)
    }
}

impl Message {
    /// Reads a message; nothing when it is broken.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let (content, _) = expect(data, SEQUENCE)?;
        let (version, rest) = integer(content)?;
        match version {
            0 | 1 => {
                let (community, rest) = expect(rest, OCTET_STRING)?;
                Some(Self {
                    version: version + 1,
                    community: Some(community.to_vec()),
                    request: Some(Pdu::read(rest)?),
                    ..Self::default()
                })
            }
            3 => Self::read_third(rest),
            _ => None,
        }
    }

    /// Version 3 after its number (RFC 3412, section 6).
    fn read_third(data: &[u8]) -> Option<Self> {
        let (header, rest) = expect(data, SEQUENCE)?;
        let (_id, header) = integer(header)?;
        let (_longest, header) = integer(header)?;
        let (flags, header) = expect(header, OCTET_STRING)?;
        let (model, _) = integer(header)?;
        let (security, rest) = expect(rest, OCTET_STRING)?;
        const PRIVATE: u8 = 2;
        let mut message = Self {
            version: 3,
            is_encrypted: flags.first()? & PRIVATE != 0,
            has_unknown_model: model != USER_MODEL,
            ..Self::default()
        };
        if model == USER_MODEL {
            message.user = Some(user(security)?);
        }
        if !message.is_encrypted {
            let (scoped, _) = expect(rest, SEQUENCE)?;
            let (_engine, scoped) = expect(scoped, OCTET_STRING)?;
            let (_context, scoped) = expect(scoped, OCTET_STRING)?;
            message.request = Some(Pdu::read(scoped)?);
        }
        Some(message)
    }
}

/// The user's name in the parameters of the user model (RFC 3414, section 2.4).
fn user(parameters: &[u8]) -> Option<Vec<u8>> {
    let (parameters, _) = expect(parameters, SEQUENCE)?;
    let (_engine, rest) = expect(parameters, OCTET_STRING)?;
    let (_boots, rest) = integer(rest)?;
    let (_time, rest) = integer(rest)?;
    let (name, _) = expect(rest, OCTET_STRING)?;
    Some(name.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = &[
        0x30, 0x24, 2, 1, 1, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c', 0xa0, 0x17, 2, 1, 9, 2, 1,
        0, 2, 1, 0, 0x30, 0x0c, 0x30, 0x0a, 6, 6, 0x2b, 6, 1, 2, 0x81, 1, 5, 0,
    ];

    #[test]
    fn a_request_names_community_and_variables() {
        let message = Message::read(GET).expect("a message");
        assert_eq!(message.version, 2);
        assert_eq!(message.community.as_deref(), Some(&b"public"[..]));
        let request = message.request.expect("a request");
        assert_eq!(
            (request.kind, request.variables),
            (0, vec!["1.3.6.1.2.129".to_owned()])
        );
        for cut in 0..GET.len() {
            assert_eq!(Message::read(&GET[..cut]), None);
        }
    }
}
