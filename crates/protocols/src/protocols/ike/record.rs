//! What rules and logs get to see of a message.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, internet as kw};

use super::names;
use super::parser::{Algorithms, Content, Message, Side};
use super::version1::{Attribute, Raw};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// Whether a keyword has values in a direction.
pub(super) fn is_known(keyword: KeywordId, direction: Direction) -> bool {
    match keyword {
        kw::IKE_EXCHTYPE
        | kw::IKE_NONCE_PAYLOAD
        | kw::IKE_NONCE_PAYLOAD_LENGTH
        | kw::IKE_KEY_EXCHANGE_PAYLOAD
        | kw::IKE_KEY_EXCHANGE_PAYLOAD_LENGTH => true,
        kw::IKE_INIT_SPI | kw::IKE_VENDOR => direction == ToServer,
        kw::IKE_RESP_SPI | kw::IKE_CHOSEN_SA_ATTRIBUTE => direction == ToClient,
        _ => false,
    }
}

type Accepts<'a> = dyn FnMut(Value<'_>) -> bool + 'a;

fn bytes(data: &[u8], accepts: &mut Accepts<'_>) -> bool {
    !data.is_empty() && accepts(Value::Bytes(data))
}

fn length(data: &[u8], accepts: &mut Accepts<'_>) -> bool {
    !data.is_empty() && accepts(Value::Number(data.len() as u64))
}

impl Message {
    /// Attributes of the chosen transform, as `name=number`.
    fn chosen(&self, accepts: &mut Accepts<'_>) -> bool {
        let mut show =
            |name: &str, number: u32| accepts(Value::Bytes(format!("{name}={number}").as_bytes()));
        match &self.content {
            Content::Version1 { transforms, .. } => {
                let first = transforms.first().map_or(&[][..], Vec::as_slice);
                first.iter().any(|attribute| match attribute.raw {
                    Raw::Number(number) => show(names::attribute(attribute.kind), number),
                    Raw::Bytes(_) => false,
                })
            }
            Content::Version2 { transforms, .. } => transforms.iter().any(|transform| {
                let place = usize::from(transform.kind).wrapping_sub(1);
                names::KINDS2
                    .get(place)
                    .is_some_and(|name| show(name, transform.number.into()))
            }),
        }
    }
}

