//! Requests and responses, both ways of a connection (RFC 9112).

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, http};

use super::Settings;
use super::body::{Body, ChunkLine, Phase, chunk_line, may_be_chunk_line};
use super::event::{Event, NAMES};
use super::head::{Head, Next, trim_end};
use super::response;
use super::transaction::{BODY, COMPLETE, Exchange, HEADERS, TRAILER, place};
use crate::file::{FileSettings, FileState};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// Blanks that may follow a request of version 0.9, which has nothing but its line.
const BLANKS_AFTER_09: usize = 16;

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
    trailers: [Head; 2],
}

/// What a step of the reading made of the bytes.
pub(super) enum Step {
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
            trailers: Default::default(),
        }
    }

    fn entry(&mut self, direction: Direction) -> Option<&mut Entry<Exchange>> {
        let id = self.at[direction.index()]?;
        self.transactions.find(id)
    }

    /// Notes that something is wrong with the transaction at hand.
    fn note(&mut self, direction: Direction, [request, response]: [Event; 2]) {
        if let Some(entry) = self.entry(direction) {
            entry.meta.event(match direction {
                Direction::ToServer => request as u8,
                Direction::ToClient => response as u8,
            });
        }
    }

    fn step(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let way = input.direction.index();
        let step = match self.phases[way] {
            Phase::Line => self.first_line(input, data, orders),
            Phase::Headers | Phase::Trailer => self.header(input, data, orders),
            Phase::ChunkSize => self.chunk_size(input.direction, data),
            Phase::ChunkEnd => match memchr::memchr(b'\n', data) {
                Some(end) => {
                    self.phases[way] = Phase::ChunkSize;
                    Step::Used(end + 1)
                }
                None => Step::Used(data.len()),
            },
            Phase::Length(left) | Phase::Chunk(left) => {
                let len = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.body(input.direction, data.get(..len).unwrap_or_default());
                self.went_on(input.direction, len as u64, orders);
                Step::Used(len)
            }
            Phase::UntilClose => {
                self.body(input.direction, data);
                Step::Used(data.len())
            }
            Phase::Tunnel => Step::Used(data.len()),
        };
        match step {
            Step::Wait if data.len() > self.settings.max_line => {
                self.note(
                    input.direction,
                    [Event::RequestTooLong, Event::ResponseTooLong],
                );
                Step::Failed
            }
            step => step,
        }
    }

    /// So many bytes of a body whose length is known have come.
    fn went_on(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) {
        let way = direction.index();
        match self.phases[way] {
            Phase::Length(left) if left <= bytes => self.complete(direction, orders),
            Phase::Length(left) => self.phases[way] = Phase::Length(left - bytes),
            Phase::Chunk(left) if left <= bytes => self.phases[way] = Phase::ChunkEnd,
            Phase::Chunk(left) => self.phases[way] = Phase::Chunk(left - bytes),
            _ => {}
        }
    }

    fn header(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let direction = input.direction;
        let way = direction.index();
        let is_trailer = self.phases[way] == Phase::Trailer;
        let next = if is_trailer {
            self.trailers[way].take(data, direction, input.eof)
        } else {
            match self.entry(direction) {
                Some(entry) => {
                    let head = &mut entry.tx.side_mut(direction).head;
                    head.take(data, direction, input.eof)
                }
                None => return Step::Failed,
            }
        };
        match next {
            Next::Wait => Step::Wait,
            Next::Header(used) => Step::Used(used),
            Next::End(used) if is_trailer => {
                self.complete(direction, orders);
                Step::Used(used)
            }
            Next::End(used) => {
                if self.headers_over(direction, orders) {
                    Step::Used(used)
                } else {
                    Step::Failed
                }
            }
        }
    }

    fn chunk_size(&mut self, direction: Direction, data: &[u8]) -> Step {
        let way = direction.index();
        let Some(end) = memchr::memchr(b'\n', data) else {
            if !may_be_chunk_line(data) {
                return self.bad_chunk(direction);
            }
            return Step::Wait;
        };
        match chunk_line(data.get(..=end).unwrap_or_default()) {
            ChunkLine::Nothing => {}
            ChunkLine::Invalid => return self.bad_chunk(direction),
            ChunkLine::Length(length, extended) => {
                if extended {
                    self.note(
                        direction,
                        [Event::RequestChunkExtension, Event::ResponseChunkExtension],
                    );
                }
                if length > 0 {
                    self.phases[way] = Phase::Chunk(length);
                } else {
                    self.phases[way] = Phase::Trailer;
                    self.trailers[way] = Head::default();
                    if let Some(entry) = self.entry(direction) {
                        entry.meta.advance(direction, TRAILER);
                    }
                }
            }
        }
        Step::Used(end + 1)
    }

    /// What should be a chunk is none: what follows is taken for the body as it comes.
    fn bad_chunk(&mut self, direction: Direction) -> Step {
        self.note(
            direction,
            [Event::RequestChunkLength, Event::ResponseChunkLength],
        );
        if direction == Direction::ToServer {
            return Step::Failed;
        }
        self.phases[direction.index()] = Phase::UntilClose;
        Step::Used(0)
    }

    fn first_line(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let direction = input.direction;
        let line = match response::line_len(data, direction, input.eof) {
            Some(len) => data.get(..len).unwrap_or_default(),
            None => return Step::Wait,
        };
        let rest = data.get(line.len()..).unwrap_or_default();
        if matches!(line, b"\r" | b"\n" | b"\r\n") {
            // Empty lines before a message are passed over.
            return Step::Used(line.len());
        }
        let lost = &mut self.lost[direction.index()];
        if *lost {
            let begins = match direction {
                Direction::ToServer => memchr::memmem::find(line, b" HTTP/").is_some(),
                Direction::ToClient => line.starts_with(b"HTTP/"),
            };
            if !begins {
                return Step::Used(line.len());
            }
            *lost = false;
        }
        match direction {
            Direction::ToServer => self.request_line(line, rest, orders),
            Direction::ToClient => self.response_line(line, rest),
        }
        Step::Used(line.len())
    }

    fn request_line(&mut self, line: &[u8], rest: &[u8], orders: &mut Orders) {
        let entry = self.transactions.open(Exchange::default());
        let id = entry.meta.id();
        let odd = entry.tx.request_line(trim_end(line), &self.settings);
        entry.meta.advance(Direction::ToServer, HEADERS);
        for event in odd {
            entry.meta.event(event as u8);
        }
        self.at[0] = Some(id);
        let mut is_09 = entry.tx.is_09;
        if is_09 {
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
            let blanks = blanks.count();
            if blanks < rest.len() || blanks > BLANKS_AFTER_09 {
                is_09 = false;
                entry.tx.is_09 = false;
                entry.meta.event(Event::MissingProtocol as u8);
            }
        }
        if is_09 {
            // Version 0.9 has nothing but the line.
            self.complete(Direction::ToServer, orders);
        } else {
            self.phases[0] = Phase::Headers;
        }
    }

    fn response_line(&mut self, line: &[u8], rest: &[u8]) {
        let direction = Direction::ToClient;
        if !self.find_request() {
            return;
        }
        let Some(entry) = self.entry(direction) else {
            return;
        };
        entry.meta.advance(direction, HEADERS);
        if !entry.tx.is_09 && response::is_status_line(line) {
            entry.tx.status_line(trim_end(line));
            if !entry.tx.has_valid_version() {
                entry.meta.event(Event::ResponseProtocol as u8);
            }
            if entry.tx.status().is_none() {
                entry.meta.event(Event::ResponseStatus as u8);
            }
            self.phases[1] = Phase::Headers;
            return;
        }
        // Junk before the line of a response is passed over.
        let is_junk = rest.len() > 1 && (rest.starts_with(b"H") || trim_end(line).len() <= 2);
        if is_junk && !entry.tx.is_09 {
            return;
        }
        // A response of version 0.9 is all body.
        entry.meta.advance(direction, BODY);
        self.begin_body(direction, false);
        self.phases[1] = Phase::UntilClose;
        self.body(direction, line);
    }

    /// Finds the transaction of a response, or opens one; false if there can be none.
    fn find_request(&mut self) -> bool {
        if self.at[1].is_some() {
            return true;
        }
        if self.transactions.find(self.next_response).is_none() {
            let entry = self.transactions.open(Exchange::default());
            self.next_response = entry.meta.id();
            entry.meta.event(Event::UnmatchedResponse as u8);
            entry.meta.advance(Direction::ToServer, COMPLETE);
        }
        self.at[1] = Some(self.next_response);
        true
    }

    /// The headers of a message are there; false if it cannot be read further.
    fn headers_over(&mut self, direction: Direction, orders: &mut Orders) -> bool {
        let way = direction.index();
        let Some(entry) = self.entry(direction) else {
            return false;
        };
        entry.meta.advance(direction, BODY);
        let odd = entry.tx.side(direction).head.odd;
        for (holds, events) in [
            (
                odd.missing_colon,
                [Event::RequestMissingColon, Event::ResponseMissingColon],
            ),
            (
                odd.repeated,
                [Event::RequestRepetition, Event::ResponseRepetition],
            ),
            (
                odd.invalid_name,
                [Event::RequestHeaderInvalid, Event::ResponseHeaderInvalid],
            ),
            (odd.folding, [Event::RequestFolding, Event::ResponseFolding]),
            (
                odd.two_lengths,
                [Event::TwoRequestLengths, Event::TwoResponseLengths],
            ),
            (
                odd.too_many,
                [Event::TooManyRequestHeaders, Event::TooManyResponseHeaders],
            ),
        ] {
            if holds {
                entry.meta.event(events[way] as u8);
            }
        }
        let odd = match direction {
            Direction::ToServer => entry.tx.settle_host(),
            Direction::ToClient => Vec::new(),
        };
        for event in odd {
            entry.meta.event(event as u8);
        }
        if direction == Direction::ToClient {
            if entry.tx.is_interim() {
                if std::mem::replace(&mut entry.tx.continued, true) {
                    entry.meta.event(Event::ContinueAlreadySeen as u8);
                }
                entry.tx.response.head = Head::default();
                self.phases[1] = Phase::Line;
                return true;
            }
            if self.changes(orders) {
                return true;
            }
        }
        let Some(entry) = self.entry(direction) else {
            return false;
        };
        let delimiter = entry.tx.delimiter(direction);
        for event in delimiter.events {
            entry.meta.event(event as u8);
        }
        match delimiter.phase {
            Ok(Some(phase)) => {
                self.begin_body(direction, true);
                self.phases[way] = phase;
                true
            }
            Ok(None) => {
                self.complete(direction, orders);
                true
            }
            Err(()) => false,
        }
    }

    /// Whether the response says that something else follows: after CONNECT, or an upgrade.
    fn changes(&mut self, orders: &mut Orders) -> bool {
        let Some(entry) = self.entry(Direction::ToClient) else {
            return false;
        };
        let status = entry.tx.status().unwrap_or_default();
        let connected = entry.tx.method() == b"CONNECT" && (200..300).contains(&status);
        let head = &entry.tx.response.head;
        let has_body = head.get_lax(b"transfer-encoding").is_some()
            || head.get_lax(b"content-length").is_some();
        if !connected && (status != 101 || has_body) {
            return false;
        }
        let upgrade = head.get_lax(b"upgrade").unwrap_or_default();
        if !connected && upgrade.eq_ignore_ascii_case(b"websocket") {
            // Its frames are known by the upgrade alone: there is nothing to recognise.
            self.complete(Direction::ToClient, orders);
            self.phases = [Phase::Tunnel; 2];
            return true;
        }
        let (port, proto) = if connected {
            (entry.tx.target_port(), AppProto::Unknown)
        } else if upgrade.starts_with(b"h2") {
            orders.request = entry.tx.request_fields();
            (0, AppProto::Http2)
        } else {
            (0, AppProto::Unknown)
        };
        self.complete(Direction::ToServer, orders);
        self.complete(Direction::ToClient, orders);
        orders.change = Some((port, proto));
        self.phases = [Phase::Tunnel; 2];
        true
    }

    /// A body begins; with `coded` as its headers say.
    fn begin_body(&mut self, direction: Direction, coded: bool) {
        let way = direction.index();
        let settings = Arc::clone(&self.files[way]);
        let (limits, limit) = (
            self.settings.decoding.clone(),
            self.settings.body_limit[way],
        );
        let Some(entry) = self.entry(direction) else {
            return;
        };
        let name = entry.tx.file_name(direction);
        let side = entry.tx.side_mut(direction);
        let packed = coded && direction == Direction::ToClient;
        let coding = side.head.get_lax(b"content-encoding").filter(|_| packed);
        let (body, odd) = Body::new(&settings, &name, coding, (&limits, limit));
        side.body = Some(Box::new(body));
        if odd.too_many {
            entry.meta.event(Event::TooManyLayers as u8);
        }
        if odd.abnormal {
            entry.meta.event(Event::AbnormalEncoding as u8);
        }
    }

    fn body(&mut self, direction: Direction, data: &[u8]) {
        let Some(entry) = self.entry(direction) else {
            return;
        };
        if let Some(body) = &mut entry.tx.side_mut(direction).body {
            body.push(data);
            let (failed, bomb) = (body.has_failed(), body.is_bomb());
            if failed {
                entry.meta.event(Event::GzipFailed as u8);
            }
            if bomb {
                entry.meta.event(Event::CompressionBomb as u8);
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
    const EVENTS: &'static [&'static str] = NAMES;
    const FRAMES: &'static [&'static str] = &["request", "response"];

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
        let (way, mut used) = (input.direction.index(), 0);
        while let Some(data) = input.data.get(used..).filter(|data| !data.is_empty()) {
            let before = self.at[way];
            match self.step(input, data, orders) {
                Step::Used(len) => {
                    self.note_frame(input.direction, before, (used, used + len), orders);
                    used += len;
                }
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
        match self.phases[way] {
            Phase::Length(left) | Phase::Chunk(left) => {
                let before = self.at[way];
                self.miss(direction, left.min(bytes));
                self.went_on(direction, bytes, orders);
                let end = usize::try_from(left).unwrap_or(usize::MAX);
                self.note_frame(direction, before, (0, end), orders);
                // What follows the body is missing as well.
                self.lost[way] |= bytes > left;
            }
            Phase::UntilClose | Phase::Tunnel => self.miss(direction, bytes),
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

impl Http1 {
    /// Tells of the frame that a message is, as it begins or ends with what was taken of the input; `before` says which
    /// transaction's it was.
    fn note_frame(
        &self,
        direction: Direction,
        before: Option<u64>,
        (from, to): (usize, usize),
        orders: &mut Orders,
    ) {
        // Requests are the first frames, responses the second.
        let kind = direction.index() as u8;
        match (before, self.at[direction.index()]) {
            (None, Some(tx)) => orders.frames.open(kind, from, Some(tx)),
            (Some(_), None) => orders.frames.close(kind, to),
            _ => {}
        }
    }

    /// So many bytes of a body are missing.
    fn miss(&mut self, direction: Direction, bytes: u64) {
        if let Some(entry) = self.entry(direction) {
            if let Some(body) = &mut entry.tx.side_mut(direction).body {
                body.gap(bytes);
            }
            entry.meta.advance(direction, BODY);
        }
    }
}
