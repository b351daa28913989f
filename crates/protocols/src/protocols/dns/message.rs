//! DNS messages (RFC 1035, section 4).

use std::net::{Ipv4Addr, Ipv6Addr};

/// A message whose header could be read, as far as it makes sense.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: u16,
    pub(super) flags: u16,
    pub(super) queries: Vec<Question>,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
    pub(super) additionals: Vec<Record>,
    /// Sections after the answers that could not be read.
    pub(super) bad_authorities: bool,
    pub(super) bad_additionals: bool,
    /// What is wrong with its names.
    pub(super) flaws: NameFlaws,
}

/// What can be wrong with names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct NameFlaws {
    pub(super) endless: bool,
    pub(super) truncated: bool,
    pub(super) too_many_labels: bool,
}

/// A name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: Box<[u8]>,
    pub(super) truncated: bool,
}

/// An entry of the question section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) kind: u16,
}

/// An entry of another section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: Name,
    pub(super) kind: u16,
    pub(super) ttl: u32,
    pub(super) data: Data,
}

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    /// A name: of CNAME, NS, PTR and MX.
    Name(Name),
    /// The strings of TXT.
    Texts(Vec<Box<[u8]>>),
    Null(Box<[u8]>),
    Soa {
        mname: Name,
        rname: Name,
        /// Serial number, refresh, retry, expire, minimum.
        numbers: [u32; 5],
    },
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: Name,
    },
    Sshfp {
        algorithm: u8,
        kind: u8,
        fingerprint: Box<[u8]>,
    },
    Other,
}

/// A name in text is not longer than this.
const MAX_NAME: usize = 1025;
/// Labels in one name.
const MAX_LABELS: usize = 255;
/// Pointers followed in one name.
const MAX_POINTERS: usize = 255;
/// Names of all sections together, in bytes: pointers let a small message name much.
const MAX_TEXT: usize = 1 << 21;

impl Message {
    pub(super) fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub(super) fn opcode(&self) -> u8 {
        (self.flags >> 11 & 0xf) as u8
    }

    pub(super) fn rcode(&self) -> u16 {
        self.flags & 0xf
    }

    /// Reads a message; nothing when header, questions or answers make no sense.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let mut reader = Reader {
            message: data,
            at: 0,
            text: 0,
            flaws: NameFlaws::default(),
        };
        let mut message = Message {
            id: reader.u16()?,
            flags: reader.u16()?,
            ..Message::default()
        };
        let counts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        for _ in 0..counts[0] {
            let question = reader.question()?;
            message.queries.push(question);
        }
        message.answers = reader.records(counts[1])?;
        match reader.records(counts[2]) {
            Some(records) => {
                message.authorities = records;
                match reader.records(counts[3]) {
                    Some(records) => message.additionals = records,
                    None => message.bad_additionals = true,
                }
            }
            None => message.bad_authorities = true,
        }
        message.flaws = reader.flaws;
        Some(message)
    }
}

struct Reader<'m> {
    message: &'m [u8],
    at: usize,
    /// Bytes of names read so far.
    text: usize,
    flaws: NameFlaws,
}

impl<'m> Reader<'m> {
    fn take(&mut self, len: usize) -> Option<&'m [u8]> {
        let end = self.at.checked_add(len)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn question(&mut self) -> Option<Question> {
        let name = self.name()?;
        let kind = self.u16()?;
        self.u16()?;
        Some(Question { name, kind })
    }

    fn records(&mut self, count: u16) -> Option<Vec<Record>> {
        let mut records = Vec::new();
        for _ in 0..count {
            records.push(self.record()?);
        }
        Some(records)
    }

    fn record(&mut self) -> Option<Record> {
        let name = self.name()?;
        let kind = self.u16()?;
        self.u16()?;
        let ttl = self.u32()?;
        let len = usize::from(self.u16()?);
        let end = self.at.checked_add(len)?;
        if end > self.message.len() {
            return None;
        }
        let data = self.data(kind, len)?;
        self.at = end;
        Some(Record {
            name,
            kind,
            ttl,
            data,
        })
    }

