//! How DNS messages are written to the log.

use tapir_json::{Json, push_ip};

use super::message::{Data, Message, Name, Question, Record};
use super::names;
use crate::record::RecordOptions;

/// Whether a type of records is to be logged: `types:` of the log's settings.
pub(super) fn is_wanted(kind: u16, options: &RecordOptions) -> bool {
    options.list("types").is_none_or(|types| {
        names::record_type(kind)
            .is_some_and(|name| types.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)))
    })
}

/// Whether the older version of the format is asked for.
pub(super) fn is_version_2(options: &RecordOptions) -> bool {
    options.word("version") == Some("2")
}

/// The members of a question, version 2 of the format, which has a record for each.
pub(super) fn write_query(json: &mut Json<'_>, message: &Message, query: &Question, tx_id: u64) {
    json.uint("version", 2_u8);
    json.word("type", "query");
    json.uint("id", message.id);
    name(json, "rrname", &query.name);
    kind(json, query.kind);
    json.uint("tx_id", tx_id);
    if message.flags >> 6 & 1 != 0 {
        json.bool("z", true);
    }
    json.uint("opcode", message.opcode());
}

/// The members of a response, version 2 of the format.
pub(super) fn write_answer(json: &mut Json<'_>, message: &Message, options: &RecordOptions) {
    json.uint("version", 2_u8);
    json.word("type", "answer");
    json.uint("id", message.id);
    flags(json, message);
    json.uint("opcode", message.opcode());
    if let Some(query) = message.queries.first() {
        name(json, "rrname", &query.name);
        kind(json, query.kind);
    }
    rcode(json, message.rcode());
    sections(json, message, options);
}

/// The members of a message, version 3 of the format.
pub(super) fn write(json: &mut Json<'_>, message: &Message, tx_id: u64, options: &RecordOptions) {
    json.uint("version", 3_u8);
    json.word(
        "type",
        if message.is_response() {
            "response"
        } else {
            "request"
        },
    );
    json.uint("tx_id", tx_id);
    json.uint("id", message.id);
    flags(json, message);
    json.uint("opcode", message.opcode());
    rcode(json, message.rcode());
    if !message.queries.is_empty() {
        json.open_array("queries");
        for query in &message.queries {
            json.open();
            name(json, "rrname", &query.name);
            kind(json, query.kind);
            if query.name.truncated {
                json.bool("rrname_truncated", true);
            }
            json.close_object();
        }
        json.close_array();
    }
    sections(json, message, options);
}

fn flags(json: &mut Json<'_>, message: &Message) {
    json.quoted("flags", |out| {
        out.extend_from_slice(format!("{:x}", message.flags).as_bytes());
    });
    for (name, bit) in [
        ("qr", 15),
        ("aa", 10),
        ("tc", 9),
        ("rd", 8),
        ("ra", 7),
        ("z", 6),
    ] {
        if message.flags >> bit & 1 != 0 {
            json.bool(name, true);
        }
    }
}

/// What follows the questions, record by record or by type, as the settings say.
fn sections(json: &mut Json<'_>, message: &Message, options: &RecordOptions) {
    let formats = options.list("formats").filter(|list| !list.is_empty());
    let has = |wanted: &str| formats.is_none_or(|list| list.iter().any(|word| &**word == wanted));
    if has("detailed") {
        records(json, "answers", &message.answers);
        records(json, "authorities", &message.authorities);
        records(json, "additionals", &message.additionals);
    }
    if has("grouped") && !message.answers.is_empty() {
        grouped(json, &message.answers);
    }
}

fn rcode(json: &mut Json<'_>, code: u16) {
    match names::response_code(code) {
        Some(name) => json.word("rcode", name),
        None => json.quoted("rcode", |out| {
            out.extend_from_slice(code.to_string().as_bytes())
        }),
    }
}

fn kind(json: &mut Json<'_>, kind: u16) {
    match names::record_type(kind) {
        Some(name) => json.word("rrtype", name),
        None => json.quoted("rrtype", |out| {
            out.extend_from_slice(kind.to_string().as_bytes());
        }),
    }
}

fn name(json: &mut Json<'_>, key: &str, name: &Name) {
    json.bytes(key, &name.text);
}

fn records(json: &mut Json<'_>, key: &str, records: &[Record]) {
    let mut shown = records
        .iter()
        .filter(|record| record.kind != OPT)
        .peekable();
    if shown.peek().is_none() {
        return;
    }
    json.open_array(key);
    for record in shown {
        let mut one = |write: &dyn Fn(&mut Json<'_>)| {
            json.open();
            name(json, "rrname", &record.name);
            if record.name.truncated {
                json.bool("rrname_truncated", true);
            }
            kind(json, record.kind);
            json.uint("ttl", record.ttl);
            write(json);
            json.close_object();
        };
        match &record.data {
            // Each text of a record is told like a record of its own.
            Data::Texts(texts) => {
                for text in texts {
                    one(&|json| json.bytes("rdata", text));
                }
            }
            data => one(&|json| value(json, "rdata", data)),
        }
    }
    json.close_array();
}

