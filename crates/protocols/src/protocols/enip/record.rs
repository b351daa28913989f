//! What rules and logs get to see of an exchange.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, industrial as kw};

use super::cip::{ATTRIBUTE, CLASS, Cip, Content, INSTANCE, Segment};
use super::names;
use super::parser::Exchange;
use super::pdu::{Identity, Payload, Pdu, Services};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// Whether a keyword has values in a direction.
pub(super) fn is_known(keyword: KeywordId, direction: Direction) -> bool {
    match keyword {
        kw::ENIP_COMMAND | kw::ENIP_STATUS | kw::ENIP_PROTOCOL_VERSION | kw::CIP_SERVICE => true,
        kw::ENIP_CIP_ATTRIBUTE
        | kw::ENIP_CIP_CLASS
        | kw::ENIP_CIP_INSTANCE
        | kw::CIP_ATTRIBUTE
        | kw::CIP_CLASS
        | kw::CIP_INSTANCE
        | kw::CIP_CONN_PATH_CLASS
        | kw::CIP_REQ
        | kw::ENIP_REQ => direction == ToServer,
        kw::ENIP_CAPABILITIES
        | kw::ENIP_CIP_STATUS
        | kw::CIP_STATUS
        | kw::ENIP_CIP_EXTENDEDSTATUS
        | kw::ENIP_VENDOR_ID
        | kw::ENIP_STATE
        | kw::ENIP_SERIAL
        | kw::ENIP_REVISION
        | kw::ENIP_PRODUCT_CODE
        | kw::ENIP_IDENTITY_STATUS
        | kw::ENIP_DEVICE_TYPE
        | kw::ENIP_PRODUCT_NAME
        | kw::ENIP_SERVICE_NAME
        | kw::CIP_RSP
        | kw::ENIP_RSP => direction == ToClient,
        _ => false,
    }
}

type Accepts<'a> = dyn FnMut(Value<'_>) -> bool + 'a;

