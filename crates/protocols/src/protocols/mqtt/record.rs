//! What rules and records see of an exchange.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, industrial};

use super::message::*;
use super::names::packet_type;
use super::parser::Exchange;
use super::property::Property;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// Bytes of a text in a record, unless its options say otherwise.
const TEXT_LIMIT: usize = 1024;

/// What records are to contain.
struct Style {
    limit: usize,
    has_passwords: bool,
}

impl Exchange {
    fn text(&self, keyword: KeywordId, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        use industrial::*;
        let found = self.messages.iter().find_map(|message| {
            let value = match (&message.body, keyword) {
                (Body::Connect(it), MQTT_CONNECT_CLIENTID) => it.client.as_bytes(),
                (Body::Connect(it), MQTT_CONNECT_USERNAME) => it.user.as_deref()?.as_bytes(),
                (Body::Connect(it), MQTT_CONNECT_PASSWORD) => it.password.as_deref()?,
                (Body::Connect(it), MQTT_CONNECT_PROTOCOL_STRING) => it.protocol.as_bytes(),
                (Body::Connect(it), MQTT_CONNECT_WILLTOPIC) => it.will_topic.as_deref()?.as_bytes(),
                (Body::Connect(it), MQTT_CONNECT_WILLMESSAGE) => it.will_message.as_deref()?,
                (Body::Publish { topic, .. }, MQTT_PUBLISH_TOPIC) => topic.as_bytes(),
                (Body::Publish { message, .. }, MQTT_PUBLISH_MESSAGE) => message,
                _ => return None,
            };
            (!value.is_empty()).then_some(value)
        });
        found.is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn topics(&self, keyword: KeywordId, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut accepts = |topic: &str| accepts(Value::Bytes(topic.as_bytes()));
        let [subscribe, unsubscribe] = self.limits;
        self.messages.iter().any(|message| match &message.body {
            Body::Subscribe { topics, .. } if keyword == industrial::MQTT_SUBSCRIBE_TOPIC => topics
                .iter()
                .take(subscribe)
                .any(|(topic, _)| accepts(topic)),
            Body::Unsubscribe { topics, .. } if keyword == industrial::MQTT_UNSUBSCRIBE_TOPIC => {
                topics.iter().take(unsubscribe).any(|topic| accepts(topic))
            }
            _ => false,
        })
    }

    fn reasons(&self, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut accepts = |code: u8| accepts(Value::Number(code.into()));
        self.messages.iter().any(|message| match &message.body {
            Body::Published { reason, .. } | Body::Reason { reason, .. } => {
                reason.is_some_and(&mut accepts)
            }
            Body::Connack { code, .. } => accepts(*code),
            Body::Suback { granted: codes, .. } | Body::Unsuback { reasons: codes, .. } => {
                codes.iter().any(|code| accepts(*code))
            }
            _ => false,
        })
    }
}

impl Transaction for Exchange {
    /// | Keyword | Value |
    /// |---|---|
    /// | `mqtt.type`, `mqtt.qos` | a number for each message |
    /// | `mqtt.flags` | 8 for a repeated, 1 for a retained message; for each message |
    /// | `mqtt.reason_code` | each one given |
    /// | `mqtt.protocol_version` | that of the connection |
    /// | `mqtt.connect.flags` | as they are sent |
    /// | `mqtt.connack.session_present` | 0 or 1 |
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        use industrial::*;
        let mut each = |value: &dyn Fn(&Message) -> Option<u8>| {
            self.messages
                .iter()
                .filter_map(value)
                .any(|number| accepts(Value::Number(number.into())))
        };
        match keyword {
            MQTT_TYPE => each(&|message| Some(message.header.kind)),
            MQTT_QOS => each(&|message| Some(message.header.qos)),
            MQTT_FLAGS => each(&|Message { header, .. }| {
                Some(u8::from(header.dup) << 3 | u8::from(header.retain))
            }),
            MQTT_CONNECT_FLAGS => each(&|message| match &message.body {
                Body::Connect(connect) => Some(connect.flags),
                _ => None,
            }),
            MQTT_CONNACK_SESSION_PRESENT => each(&|message| match &message.body {
                Body::Connack {
                    session_present, ..
                } => Some((*session_present).into()),
                _ => None,
            }),
            MQTT_PROTOCOL_VERSION => accepts(Value::Number(self.version.into())),
            MQTT_REASON_CODE => self.reasons(accepts),
            MQTT_SUBSCRIBE_TOPIC | MQTT_UNSUBSCRIBE_TOPIC => self.topics(keyword, accepts),
            _ => self.text(keyword, accepts),
        }
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        let style = Style {
            limit: options
                .word("string-log-limit")
                .and_then(tapir_config::parse_size)
                .map_or(TEXT_LIMIT, |limit| {
                    usize::try_from(limit).unwrap_or(usize::MAX)
                }),
            has_passwords: options.is_on("passwords", true),
        };
        json.open_object("mqtt");
        for message in &self.messages {
            describe_message(json, message, &style);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("mqtt", &|json| self.describe(json, options));
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.is_from_server
    }
}

fn describe_message(json: &mut Json<'_>, message: &Message, style: &Style) {
    let Some(name) = packet_type(message.header.kind) else {
        return;
    };
    json.open_object(name);
    json.uint("qos", message.header.qos);
    json.bool("retain", message.header.retain);
    json.bool("dup", message.header.dup);
    match &message.body {
        Body::Connect(connect) => describe_connect(json, connect, style),
        Body::Connack {
            session_present,
            code,
            properties,
        } => {
            json.bool("session_present", *session_present);
            json.uint("return_code", *code);
            describe_properties(json, properties, style);
        }
        Body::Publish {
            topic,
            id,
            message,
            properties,
        } => {
            limited(json, "topic", topic.as_bytes(), style.limit);
            if let Some(id) = id {
                json.uint("message_id", *id);
            }
            limited(json, "message", message, style.limit);
            describe_properties(json, properties, style);
        }
        Body::Published {
            id,
            reason,
            properties,
        } => {
            json.uint("message_id", *id);
            if let Some(reason) = reason {
                json.uint("reason_code", *reason);
            }
            describe_properties(json, properties, style);
        }
        Body::Reason { reason, properties } => {
            if let Some(reason) = reason {
                json.uint("reason_code", *reason);
            }
            describe_properties(json, properties, style);
        }
        Body::Truncated => {
            json.bool("truncated", true);
            let length = message.header.own + message.header.rest;
            json.uint("skipped_length", length as u64);
        }
        Body::Ping | Body::Unassigned => {}
        subscription => describe_subscription(json, subscription, style),
    }
    json.close_object();
}

fn describe_subscription(json: &mut Json<'_>, body: &Body, style: &Style) {
    // The limit is one for all topics together.
    let mut left = style.limit;
    match body {
        Body::Subscribe {
            id,
            topics,
            properties,
        } => {
            json.uint("message_id", *id);
            json.open_array("topics");
            for (topic, qos) in topics {
                if left == 0 {
                    break;
                }
                json.open();
                limited(json, "topic", topic.as_bytes(), left);
                json.uint("qos", *qos);
                json.close_object();
                left = left.saturating_sub(topic.len());
            }
            json.close_array();
            describe_properties(json, properties, style);
        }
        Body::Unsubscribe { id, topics } => {
            json.uint("message_id", *id);
            json.open_array("topics");
            for topic in topics {
                if left == 0 {
                    break;
                }
                json.bytes_element(&cut(topic.as_bytes(), left));
                left = left.saturating_sub(topic.len());
            }
            json.close_array();
        }
        Body::Suback { id, granted } => {
            json.uint("message_id", *id);
            json.open_array("qos_granted");
            granted.iter().for_each(|qos| json.uint_element(*qos));
            json.close_array();
        }
        Body::Unsuback { id, reasons } => {
            json.uint("message_id", *id);
            if !reasons.is_empty() {
                json.open_array("reason_codes");
                reasons.iter().for_each(|code| json.uint_element(*code));
                json.close_array();
            }
        }
        _ => {}
    }
}

fn describe_connect(json: &mut Json<'_>, connect: &Connect, style: &Style) {
    let has = |flag: u8| connect.flags & flag != 0;
    limited(
        json,
        "protocol_string",
        connect.protocol.as_bytes(),
        style.limit,
    );
    json.uint("protocol_version", connect.version);
    limited(json, "client_id", connect.client.as_bytes(), style.limit);
    json.open_object("flags");
    json.bool("username", has(flag::USER));
    json.bool("password", has(flag::PASSWORD));
    json.bool("will_retain", has(flag::WILL_RETAIN));
    json.bool("will", has(flag::WILL));
    json.bool("clean_session", has(flag::CLEAN_SESSION));
    json.close_object();
    if let Some(user) = &connect.user {
        limited(json, "username", user.as_bytes(), style.limit);
    }
    if let Some(password) = connect.password.as_ref().filter(|_| style.has_passwords) {
        limited(json, "password", password, style.limit);
    }
    if has(flag::WILL) {
        json.open_object("will");
        if let Some(topic) = &connect.will_topic {
            limited(json, "topic", topic.as_bytes(), style.limit);
        }
        if let Some(message) = &connect.will_message {
            limited(json, "message", message, style.limit);
        }
        describe_properties(json, &connect.will_properties, style);
        json.close_object();
    }
    describe_properties(json, &connect.properties, style);
}

fn describe_properties(json: &mut Json<'_>, properties: &[Property], style: &Style) {
    if properties.is_empty() {
        return;
    }
    json.open_object("properties");
    for property in properties {
        match property {
            Property::Number(name, number) => json.uint(name, *number),
            Property::Text(name, text) => limited(json, name, text.as_bytes(), style.limit),
            Property::Bytes(name, bytes) => limited(json, name, bytes, style.limit),
            Property::User(name, text) => {
                json.free_key(name);
                json.bytes_value(&cut(text.as_bytes(), style.limit));
            }
        }
    }
    json.close_object();
}

fn limited(json: &mut Json<'_>, key: &str, value: &[u8], limit: usize) {
    json.bytes(key, &cut(value, limit));
}

/// The beginning of a value that is too long, and how much of it is missing.
fn cut(value: &[u8], limit: usize) -> std::borrow::Cow<'_, [u8]> {
    let Some((kept, dropped)) = value
        .split_at_checked(limit)
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return value.into();
    };
    let mut text = kept.to_vec();
    let note = format!("[truncated {} additional bytes]", dropped.len());
    text.extend_from_slice(note.as_bytes());
    text.into()
}
