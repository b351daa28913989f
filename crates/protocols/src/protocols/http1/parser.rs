//! Requests and responses, both ways of a connection (RFC 9112).

use std::net::IpAddr;
use std::sync::Arc;

use tapir_packet::{Direction, Timestamp};
use tapir_rules::keywords::{KeywordId, http};

use super::body::{Body, ChunkLine, Phase, chunk_line, may_be_chunk_line};
use super::event::{Event, NAMES};
use super::form::Form;
use super::head::Head;
use super::transaction::{BODY, COMPLETE, Exchange, TRAILER, place};
use super::{Settings, request, response};
use crate::file::{FileSettings, FileState, Storing};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::content_range;
use crate::protocols::joined::{JoinedFiles, Whole};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// Bytes of a file's name.
const LONGEST_NAME: usize = 4096;

/// The parser of a connection.
#[derive(Debug)]
pub struct Http1 {
    pub(super) settings: Settings,
    files: [Arc<FileSettings>; 2],
    /// Of bodies that are no files themselves.
    unstored: Arc<FileSettings>,
    joined: JoinedFiles,
    /// Addresses of client and server, and the time, as last told.
    hosts: [IpAddr; 2],
    now: Timestamp,
    pub(super) transactions: Transactions<Exchange>,
    pub(super) phases: [Phase; 2],
    /// A first line is missing: what comes is passed over until one is seen. By direction.
    pub(super) lost: [bool; 2],
    /// Numbers of the transactions that the two sides are at.
    pub(super) at: [Option<u64>; 2],
    /// Number of the transaction that the next response belongs to.
    pub(super) next_response: u64,
    pub(super) trailers: [Head; 2],
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
        let unstored = FileSettings {
            md5: false,
            sha1: false,
            sha256: false,
            magic: None,
            storing: Storing::Never,
            ..(*files[0]).clone()
        };
        Self {
            settings: http,
            unstored: Arc::new(unstored),
            joined: settings.joined.clone(),
            hosts: [IpAddr::from([0; 4]); 2],
            now: Timestamp::default(),
            files,
            transactions: Transactions::default(),
            phases: [Phase::default(); 2],
            lost: [false; 2],
            at: [None; 2],
            next_response: 0,
            trailers: Default::default(),
        }
    }

    pub(super) fn entry(&mut self, direction: Direction) -> Option<&mut Entry<Exchange>> {
        let id = self.at[direction.index()]?;
        self.transactions.find(id)
    }

    /// Notes that something is wrong with the transaction at hand.
    pub(super) fn note(&mut self, direction: Direction, [request, response]: [Event; 2]) {
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
                self.went_on(input.direction, len as u64);
                Step::Used(len)
            }
            Phase::UntilClose => {
                self.body(input.direction, data);
                Step::Used(data.len())
            }
            Phase::Over => self.after_message(input, data, orders),
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
    fn went_on(&mut self, direction: Direction, bytes: u64) {
        let way = direction.index();
        match self.phases[way] {
            Phase::Length(left) if left <= bytes => self.complete(direction),
            Phase::Length(left) => self.phases[way] = Phase::Length(left - bytes),
            Phase::Chunk(left) if left <= bytes => self.phases[way] = Phase::ChunkEnd,
            Phase::Chunk(left) => self.phases[way] = Phase::Chunk(left - bytes),
            _ => {}
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
                        // Nothing more of the content will come.
                        if let Some(body) = &mut entry.tx.side_mut(direction).body {
                            body.close(FileState::Closed);
                        }
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

    /// A body begins; with `coded` as its headers say.
    pub(super) fn begin_body(&mut self, direction: Direction, coded: bool) {
        let way = direction.index();
        let (files, unstored) = (Arc::clone(&self.files[way]), Arc::clone(&self.unstored));
        let (limits, limit) = (
            self.settings.decoding.clone(),
            self.settings.body_limit[way],
        );
        let (joined, hosts) = (self.joined.clone(), self.hosts);
        let joining = (self.settings.joining, self.now);
        let Some(entry) = self.entry(direction) else {
            return;
        };
        let form = entry.tx.form_boundary(direction);
        let is_file = entry.tx.body_is_file(direction);
        let mut name = entry.tx.file_name(direction);
        if name.len() > LONGEST_NAME {
            name.truncate(LONGEST_NAME);
            entry.meta.event(Event::FileNameTooLong as u8);
        }
        let packed = coded && direction == Direction::ToClient;
        let head = &entry.tx.side(direction).head;
        let coding = head.get_lax(b"content-encoding").filter(|_| packed);
        let settings = if is_file && form.is_none() {
            &files
        } else {
            &unstored
        };
        let (mut body, odd) = Body::new(settings, &name, coding, (&limits, limit));
        body.is_file = is_file;
        match form {
            Some(Ok(boundary)) => body.form = Some(Form::new(&files, &boundary)),
            Some(Err(())) => entry.meta.event(Event::MultipartError as u8),
            None => {}
        }
        if let Some(value) = head.get(b"content-range").filter(|_| packed) {
            match content_range::part_of(value) {
                Ok(Some(range)) => {
                    let whole = Whole {
                        hosts,
                        name: entry.tx.whole_name(),
                        size: range.size,
                    };
                    let of_file = (&files, &name[..]);
                    let joining = joined.begin(whole, range, of_file, joining);
                    body.is_part(range, joining);
                }
                Ok(None) => {}
                Err(_) => entry.meta.event(Event::RangeInvalid as u8),
            }
        }
        for (holds, event) in [
            (odd.too_many, Event::TooManyLayers),
            (odd.abnormal, Event::AbnormalEncoding),
        ] {
            if holds {
                entry.meta.event(event as u8);
            }
        }
        entry.tx.side_mut(direction).body = Some(Box::new(body));
    }

    pub(super) fn body(&mut self, direction: Direction, data: &[u8]) {
        let Some(entry) = self.entry(direction) else {
            return;
        };
        if let Some(body) = &mut entry.tx.side_mut(direction).body {
            body.push(data);
            let form = body.form.as_ref().map_or(Default::default(), |it| it.odd);
            for (holds, event) in [
                (body.has_failed(), Event::GzipFailed),
                (body.is_bomb(), Event::CompressionBomb),
                (body.wants_memory(), Event::LzmaMemory),
                (form.header, Event::MultipartHeader),
                (form.no_data, Event::MultipartNoFile),
            ] {
                if holds {
                    entry.meta.event(event as u8);
                }
            }
        }
        entry.meta.advance(direction, BODY);
    }

    /// A message is over, unless what follows at once belongs to it.
    pub(super) fn complete(&mut self, direction: Direction) {
        self.phases[direction.index()] = Phase::Over;
    }

    /// A message is over.
    pub(super) fn finish(&mut self, direction: Direction, orders: &mut Orders) {
        self.close(direction, FileState::Closed);
        self.phases[direction.index()] = Phase::Line;
        orders.inspect_stream[direction.index()] = true;
    }

    /// What follows a message at once is the next one, if it looks like one; if not it belongs to the body.
    fn after_message(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let direction = input.direction;
        let line = match memchr::memchr(b'\n', data) {
            Some(end) => data.get(..=end).unwrap_or_default(),
            None if input.eof => data,
            None => return Step::Wait,
        };
        let begins = match direction {
            Direction::ToServer => request::begins(line),
            Direction::ToClient => response::is_status_line(line),
        };
        if begins {
            self.finish(direction, orders);
            return Step::Used(0);
        }
        self.note(
            direction,
            [Event::RequestBodyUnexpected, Event::ResponseBodyUnexpected],
        );
        let has_body = self
            .entry(direction)
            .is_some_and(|entry| entry.tx.side(direction).body.is_some());
        if !has_body {
            self.begin_body(direction, true);
        }
        self.body(direction, line);
        Step::Used(line.len())
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
        (self.hosts, self.now) = (input.hosts, input.time);
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
        if self.phases[way] == Phase::Over {
            let before = self.at[way];
            self.finish(input.direction, orders);
            self.note_frame(input.direction, before, (used, used), orders);
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) -> Outcome {
        let way = direction.index();
        match self.phases[way] {
            Phase::Length(left) | Phase::Chunk(left) => {
                self.miss(direction, left.min(bytes));
                self.went_on(direction, bytes);
                // What follows the body is missing as well.
                self.lost[way] |= bytes > left;
            }
            Phase::UntilClose | Phase::Tunnel => self.miss(direction, bytes),
            Phase::Line => self.lost[way] = true,
            _ => return Outcome::Failed,
        }
        if self.phases[way] == Phase::Over {
            self.finish(direction, orders);
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        let state = match self.phases[direction.index()] {
            // All of the content is there.
            Phase::UntilClose | Phase::Over | Phase::Trailer => FileState::Closed,
            _ => FileState::Truncated,
        };
        if self.at[direction.index()].is_some() {
            self.close(direction, state);
        }
    }

    fn change_refused(&mut self) {
        self.transactions.note(Event::FailedProtocolChange as u8);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Transaction;

    fn feed(response: &[u8], close: bool) -> Http1 {
        let mut parser = Http1::new(AppProto::Http1, &Arc::default());
        let mut orders = Orders::default();
        let request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        parser.parse(&Input::new(Direction::ToServer, request), &mut orders);
        let mut input = Input::new(Direction::ToClient, response);
        let used = match parser.parse(&input, &mut orders) {
            Outcome::Incomplete { consumed, .. } => consumed,
            _ => response.len(),
        };
        if close {
            input = Input::new(Direction::ToClient, &response[used..]);
            input.eof = true;
            parser.parse(&input, &mut orders);
            parser.end(Direction::ToClient, &mut orders);
        }
        parser
    }

    fn content(parser: &Http1) -> (Vec<u8>, FileState) {
        let entry = parser.transactions.get(0).expect("an exchange");
        let file = entry.tx.files(Direction::ToClient).first().expect("a file");
        (file.content().1.to_vec(), file.state())
    }

    #[test]
    fn what_follows_a_response_at_once_belongs_to_it() {
        let parser = feed(
            b"HTTP/1.1 200 ok\r\nContent-Length: 3\r\n\r\nabc\r\n",
            false,
        );
        assert_eq!(content(&parser), (b"abc\r\n".to_vec(), FileState::Closed));
        let parser = feed(b"HTTP/1.1 200 ok\r\nContent-Length: 3\r\n\r\nabcdef", true);
        assert_eq!(content(&parser), (b"abcdef".to_vec(), FileState::Closed));
    }

    #[test]
    fn a_body_where_none_belongs_is_told_of() {
        let odd = |response: &[u8]| {
            let parser = feed(response, false);
            let entry = parser.transactions.get(0).expect("an exchange");
            let unexpected = Event::ResponseBodyUnexpected as u8;
            entry
                .meta
                .events
                .iter()
                .filter(|it| **it == unexpected)
                .count()
        };
        assert_eq!(odd(b"HTTP/1.1 204 none\r\nContent-Length: 0\r\n\r\n"), 1);
        assert_eq!(odd(b"HTTP/1.1 204 none\r\n\r\n"), 0);
        assert_eq!(odd(b"HTTP/1.1 200 ok\r\nContent-Length: 1\r\n\r\na"), 0);
        assert_eq!(odd(b"HTTP/1.1 200 ok\r\nContent-Length: 1\r\n\r\nab\n"), 1);
    }

    #[test]
    fn chunks_may_end_without_a_trailer() {
        let head = b"HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        for end in [&b"0\n \n"[..], b"0\r\nfoobar\r\n", b"0\r\n\r\n"] {
            let parser = feed(&[&head[..], end].concat(), true);
            assert_eq!(
                content(&parser),
                (b"abc".to_vec(), FileState::Closed),
                "{end:?}"
            );
        }
    }

    #[test]
    fn ranges_of_one_server_become_a_file_in_time() {
        let settings = Arc::new(ParserSettings::default());
        let files_of = |part: (u64, &str), server: u8, secs: u64| {
            let mut parser = Http1::new(AppProto::Http1, &settings);
            let mut orders = Orders::default();
            let hosts = [[10, 0, 0, 1].into(), [10, 0, 0, server].into()];
            let mut say = |direction, data: &[u8]| {
                let mut input = Input::new(direction, data);
                (input.hosts, input.time) = (hosts, Timestamp::new(secs, 0));
                parser.parse(&input, &mut orders);
            };
            say(Direction::ToServer, b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
            let (start, text) = part;
            let response = format!(
                "HTTP/1.1 206 ok\r\nContent-Range: bytes {start}-{}/6\r\nContent-Length: 3\r\n\r\n{text}",
                start + 2
            );
            say(Direction::ToClient, response.as_bytes());
            let entry = parser.transactions.get(0).expect("an exchange");
            entry.tx.files(Direction::ToClient).len()
        };
        // Another server's half, and one that comes too late, are no halves of it.
        assert_eq!(files_of((0, "abc"), 2, 1000), 1);
        assert_eq!(files_of((3, "def"), 3, 1001), 1);
        assert_eq!(files_of((3, "def"), 2, 2000), 1);
        assert_eq!(files_of((0, "abc"), 2, 2001), 2);
    }
}
