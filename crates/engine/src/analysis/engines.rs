//! What looks at the packets, the stream and the transactions for a rule.

use serde_json::{Map, Value, json};
use tapir_packet::Direction;
use tapir_protocols::{AppProto, Hook};
use tapir_rules::keywords::{Directions, KeywordId, dns, file, flow, http, payload, windows};
use tapir_rules::tree::{Opt, RuleDirection};

use super::matches::{Notes, matches};
use super::subject::{Buffer, Subject};

/// What looks at packets: payload, headers and state.
pub(super) fn of_packets(subject: &Subject<'_>, notes: &mut Notes) -> Vec<Value> {
    let mut engines = Vec::new();
    if !subject.lists.payload.is_empty() && !subject.is_stateful() {
        let found_here = subject.fast.is_some_and(|fast| fast.buffer.is_none());
        engines.push(json!({"name": "payload", "is_mpm": found_here}));
    }
    if !subject.lists.packet.is_empty() {
        engines.push(json!({"name": "packet", "is_mpm": false}));
    }
    for (place, buffer) in subject.buffers.iter().enumerate() {
        if buffer.of_packet {
            let mut engine = engine(&name(buffer.keyword), is_first(subject, place));
            describe(&mut engine, buffer, subject, notes);
            engines.push(Value::Object(engine));
        }
    }
    engines
}

/// What looks at transactions, and at the stream beside them. What the rule is found by comes first.
pub(super) fn of_transactions(subject: &Subject<'_>, notes: &mut Notes) -> Vec<Value> {
    let mut order: Vec<usize> = (0..subject.buffers.len())
        .filter(|&place| {
            subject
                .buffers
                .get(place)
                .is_some_and(|buffer| !buffer.of_packet)
        })
        .collect();
    order.sort_by_key(|&place| !is_first(subject, place));
    let mut engines = Vec::new();
    for place in order {
        let Some(buffer) = subject.buffers.get(place) else {
            continue;
        };
        let ways = hook_way(subject, buffer).map_or_else(|| ways(subject, buffer), |way| vec![way]);
        for direction in ways {
            for app in protocols(subject.app, buffer.keyword) {
                let mut engine = engine(&name(buffer.keyword), is_first(subject, place));
                engine.insert("direction".into(), direction.into());
                engine.insert("app_proto".into(), app.event_name().into());
                add_hook(&mut engine, buffer, subject);
                describe(&mut engine, buffer, subject, notes);
                engines.push(Value::Object(engine));
            }
        }
    }
    let mut stream = of_stream(subject, notes);
    if stream_is_first(subject) {
        stream.append(&mut engines);
        return stream;
    }
    engines.append(&mut stream);
    engines
}

/// The way of the rule's hook, for what a transaction has in all of its states.
fn hook_way(subject: &Subject<'_>, buffer: &Buffer<'_>) -> Option<&'static str> {
    let hook = hook_of(subject).filter(|_| buffer.keyword == flow::APP_LAYER_EVENT)?;
    Some(match hook.direction {
        Direction::ToServer => "toserver",
        Direction::ToClient => "toclient",
    })
}

/// Where the hook of the rule says that it looks.
fn add_hook(engine: &mut Map<String, Value>, buffer: &Buffer<'_>, subject: &Subject<'_>) {
    let Some(hook) = hook_of(subject) else {
        return;
    };
    let written = subject.tree.header.protocol.hook.as_deref();
    if let Some((branch, _)) = written.and_then(|hook| hook.split_once(':')) {
        engine.insert("sub_state".into(), branch.into());
    }
    if buffer.keyword == flow::APP_LAYER_EVENT {
        engine.insert("progress".into(), hook.progress.into());
    }
}

fn hook_of(subject: &Subject<'_>) -> Option<Hook> {
    let written = subject.tree.header.protocol.hook.as_deref()?;
    subject.app.hook(&written.replace('<', ""))
}

/// What looks at the stream beside the transactions.
fn of_stream(subject: &Subject<'_>, notes: &mut Notes) -> Vec<Value> {
    if subject.lists.payload.is_empty() {
        return Vec::new();
    }
    let mut engines = Vec::new();
    for direction in words(subject.directions) {
        let mut engine = engine("stream", stream_is_first(subject));
        engine.insert("direction".into(), (*direction).into());
        engine.insert("app_proto".into(), AppProto::Unknown.name().into());
        add_matches(&mut engine, &subject.lists.payload, None, subject, notes);
        engines.push(Value::Object(engine));
    }
    engines
}