    fn data(&mut self, kind: u16, len: usize) -> Option<Data> {
        Some(match kind {
            1 if len == 4 => Data::A(self.u32()?.into()),
            28 if len == 16 => {
                Data::Aaaa(u128::from_be_bytes(self.take(16)?.try_into().ok()?).into())
            }
            2 | 5 | 12 => Data::Name(self.name()?),
            15 => {
                self.u16()?;
                Data::Name(self.name()?)
            }
            6 => Data::Soa {
                mname: self.name()?,
                rname: self.name()?,
                numbers: [
                    self.u32()?,
                    self.u32()?,
                    self.u32()?,
                    self.u32()?,
                    self.u32()?,
                ],
            },
            10 => Data::Null(self.take(len)?.into()),
            16 => {
                let end = self.at + len;
                let mut texts = Vec::new();
                while self.at < end {
                    let part = usize::from(self.u8()?);
                    let part = part.min(end.saturating_sub(self.at));
                    texts.push(self.take(part)?.into());
                }
                Data::Texts(texts)
            }
            33 => Data::Srv {
                priority: self.u16()?,
                weight: self.u16()?,
                port: self.u16()?,
                target: self.name()?,
            },
            44 => Data::Sshfp {
                algorithm: self.u8()?,
                kind: self.u8()?,
                fingerprint: self.take(len.checked_sub(2)?)?.into(),
            },
            _ => Data::Other,
        })
    }

    /// A name, its labels joined by dots. One that is too long is cut.
    fn name(&mut self) -> Option<Name> {
        let mut text: Vec<u8> = Vec::new();
        let (mut at, mut after) = (self.at, None);
        let (mut labels, mut pointers) = (0, 0);
        let mut truncated = false;
        loop {
            let length = *self.message.get(at)?;
            match length {
                0 => {
                    at += 1;
                    break;
                }
                1..=0x3f => {
                    let label = self.message.get(at + 1..at + 1 + usize::from(length))?;
                    at += 1 + label.len();
                    labels += 1;
                    if labels > MAX_LABELS {
                        self.flaws.too_many_labels = true;
                        truncated = true;
                        break;
                    }
                    if !truncated {
                        if !text.is_empty() {
                            text.push(b'.');
                        }
                        text.extend_from_slice(label);
                        if text.len() > MAX_NAME {
                            text.truncate(MAX_NAME);
                            truncated = true;
                            self.flaws.truncated = true;
                        }
                    }
                }
                0xc0.. => {
                    let low = *self.message.get(at + 1)?;
                    after.get_or_insert(at + 2);
                    let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                    pointers += 1;
                    if target == at || pointers > MAX_POINTERS {
                        self.flaws.endless = true;
                        truncated = true;
                        break;
                    }
                    at = target;
                }
                _ => return None,
            }
        }
        self.at = after.unwrap_or(at);
        self.text += text.len();
        if self.text > MAX_TEXT {
            return None;
        }
        Some(Name {
            text: text.into(),
            truncated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01\
        \xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\xc0\0\x02\x01";

    #[test]
    fn names_are_joined_and_pointers_followed() {
        let message = Message::parse(ANSWER).expect("a message");
        assert!(message.is_response());
        assert_eq!(&*message.queries[0].name.text, b"www.example.com");
        assert_eq!(message.queries[0].name, message.answers[0].name);
        assert_eq!(message.answers[0].data, Data::A([192, 0, 2, 1].into()));
        assert_eq!(message.answers[0].ttl, 3600);
    }

    #[test]
    fn a_pointer_to_itself_is_cut() {
        let message = b"\0\0\0\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01";
        let message = Message::parse(message).expect("a message");
        assert!(message.flaws.endless);
    }

    #[test]
    fn what_is_cut_anywhere_does_no_harm() {
        for end in 0..ANSWER.len() {
            assert_eq!(Message::parse(&ANSWER[..end]), None);
        }
    }
}
