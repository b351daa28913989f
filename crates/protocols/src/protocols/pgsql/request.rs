//! Messages of clients.

use crate::protocols::cursor::Cursor;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It cannot have this length.
    Length,
    /// It makes no sense.
    Malformed,
}

/// A message, or several of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The client asks for encryption.
    Encryption,
    Startup {
        version: [u16; 2],
        user: Box<[u8]>,
        others: Vec<Parameter>,
    },
    Password(Box<[u8]>),
    SaslInitial {
        mechanism: &'static str,
        param: Box<[u8]>,
    },
    SaslResponse(Box<[u8]>),
    Query(Box<[u8]>),
    Cancel {
        process: u32,
        key: u32,
    },
    Terminate,
    /// Rows for a table: how many messages, and how many bytes in them.
    CopyData {
        count: u64,
        size: u64,
    },
    CopyDone,
    CopyFail,
}

/// A name and what it is set to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
}

/// A parameter; nothing when it is not all there, or has no name.
pub(super) fn parameter(cursor: &mut Cursor<'_>) -> Option<Parameter> {
    let name = cursor.until_zero().filter(|name| !name.is_empty())?;
    let value = cursor.until_zero()?;
    Some(Parameter {
        name: name.into(),
        value: value.into(),
    })
}

/// The mechanism that a client has chosen, or a server has; nothing for unknown ones.
pub(super) fn mechanism(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    match cursor.until_zero()? {
        b"SCRAM-SHA-256" => Some("scram_SHA256"),
        b"SCRAM-SHA-256-PLUS" => Some("scram_SHA256_plus"),
        _ => None,
    }
}

/// What follows the length of a message that has no type: the first of a connection.
pub(super) fn startup(body: &[u8]) -> Option<Request> {
    const SPECIAL: u16 = 1234;
    let cursor = &mut Cursor::new(body);
    let version = [cursor.u16()?, cursor.u16()?];
    match version {
        [1..=3, _] => {
            let (mut user, mut others): (Box<[u8]>, _) = (Box::default(), Vec::new());
            while cursor.rest().first().is_some_and(|&byte| byte != 0) {
                let parameter = parameter(cursor)?;
                if *parameter.name == *b"user" {
                    user = parameter.value;
                } else {
                    others.push(parameter);
                }
            }
            cursor.u8()?;
            (!user.is_empty()).then_some(Request::Startup {
                version,
                user,
                others,
            })
        }
        [SPECIAL, 5678] => Some(Request::Cancel {
            process: cursor.u32()?,
            key: cursor.u32()?,
        }),
        [SPECIAL, 5679] => Some(Request::Encryption),
        _ => None,
    }
}

/// A text that ends with a zero and is not empty.
pub(super) fn text(body: &[u8]) -> Option<Box<[u8]>> {
    let text = Cursor::new(body).until_zero()?;
    (!text.is_empty()).then(|| text.into())
}

/// The first message of SASL: the mechanism, and what it begins with.
pub(super) fn sasl_initial(body: &[u8]) -> Option<Request> {
    let cursor = &mut Cursor::new(body);
    let mechanism = mechanism(cursor)?;
    let param = match cursor.u32()? {
        // There is none.
        u32::MAX => &[],
        length => cursor.take(usize::try_from(length).ok()?)?,
    };
    cursor.is_empty().then(|| Request::SaslInitial {
        mechanism,
        param: param.into(),
    })
}
