//! How DNS messages are written to the log.

use tapir_json::{Json, push_ip};

use super::message::{Data, Message, Name, Record};
use super::names;
use crate::record::RecordOptions;

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
    let format = options.list("formats");
    let has = |wanted: &str| format.is_none_or(|list| list.iter().any(|word| &**word == wanted));
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
            out.extend_from_slice(format!("TYPE{kind}").as_bytes());
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
        json.open();
        name(json, "rrname", &record.name);
        kind(json, record.kind);
        json.uint("ttl", record.ttl);
        value(json, "rdata", &record.data);
        json.close_object();
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
        Data::Text(text) | Data::Null(text) => json.bytes(key, text),
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
        json.quoted("fingerprint", |out| {
            for (place, byte) in fingerprint.iter().enumerate() {
                if place > 0 {
                    out.push(b':');
                }
                tapir_json::push_hex(out, *byte);
            }
        });
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
                Data::Text(text) | Data::Null(text) => json.bytes_element(text),
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
