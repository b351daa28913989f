//! Properties of messages (MQTT 5, section 2.2.2).

use super::message::{bytes, number, text};
use crate::protocols::cursor::Cursor;

/// A property of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Property {
    Number(&'static str, u32),
    Text(&'static str, Box<str>),
    Bytes(&'static str, Box<[u8]>),
    /// One that the user names.
    User(Box<str>, Box<str>),
}

/// The type of a property's value.
#[derive(Clone, Copy)]
enum Kind {
    Byte,
    Short,
    Long,
    Variable,
    Text,
    Bytes,
}

/// The properties of a message, behind the number of their bytes; nothing when they are broken.
pub(super) fn properties(cursor: &mut Cursor<'_>) -> Option<Vec<Property>> {
    let length = number(cursor)?;
    let mut area = Cursor::new(cursor.take(length as usize)?);
    let mut found = Vec::new();
    while !area.is_empty() {
        let id = number(&mut area)?;
        if id == 38 {
            found.push(Property::User(text(&mut area)?, text(&mut area)?));
        } else if let Some((name, kind)) = known(id) {
            found.push(property(name, kind, &mut area)?);
        }
    }
    Some(found)
}

fn property(name: &'static str, kind: Kind, area: &mut Cursor<'_>) -> Option<Property> {
    Some(match kind {
        Kind::Byte => Property::Number(name, area.u8()?.into()),
        Kind::Short => Property::Number(name, area.u16()?.into()),
        Kind::Long => Property::Number(name, area.u32()?),
        Kind::Variable => Property::Number(name, number(area)?),
        Kind::Text => Property::Text(name, text(area)?),
        Kind::Bytes => Property::Bytes(name, bytes(area)?.into()),
    })
}

fn known(id: u32) -> Option<(&'static str, Kind)> {
    Some(match id {
        1 => ("payload_format_indicator", Kind::Byte),
        2 => ("message_expiry_interval", Kind::Long),
        3 => ("content_type", Kind::Text),
        8 => ("response_topic", Kind::Text),
        9 => ("correlation_data", Kind::Bytes),
        11 => ("subscription_identifier", Kind::Variable),
        17 => ("session_expiry_interval", Kind::Long),
        18 => ("assigned_client_identifier", Kind::Text),
        19 => ("server_keep_alive", Kind::Short),
        21 => ("authentication_method", Kind::Text),
        22 => ("authentication_data", Kind::Bytes),
        23 => ("request_problem_information", Kind::Byte),
        24 => ("will_delay_interval", Kind::Long),
        25 => ("request_response_information", Kind::Byte),
        26 => ("response_information", Kind::Text),
        28 => ("server_reference", Kind::Text),
        31 => ("reason_string", Kind::Text),
        33 => ("receive_maximum", Kind::Short),
        34 => ("topic_alias_maximum", Kind::Short),
        35 => ("topic_alias", Kind::Short),
        36 => ("maximum_qos", Kind::Byte),
        37 => ("retain_available", Kind::Byte),
        39 => ("maximum_packet_size", Kind::Long),
        40 => ("wildcard_subscription_available", Kind::Byte),
        41 => ("subscription_identifier_available", Kind::Byte),
        42 => ("shared_subscription_available", Kind::Byte),
        _ => return None,
    })
}