impl Pdu {
    fn services(&self) -> Option<&Services> {
        match &self.payload {
            Payload::Services(services) => services.as_ref(),
            _ => None,
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match &self.payload {
            Payload::Identity(identity) => identity.as_ref(),
            _ => None,
        }
    }

    fn version(&self) -> Option<u16> {
        match &self.payload {
            Payload::Session { version, .. } => Some(*version),
            _ => self
                .services()
                .map(|services| services.version)
                .or_else(|| self.identity().map(|identity| identity.version)),
        }
    }

    /// Numbers that it has once.
    fn number(&self, keyword: KeywordId) -> Option<u64> {
        let identity = || self.identity();
        Some(match keyword {
            kw::ENIP_COMMAND => self.command.into(),
            kw::ENIP_STATUS => self.status.into(),
            kw::ENIP_PROTOCOL_VERSION => self.version()?.into(),
            kw::ENIP_CAPABILITIES => self.services()?.capabilities.into(),
            kw::ENIP_VENDOR_ID => identity()?.vendor.into(),
            kw::ENIP_STATE => identity()?.state.into(),
            kw::ENIP_SERIAL => identity()?.serial.into(),
            kw::ENIP_REVISION => u16::from_be_bytes(identity()?.revision).into(),
            kw::ENIP_PRODUCT_CODE => identity()?.product.into(),
            kw::ENIP_IDENTITY_STATUS => identity()?.status.into(),
            kw::ENIP_DEVICE_TYPE => identity()?.device.into(),
            kw::ENIP_REQ | kw::ENIP_RSP => 1,
            kw::CIP_REQ | kw::CIP_RSP => self.cip().map(|_| 1)?,
            _ => return None,
        })
    }
}

fn segments(path: &[Segment], kind: u8, accepts: &mut Accepts<'_>) -> bool {
    path.iter()
        .filter(|segment| segment.is(kind))
        .any(|segment| accepts(Value::Number(segment.value.into())))
}

/// Values of one message of CIP.
fn cip_values(cip: &Cip, keyword: KeywordId, accepts: &mut Accepts<'_>) -> bool {
    if keyword == kw::CIP_SERVICE {
        return accepts(Value::Bytes(&cip.facts));
    }
    match &cip.content {
        Content::Request {
            path,
            attributes,
            connection,
        } => match keyword {
            kw::ENIP_CIP_CLASS | kw::CIP_CLASS => segments(path, CLASS, accepts),
            kw::ENIP_CIP_INSTANCE | kw::CIP_INSTANCE => segments(path, INSTANCE, accepts),
            kw::CIP_CONN_PATH_CLASS => segments(connection, CLASS, accepts),
            kw::ENIP_CIP_ATTRIBUTE | kw::CIP_ATTRIBUTE => {
                segments(path, ATTRIBUTE, accepts)
                    || attributes
                        .iter()
                        .any(|attribute| accepts(Value::Number((*attribute).into())))
            }
            _ => false,
        },
        Content::Response { status, extended } => match keyword {
            kw::ENIP_CIP_STATUS | kw::CIP_STATUS => accepts(Value::Number((*status).into())),
            kw::ENIP_CIP_EXTENDEDSTATUS => match extended[..] {
                [low, high] => accepts(Value::Number(u16::from_le_bytes([low, high]).into())),
                _ => false,
            },
            _ => false,
        },
    }
}

impl Transaction for Exchange {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if !is_known(keyword, direction) {
            return false;
        }
        let Some(pdu) = &self.messages[direction.index()] else {
            return false;
        };
        match keyword {
            kw::ENIP_PRODUCT_NAME => pdu
                .identity()
                .is_some_and(|identity| accepts(Value::Bytes(&identity.name))),
            kw::ENIP_SERVICE_NAME => pdu
                .services()
                .is_some_and(|services| accepts(Value::Bytes(&services.name))),
            _ => match pdu.number(keyword) {
                Some(number) => accepts(Value::Number(number)),
                None => pdu
                    .cip()
                    .is_some_and(|cip| cip.any(&mut |cip| cip_values(cip, keyword, accepts))),
            },
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("enip");
        for (name, message) in ["request", "response"].iter().zip(&self.messages) {
            if let Some(pdu) = message {
                json.open_object(name);
                describe_pdu(pdu, json);
                json.close_object();
            }
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("enip", &|json| self.describe(json, options));
    }
}

/// The name of a number, or the number.
fn named(json: &mut Json<'_>, key: &str, name: Option<&'static str>, number: impl Into<u64>) {
    match name {
        Some(name) => json.word(key, name),
        None => json.text(key, &format!("unknown-{}", number.into())),
    }
}

fn describe_pdu(pdu: &Pdu, json: &mut Json<'_>) {
    named(
        json,
        "command",
        names::command_name(pdu.command),
        pdu.command,
    );
    named(json, "status", names::status_name(pdu.status), pdu.status);
    if pdu.options != 0 {
        json.uint("options", pdu.options);
    }
    match &pdu.payload {
        Payload::Session { version, options } => {
            json.open_object("register_session");
            json.uint("protocol_version", *version);
            json.uint("options", *options);
            json.close_object();
        }
        Payload::Cip {
            message: Some(cip), ..
        } => {
            json.open_object("cip");
            describe_cip(cip, json);
            json.close_object();
        }
        Payload::Services(Some(services)) => {
            json.open_object("list_services");
            json.uint("protocol_version", services.version);
            json.uint("capabilities", services.capabilities);
            json.text("service_name", &String::from_utf8_lossy(&services.name));
            json.close_object();
        }
        Payload::Identity(Some(identity)) => describe_identity(identity, json),
        _ => {}
    }
}

fn describe_identity(identity: &Identity, json: &mut Json<'_>) {
    let [major, minor] = identity.revision;
    json.open_object("identity");
    json.uint("protocol_version", identity.version);
    json.text("revision", &format!("{major}.{minor}"));
    named(
        json,
        "vendor_id",
        names::vendor(identity.vendor),
        identity.vendor,
    );
    named(
        json,
        "device_type",
        names::device(identity.device),
        identity.device,
    );
    json.uint("product_code", identity.product);
    json.uint("status", identity.status);
    json.uint("serial", identity.serial);
    json.text("product_name", &String::from_utf8_lossy(&identity.name));
    json.uint("state", identity.state);
    json.close_object();
}

fn describe_cip(cip: &Cip, json: &mut Json<'_>) {
    named(json, "service", names::service(cip.service), cip.service);
    match &cip.content {
        Content::Request { path, .. } if !path.is_empty() => {
            json.open_array("path");
            for segment in path {
                json.open();
                named(
                    json,
                    "segment_type",
                    names::segment(segment.kind),
                    segment.kind,
                );
                json.uint("value", segment.value);
                json.close_object();
            }
            json.close_array();
            if let Some(class) = path.iter().rfind(|segment| segment.is(CLASS)) {
                named(json, "class_name", names::class(class.value), class.value);
            }
        }
        Content::Request { .. } => {}
        Content::Response { status, extended } => {
            named(json, "status", names::general_status(*status), *status);
            if !extended.is_empty() {
                json.hex("status_extended", extended);
            }
            if let [low, high] = extended[..]
                && let Some(meaning) = names::extended_status(u16::from_le_bytes([low, high]))
            {
                json.word("status_extended_meaning", meaning);
            }
        }
    }
    if !cip.packets.is_empty() {
        json.open_array("multiple");
        for packet in &cip.packets {
            json.open();
            describe_cip(packet, json);
            json.close_object();
        }
        json.close_array();
    }
}
