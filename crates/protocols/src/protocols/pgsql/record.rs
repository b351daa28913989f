//! What rules and records see of a query.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::parser::Query;
use super::request::{Parameter, Request};
use super::response::Response;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

impl Transaction for Query {
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        keyword == internet::PGSQL_QUERY
            && self.requests.iter().any(|request| match request {
                Request::Query(text) => accepts(Value::Bytes(text)),
                _ => false,
            })
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        let has_passwords = options.is_on("passwords", false);
        json.open_object("pgsql");
        json.uint("tx_id", self.number);
        if !self.requests.is_empty() {
            json.open_object("request");
            for request in &self.requests {
                describe_request(json, request, has_passwords);
            }
            json.close_object();
        }
        if !self.responses.is_empty() {
            json.open_object("response");
            self.describe_responses(json);
            json.close_object();
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("pgsql", &|json| self.describe(json, options));
    }
}

impl Query {
    fn describe_responses(&self, json: &mut Json<'_>) {
        let mut is_list = false;
        for response in &self.responses {
            if let Response::Parameter(parameter) = response {
                if !std::mem::replace(&mut is_list, true) {
                    json.open_array("parameter_status");
                }
                describe_parameter(json, parameter);
                continue;
            }
            if std::mem::take(&mut is_list) {
                json.close_array();
            }
            describe_response(json, response);
        }
        if is_list {
            json.close_array();
        }
    }
}

fn describe_request(json: &mut Json<'_>, request: &Request, has_passwords: bool) {
    match request {
        Request::Encryption => json.word("message", "SSL Request"),
        Request::Startup {
            version: [major, minor],
            user,
            others,
        } => {
            json.text("protocol_version", &format!("{major}.{minor}"));
            json.open_object("startup_parameters");
            json.bytes("user", user);
            if !others.is_empty() {
                json.open_array("optional_parameters");
                for parameter in others {
                    describe_parameter(json, parameter);
                }
                json.close_array();
            }
            json.close_object();
        }
        Request::Password(password) if has_passwords => json.bytes("password", password),
        Request::Password(_) => json.bool("password_redacted", true),
        Request::SaslInitial { mechanism, param } => {
            json.word("sasl_authentication_mechanism", mechanism);
            json.bytes("sasl_param", param);
        }
        Request::SaslResponse(response) => json.bytes("sasl_response", response),
        Request::Query(query) => json.bytes("simple_query", query),
        Request::Cancel { process, key } => {
            json.word("message", "cancel_request");
            json.uint("process_id", *process);
            json.uint("secret_key", *key);
        }
        Request::Terminate => json.word("message", "termination_message"),
        Request::CopyData { count, size } => {
            json.open_object("copy_data_in");
            json.uint("msg_count", *count);
            json.uint("data_size", *size);
            json.close_object();
        }
        Request::CopyDone => json.word("message", "copy_done"),
        Request::CopyFail => json.word("message", "copy_fail"),
    }
}

fn describe_response(json: &mut Json<'_>, response: &Response) {
    match response {
        Response::Encryption(accepts) => json.bool("ssl_accepted", *accepts),
        Response::Error(fields) => {
            for (kind, value) in fields {
                json.bytes(field(*kind), value);
            }
        }
        Response::AuthenticationOk => json.word("message", "authentication_ok"),
        Response::CleartextPassword => json.word("message", "authentication_cleartext_password"),
        Response::Md5Password(salt) => json.bytes("authentication_md5_password", salt),
        Response::Sasl => json.word("message", "authentication_sasl"),
        Response::SaslContinue => json.word("message", "authentication_sasl_continue"),
        Response::SaslFinal(text) => json.bytes("authentication_sasl_final", text),
        Response::Key { process, key } => {
            json.uint("process_id", *process);
            json.uint("secret_key", *key);
        }
        Response::Complete(text) => json.bytes("command_completed", text),
        Response::RowDescription(count) => json.uint("field_count", *count),
        Response::Rows { count, size } => {
            json.uint("data_rows", *count);
            json.uint("data_size", *size);
        }
        Response::CopyIn(columns) => describe_copy(json, "copy_in_response", *columns),
        Response::CopyOut(columns) => describe_copy(json, "copy_out_response", *columns),
        Response::CopyData { count, size } => {
            json.open_object("copy_data_out");
            json.uint("row_count", *count);
            json.uint("data_size", *size);
            json.close_object();
        }
        Response::Parameter(_) | Response::Ready | Response::Aside | Response::CopyDone => {}
    }
}

fn describe_copy(json: &mut Json<'_>, key: &str, columns: u16) {
    json.open_object(key);
    json.uint("columns", columns);
    json.close_object();
}

fn describe_parameter(json: &mut Json<'_>, parameter: &Parameter) {
    let name = match &*parameter.name {
        b"DateStyle" => "date_style",
        b"IntervalStyle" => "interval_style",
        b"TimeZone" => "time_zone",
        other => std::str::from_utf8(other).unwrap_or("unknown_parameter"),
    };
    json.open();
    json.free_key(name);
    json.bytes_value(&parameter.value);
    json.close_object();
}

/// The name of a field of an error.
fn field(kind: u8) -> &'static str {
    match kind {
        b'S' => "severity_localizable",
        b'V' => "severity_non_localizable",
        b'C' => "code",
        b'M' => "message",
        b'D' => "detail",
        b'H' => "hint",
        b'P' => "position",
        b'p' => "internal_position",
        b'q' => "internal_query",
        b'W' => "where",
        b's' => "schema_name",
        b't' => "table_name",
        b'c' => "column_name",
        b'd' => "data_type",
        b'n' => "constraint_name",
        b'F' => "file",
        b'L' => "line",
        b'R' => "routine",
        _ => "unknown_field_type",
    }
}
