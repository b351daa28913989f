//! How an exchange is written to the log.

use tapir_json::Json;
use tapir_packet::Direction::{ToClient, ToServer};

use super::transaction::Exchange;
use crate::protocols::content_range::ContentRange;
use crate::record::RecordOptions;

/// The `http` object.
pub(super) fn write(json: &mut Json<'_>, exchange: &Exchange, options: &RecordOptions) {
    json.open_object("http");
    let (request, response) = (&exchange.request.head, &exchange.response.head);
    if let Some(host) = &exchange.host_raw {
        let host = exchange.host.as_ref().unwrap_or(host);
        json.bytes("hostname", host);
    }
    if let Some(port) = exchange.port {
        json.uint("http_port", port);
    }
    if !exchange.target.raw.is_empty() {
        json.bytes("url", &exchange.target.raw);
    }
    if let Some(agent) = request.get(b"user-agent") {
        json.bytes("http_user_agent", agent);
    }
    if let Some(forwarded) = request.get(b"x-forwarded-for") {
        json.bytes("xff", forwarded);
    }
    if let Some(kind) = response.get(b"content-type") {
        let end = memchr::memchr(b';', kind).unwrap_or(kind.len());
        json.bytes("http_content_type", kind.get(..end).unwrap_or_default());
    }
    if let Some(range) = response.get(b"content-range") {
        content_range(json, range);
    }
    if options.is_on("extended", true) {
        extended(json, exchange);
    }
    headers(json, exchange, options);
    json.close_object();
}

fn content_range(json: &mut Json<'_>, value: &[u8]) {
    json.open_object("content_range");
    json.bytes("raw", value);
    if let Some(range) = ContentRange::read(value) {
        if let Some((start, end)) = range.part {
            json.uint("start", start);
            json.uint("end", end);
        }
        if let Some(size) = range.size {
            json.uint("size", size);
        }
    }
    json.close_object();
}

fn extended(json: &mut Json<'_>, exchange: &Exchange) {
    if let Some(referer) = exchange.request.head.get(b"referer") {
        json.bytes("http_refer", referer);
    }
    if !exchange.method().is_empty() {
        json.bytes("http_method", exchange.method());
    }
    if let Some(version) = exchange.version(ToServer) {
        json.bytes("protocol", version);
    }
    if let Some(status) = exchange.status() {
        json.uint("status", status);
        if (301..304).contains(&status)
            && let Some(location) = exchange.response.head.get(b"location")
        {
            json.bytes("redirect", location);
        }
    }
    if let Some(status) = exchange.odd_status() {
        json.bytes("status_string", status);
    }
    let length = exchange.response.body.as_ref().map_or(0, |body| body.sent);
    json.uint("length", length);
}

/// Headers under their own keys (`custom`), or all of them (`dump-all-headers`).
fn headers(json: &mut Json<'_>, exchange: &Exchange, options: &RecordOptions) {
    let both = [ToServer, ToClient].map(|way| &exchange.side(way).head);
    for wanted in options.list("custom").unwrap_or_default() {
        let name = wanted.replace('_', "-");
        if let Some(value) = both.iter().find_map(|head| head.get(name.as_bytes())) {
            json.free_key(&wanted.replace('-', "_"));
            json.bytes_value(value);
        }
    }
    let all = options.word("dump-all-headers").unwrap_or_default();
    for (head, key, word) in [
        (both[0], "request_headers", "request"),
        (both[1], "response_headers", "response"),
    ] {
        if all != "both" && all != word || head.headers.is_empty() {
            continue;
        }
        json.open_array(key);
        for header in &head.headers {
            json.open();
            json.bytes("name", &header.name);
            json.bytes("value", &header.value);
            json.close_object();
        }
        json.close_array();
    }
}
