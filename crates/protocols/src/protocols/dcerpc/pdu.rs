//! The messages of DCE remote procedure calls (C706, chapter 12).

/// A message that asks.
pub const REQUEST: u8 = 0;
/// The answer to [`REQUEST`].
pub const RESPONSE: u8 = 2;
/// A message that says which interfaces will be called.
pub const BIND: u8 = 11;
/// The answer to [`BIND`].
pub const BIND_ACK: u8 = 12;
/// The answer to [`BIND`] that refuses it.
pub const BIND_NAK: u8 = 13;
/// More interfaces on a connection that has some.
pub const ALTER_CONTEXT: u8 = 14;
/// The answer to [`ALTER_CONTEXT`].
pub const ALTER_CONTEXT_RESPONSE: u8 = 15;
/// The client's last word on who it is; nothing answers it.
pub const AUTH3: u8 = 16;

/// Flag of the first fragment of a message.
pub const FIRST_FRAGMENT: u8 = 1;
/// Flag of the last fragment of a message.
pub const LAST_FRAGMENT: u8 = 2;

/// Length of the header of version 5.
pub const HEADER: usize = 16;

const NAMES: [&str; 21] = [
    "REQUEST",
    "PING",
    "RESPONSE",
    "FAULT",
    "WORKING",
    "NOCALL",
    "REJECT",
    "ACK",
    "CL_CANCEL",
    "FACK",
    "CANCEL_ACK",
    "BIND",
    "BINDACK",
    "BINDNAK",
    "ALTER_CONTEXT",
    "ALTER_CONTEXT_RESP",
    "AUTH3",
    "SHUTDOWN",
    "CO_CANCEL",
    "ORPHANED",
    "RTS",
];

/// The name of a type of message in records.
pub fn kind_name(kind: u8) -> &'static str {
    NAMES.get(usize::from(kind)).copied().unwrap_or("UNKNOWN")
}

