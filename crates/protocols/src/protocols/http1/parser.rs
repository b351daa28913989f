//! Requests and responses, both ways of a connection (RFC 9112).

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, http};

use super::body::{Body, Phase, chunk_len};
use super::head::trim_end;
use super::transaction::{BODY, COMPLETE, Exchange, HEADERS, TRAILER, place};
use crate::file::{FileSettings, FileState};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// Settings of the parser, as in `libhtp.default-config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A line that is longer is no HTTP (bytes).
    pub max_line: usize,
    /// Bytes of a request's body, and of a response's, that must be there before rules look at it.
    pub inspect_min: [u64; 2],
    /// Bytes before the new ones that rules look at again, in a request's body and a response's.
    pub inspect_window: [u64; 2],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_line: 18_000,
            inspect_min: [32 << 10, 40 << 10],
            inspect_window: [4 << 10, 16 << 10],
        }
    }
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Http1 {
    settings: Settings,
    files: [Arc<FileSettings>; 2],
    transactions: Transactions<Exchange>,
    phases: [Phase; 2],
    /// A first line is missing: what comes is passed over until one is seen. By direction.
    lost: [bool; 2],
    /// Numbers of the transactions that the two sides are at.
    at: [Option<u64>; 2],
    /// Number of the transaction that the next response belongs to.
    next_response: u64,
}

/// Events, by their place in [`Parser::EVENTS`].
pub(super) mod event {
    pub(in super::super) const INVALID_REQUEST_CHUNK_LEN: u8 = 0;
    pub(in super::super) const INVALID_RESPONSE_CHUNK_LEN: u8 = 1;
    pub(in super::super) const REQUEST_FIELD_MISSING_COLON: u8 = 2;
    pub(in super::super) const RESPONSE_FIELD_MISSING_COLON: u8 = 3;
    pub(in super::super) const MISSING_HOST_HEADER: u8 = 4;
    pub(in super::super) const UNMATCHED_RESPONSE: u8 = 5;
    pub(in super::super) const INVALID_REQUEST_LENGTH: u8 = 6;
    pub(in super::super) const INVALID_RESPONSE_LENGTH: u8 = 7;
    pub(in super::super) const REQUEST_REPETITION: u8 = 8;
    pub(in super::super) const RESPONSE_REPETITION: u8 = 9;
    pub(in super::super) const GZIP_FAILED: u8 = 10;
    pub(in super::super) const RESPONSE_INVALID_STATUS: u8 = 11;
    pub(in super::super) const RESPONSE_INVALID_PROTOCOL: u8 = 12;
    pub(in super::super) const REQUEST_FIELD_TOO_LONG: u8 = 13;
    pub(in super::super) const RESPONSE_FIELD_TOO_LONG: u8 = 14;
    pub(in super::super) const CONTINUE_ALREADY_SEEN: u8 = 15;
    pub(in super::super) const HOST_AMBIGUOUS: u8 = 16;
    pub(in super::super) const MISSING_PROTOCOL: u8 = 17;
    pub(in super::super) const AUTH_UNRECOGNIZED: u8 = 18;
}

/// What a step of the reading made of the bytes.
enum Step {
    Used(usize),
    Wait,
    Failed,
}

