//! How a stream is written to the log.

use tapir_json::Json;
use tapir_packet::Direction::{ToClient, ToServer};

use super::frame::{self, Content};
use super::hpack::Field;
use super::stream::{Side, Stream};

/// Whether there is anything to tell: what has neither headers nor settings nor errors is not worth a record.
pub(super) fn has_content(stream: &Stream) -> bool {
    stream
        .sides
        .iter()
        .any(|side| !side.fields.is_empty() || has_told_frames(side))
}

/// The `http` object.
pub(super) fn write(json: &mut Json<'_>, stream: &Stream) {
    json.open_object("http");
    json.word("version", "2");
    headers(stream.side(ToServer), "request_headers", json);
    headers(stream.side(ToClient), "response_headers", json);
    common(stream, json);
    json.open_object("http2");
    json.uint("stream_id", stream.id);
    frames(stream.side(ToServer), "request", json);
    frames(stream.side(ToClient), "response", json);
    json.close_object();
    json.close_object();
}

fn headers(side: &Side, key: &'static str, json: &mut Json<'_>) {
    if side.fields.is_empty() {
        return;
    }
    json.open_array(key);
    for field in &side.fields {
        json.open();
        match field {
            Field::Header(name, value) => {
                json.bytes("name", name);
                json.bytes("value", value);
            }
            Field::SizeUpdate(size) => json.uint("table_size_update", *size),
        }
        json.close_object();
    }
    json.close_array();
}

/// What records of both versions of HTTP have: the last header of a name counts.
fn common(stream: &Stream, json: &mut Json<'_>) {
    let value = |wanted: &str| {
        [ToClient, ToServer].into_iter().find_map(|way| {
            let mut found = None;
            for (name, value) in stream.side(way).headers() {
                if name.eq_ignore_ascii_case(wanted.as_bytes()) {
                    found = Some(value);
                }
            }
            found
        })
    };
    for (key, name) in [
        ("hostname", "host"),
        ("url", ":path"),
        ("http_user_agent", "user-agent"),
        ("http_method", ":method"),
    ] {
        if let Some(value) = value(name) {
            json.bytes(key, value);
        }
    }
    for (key, name) in [("status", ":status"), ("length", "content-length")] {
        let text = value(name).and_then(|value| std::str::from_utf8(value).ok());
        if let Some(number) = text.and_then(|text| text.parse::<u64>().ok()) {
            json.uint(key, number);
        }
    }
}

fn frames(side: &Side, key: &'static str, json: &mut Json<'_>) {
    if !has_told_frames(side) {
        return;
    }
    json.open_object(key);
    settings(side, json);
    let (mut error, mut priority, mut multiple) = (None, None, None);
    for frame in &side.frames {
        match frame.content {
            Content::Error(code) if error.is_none() => error = Some(code),
            Content::Error(_) => multiple = multiple.or(Some("error_code")),
            Content::Priority(weight) if priority.is_none() => priority = Some(weight),
            Content::Priority(_) => multiple = multiple.or(Some("priority")),
            _ => {}
        }
    }
    if let Some(code) = error {
        json.text("error_code", &frame::error_name(code));
    }
    if let (Some(weight), "request") = (priority, key) {
        json.uint("priority", weight);
    }
    if let Some(multiple) = multiple {
        json.word("has_multiple", multiple);
    }
    json.close_object();
}

/// Whether there is anything to say of the frames of a side.
fn has_told_frames(side: &Side) -> bool {
    side.frames.iter().any(|frame| match &frame.content {
        Content::Settings(settings) => !settings.is_empty(),
        Content::Error(_) | Content::Priority(_) => true,
        Content::Window(_) | Content::Other => false,
    })
}

fn settings(side: &Side, json: &mut Json<'_>) {
    let settings = || {
        side.frames.iter().filter_map(|frame| match &frame.content {
            Content::Settings(settings) => Some(settings),
            _ => None,
        })
    };
    if settings().all(Vec::is_empty) {
        return;
    }
    json.open_array("settings");
    for (number, value) in settings().flatten() {
        json.open();
        json.text("settings_id", &frame::setting_name(*number));
        json.uint("settings_value", *value);
        json.close_object();
    }
    json.close_array();
}
