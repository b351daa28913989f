//! Messages (RFC 4511, section 4.1.1).

use super::super::ber::{self, Fields, OCTET_STRING, SEQUENCE, Unreadable, number};

/// A message: who asks for what, or what is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: u32,
    /// The tag of the operation's element.
    pub(super) tag: u8,
    pub(super) operation: Operation,
}

/// Bytes of a message, as a rule text.
pub(super) type Text = Box<[u8]>;

/// What an operation says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Bind {
        version: u32,
        name: Text,
        /// Mechanism and credentials of SASL.
        sasl: Option<(Text, Option<Text>)>,
    },
    Unbind,
    Search {
        base: Text,
        scope: u32,
        aliases: u32,
        size_limit: u32,
        time_limit: u32,
        types_only: bool,
        attributes: Vec<Text>,
    },
    Entry {
        base: Text,
        attributes: Vec<Attribute>,
    },
    Reference(Vec<Text>),
    Modify {
        object: Text,
        changes: Vec<(u32, Attribute)>,
    },
    Add {
        entry: Text,
        attributes: Vec<Attribute>,
    },
    Delete(Text),
    Rename {
        entry: Text,
        new_rdn: Text,
        delete_old: bool,
        superior: Option<Text>,
    },
    Compare {
        entry: Text,
        attribute: Text,
        value: Text,
    },
    Abandon(u32),
    Extended {
        name: Text,
        value: Option<Text>,
    },
    Intermediate {
        name: Option<Text>,
        value: Option<Text>,
    },
    /// The end of an operation.
    Result {
        code: u32,
        matched: Text,
        message: Text,
        /// Name and value of an extended response; the value alone is a bind response's credentials.
        name: Option<Text>,
        value: Option<Text>,
    },
}

/// An attribute with its values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) kind: Text,
    pub(super) values: Vec<Text>,
}

const APPLICATION: u8 = 0x40;
const BOOLEAN: u8 = 0x01;
const ENUMERATED: u8 = 0x0a;
const SET: u8 = 0x31;

impl Message {
    /// Reads the message at the beginning of data; says how many bytes it takes.
    ///
    /// # Errors
    /// When it is not all there, or is none.
    pub(super) fn read(data: &[u8]) -> Result<(Self, usize), Unreadable> {
        let (head, rest) = ber::header(data)?;
        if head.identifier != SEQUENCE {
            return Err(Unreadable::Wrong);
        }
        let content = rest.get(..head.len).ok_or(Unreadable::Short)?;
        let used = data.len() - rest.len() + head.len;
        let message = Self::parse(content).ok_or(Unreadable::Wrong)?;
        Ok((message, used))
    }

    /// How many bytes the message at the beginning of data takes; nothing when that cannot be seen yet.
    pub(super) fn length(data: &[u8]) -> Option<usize> {
        let (head, rest) = ber::header(data).ok()?;
        (data.len() - rest.len()).checked_add(head.len)
    }

    fn parse(content: &[u8]) -> Option<Self> {
        let mut fields = Fields(content);
        let id = fields.number(ber::INTEGER)?;
        let (identifier, content) = fields.next()?;
        if identifier & 0xc0 != APPLICATION {
            return None;
        }
        let tag = identifier & 0x1f;
        let operation = Operation::parse(tag, content)?;
        Some(Self { id, tag, operation })
    }

    /// The name of the operation.
    pub(super) fn name(&self) -> &'static str {
        super::names::operation_name(self.tag).unwrap_or("unknown")
    }

    /// The object that it is about.
    pub(super) fn dn(&self) -> Option<&[u8]> {
        match &self.operation {
            Operation::Bind { name, .. } => Some(name),
            Operation::Search { base, .. } | Operation::Entry { base, .. } => Some(base),
            Operation::Modify { object, .. } => Some(object),
            Operation::Add { entry, .. }
            | Operation::Rename { entry, .. }
            | Operation::Compare { entry, .. } => Some(entry),
            Operation::Delete(dn) => Some(dn),
            Operation::Result { matched, .. } => Some(matched),
            _ => None,
        }
    }

    /// The names of the attributes that it is about.
    pub(super) fn attributes(&self) -> Vec<&[u8]> {
        match &self.operation {
            Operation::Search { attributes, .. } => attributes.iter().map(|name| &**name).collect(),
            Operation::Entry { attributes, .. } | Operation::Add { attributes, .. } => attributes
                .iter()
                .map(|attribute| &*attribute.kind)
                .collect(),
            Operation::Modify { changes, .. } => changes
                .iter()
                .map(|(_, attribute)| &*attribute.kind)
                .collect(),
            Operation::Compare { attribute, .. } => vec![attribute],
            _ => Vec::new(),
        }
    }
}

