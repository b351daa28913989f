//! What rules and records see of an exchange.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, industrial};

use super::function::{self, Access, Category, EXCEPTION};
use super::message::{Message, Request};
use super::parser::Exchange;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

impl Transaction for Exchange {
    /// | Keyword | Value |
    /// |---|---|
    /// | `modbus` | bytes of the request, from its unit on |
    /// | `modbus_data` | bytes behind the function |
    /// | `modbus_func`, `modbus_unit` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let Some(message) = &self.messages[direction.index()] else {
            return false;
        };
        match keyword {
            industrial::MODBUS_KEYWORD if direction == Direction::ToServer => {
                accepts(Value::Bytes(&message.data))
            }
            industrial::MODBUS_DATA => accepts(Value::Bytes(message.content())),
            industrial::MODBUS_FUNC => accepts(Value::Number(message.function().into())),
            industrial::MODBUS_UNIT => accepts(Value::Number(message.unit().into())),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("modbus");
        for (key, message, is_request) in [
            ("request", &self.messages[0], true),
            ("response", &self.messages[1], false),
        ] {
            if let Some(message) = message {
                json.open_object(key);
                describe(json, message, is_request);
                json.close_object();
            }
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("modbus", &|json| self.describe(json, options));
    }
}

fn describe(json: &mut Json<'_>, message: &Message, is_request: bool) {
    let function = message.function() & !EXCEPTION;
    json.uint("transaction_id", message.transaction);
    json.uint("protocol_id", message.protocol);
    json.uint("unit_id", message.unit());
    json.uint("function_raw", message.function());
    json.word("function_code", function::name(function));
    let access = Access::of(function);
    if !access.is_empty() {
        let names: Vec<&str> = access.iter_names().map(|(name, _)| name).collect();
        json.text("access_type", &names.join(" | "));
    }
    let request = Request::read(&message.data).filter(|_| is_request);
    let category = request.map_or(Category::of(function, None), |request| request.category);
    json.word("category", category.name());
    if let Some(code) = message.exception() {
        json.open_object("exception");
        json.uint("raw", code);
        json.word("code", exception_name(code));
        json.close_object();
    } else if let Some(request) = request {
        describe_request(json, &request);
    } else if !message.content().is_empty() {
        json.bytes("data", message.content());
    }
}

fn describe_request(json: &mut Json<'_>, request: &Request<'_>) {
    if let Some((address, quantity)) = request.read {
        json.open_object("read");
        json.uint("address", address);
        json.uint("quantity", quantity);
        json.close_object();
    }
    if let Some((address, _)) = request.write {
        json.open_object("write");
        json.uint("address", address);
        json.bytes("data", request.data);
        json.close_object();
    } else if !request.data.is_empty() {
        json.bytes("data", request.data);
    }
}

/// Names of exceptions (section 7).
fn exception_name(code: u8) -> &'static str {
    match code {
        1 => "IllegalFunction",
        2 => "IllegalDataAddr",
        3 => "IllegalDataValue",
        4 => "ServerDeviceFail",
        5 => "Ack",
        6 => "ServerDeviceBusy",
        7 => "NegAck",
        8 => "MemParityErr",
        10 => "GatewayPathUnavailable",
        11 => "GatewayTargetFailToResp",
        _ => "Unknown",
    }
}