impl Http1 {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        let http = settings.http1.clone();
        let files = [0, 1].map(|way| {
            Arc::new(FileSettings {
                inspect_min: http.inspect_min[way],
                inspect_window: http.inspect_window[way],
                ..(*settings.files).clone()
            })
        });
        Self {
            settings: http,
            files,
            transactions: Transactions::default(),
            phases: [Phase::default(); 2],
            lost: [false; 2],
            at: [None; 2],
            next_response: 0,
        }
    }

    fn entry(&mut self, direction: Direction) -> Option<&mut Entry<Exchange>> {
        let id = self.at[direction.index()]?;
        self.transactions.find(id)
    }

    /// A line of the first lines and headers; whole with its end.
    fn line<'d>(&self, data: &'d [u8]) -> Result<&'d [u8], Step> {
        match memchr::memchr(b'\n', data) {
            Some(end) if end <= self.settings.max_line => Ok(&data[..=end]),
            None if data.len() <= self.settings.max_line => Err(Step::Wait),
            _ => Err(Step::Failed),
        }
    }

    fn step(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let way = input.direction.index();
        match self.phases[way] {
            Phase::Line | Phase::Headers | Phase::Trailer | Phase::ChunkSize | Phase::ChunkEnd => {
                let line = match self.line(data) {
                    Ok(line) => line,
                    Err(Step::Wait) if input.eof && self.phases[way] == Phase::Line => {
                        self.first_line(input, data, orders);
                        return Step::Used(data.len());
                    }
                    Err(Step::Failed) => {
                        let event = [
                            event::REQUEST_FIELD_TOO_LONG,
                            event::RESPONSE_FIELD_TOO_LONG,
                        ][way];
                        if let Some(entry) = self.entry(input.direction) {
                            entry.meta.event(event);
                        }
                        return Step::Failed;
                    }
                    Err(step) => return step,
                };
                self.take_line(input, line, orders)
            }
            Phase::Length(left) | Phase::Chunk(left) => {
                let len = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.body(input.direction, data.get(..len).unwrap_or_default());
                let left = left - len as u64;
                self.phases[way] = match (self.phases[way], left) {
                    (Phase::Length(_), 0) => {
                        self.complete(input.direction, orders);
                        return Step::Used(len);
                    }
                    (Phase::Length(_), left) => Phase::Length(left),
                    (_, 0) => Phase::ChunkEnd,
                    (_, left) => Phase::Chunk(left),
                };
                Step::Used(len)
            }
            Phase::UntilClose => {
                self.body(input.direction, data);
                Step::Used(data.len())
            }
            Phase::Tunnel => Step::Used(data.len()),
        }
    }

    fn take_line(&mut self, input: &Input<'_>, line: &[u8], orders: &mut Orders) -> Step {
        let direction = input.direction;
        let way = direction.index();
        match self.phases[way] {
            Phase::Line => self.first_line(input, line, orders),
            Phase::Headers => {
                let over = self
                    .entry(direction)
                    .is_none_or(|entry| entry.tx.side_mut(direction).head.push(line));
                if over {
                    self.headers_over(direction, orders);
                }
            }
            Phase::ChunkSize => match chunk_len(line) {
                Some(0) => {
                    self.phases[way] = Phase::Trailer;
                    if let Some(entry) = self.entry(direction) {
                        entry.meta.advance(direction, TRAILER);
                    }
                }
                Some(len) => self.phases[way] = Phase::Chunk(len),
                None => {
                    let event = [
                        event::INVALID_REQUEST_CHUNK_LEN,
                        event::INVALID_RESPONSE_CHUNK_LEN,
                    ][way];
                    if let Some(entry) = self.entry(direction) {
                        entry.meta.event(event);
                    }
                    // What follows is taken for the body as it comes.
                    self.phases[way] = Phase::UntilClose;
                    self.body(direction, line);
                }
            },
            Phase::ChunkEnd => {
                self.phases[way] = Phase::ChunkSize;
                if !trim_end(line).is_empty() {
                    // The chunk was longer than it said.
                    self.body(direction, line);
                }
            }
            _ => {
                if trim_end(line).is_empty() {
                    self.complete(direction, orders);
                }
            }
        }
        Step::Used(line.len())
    }

    fn first_line(&mut self, input: &Input<'_>, line: &[u8], orders: &mut Orders) {
        let direction = input.direction;
        let text = trim_end(line);
        if text.is_empty() {
            // Empty lines before a message are passed over.
            return;
        }
        let lost = &mut self.lost[direction.index()];
        if *lost {
            let begins = match direction {
                Direction::ToServer => memchr::memmem::find(text, b" HTTP/").is_some(),
                Direction::ToClient => text.starts_with(b"HTTP/"),
            };
            if !begins {
                return;
            }
            *lost = false;
        }
        match direction {
            Direction::ToServer => {
                let entry = self.transactions.open(Exchange::default());
                let id = entry.meta.id();
                let has_headers = entry.tx.request_line(text);
                entry.meta.advance(direction, HEADERS);
                self.at[0] = Some(id);
                if has_headers {
                    self.phases[0] = Phase::Headers;
                } else {
                    // Version 0.9 has nothing but the line.
                    entry.meta.event(event::MISSING_PROTOCOL);
                    self.complete(direction, orders);
                }
            }
            Direction::ToClient => {
                let id = self.next_response;
                let known = self.transactions.find(id).is_some();
                if !known {
                    let entry = self.transactions.open(Exchange::default());
                    self.next_response = entry.meta.id();
                    entry.meta.event(event::UNMATCHED_RESPONSE);
                    entry.meta.advance(Direction::ToServer, COMPLETE);
                }
                self.at[1] = Some(self.next_response);
                let Some(entry) = self.entry(direction) else {
                    return;
                };
                let sound = entry.tx.status_line(text);
                entry.meta.advance(direction, HEADERS);
                if sound {
                    if !entry.tx.has_valid_version() {
                        entry.meta.event(event::RESPONSE_INVALID_PROTOCOL);
                    }
                    if entry.tx.status().is_none() {
                        entry.meta.event(event::RESPONSE_INVALID_STATUS);
                    }
                    self.phases[1] = Phase::Headers;
                } else {
                    // A response of version 0.9 is all body.
                    entry.meta.advance(direction, BODY);
                    self.begin_body(direction);
                    self.phases[1] = Phase::UntilClose;
                    self.body(direction, line);
                }
            }
        }
    }

    fn headers_over(&mut self, direction: Direction, orders: &mut Orders) {
        let way = direction.index();
        let Some(entry) = self.entry(direction) else {
            return;
        };
        entry.meta.advance(direction, BODY);
        let side = entry.tx.side(direction);
        if side.head.missing_colon {
            entry.meta.event(
                [
                    event::REQUEST_FIELD_MISSING_COLON,
                    event::RESPONSE_FIELD_MISSING_COLON,
                ][way],
            );
        }
        if side.head.repeated {
            entry
                .meta
                .event([event::REQUEST_REPETITION, event::RESPONSE_REPETITION][way]);
        }
        if direction == Direction::ToServer {
            let (missing, ambiguous) = entry.tx.settle_host();
            if entry.tx.has_unknown_authorization() {
                entry.meta.event(event::AUTH_UNRECOGNIZED);
            }
            if missing {
                entry.meta.event(event::MISSING_HOST_HEADER);
            }
            if ambiguous {
                entry.meta.event(event::HOST_AMBIGUOUS);
            }
        } else if entry.tx.status() == Some(100) {
            if std::mem::replace(&mut entry.tx.continued, true) {
                entry.meta.event(event::CONTINUE_ALREADY_SEEN);
            }
            entry.tx.response.head = Default::default();
            self.phases[1] = Phase::Line;
            return;
        }
        if direction == Direction::ToClient && self.changes(orders) {
            return;
        }
        let Some(entry) = self.entry(direction) else {
            return;
        };
        let (delimited, bad_length) = entry.tx.delimiter(direction);
        if bad_length {
            entry.meta.event(
                [
                    event::INVALID_REQUEST_LENGTH,
                    event::INVALID_RESPONSE_LENGTH,
                ][way],
            );
        }
        match delimited {
            Some(phase) => {
                self.begin_body(direction);
                self.phases[way] = phase;
            }
            None => self.complete(direction, orders),
        }
    }

    /// Whether the response says that something else follows: after CONNECT, or an upgrade.
    fn changes(&mut self, orders: &mut Orders) -> bool {
        let Some(entry) = self.entry(Direction::ToClient) else {
            return false;
        };
        let status = entry.tx.status().unwrap_or_default();
        let connected = entry.tx.method() == b"CONNECT" && (200..300).contains(&status);
        if !connected && status != 101 {
            return false;
        }
        let upgrade = entry.tx.response.head.get(b"upgrade").unwrap_or_default();
        if upgrade.eq_ignore_ascii_case(b"websocket") {
            // Its frames are known by the upgrade alone: there is nothing to recognise.
            self.complete(Direction::ToClient, orders);
            self.phases = [Phase::Tunnel; 2];
            return true;
        }
        let (port, proto) = if connected {
            (entry.tx.target_port(), AppProto::Unknown)
        } else {
            if upgrade.starts_with(b"h2") {
                (0, AppProto::Http2)
            } else {
                (0, AppProto::Unknown)
            }
        };
        self.complete(Direction::ToClient, orders);
        orders.change = Some((port, proto));
        self.phases = [Phase::Tunnel; 2];
        true
    }

    fn begin_body(&mut self, direction: Direction) {
        let settings = Arc::clone(&self.files[direction.index()]);
        if let Some(entry) = self.entry(direction) {
            let name = entry.tx.file_name(direction);
            let side = entry.tx.side_mut(direction);
            let coding = side.head.get(b"content-encoding");
            side.body = Some(Box::new(Body::new(&settings, &name, coding)));
        }
    }

    fn body(&mut self, direction: Direction, data: &[u8]) {
        let Some(entry) = self.entry(direction) else {
            return;
        };
        if let Some(body) = &mut entry.tx.side_mut(direction).body {
            body.push(data);
            if body.failed {
                entry.meta.event(event::GZIP_FAILED);
            }
        }
        entry.meta.advance(direction, BODY);
    }

    /// A message is over.
    fn complete(&mut self, direction: Direction, orders: &mut Orders) {
        self.close(direction, FileState::Closed);
        self.phases[direction.index()] = Phase::Line;
        orders.inspect_stream[direction.index()] = true;
    }

    fn close(&mut self, direction: Direction, state: FileState) {
        if let Some(entry) = self.entry(direction) {
            if let Some(body) = &mut entry.tx.side_mut(direction).body {
                body.close(state);
            }
            entry.meta.advance(direction, COMPLETE);
            if direction == Direction::ToClient {
                // What was not asked to its end before it was answered will not go on.
                entry.meta.advance(Direction::ToServer, COMPLETE);
            }
        }
        if direction == Direction::ToClient
            && let Some(id) = self.at[1]
        {
            self.next_response = id + 1;
        }
        self.at[direction.index()] = None;
    }
}

