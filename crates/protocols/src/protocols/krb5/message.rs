//! Messages (RFC 4120, section 5).

use super::super::ber::{Fields, INTEGER, SEQUENCE};

/// Types of messages: the numbers of their elements too.
pub const AS_REQ: u32 = 10;
/// The answer to [`AS_REQ`].
pub const AS_REP: u32 = 11;
/// A ticket for a service is wanted.
pub const TGS_REQ: u32 = 12;
/// The answer to [`TGS_REQ`].
pub const TGS_REP: u32 = 13;
/// A ticket is shown to a service.
pub const AP_REQ: u32 = 14;
/// The answer to [`AP_REQ`].
pub const AP_REP: u32 = 15;
/// Something went wrong.
pub const ERROR: u32 = 30;

/// What is known of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Its type.
    pub kind: u32,
    /// What went wrong.
    pub error: Option<i32>,
    /// The client, part by part.
    pub client: Option<Vec<Vec<u8>>>,
    /// Where the client is known.
    pub realm: Option<Vec<u8>>,
    /// The service, part by part.
    pub service: Option<Vec<Vec<u8>>>,
    /// How the answer is encrypted.
    pub encryption: Option<i32>,
    /// How the ticket is encrypted.
    pub ticket_encryption: Option<i32>,
}

/// The content of an element that must be of a kind.
fn expect(data: &[u8], identifier: u8) -> Option<&[u8]> {
    Fields(data).tagged_bytes(identifier)
}

/// The numbered elements of a sequence.
fn numbered(data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    const NUMBERED: u8 = 0xa0;
    let mut fields = Fields(data);
    std::iter::from_fn(move || {
        let (identifier, content) = fields.next()?;
        (identifier & 0xe0 == NUMBERED).then_some((identifier & 0x1f, content))
    })
}

/// A numbered element.
fn field(sequence: &[u8], wanted: u8) -> Option<&[u8]> {
    numbered(sequence)
        .find(|(number, _)| *number == wanted)
        .map(|(_, content)| content)
}

fn integer(data: &[u8]) -> Option<i32> {
    let content = expect(data, INTEGER)?;
    let first = *content.first()?;
    let start = if first & 0x80 != 0 { -1i64 } else { 0 };
    if content.len() > 5 {
        return None;
    }
    let value = content
        .iter()
        .fold(start, |value, byte| value << 8 | i64::from(*byte));
    Some(value as i32)
}

fn text(data: &[u8]) -> Option<Vec<u8>> {
    const GENERAL_STRING: u8 = 0x1b;
    expect(data, GENERAL_STRING).map(<[u8]>::to_vec)
}

/// The parts of a name (5.2.2).
fn name(data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let sequence = expect(data, SEQUENCE)?;
    let mut parts = Fields(expect(field(sequence, 1)?, SEQUENCE)?);
    Some(std::iter::from_fn(|| parts.next().map(|(_, part)| part.to_vec())).collect())
}

/// The ticket that a client shows to a service (5.5.1): realm and name of the service.
pub fn shown_ticket(data: &[u8]) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    const SHOWN: u8 = 0x6e;
    const TICKET: u8 = 0x61;
    let request = expect(expect(data, SHOWN)?, SEQUENCE)?;
    let ticket = expect(expect(field(request, 3)?, TICKET)?, SEQUENCE)?;
    Some((text(field(ticket, 1)?)?, name(field(ticket, 2)?)?))
}

/// How something is encrypted (5.2.9).
fn encryption(data: &[u8]) -> Option<i32> {
    let sequence = expect(data, SEQUENCE)?;
    integer(field(sequence, 0)?)
}

impl Message {
    /// Reads a message.
    pub fn read(data: &[u8]) -> Option<Self> {
        const APPLICATION: u8 = 0x60;
        let (identifier, content) = Fields(data).next()?;
        if identifier & 0xe0 != APPLICATION {
            return None;
        }
        let mut message = Self {
            kind: u32::from(identifier & 0x1f),
            ..Self::default()
        };
        let sequence = expect(content, SEQUENCE)?;
        match message.kind {
            AS_REQ | TGS_REQ => message.read_request(sequence)?,
            AS_REP | TGS_REP => message.read_reply(sequence)?,
            ERROR => message.read_error(sequence)?,
            AP_REQ | AP_REP => {}
            _ => return None,
        }
        Some(message)
    }

    fn read_request(&mut self, sequence: &[u8]) -> Option<()> {
        for (number, content) in numbered(expect(field(sequence, 4)?, SEQUENCE)?) {
            match number {
                1 => self.client = Some(name(content)?),
                2 => self.realm = Some(text(content)?),
                3 => self.service = Some(name(content)?),
                _ => {}
            }
        }
        self.realm.as_ref().map(|_| ())
    }

    fn read_reply(&mut self, sequence: &[u8]) -> Option<()> {
        const TICKET: u8 = 0x61;
        for (number, content) in numbered(sequence) {
            match number {
                3 => self.realm = Some(text(content)?),
                4 => self.client = Some(name(content)?),
                5 => {
                    let ticket = expect(expect(content, TICKET)?, SEQUENCE)?;
                    for (number, content) in numbered(ticket) {
                        match number {
                            2 => self.service = Some(name(content)?),
                            3 => self.ticket_encryption = Some(encryption(content)?),
                            _ => {}
                        }
                    }
                }
                6 => self.encryption = Some(encryption(content)?),
                _ => {}
            }
        }
        self.encryption.map(|_| ())
    }

    fn read_error(&mut self, sequence: &[u8]) -> Option<()> {
        for (number, content) in numbered(sequence) {
            match number {
                6 => self.error = Some(integer(content)?),
                7 => self.realm = Some(text(content)?),
                8 => self.client = Some(name(content)?),
                10 => self.service = Some(name(content)?),
                _ => {}
            }
        }
        self.error.map(|_| ())
    }
}