impl Operation {
    fn parse(tag: u8, content: &[u8]) -> Option<Self> {
        let mut fields = Fields(content);
        Some(match tag {
            0 => Self::bind(fields)?,
            2 => Self::Unbind,
            3 => Self::search(fields)?,
            4 => Self::Entry {
                base: fields.text()?,
                attributes: fields.attributes()?,
            },
            6 => Self::modify(fields)?,
            8 => Self::Add {
                entry: fields.text()?,
                attributes: fields.attributes()?,
            },
            10 => Self::Delete(content.into()),
            12 => Self::Rename {
                entry: fields.text()?,
                new_rdn: fields.text()?,
                delete_old: fields.boolean()?,
                superior: fields.tagged(0x80),
            },
            14 => {
                let entry = fields.text()?;
                let mut assertion = Fields(fields.tagged_bytes(SEQUENCE)?);
                Self::Compare {
                    entry,
                    attribute: assertion.text()?,
                    value: assertion.text()?,
                }
            }
            16 => Self::Abandon(number(content)?),
            19 => {
                let mut uris = Vec::new();
                while !fields.0.is_empty() {
                    uris.push(fields.text()?);
                }
                Self::Reference(uris)
            }
            23 => Self::Extended {
                name: fields.tagged(0x80)?,
                value: fields.tagged(0x81),
            },
            25 => Self::Intermediate {
                name: fields.tagged(0x80),
                value: fields.tagged(0x81),
            },
            1 | 5 | 7 | 9 | 11 | 13 | 15 | 24 => Self::result(tag, fields)?,
            _ => return None,
        })
    }

    fn bind(mut fields: Fields<'_>) -> Option<Self> {
        let version = fields.number(ber::INTEGER)?;
        let name = fields.text()?;
        let sasl = fields.tagged_bytes(0xa3).and_then(|sasl| {
            let mut sasl = Fields(sasl);
            Some((sasl.text()?, sasl.tagged(OCTET_STRING)))
        });
        Some(Self::Bind {
            version,
            name,
            sasl,
        })
    }

    fn search(mut fields: Fields<'_>) -> Option<Self> {
        let base = fields.text()?;
        let (scope, aliases) = (fields.number(ENUMERATED)?, fields.number(ENUMERATED)?);
        let size_limit = fields.number(ber::INTEGER)?;
        let time_limit = fields.number(ber::INTEGER)?;
        let types_only = fields.boolean()?;
        // The filter is not looked into.
        fields.next()?;
        let mut list = Fields(fields.tagged_bytes(SEQUENCE).unwrap_or_default());
        let mut attributes = Vec::new();
        while !list.0.is_empty() {
            attributes.push(list.text()?);
        }
        Some(Self::Search {
            base,
            scope,
            aliases,
            size_limit,
            time_limit,
            types_only,
            attributes,
        })
    }

    fn modify(mut fields: Fields<'_>) -> Option<Self> {
        let object = fields.text()?;
        let mut list = Fields(fields.tagged_bytes(SEQUENCE)?);
        let mut changes = Vec::new();
        while !list.0.is_empty() {
            let mut change = Fields(list.tagged_bytes(SEQUENCE)?);
            let what = change.number(ENUMERATED)?;
            changes.push((what, change.attribute()?));
        }
        Some(Self::Modify { object, changes })
    }

    fn result(tag: u8, mut fields: Fields<'_>) -> Option<Self> {
        let code = fields.number(ENUMERATED)?;
        let (matched, message) = (fields.text()?, fields.text()?);
        // Referrals.
        fields.tagged(0xa3);
        let (name, value) = match tag {
            1 => (None, fields.tagged(0x87)),
            24 => (fields.tagged(0x8a), fields.tagged(0x8b)),
            _ => (None, None),
        };
        Some(Self::Result {
            code,
            matched,
            message,
            name,
            value,
        })
    }
}

/// An attribute with its values, and a list of such.
trait Attributes {
    fn attribute(&mut self) -> Option<Attribute>;
    fn attributes(&mut self) -> Option<Vec<Attribute>>;
    fn boolean(&mut self) -> Option<bool>;
}

impl Attributes for Fields<'_> {
    fn boolean(&mut self) -> Option<bool> {
        Some(self.tagged_bytes(BOOLEAN)?.iter().any(|byte| *byte != 0))
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let mut attribute = Fields(self.tagged_bytes(SEQUENCE)?);
        let kind = attribute.text()?;
        let mut set = Fields(attribute.tagged_bytes(SET).unwrap_or_default());
        let mut values = Vec::new();
        while !set.0.is_empty() {
            values.push(set.text()?);
        }
        Some(Attribute { kind, values })
    }

    fn attributes(&mut self) -> Option<Vec<Attribute>> {
        let mut list = Fields(self.tagged_bytes(SEQUENCE)?);
        let mut attributes = Vec::new();
        while !list.0.is_empty() {
            attributes.push(list.attribute()?);
        }
        Some(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_request_and_its_response() {
        let request = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";
        let (message, used) = Message::read(request).expect("a message");
        assert_eq!((message.id, message.name(), used), (1, "bind_request", 14));
        let response = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\0\x04\0";
        let (message, _) = Message::read(response).expect("a message");
        assert!(matches!(
            message.operation,
            Operation::Result { code: 49, .. }
        ));
    }

    #[test]
    fn what_is_cut_is_short_and_what_is_bent_is_wrong() {
        let request = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";
        for end in 0..request.len() {
            assert_eq!(Message::read(&request[..end]), Err(Unreadable::Short));
        }
        assert_eq!(Message::read(b"\x30\x02\x02\x01"), Err(Unreadable::Wrong));
        assert_eq!(Message::read(b"\x31\x00"), Err(Unreadable::Wrong));
        // A length within that reaches beyond the message.
        assert_eq!(
            Message::read(b"\x30\x07\x02\x01\x01\x60\x7f\x02\x01"),
            Err(Unreadable::Wrong)
        );
    }
}
