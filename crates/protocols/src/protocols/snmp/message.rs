//! Messages (RFC 1157, 3416, and 3412 with 3414 for version 3).

use super::super::ber::{self, Fields, INTEGER, OCTET_STRING, SEQUENCE};

/// A message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// 1, 2 or 3.
    pub(super) version: u32,
    pub(super) community: Option<Box<[u8]>>,
    /// User of version 3.
    pub(super) user: Option<Box<[u8]>>,
    pub(super) is_encrypted: bool,
    /// The security model of version 3 is not that of users.
    pub(super) has_unknown_model: bool,
    pub(super) pdu: Option<Pdu>,
}

/// What a message asks or tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pdu {
    /// The tag of its element.
    pub(super) kind: u8,
    pub(super) error: u32,
    pub(super) trap: Option<Trap>,
    /// The objects named, as numbers with dots.
    pub(super) variables: Vec<Box<str>>,
}

/// What a trap of version 1 is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trap {
    pub(super) kind: u32,
    pub(super) enterprise: Box<str>,
    pub(super) address: Box<str>,
}

const OBJECT: u8 = 0x06;
const IP_ADDRESS: u8 = 0x40;
const TIME_TICKS: u8 = 0x43;
/// Tag of a trap of version 1.
const TRAP_V1: u8 = 4;
/// Variables of a message beyond this number are not kept.
const MAX_VARIABLES: usize = 512;

const PDU_TYPES: [&str; 9] = [
    "get_request",
    "get_next_request",
    "response",
    "set_request",
    "trap_v1",
    "get_bulk_request",
    "inform_request",
    "trap_v2",
    "report",
];

const TRAP_TYPES: [&str; 7] = [
    "cold_start",
    "warm_start",
    "link_down",
    "link_up",
    "authentication_failure",
    "egp_neighbor_loss",
    "enterprise_specific",
];

fn place(names: &[&str], name: &str) -> Option<u64> {
    let place = names
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u64)
}

/// The number of a type of messages.
pub fn pdu_type(name: &str) -> Option<u64> {
    place(&PDU_TYPES, name)
}

/// The number of a type of traps.
pub fn trap_type(name: &str) -> Option<u64> {
    place(&TRAP_TYPES, name)
}

pub(super) fn pdu_name(kind: u8) -> Option<&'static str> {
    PDU_TYPES.get(usize::from(kind)).copied()
}

pub(super) fn trap_name(kind: u32) -> Option<&'static str> {
    TRAP_TYPES.get(usize::try_from(kind).ok()?).copied()
}

impl Message {
    /// Reads a datagram.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(Fields(data).tagged_bytes(SEQUENCE)?);
        let version = fields.number(INTEGER)?;
        match version {
            0 | 1 => Some(Self {
                version: version + 1,
                community: Some(fields.text()?),
                pdu: Some(Pdu::read(&mut fields)?),
                ..Self::default()
            }),
            3 => Self::read_version_3(fields),
            _ => None,
        }
    }

    fn read_version_3(mut fields: Fields<'_>) -> Option<Self> {
        const USER_SECURITY: u32 = 3;
        let mut header = Fields(fields.tagged_bytes(SEQUENCE)?);
        // Identifier, largest size and flags of the message.
        header.next()?;
        header.next()?;
        header.text()?;
        let model = header.number(INTEGER)?;
        let mut message = Self {
            version: 3,
            has_unknown_model: model != USER_SECURITY,
            ..Self::default()
        };
        let security = fields.tagged_bytes(OCTET_STRING)?;
        if !message.has_unknown_model {
            let mut security = Fields(Fields(security).tagged_bytes(SEQUENCE)?);
            // Engine, its boots and its time.
            for _ in 0..3 {
                security.next()?;
            }
            message.user = Some(security.text()?);
        }
        match fields.next()? {
            (SEQUENCE, scoped) => {
                let mut scoped = Fields(scoped);
                // Engine and name of the context.
                scoped.next()?;
                scoped.next()?;
                message.pdu = Some(Pdu::read(&mut scoped)?);
            }
            (OCTET_STRING, _) => message.is_encrypted = true,
            _ => return None,
        }
        Some(message)
    }
}

impl Pdu {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        const CONTEXT: u8 = 0xa0;
        let (identifier, content) = fields.next()?;
        let kind = identifier & 0x1f;
        if identifier & 0xe0 != CONTEXT || pdu_name(kind).is_none() {
            return None;
        }
        let mut content = Fields(content);
        let mut pdu = Self {
            kind,
            ..Self::default()
        };
        if kind == TRAP_V1 {
            let enterprise = object(content.tagged_bytes(OBJECT)?)?;
            let address = address(content.tagged_bytes(IP_ADDRESS)?);
            let trap = content.number(INTEGER)?;
            content.next()?;
            content.tagged_bytes(TIME_TICKS)?;
            pdu.trap = Some(Trap {
                kind: trap,
                enterprise,
                address,
            });
        } else {
            content.next()?;
            // Of bulk requests these two are counts.
            let error = ber::number(content.tagged_bytes(INTEGER)?);
            content.next()?;
            if kind != 5 {
                pdu.error = error.unwrap_or_default();
            }
        }
        let mut variables = Fields(content.tagged_bytes(SEQUENCE)?);
        while !variables.0.is_empty() && pdu.variables.len() < MAX_VARIABLES {
            let mut variable = Fields(variables.tagged_bytes(SEQUENCE)?);
            pdu.variables.push(object(variable.tagged_bytes(OBJECT)?)?);
        }
        Some(pdu)
    }
}

/// An object identifier as numbers with dots (X.690, 8.19).
fn object(content: &[u8]) -> Option<Box<str>> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in content {
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.extend([first, number - first * 40]);
            } else {
                numbers.push(number);
            }
            number = 0;
        }
    }
    let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
    Some(texts.join(".").into())
}

fn address(content: &[u8]) -> Box<str> {
    let texts: Vec<String> = content.iter().map(u8::to_string).collect();
    texts.join(".").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x05\x02\x01\0\x02\x01\0\
        \x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\0\x05\0";

    #[test]
    fn a_request_names_its_objects() {
        let message = Message::read(GET).expect("a message");
        assert_eq!(message.version, 2);
        assert_eq!(message.community.as_deref(), Some(&b"public"[..]));
        let pdu = message.pdu.expect("a request");
        assert_eq!((pdu_name(pdu.kind), pdu.error), (Some("get_request"), 0));
        assert_eq!(pdu.variables, ["1.3.6.1.2.1.1.5.0".into()]);
    }

    #[test]
    fn what_is_cut_is_no_message() {
        for end in 0..GET.len() {
            assert_eq!(Message::read(&GET[..end]), None);
        }
        assert_eq!(object(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), None);
    }
}
