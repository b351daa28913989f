//! What rules and records see of messages.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, industrial};

use super::names;
use super::object::{Content, Object, Visitor};
use super::parser::Message;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

pub(super) fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
    let known = match keyword {
        industrial::DNP3_FUNC | industrial::DNP3_OBJ | industrial::DNP3_DATA => true,
        industrial::DNP3_IND => direction == Direction::ToClient,
        _ => false,
    };
    known.then_some(1)
}

const UNSOLICITED: u8 = 130;

impl Message {
    fn kind(&self) -> &'static str {
        match (self.direction, self.function()) {
            (Direction::ToServer, _) => "request",
            (Direction::ToClient, UNSOLICITED) => "unsolicited_response",
            (Direction::ToClient, _) => "response",
        }
    }

    fn write(&self, json: &mut Json<'_>) {
        let control = self.link.control;
        json.word("type", self.kind());
        json.open_object("control");
        json.bool("dir", control & 0x80 != 0);
        json.bool("pri", control & 0x40 != 0);
        json.bool("fcb", control & 0x20 != 0);
        json.bool("fcv", control & 0x10 != 0);
        json.uint("function_code", control & 0x0f);
        json.close_object();
        json.uint("src", self.link.source);
        json.uint("dst", self.link.destination);
        self.write_application(json);
        if let Some(bits) = self.indications() {
            json.open_object("iin");
            if bits != 0 {
                json.open_array("indicators");
                names::indications(bits).for_each(|name| json.text_element(name));
                json.close_array();
            }
            json.close_object();
        }
    }

    fn write_application(&self, json: &mut Json<'_>) {
        let Some(control) = self.data.first() else {
            return;
        };
        json.open_object("application");
        json.open_object("control");
        json.bool("fir", control & 0x80 != 0);
        json.bool("fin", control & 0x40 != 0);
        json.bool("con", control & 0x20 != 0);
        json.bool("uns", control & 0x10 != 0);
        json.uint("sequence", control & 0x0f);
        json.close_object();
        json.uint("function_code", self.function());
        if !self.objects.is_empty() {
            json.open_array("objects");
            let mut writer = Writer {
                json: &mut *json,
                has_points: false,
            };
            // What could not be read is told by `complete`.
            let _ = self.visit(&mut writer);
            json.close_array();
        }
        json.bool("complete", self.is_complete);
        json.close_object();
    }
}

/// Writes objects.
struct Writer<'j, 'o> {
    json: &'j mut Json<'o>,
    has_points: bool,
}

impl Visitor for Writer<'_, '_> {
    fn object(&mut self, object: &Object) {
        self.has_points = false;
        self.json.open();
        self.json.uint("group", object.group);
        self.json.uint("variation", object.variation);
        self.json.uint("qualifier", object.qualifier);
        self.json.uint("prefix_code", object.prefix_code());
        self.json.uint("range_code", object.range_code());
        self.json.uint("start", object.start);
        self.json.uint("stop", object.stop);
        self.json.uint("count", object.count);
    }

    fn point(&mut self, index: u32, prefix: u32, size: Option<u32>) {
        if !std::mem::replace(&mut self.has_points, true) {
            self.json.open_array("points");
        }
        self.json.open();
        self.json.uint("prefix", prefix);
        self.json.uint("index", index);
        if let Some(size) = size {
            self.json.uint("size", size);
        }
    }

    fn field(&mut self, name: &'static str, content: Content<'_>) {
        match content {
            Content::Unsigned(number) => self.json.uint(name, number),
            Content::Signed(number) => self.json.int(name, number),
            Content::Float(number) => self.json.float(name, number),
            Content::Text(text) => self.json.bytes(name, text),
        }
    }

    fn point_end(&mut self) {
        self.json.close_object();
    }

    fn object_end(&mut self) {
        if self.has_points {
            self.json.close_array();
        }
        self.json.close_object();
    }
}

impl Transaction for Message {
    /// An object is a number: its group, then its variation in the lower byte.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        match keyword {
            industrial::DNP3_FUNC => accepts(Value::Number(self.function().into())),
            industrial::DNP3_IND => self
                .indications()
                .is_some_and(|bits| accepts(Value::Number(bits.into()))),
            industrial::DNP3_OBJ => self.objects.iter().any(|(group, variation)| {
                accepts(Value::Number(
                    u64::from(*group) << 8 | u64::from(*variation),
                ))
            }),
            industrial::DNP3_DATA => accepts(Value::Bytes(&self.data)),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("dnp3");
        json.open_object(match self.direction {
            Direction::ToServer => "request",
            Direction::ToClient => "response",
        });
        self.write(json);
        json.close_object();
        json.close_object();
    }

    fn records(&self, _: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("dnp3", &|json| {
            json.open_object("dnp3");
            self.write(json);
            json.close_object();
        });
    }
}