/// Whether the rule is found by a pattern of the stream.
fn stream_is_first(subject: &Subject<'_>) -> bool {
    subject.fast.is_some_and(|fast| fast.buffer.is_none())
}

fn engine(name: &str, is_first: bool) -> Map<String, Value> {
    let mut engine = Map::new();
    engine.insert("name".into(), name.into());
    engine.insert("is_mpm".into(), is_first.into());
    engine
}

fn is_first(subject: &Subject<'_>, place: usize) -> bool {
    subject.fast.is_some_and(|fast| fast.buffer == Some(place))
}

fn describe(
    engine: &mut Map<String, Value>,
    buffer: &Buffer<'_>,
    subject: &Subject<'_>,
    notes: &mut Notes,
) {
    if !buffer.transforms.is_empty() {
        let names: Vec<Value> = buffer
            .transforms
            .iter()
            .map(|transform| json!({"name": transform.keyword.name()}))
            .collect();
        engine.insert("transforms".into(), names.into());
    }
    add_matches(engine, &buffer.options, Some(buffer), subject, notes);
}

fn add_matches(
    engine: &mut Map<String, Value>,
    options: &[&Opt],
    buffer: Option<&Buffer<'_>>,
    subject: &Subject<'_>,
    notes: &mut Notes,
) {
    let found = matches(options, buffer.is_some(), subject.fast, notes);
    engine.insert("matches".into(), found.into());
}

/// The ways in which a rule looks at a buffer.
fn ways(subject: &Subject<'_>, buffer: &Buffer<'_>) -> Vec<&'static str> {
    let of_rule = if subject.tree.header.direction == RuleDirection::Transaction {
        Directions::Both
    } else {
        subject.directions
    };
    let of_buffer = words(buffer.directions());
    words(of_rule)
        .iter()
        .copied()
        .filter(|way| of_buffer.contains(way))
        .collect()
}

fn words(directions: Directions) -> &'static [&'static str] {
    match directions {
        Directions::Both => &["toserver", "toclient"],
        Directions::ToServer => &["toserver"],
        Directions::ToClient => &["toclient"],
    }
}

/// The protocols that a buffer is of, as far as the rule is for them.
fn protocols(of_rule: AppProto, keyword: KeywordId) -> Vec<AppProto> {
    let names = keyword.row().protocols;
    let mut protocols: Vec<AppProto> = Vec::new();
    for &name in names {
        match AppProto::from_name(name) {
            // Where HTTP/2 has its own entry, `http` beside it is HTTP/1.
            Some(AppProto::Http) if names.contains(&"http2") => protocols.push(AppProto::Http1),
            Some(AppProto::Http) => protocols.extend([AppProto::Http2, AppProto::Http1]),
            Some(other) => protocols.push(other),
            None => {}
        }
    }
    let any = !of_rule.is_known();
    let chosen: Vec<AppProto> = protocols
        .iter()
        .copied()
        .filter(|app| {
            // DCE/RPC also travels in SMB, and what travels in another protocol is of both.
            any || of_rule.covers(*app)
                || app.covers(of_rule)
                || (of_rule, *app) == (AppProto::Dcerpc, AppProto::Smb)
        })
        .collect();
    match (chosen.is_empty(), protocols.is_empty()) {
        (false, _) => chosen,
        (true, true) => vec![AppProto::Unknown],
        (true, false) => protocols,
    }
}

/// The name of a buffer in an analysis: that of Suricata's tables, where it differs from the keyword's.
pub(super) fn name(keyword: KeywordId) -> String {
    let known = match keyword {
        http::URI_RAW => "http_raw_uri",
        http::HEADER_RAW => "http_raw_header",
        http::HOST_RAW => "http_raw_host",
        http::REQUEST_BODY => "http_client_body",
        file::DATA => "file_data",
        file::FILEMAGIC => "file.magic",
        file::FILENAME => "file.name",
        dns::QUERY => "dns_query",
        windows::DCERPC_STUB_DATA => "dce_stub_data",
        windows::DCERPC_IFACE | windows::DCERPC_OPNUM => "dce_generic",
        payload::FTPBOUNCE => "ftp:request_complete:generic",
        flow::APP_LAYER_EVENT => "app-layer-events",
        _ => {
            let name = keyword.name();
            let underscores = ["http.", "tls.", "smb.", "krb5."];
            return if underscores.iter().any(|family| name.starts_with(family)) {
                name.replace('.', "_")
            } else {
                name.to_owned()
            };
        }
    };
    known.to_owned()
}
