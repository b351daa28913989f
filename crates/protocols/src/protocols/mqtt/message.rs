//! Messages as they stand in the stream (MQTT 3.1, 3.1.1 and 5).

use super::property::{Property, properties};
use crate::protocols::cursor::Cursor;

/// What is wrong with a message that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// What every message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The number of its type.
    pub(super) kind: u8,
    pub(super) dup: bool,
    pub(super) qos: u8,
    pub(super) retain: bool,
    /// Bytes of the header.
    pub(super) own: usize,
    /// Bytes that follow.
    pub(super) rest: usize,
}

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) header: Header,
    pub(super) body: Body,
}

/// What a message says. Properties are there in version 5 only, where there are any.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Connect(Box<Connect>),
    Connack {
        session_present: bool,
        code: u8,
        properties: Vec<Property>,
    },
    Publish {
        topic: Box<str>,
        id: Option<u16>,
        message: Box<[u8]>,
        properties: Vec<Property>,
    },
    /// PUBACK, PUBREC, PUBREL, PUBCOMP.
    Published {
        id: u16,
        reason: Option<u8>,
        properties: Vec<Property>,
    },
    Subscribe {
        id: u16,
        topics: Vec<(Box<str>, u8)>,
        properties: Vec<Property>,
    },
    Suback {
        id: u16,
        granted: Box<[u8]>,
    },
    Unsubscribe {
        id: u16,
        topics: Vec<Box<str>>,
    },
    Unsuback {
        id: u16,
        reasons: Box<[u8]>,
    },
    /// PINGREQ, PINGRESP.
    Ping,
    /// DISCONNECT, AUTH.
    Reason {
        reason: Option<u8>,
        properties: Vec<Property>,
    },
    /// Too long to be read.
    Truncated,
    /// Of a type that does not exist.
    Unassigned,
}

/// What a client connects with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Connect {
    pub(super) protocol: Box<str>,
    pub(super) version: u8,
    pub(super) flags: u8,
    pub(super) client: Box<str>,
    pub(super) will_topic: Option<Box<str>>,
    pub(super) will_message: Option<Box<[u8]>>,
    pub(super) will_properties: Vec<Property>,
    pub(super) user: Option<Box<str>>,
    pub(super) password: Option<Box<[u8]>>,
    pub(super) properties: Vec<Property>,
}

/// Flags of a CONNECT message.
pub(super) mod flag {
    pub(in super::super) const CLEAN_SESSION: u8 = 0x02;
    pub(in super::super) const WILL: u8 = 0x04;
    pub(in super::super) const WILL_RETAIN: u8 = 0x20;
    pub(in super::super) const PASSWORD: u8 = 0x40;
    pub(in super::super) const USER: u8 = 0x80;
}

pub(super) const CONNECT: u8 = 1;
pub(super) const CONNACK: u8 = 2;
pub(super) const PUBLISH: u8 = 3;
pub(super) const PUBACK: u8 = 4;
pub(super) const PUBREC: u8 = 5;
pub(super) const PUBREL: u8 = 6;
pub(super) const PUBCOMP: u8 = 7;
pub(super) const SUBSCRIBE: u8 = 8;
pub(super) const SUBACK: u8 = 9;
pub(super) const UNSUBSCRIBE: u8 = 10;
pub(super) const UNSUBACK: u8 = 11;
pub(super) const PINGREQ: u8 = 12;
pub(super) const PINGRESP: u8 = 13;
pub(super) const DISCONNECT: u8 = 14;
pub(super) const AUTH: u8 = 15;