/// The pseudo record of extensions (RFC 6891).
const OPT: u16 = 41;

fn value(json: &mut Json<'_>, key: &str, data: &Data) {
    match data {
        Data::A(address) => json.quoted(key, |out| push_ip(out, (*address).into(), false)),
        Data::Aaaa(address) => json.quoted(key, |out| push_ip(out, (*address).into(), false)),
        Data::Name(value) => name(json, key, value),
        Data::Null(text) => json.bytes(key, text),
        Data::Texts(texts) => {
            json.open_array(key);
            texts.iter().for_each(|text| json.bytes_element(text));
            json.close_array();
        }
        Data::Soa { .. } => {
            json.open_object("soa");
            soa(json, data);
            json.close_object();
        }
        Data::Srv { .. } => {
            json.open_object("srv");
            srv(json, data);
            json.close_object();
        }
        Data::Sshfp { .. } => {
            json.open_object("sshfp");
            sshfp(json, data);
            json.close_object();
        }
        Data::Other => {}
    }
}

fn soa(json: &mut Json<'_>, data: &Data) {
    if let Data::Soa {
        mname,
        rname,
        numbers,
    } = data
    {
        name(json, "mname", mname);
        name(json, "rname", rname);
        let keys = ["serial", "refresh", "retry", "expire", "minimum"];
        for (key, number) in keys.into_iter().zip(numbers) {
            json.uint(key, *number);
        }
    }
}

fn srv(json: &mut Json<'_>, data: &Data) {
    if let Data::Srv {
        priority,
        weight,
        port,
        target,
    } = data
    {
        json.uint("priority", *priority);
        json.uint("weight", *weight);
        json.uint("port", *port);
        name(json, "name", target);
    }
}

fn sshfp(json: &mut Json<'_>, data: &Data) {
    if let Data::Sshfp {
        algorithm,
        kind,
        fingerprint,
    } = data
    {
        json.colon_hex("fingerprint", fingerprint);
        json.uint("algo", *algorithm);
        json.uint("type", *kind);
    }
}

/// Answers by type.
fn grouped(json: &mut Json<'_>, answers: &[Record]) {
    json.open_object("grouped");
    for wanted in [1, 2, 5, 6, 10, 12, 15, 16, 28, 33, 44] {
        let mut of_kind = answers
            .iter()
            .filter(|record| record.kind == wanted && record.data != Data::Other)
            .peekable();
        let Some(key) = names::record_type(wanted).filter(|_| of_kind.peek().is_some()) else {
            continue;
        };
        json.open_array(key);
        for record in of_kind {
            match &record.data {
                Data::A(address) => json.text_element(&address.to_string()),
                Data::Aaaa(address) => {
                    let mut text = Vec::new();
                    push_ip(&mut text, (*address).into(), false);
                    json.bytes_element(&text);
                }
                Data::Name(name) => json.bytes_element(&name.text),
                Data::Null(text) => json.bytes_element(text),
                Data::Texts(texts) => texts.iter().for_each(|text| json.bytes_element(text)),
                data => {
                    json.open();
                    soa(json, data);
                    srv(json, data);
                    sshfp(json, data);
                    json.close_object();
                }
            }
        }
        json.close_array();
    }
    json.close_object();
}

/// The members of a message that went to everybody, of multicast DNS or of LLMNR: the value of a record has the name
/// of its type.
pub(super) fn write_multicast(json: &mut Json<'_>, message: &Message) {
    let is_response = message.is_response();
    json.word("type", if is_response { "response" } else { "request" });
    json.uint("id", message.id);
    flags(json, message);
    json.uint("opcode", message.opcode());
    rcode(json, message.rcode());
    if !message.queries.is_empty() {
        json.open_array("queries");
        for query in &message.queries {
            json.open();
            name(json, "rrname", &query.name);
            json.quoted("rrtype", |out| {
                out.extend_from_slice(lowered(query.kind).as_bytes())
            });
            json.close_object();
        }
        json.close_array();
    }
    for (key, records) in [
        ("answers", &message.answers),
        ("authorities", &message.authorities),
        ("additionals", &message.additionals),
    ] {
        let mut shown = records.iter().filter(|it| it.kind != OPT).peekable();
        if shown.peek().is_none() {
            continue;
        }
        json.open_array(key);
        for record in shown {
            json.open();
            name(json, "rrname", &record.name);
            json.uint("ttl", record.ttl);
            if record.data == Data::Other {
                json.quoted("rrtype", |out| {
                    out.extend_from_slice(lowered(record.kind).as_bytes())
                });
            } else {
                value(json, &lowered(record.kind), &record.data);
            }
            json.close_object();
        }
        json.close_array();
    }
}

/// The name of a type in small letters, or its number.
fn lowered(kind: u16) -> String {
    names::record_type(kind).map_or_else(|| kind.to_string(), str::to_ascii_lowercase)
}