impl Parser for Http1 {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [COMPLETE, COMPLETE];
    const BRANCHES: &'static [Branch] = &[Branch {
        name: "",
        states: [
            &[
                ("request_started", 0),
                ("request_line", 1),
                ("request_headers", 2),
                ("request_body", 3),
                ("request_trailer", 4),
                ("request_complete", COMPLETE),
            ],
            &[
                ("response_started", 0),
                ("response_line", 1),
                ("response_headers", 2),
                ("response_body", 3),
                ("response_trailer", 4),
                ("response_complete", COMPLETE),
            ],
        ],
    }];
    const EVENTS: &'static [&'static str] = &[
        "invalid_request_chunk_len",
        "invalid_response_chunk_len",
        "request_field_missing_colon",
        "response_field_missing_colon",
        "missing_host_header",
        "unable_to_match_response_to_request",
        "invalid_content_length_field_in_request",
        "invalid_content_length_field_in_response",
        "request_header_repetition",
        "response_header_repetition",
        "gzip_decompression_failed",
        "response_invalid_status",
        "response_invalid_protocol",
        "request_field_too_long",
        "response_field_too_long",
        "100_continue_already_seen",
        "host_header_ambiguous",
        "request_line_missing_protocol",
        "request_auth_unrecognized",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        // The length of the target is that of its buffer.
        let keyword = if keyword == http::URILEN {
            http::URI
        } else {
            keyword
        };
        place(keyword, direction)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut used = 0;
        while let Some(data) = input.data.get(used..).filter(|data| !data.is_empty()) {
            match self.step(input, data, orders) {
                Step::Used(len) => used += len,
                Step::Wait => {
                    return Outcome::Incomplete {
                        consumed: used,
                        needed: data.len() + 1,
                    };
                }
                Step::Failed => return Outcome::Failed,
            }
            if orders.change.is_some() && used < input.data.len() {
                return Outcome::Incomplete {
                    consumed: used,
                    needed: 0,
                };
            }
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) -> Outcome {
        let way = direction.index();
        let gap = |parser: &mut Self| {
            if let Some(entry) = parser.entry(direction) {
                if let Some(body) = &mut entry.tx.side_mut(direction).body {
                    body.file.gap(bytes);
                }
                entry.meta.advance(direction, BODY);
            }
        };
        match self.phases[way] {
            Phase::Length(left) if left >= bytes => {
                gap(self);
                if left == bytes {
                    self.complete(direction, orders);
                } else {
                    self.phases[way] = Phase::Length(left - bytes);
                }
            }
            Phase::Chunk(left) if left > bytes => {
                gap(self);
                self.phases[way] = Phase::Chunk(left - bytes);
            }
            Phase::UntilClose | Phase::Tunnel => gap(self),
            Phase::Line => self.lost[way] = true,
            _ => return Outcome::Failed,
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        let state = match self.phases[direction.index()] {
            Phase::UntilClose => FileState::Closed,
            _ => FileState::Truncated,
        };
        if self.at[direction.index()].is_some() {
            self.close(direction, state);
        }
    }

    fn transactions(&self) -> &Transactions<Exchange> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Exchange> {
        &mut self.transactions
    }
}