/// A number of up to four bytes with seven bits each, the least significant first.
pub(super) fn number(cursor: &mut Cursor<'_>) -> Option<u32> {
    let mut value = 0;
    for place in 0..4 {
        let byte = cursor.u8()?;
        value |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Bytes behind their length.
pub(super) fn bytes<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.u16()?;
    cursor.take(length.into())
}

/// A text behind its length.
pub(super) fn text(cursor: &mut Cursor<'_>) -> Option<Box<str>> {
    bytes(cursor).map(|text| String::from_utf8_lossy(text).into())
}

impl Header {
    /// The header that data begins with; nothing when it is not all there.
    pub(super) fn parse(data: &[u8]) -> Result<Option<Self>, Malformed> {
        const LONGEST: usize = 5;
        let Some(&first) = data.first() else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(data.get(1..).unwrap_or_default());
        let Some(rest) = number(&mut cursor) else {
            return if data.len() < LONGEST {
                Ok(None)
            } else {
                Err(Malformed)
            };
        };
        Ok(Some(Self {
            kind: first >> 4,
            dup: first & 8 != 0,
            qos: first >> 1 & 3,
            retain: first & 1 != 0,
            own: data.len() - cursor.rest().len(),
            rest: rest as usize,
        }))
    }
}

impl Body {
    /// What follows a header, in a connection of a version.
    pub(super) fn parse(header: &Header, data: &[u8], version: u8) -> Result<Self, Malformed> {
        let cursor = &mut Cursor::new(data);
        match header.kind {
            CONNECT => connect(cursor).map(|connect| Self::Connect(Box::new(connect))),
            CONNACK => connack(cursor, version),
            PUBLISH => publish(cursor, version, header.qos > 0),
            PUBACK | PUBREC | PUBREL | PUBCOMP => published(cursor, version),
            SUBSCRIBE => subscribe(cursor, version),
            SUBACK => answer(cursor, version).map(|(id, granted)| Self::Suback { id, granted }),
            UNSUBSCRIBE => unsubscribe(cursor, version),
            UNSUBACK => answer(cursor, version).map(|(id, reasons)| Self::Unsuback { id, reasons }),
            PINGREQ | PINGRESP => Some(Self::Ping),
            DISCONNECT => disconnect(cursor, version),
            AUTH => auth(cursor),
            _ => Some(Self::Unassigned),
        }
        .ok_or(Malformed)
    }
}

fn if_version_5(cursor: &mut Cursor<'_>, version: u8) -> Option<Vec<Property>> {
    if version == 5 {
        properties(cursor)
    } else {
        Some(Vec::new())
    }
}

fn connect(cursor: &mut Cursor<'_>) -> Option<Connect> {
    let mut connect = Connect {
        protocol: text(cursor)?,
        version: cursor.u8()?,
        flags: cursor.u8()?,
        ..Connect::default()
    };
    let _keep_alive = cursor.u16()?;
    let has = |flag: u8| connect.flags & flag != 0;
    let (has_will, has_user, has_password) =
        (has(flag::WILL), has(flag::USER), has(flag::PASSWORD));
    connect.properties = if_version_5(cursor, connect.version)?;
    connect.client = text(cursor)?;
    if has_will {
        connect.will_properties = if_version_5(cursor, connect.version)?;
        connect.will_topic = Some(text(cursor)?);
        connect.will_message = Some(bytes(cursor)?.into());
    }
    if has_user {
        connect.user = Some(text(cursor)?);
    }
    if has_password {
        connect.password = Some(bytes(cursor)?.into());
    }
    Some(connect)
}

fn connack(cursor: &mut Cursor<'_>, version: u8) -> Option<Body> {
    Some(Body::Connack {
        session_present: cursor.u8()? & 1 != 0,
        code: cursor.u8()?,
        properties: if_version_5(cursor, version)?,
    })
}

fn publish(cursor: &mut Cursor<'_>, version: u8, has_id: bool) -> Option<Body> {
    let topic = text(cursor)?;
    let id = if has_id { Some(cursor.u16()?) } else { None };
    let properties = if_version_5(cursor, version)?;
    Some(Body::Publish {
        topic,
        id,
        properties,
        message: cursor.rest().into(),
    })
}

fn published(cursor: &mut Cursor<'_>, version: u8) -> Option<Body> {
    let id = cursor.u16()?;
    let (mut reason, mut found) = (None, Vec::new());
    if version >= 5 {
        // Success need not be said, nor that there are no properties.
        reason = Some(cursor.u8().unwrap_or(0));
        if !cursor.is_empty() {
            found = properties(cursor)?;
        }
    }
    Some(Body::Published {
        id,
        reason,
        properties: found,
    })
}

fn subscribe(cursor: &mut Cursor<'_>, version: u8) -> Option<Body> {
    let id = cursor.u16()?;
    let properties = if_version_5(cursor, version)?;
    let mut topics = Vec::new();
    while let Some(topic) = text(cursor).and_then(|topic| Some((topic, cursor.u8()?))) {
        topics.push(topic);
    }
    (!topics.is_empty()).then_some(Body::Subscribe {
        id,
        topics,
        properties,
    })
}

fn unsubscribe(cursor: &mut Cursor<'_>, version: u8) -> Option<Body> {
    let id = cursor.u16()?;
    if_version_5(cursor, version)?;
    let mut topics = Vec::new();
    while let Some(topic) = text(cursor) {
        topics.push(topic);
    }
    Some(Body::Unsubscribe { id, topics })
}

/// One byte for each topic that was asked for.
fn answer(cursor: &mut Cursor<'_>, version: u8) -> Option<(u16, Box<[u8]>)> {
    let id = cursor.u16()?;
    if_version_5(cursor, version)?;
    Some((id, cursor.rest().into()))
}

fn disconnect(cursor: &mut Cursor<'_>, version: u8) -> Option<Body> {
    let (mut reason, mut found) = (None, Vec::new());
    if version >= 5 {
        let given = cursor.u8().unwrap_or(0);
        // A reason without properties behind it counts as the normal one.
        reason = Some(0);
        if !cursor.is_empty() {
            reason = Some(given);
            found = properties(cursor)?;
        }
    }
    Some(Body::Reason {
        reason,
        properties: found,
    })
}

fn auth(cursor: &mut Cursor<'_>) -> Option<Body> {
    Some(Body::Reason {
        reason: Some(cursor.u8()?),
        properties: properties(cursor)?,
    })
}