/// Reads numbers of the byte order that a message says it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader<'a> {
    data: &'a [u8],
    little: bool,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of `data`.
    pub fn new(data: &'a [u8], little: bool) -> Self {
        Self { data, little }
    }

    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.data.split_at_checked(count)?;
        self.data = rest;
        Some(head)
    }

    /// A byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of two bytes.
    pub fn short(&mut self) -> Option<u16> {
        let bytes = *self.take(2)?.first_chunk()?;
        Some(if self.little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    /// A number of four bytes.
    pub fn word(&mut self) -> Option<u32> {
        let bytes = *self.take(4)?.first_chunk()?;
        Some(if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// An identifier of 16 bytes, in the order in which it is written as text.
    pub fn uuid(&mut self) -> Option<[u8; 16]> {
        let mut uuid: [u8; 16] = *self.take(16)?.first_chunk()?;
        if self.little {
            uuid[..4].reverse();
            uuid[4..6].reverse();
            uuid[6..8].reverse();
        }
        Some(uuid)
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.data
    }
}

/// The header of a message of version 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The minor version.
    pub minor: u8,
    /// Type of the message.
    pub kind: u8,
    /// Flags, [`FIRST_FRAGMENT`] among them.
    pub flags: u8,
    /// Numbers begin with their least significant byte.
    pub little: bool,
    /// Length of the fragment, header included.
    pub length: usize,
    /// Length of what proves who sent it, at the end.
    pub auth_length: usize,
    /// What call it belongs to.
    pub call: u32,
}

impl Header {
    /// Reads the header; nothing when the data is shorter or not of version 5.
    pub fn read(data: &[u8]) -> Option<Self> {
        const LITTLE_ENDIAN: u8 = 0x10;
        let &[5, minor, kind, flags, formats, _, _, _, ref rest @ ..] =
            data.first_chunk::<HEADER>()?
        else {
            return None;
        };
        let little = formats & LITTLE_ENDIAN != 0;
        let mut reader = Reader::new(rest, little);
        let length = usize::from(reader.short()?);
        let auth_length = usize::from(reader.short()?);
        Some(Self {
            minor,
            kind,
            flags,
            little,
            length,
            auth_length,
            call: reader.word()?,
        })
    }

    /// Whether it is the last fragment of its message.
    pub fn is_last(&self) -> bool {
        self.flags & LAST_FRAGMENT != 0
    }
}

/// An interface that a client wants to call, under a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The number by which requests name it.
    pub context: u16,
    /// Its identifier, in the order of text.
    pub uuid: [u8; 16],
    /// Its version: major, minor.
    pub version: (u16, u16),
    /// It was named in a first fragment.
    pub first_fragment: bool,
    /// What the server said to it: result and reason.
    pub answer: Option<(u16, u16)>,
}

/// Length of the value that rules test an interface by.
pub const INTERFACE_VALUE: usize = 21;

impl Interface {
    /// The server takes it.
    pub fn is_accepted(&self) -> bool {
        matches!(self.answer, Some((0, _)))
    }

    /// The value that rules test: the identifier, both versions, and whether it was named in a first fragment.
    pub fn value(&self) -> [u8; INTERFACE_VALUE] {
        let mut value = [0; INTERFACE_VALUE];
        value[..16].copy_from_slice(&self.uuid);
        value[16..18].copy_from_slice(&self.version.0.to_be_bytes());
        value[18..20].copy_from_slice(&self.version.1.to_be_bytes());
        value[20] = u8::from(self.first_fragment);
        value
    }

    /// The identifier as text.
    pub fn uuid_text(&self) -> String {
        uuid_text(&self.uuid)
    }

    /// The version as text.
    pub fn version_text(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }
}

/// An identifier as text.
pub fn uuid_text(uuid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in uuid.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// The interfaces of a bind or alter-context message; `body` follows the header.
pub fn interfaces(header: &Header, body: &[u8]) -> Option<Vec<Interface>> {
    let mut reader = Reader::new(body, header.little);
    // Fragment sizes and the association group.
    reader.take(8)?;
    let count = reader.byte()?;
    reader.take(3)?;
    let mut list = Vec::new();
    for _ in 0..count {
        let context = reader.short()?;
        let syntaxes = reader.byte()?;
        reader.byte()?;
        let uuid = reader.uuid()?;
        let version = if header.little {
            let major = reader.short()?;
            (major, reader.short()?)
        } else {
            let minor = reader.short()?;
            (reader.short()?, minor)
        };
        list.push(Interface {
            context,
            uuid,
            version,
            first_fragment: header.flags & FIRST_FRAGMENT != 0,
            answer: None,
        });
        if reader.take(usize::from(syntaxes) * 20).is_none() {
            break;
        }
    }
    Some(list)
}

/// What the answer to a bind or alter-context says to each interface: result and reason.
pub fn answers(header: &Header, body: &[u8]) -> Option<Vec<(u16, u16)>> {
    let mut reader = Reader::new(body, header.little);
    reader.take(8)?;
    let address = usize::from(reader.short()?);
    reader.take(address)?;
    // The list begins at a multiple of four bytes.
    reader.take((2 + address).wrapping_neg() % 4)?;
    let count = reader.byte()?;
    reader.take(3)?;
    let mut list = Vec::new();
    for _ in 0..count {
        let result = reader.short()?;
        let reason = reader.short()?;
        reader.take(20)?;
        list.push((result, reason));
    }
    Some(list)
}

/// A request, one fragment of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The number of the interface.
    pub context: u16,
    /// The operation of the interface.
    pub operation: u16,
    /// Its arguments.
    pub stub: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads what follows the header.
    pub fn read(header: &Header, body: &'a [u8]) -> Option<Self> {
        const HAS_OBJECT: u8 = 0x80;
        let mut reader = Reader::new(body, header.little);
        reader.word()?;
        let context = reader.short()?;
        let operation = reader.short()?;
        if header.flags & HAS_OBJECT != 0 {
            reader.take(16)?;
        }
        Some(Self {
            context,
            operation,
            stub: reader.rest(),
        })
    }
}

/// The results in a response, one fragment of it.
pub fn response_stub(body: &[u8]) -> Option<&[u8]> {
    body.get(8..)
}

/// Interfaces that one connection knows at most.
const INTERFACES: usize = 1024;

/// The interfaces that were named on a connection.
#[derive(Debug, Clone, Default)]
pub struct Known {
    list: Vec<Interface>,
    /// Those of the last message, which the next answer is about.
    asked: usize,
}

impl Known {
    /// A bind names interfaces.
    pub fn bind(&mut self, header: &Header, named: Vec<Interface>) {
        if header.kind == BIND {
            self.list.clear();
        }
        for interface in &named {
            self.list.retain(|known| known.context != interface.context);
        }
        if self.list.len() + named.len() > INTERFACES {
            self.list.clear();
        }
        self.asked = named.len();
        self.list.extend(named);
    }

    /// The server answers the last bind.
    pub fn answer(&mut self, answers: &[(u16, u16)]) {
        let first = self.list.len().saturating_sub(self.asked);
        let asked = self.list.iter_mut().skip(first);
        for (interface, &answer) in asked.zip(answers) {
            interface.answer = Some(answer);
        }
    }

    /// Those that the last bind named.
    pub fn last_named(&self) -> &[Interface] {
        let first = self.list.len().saturating_sub(self.asked);
        self.list.get(first..).unwrap_or_default()
    }

    /// The one of a number.
    pub fn of_context(&self, context: u16) -> Option<&Interface> {
        self.list.iter().find(|known| known.context == context)
    }
}
