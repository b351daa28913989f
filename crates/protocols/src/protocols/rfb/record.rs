//! What rules and records see of a handshake.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, voip};

use super::message::{Screen, Version};
use super::parser::{Handshake, PASSWORD};
use crate::names::place;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// What became of the authentication, by number (RFC 6143, section 7.1.3, and a common extension).
const RESULTS: [&str; 3] = ["OK", "FAIL", "TOOMANY"];

/// The number of a result, for rules, to which all that is not known is one.
pub fn result_number(name: &str) -> Option<u64> {
    match name {
        "unknown" => Some(RESULTS.len() as u64),
        name => place(&RESULTS, name),
    }
}

impl Transaction for Handshake {
    /// | Keyword | Value |
    /// |---|---|
    /// | `rfb.name` | bytes |
    /// | `rfb.sectype` | number of the type chosen |
    /// | `rfb.secresult` | number; 3 for all that the standard does not know |
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let value = match keyword {
            voip::RFB_NAME => self.screen.as_ref().map(|it| Value::Bytes(&it.name)),
            voip::RFB_SECTYPE => self.security.map(|it| Value::Number(it.into())),
            voip::RFB_SECRESULT => self.result.map(|it| Value::Number(it.min(3).into())),
            _ => None,
        };
        value.is_some_and(accepts)
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("rfb");
        for (key, way) in [
            ("server_protocol_version", ToClient),
            ("client_protocol_version", ToServer),
        ] {
            if let Some(version) = &self.versions[way.index()] {
                describe_version(json, key, version);
            }
        }
        self.describe_authentication(json);
        if let Some(reason) = &self.failure {
            json.bytes("server_security_failure_reason", reason);
        }
        if let Some(is_shared) = self.is_shared {
            json.bool("screen_shared", is_shared);
        }
        if let Some(screen) = &self.screen {
            describe_screen(json, screen);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("rfb", &|json| self.describe(json, options));
    }
}

impl Handshake {
    fn describe_authentication(&self, json: &mut Json<'_>) {
        json.open_object("authentication");
        if let Some(security) = self.security {
            json.uint("security_type", security);
        }
        if self.security == Some(PASSWORD) {
            json.open_object("vnc");
            if let Some(challenge) = &self.challenge {
                json.hex("challenge", challenge);
            }
            if let Some(response) = &self.response {
                json.hex("response", response);
            }
            json.close_object();
        }
        match self.result {
            None => {}
            Some(number) => match RESULTS.get(number as usize) {
                Some(name) => json.word("security_result", name),
                None => json.text("security_result", &format!("UNKNOWN ({number})")),
            },
        }
        json.close_object();
    }
}

fn describe_version(json: &mut Json<'_>, key: &str, [major, minor]: &Version) {
    json.open_object(key);
    json.bytes("major", major);
    json.bytes("minor", minor);
    json.close_object();
}

fn describe_screen(json: &mut Json<'_>, screen: &Screen) {
    json.open_object("framebuffer");
    json.uint("width", screen.width);
    json.uint("height", screen.height);
    json.bytes("name", &screen.name);
    let format = &screen.format;
    json.open_object("pixel_format");
    json.uint("bits_per_pixel", format.bits);
    json.uint("depth", format.depth);
    json.bool("big_endian", format.is_big_endian);
    json.bool("true_color", format.is_true_color);
    for (key, max) in ["red_max", "green_max", "blue_max"]
        .into_iter()
        .zip(format.max)
    {
        json.uint(key, max);
    }
    for (key, shift) in ["red_shift", "green_shift", "blue_shift"]
        .into_iter()
        .zip(format.shift)
    {
        json.uint(key, shift);
    }
    json.close_object();
    json.close_object();
}