impl Transaction for Message {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction || !is_known(keyword, direction) {
            return false;
        }
        match keyword {
            kw::IKE_EXCHTYPE => accepts(Value::Number(self.exchange.into())),
            kw::IKE_INIT_SPI => accepts(Value::Bytes(&self.spis[0])),
            kw::IKE_RESP_SPI => accepts(Value::Bytes(&self.spis[1])),
            kw::IKE_NONCE_PAYLOAD => bytes(&self.nonce, accepts),
            kw::IKE_NONCE_PAYLOAD_LENGTH => length(&self.nonce, accepts),
            kw::IKE_KEY_EXCHANGE_PAYLOAD => bytes(&self.key_exchange, accepts),
            kw::IKE_KEY_EXCHANGE_PAYLOAD_LENGTH => length(&self.key_exchange, accepts),
            kw::IKE_CHOSEN_SA_ATTRIBUTE => self.chosen(accepts),
            kw::IKE_VENDOR => match &self.content {
                Content::Version1 { vendors, .. } => {
                    vendors.iter().any(|vendor| accepts(Value::Bytes(vendor)))
                }
                Content::Version2 { .. } => false,
            },
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        json.open_object("ike");
        json.uint("_v", 2_u8);
        json.uint("version_major", self.version[0]);
        json.uint("version_minor", self.version[1]);
        json.bytes("init_spi", &self.spis[0]);
        json.bytes("resp_spi", &self.spis[1]);
        json.uint("message_id", self.id);
        json.uint("exchange_type", self.exchange);
        match &self.content {
            Content::Version1 {
                kinds,
                vendors,
                transforms,
                domain,
                sides,
                chosen,
            } => {
                if options.is_on("extended", false)
                    && let Some(name) = names::exchange(self.exchange)
                {
                    json.word("exchange_type_verbose", name);
                }
                if !chosen.is_empty() {
                    attributes(json, "attributes", chosen.iter());
                }
                json.open_array("payload");
                for name in kinds.iter().filter_map(|kind| names::payload1(*kind)) {
                    json.text_element(name);
                }
                json.close_array();
                json.open_object("ikev1");
                if let Some(domain) = domain {
                    json.uint("doi", *domain);
                }
                json.bool("encrypted_payloads", self.is_encrypted());
                if !self.is_encrypted() {
                    self.describe_sides(json, sides, transforms, vendors);
                }
                json.close_object();
            }
            Content::Version2 {
                kinds,
                notifications,
                algorithms,
                ..
            } => self.describe_version2(json, kinds, notifications, algorithms),
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ike", &|json| self.describe(json, options));
    }
}

impl Message {
    fn describe_sides(
        &self,
        json: &mut Json<'_>,
        sides: &[Side; 2],
        transforms: &[Vec<Attribute>],
        vendors: &[Box<[u8]>],
    ) {
        for (name, side) in ["client", "server"].iter().zip(sides) {
            json.open_object(name);
            if !side.key_exchange.is_empty() {
                json.hex("key_exchange_payload", &side.key_exchange);
                json.uint(
                    "key_exchange_payload_length",
                    side.key_exchange.len() as u64,
                );
            }
            if !side.nonce.is_empty() {
                json.hex("nonce_payload", &side.nonce);
                json.uint("nonce_payload_length", side.nonce.len() as u64);
            }
            if *name == "client" && self.direction == ToServer && !transforms.is_empty() {
                attributes(json, "proposals", transforms.iter().flatten());
            }
            json.close_object();
        }
        if !vendors.is_empty() {
            json.open_array("vendor_ids");
            for vendor in vendors {
                json.bytes_element(vendor);
            }
            json.close_array();
        }
    }

    fn describe_version2(
        &self,
        json: &mut Json<'_>,
        kinds: &[u8],
        notifications: &[u16],
        algorithms: &Algorithms,
    ) {
        const FROM_INITIATOR: u8 = 8;
        /// Numbers below tell of errors.
        const FIRST_STATUS: u16 = 16384;
        if self.flags & FROM_INITIATOR != 0 {
            json.word("role", "initiator");
        } else {
            json.word("role", "responder");
            json.open_array("attributes");
            for (kind, number) in (1_u8..).zip(algorithms) {
                let name = names::KINDS2.get(usize::from(kind) - 1);
                json.open();
                json.text("key", name.copied().unwrap_or_default());
                json.text("value", &names::transform(kind, *number));
                json.close_object();
            }
            json.close_array();
        }
        json.open_array("payload");
        for kind in kinds {
            json.text_element(&names::payload2(*kind));
        }
        json.close_array();
        json.open_object("ikev2");
        let errors = notifications.iter().filter(|kind| **kind < FIRST_STATUS);
        json.uint("errors", errors.count() as u64);
        if !notifications.is_empty() {
            json.open_array("notify");
            for kind in notifications {
                json.text_element(&names::notification(*kind));
            }
            json.close_array();
        }
        json.close_object();
    }
}

fn attributes<'a>(json: &mut Json<'_>, key: &str, list: impl IntoIterator<Item = &'a Attribute>) {
    json.open_array(key);
    for attribute in list {
        json.open();
        json.text("key", names::attribute(attribute.kind));
        json.text(
            "value",
            names::attribute_value(attribute.kind, attribute.value),
        );
        match &attribute.raw {
            Raw::Number(number) => json.uint("raw", *number),
            Raw::Bytes(bytes) => json.hex("raw", bytes),
        }
        json.close_object();
    }
    json.close_array();
}
