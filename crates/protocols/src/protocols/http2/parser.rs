//! The parser of a connection.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_packet::Timestamp;
use tapir_rules::keywords::KeywordId;

use super::doh::{Arrival, is_media_type};
use super::event::{Event, NAMES};
use super::frame::{self, Content, Frame, HEADER, Header};
use super::hpack::{self, Error, Field, UNPACKED_LIMIT};
use super::stream::Stream;
use super::values;
use crate::file::{File, FileSettings, FileState};
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser, Predecessor};
use crate::protocols::coding::Decoder;
use crate::protocols::content_range;
use crate::protocols::joined::Whole;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// Progress of a direction: its headers are known.
pub(super) const HEADERS: u8 = 1;
/// Content has come.
pub(super) const DATA: u8 = 2;
/// Nothing will follow.
pub(super) const CLOSED: u8 = 3;
/// Nothing will follow in either direction.
pub(super) const COMPLETE: u8 = 4;

/// Bytes of content that must be there before rules look at it.
const INSPECT_MIN: u64 = 32 << 10;
/// Frames remembered of one direction of a stream.
const FRAMES: usize = 1024;
/// Frames larger than this are not waited for.
const LARGEST_FRAME: usize = 65_536;
/// So much of them is.
const LARGE_PART: usize = 256;
const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The stream that answers the request of an upgrade (RFC 7540, section 3.2).
const UPGRADED: u32 = 1;

/// One direction of the connection.
#[derive(Debug)]
struct Side {
    decoder: hpack::Decoder,
    /// Headers that more frames are to complete.
    block: Option<Block>,
    /// Bytes of a frame that are passed over.
    skip: usize,
}

/// Headers on their way.
#[derive(Debug)]
struct Block {
    stream: u32,
    /// Nothing follows them in the stream's direction.
    ends: bool,
    bytes: Vec<u8>,
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Http2 {
    transactions: Transactions<Stream>,
    settings: Arc<ParserSettings>,
    files: Arc<FileSettings>,
    sides: [Side; 2],
    magic_seen: bool,
    /// Addresses of client and server, and the time, as last told.
    hosts: [IpAddr; 2],
    now: Timestamp,
    /// DNS travels in it.
    carries_dns: bool,
}

impl Http2 {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        let side = || Side {
            decoder: hpack::Decoder::new(settings.http2.max_table_size),
            block: None,
            skip: 0,
        };
        Self {
            transactions: Transactions::default(),
            settings: Arc::clone(settings),
            files: Arc::new(FileSettings {
                inspect_min: INSPECT_MIN,
                ..(*settings.files).clone()
            }),
            sides: [side(), side()],
            magic_seen: false,
            hosts: [IpAddr::from([0; 4]); 2],
            now: Timestamp::default(),
            carries_dns: false,
        }
    }

    fn event(&mut self, event: Event) {
        if self.transactions.is_empty() {
            finish(self.transactions.open(Stream::new(0)));
        }
        self.transactions.note(event as u8);
    }

    /// The transaction of a stream, begun when there is none. What concerns the connection has one a frame, of the
    /// direction that the frame goes.
    fn stream(&mut self, id: u32, direction: Direction) -> &mut Entry<Stream> {
        if id == 0 {
            let entry = self.transactions.open_side(direction, Stream::new(0));
            finish(entry);
            return entry;
        }
        self.make_room();
        self.transactions
            .find_or_open(|entry| entry.tx.id == id, || Stream::new(id))
    }

    fn make_room(&mut self) {
        if self.transactions.len() < self.settings.http2.max_streams {
            return;
        }
        let oldest = self.transactions.iter_mut().find(|entry| !is_over(entry));
        if let Some(oldest) = oldest {
            close_files(oldest, FileState::Truncated);
            finish(oldest);
            oldest.meta.event(Event::TooManyStreams as u8);
        }
    }

    fn frame(&mut self, direction: Direction, header: &Header, payload: &[u8], whole: bool) {
        let Some(content) = Content::read(header, payload) else {
            let event = match header.kind {
                frame::RESET | frame::PRIORITY | frame::WINDOW | frame::GOAWAY => {
                    Event::InvalidFrameLength
                }
                _ => Event::InvalidFrameData,
            };
            let entry = self.stream(header.stream, direction);
            entry.meta.event(event as u8);
            return;
        };
        if let Content::Settings(settings) = &content {
            self.bound_tables(direction, settings);
        }
        let id = self.stream_of(direction, header, payload);
        let entry = self.stream(id, direction);
        let kind = header.kind;
        // Windows and priorities may still come for a stream that is over.
        if id != 0 && kind == frame::HEADERS && is_over(entry) {
            entry.meta.event(Event::StreamIdReuse as u8);
        }
        let side = entry.tx.side_mut(direction);
        if side.frames.len() < FRAMES {
            side.frames.push(Frame { kind, content });
        }
        entry.meta.updated[direction.index()] = true;
        match header.kind {
            frame::HEADERS | frame::PUSH | frame::CONTINUATION => {
                self.headers(direction, header, id, payload);
            }
            frame::DATA => self.data(direction, header, payload, whole),
            frame::RESET => {
                close_files(entry, FileState::Truncated);
                finish(entry);
            }
            _ => {}
        }
    }

    /// What a side says of table sizes bounds the table of what is sent to it.
    fn bound_tables(&mut self, direction: Direction, settings: &[(u16, u32)]) {
        const TABLE_SIZE: u16 = 1;
        let side = &mut self.sides[direction.reverse().index()];
        for (_, value) in settings.iter().filter(|(number, _)| *number == TABLE_SIZE) {
            side.decoder.allow(*value);
        }
    }

    /// The stream that a frame is about.
    fn stream_of(&self, direction: Direction, header: &Header, payload: &[u8]) -> u32 {
        match (header.kind, header.unpadded(payload)) {
            // Headers of a promised stream are those of its request.
            (frame::PUSH, Some(&[p0, p1, p2, p3, ..])) => {
                u32::from_be_bytes([p0, p1, p2, p3]) & 0x7fff_ffff
            }
            (frame::CONTINUATION, _) => {
                let block = &self.sides[direction.index()].block;
                block.as_ref().map_or(header.stream, |block| block.stream)
            }
            _ => header.stream,
        }
    }

    /// A part of headers.
    fn headers(&mut self, direction: Direction, header: &Header, id: u32, payload: &[u8]) {
        let Some(part) = headers_in(header, payload) else {
            let entry = self.stream(id, direction);
            entry.meta.event(Event::InvalidFrameData as u8);
            return;
        };
        let limit = self.settings.http2.max_reassembly_size;
        let side = &mut self.sides[direction.index()];
        let ends = header.flags & frame::END_STREAM != 0 && header.kind == frame::HEADERS;
        let block = match side.block.take() {
            Some(mut block) if header.kind == frame::CONTINUATION => {
                if block.bytes.len() + part.len() > limit {
                    let entry = self.stream(id, direction);
                    entry.meta.event(Event::ReassemblyLimitReached as u8);
                    return;
                }
                block.bytes.extend_from_slice(part);
                block
            }
            _ => Block {
                stream: id,
                ends,
                bytes: part.to_vec(),
            },
        };
        if header.flags & frame::END_HEADERS == 0 {
            side.block = Some(block);
            return;
        }
        let mut fields = Vec::new();
        let result = side.decoder.unpack(&block.bytes, &mut fields);
        self.known(direction, id, fields, result);
        let entry = self.stream(id, direction);
        if header.kind == frame::PUSH {
            entry.meta.advance(ToServer, CLOSED);
        } else {
            entry.meta.advance(direction, HEADERS);
        }
        if block.ends {
            self.end_of_stream(id, direction);
        }
    }

    /// Headers are complete.
    fn known(
        &mut self,
        direction: Direction,
        id: u32,
        fields: Vec<Field>,
        result: Result<(), Error>,
    ) {
        let settings = Arc::clone(&self.settings);
        let entry = self.stream(id, direction);
        match result {
            Ok(()) => {}
            Err(Error::Malformed) => entry.meta.event(Event::InvalidHeader as u8),
            Err(Error::Cut) => entry.meta.event(Event::ExtraHeaderData as u8),
            Err(Error::Overflow) => entry.meta.event(Event::HeaderIntegerOverflow as u8),
            Err(Error::Bomb) => entry.meta.event(Event::CompressionBomb as u8),
        }
        let side = entry.tx.side_mut(direction);
        for field in fields {
            let bytes = match &field {
                Field::Header(name, value) => name.len() + value.len() + 4,
                Field::SizeUpdate(_) => 4,
            };
            if side.field_bytes + bytes > UNPACKED_LIMIT {
                break;
            }
            side.field_bytes += bytes;
            side.fields.push(field);
        }
        side.decoder = side
            .first("content-encoding")
            .and_then(|value| Decoder::new(value, &settings.http1.decoding).0);
        let arrival = expect_dns(&mut entry.tx, direction);
        if direction == ToServer {
            check_authority(entry);
        }
        self.arrived(id, direction, arrival);
    }

    /// A message of DNS has come, or cannot come.
    fn arrived(&mut self, id: u32, direction: Direction, arrival: Arrival) {
        match arrival {
            Arrival::Nothing => {}
            Arrival::Message => self.carries_dns = true,
            Arrival::TooLong => {
                let event = match direction {
                    ToServer => Event::DnsRequestTooLong,
                    ToClient => Event::DnsResponseTooLong,
                };
                self.stream(id, direction).meta.event(event as u8);
            }
        }
    }

    /// Content, or the part of it that is at hand.
    fn data(&mut self, direction: Direction, header: &Header, payload: &[u8], whole: bool) {
        let id = header.stream;
        if id == 0 {
            self.event(Event::DataStreamZero);
            return;
        }
        let content = match whole {
            true => header.unpadded(payload),
            false => Some(payload),
        };
        let entry = self.stream(id, direction);
        let Some(content) = content else {
            entry.meta.event(Event::InvalidFrameData as u8);
            return;
        };
        if entry.meta.progress(direction) == 0 {
            entry.meta.advance(direction, HEADERS);
        }
        if entry.tx.side(direction).files.is_empty() && !content.is_empty() {
            self.begin_file(id, direction);
        }
        let entry = self.stream(id, direction);
        let arrival = unpack(entry, direction, content);
        entry.meta.advance(direction, DATA);
        self.arrived(id, direction, arrival);
        if header.flags & frame::END_STREAM != 0 {
            self.end_of_stream(id, direction);
        }
    }

    /// The content of a direction begins: a file, or a part of one.
    fn begin_file(&mut self, id: u32, direction: Direction) {
        let (files, settings) = (Arc::clone(&self.files), Arc::clone(&self.settings));
        let (hosts, now) = (self.hosts, self.now);
        let entry = self.stream(id, direction);
        let request = entry.tx.side(ToServer);
        let name = request.first(":path").unwrap_or_default().to_vec();
        let host = values::host_of(request.first(":authority").unwrap_or_default());
        let mut file = File::new(&files, &name);
        let range = entry.tx.side(direction).first("content-range");
        let mut joining = None;
        match range.map_or(Ok(None), content_range::part_of) {
            Ok(Some(range)) => {
                file.range = Some(range);
                let whole = Whole {
                    hosts,
                    name: [&host[..], &name[..]].concat(),
                    size: range.size,
                };
                let limits = (settings.http1.joining, now);
                joining = settings.joined.begin(whole, range, (&files, &name), limits);
            }
            Ok(None) => {}
            Err(_) => entry.meta.event(Event::InvalidRange as u8),
        }
        let side = entry.tx.side_mut(direction);
        side.joining = joining;
        side.files.push(file);
    }

    /// Nothing follows in a direction of a stream.
    fn end_of_stream(&mut self, id: u32, direction: Direction) {
        let entry = self.stream(id, direction);
        for file in &mut entry.tx.side_mut(direction).files {
            file.close(FileState::Closed);
        }
        entry.meta.advance(direction, CLOSED);
        if is_over(entry) {
            finish(entry);
        }
        let messages = &mut entry.tx.messages;
        let arrival = messages
            .as_mut()
            .map_or(Arrival::Nothing, |messages| messages.end(direction));
        self.arrived(id, direction, arrival);
    }

    /// Takes frames; what is left over, and how much of that must be there.
    fn read_frames<'d>(
        &mut self,
        direction: Direction,
        mut rest: &'d [u8],
        (mut at, frames): (usize, &mut Frames),
    ) -> Result<Option<(&'d [u8], usize)>, Event> {
        while !rest.is_empty() {
            let Some(header) = Header::read(rest) else {
                return Ok(Some((rest, HEADER)));
            };
            if header.reserved {
                return Err(Event::InvalidFrameHeader);
            }
            let body = rest.get(HEADER..).unwrap_or_default();
            frames.whole(told::HEADER, at, HEADER, None);
            frames.whole(told::DATA, at + HEADER, header.length, None);
            frames.whole(told::PDU, at, HEADER + header.length, None);
            at += HEADER + header.length;
            match body.split_at_checked(header.length) {
                Some((payload, after)) => {
                    // Settings that say nothing confirm the other side's.
                    if header.length > 0 || header.kind != frame::SETTINGS {
                        self.frame(direction, &header, payload, true);
                    }
                    rest = after;
                }
                None if header.length > LARGEST_FRAME && body.len() >= LARGE_PART => {
                    self.frame(direction, &header, body, false);
                    self.event(Event::LongFrameData);
                    self.sides[direction.index()].skip = header.length - body.len();
                    return Ok(None);
                }
                None if header.length > LARGEST_FRAME => {
                    return Ok(Some((rest, HEADER + LARGE_PART)));
                }
                None => return Ok(Some((rest, HEADER + header.length))),
            }
        }
        Ok(None)
    }
}

fn is_closed(entry: &Entry<Stream>, direction: Direction) -> bool {
    entry.meta.progress(direction) >= CLOSED
}

/// Nothing follows in either direction.
fn is_over(entry: &Entry<Stream>) -> bool {
    is_closed(entry, ToServer) && is_closed(entry, ToClient)
}

fn finish(entry: &mut Entry<Stream>) {
    entry.meta.advance(ToServer, COMPLETE);
    entry.meta.advance(ToClient, COMPLETE);
}

fn close_files(entry: &mut Entry<Stream>, state: FileState) {
    for side in &mut entry.tx.sides {
        for file in &mut side.files {
            file.close(state);
        }
    }
}

/// The part of headers that a frame has.
fn headers_in<'p>(header: &Header, payload: &'p [u8]) -> Option<&'p [u8]> {
    const PROMISED_STREAM: usize = 4;
    const PRIORITY: usize = 5;
    let before = match header.kind {
        frame::CONTINUATION => return Some(payload),
        frame::PUSH => PROMISED_STREAM,
        _ if header.flags & frame::PRIORITIZED != 0 => PRIORITY,
        _ => 0,
    };
    header.unpadded(payload)?.get(before..)
}

/// Notes what headers say of DNS that is to come, and reads what stands in them.
fn expect_dns(stream: &mut Stream, direction: Direction) -> Arrival {
    let side = stream.side(direction);
    let says = |name| side.first(name).is_some_and(is_media_type);
    let (accepted, is_content) = (says("accept"), says("content-type"));
    let path = side.first(":path").map(<[u8]>::to_vec);
    if !accepted && !is_content {
        return Arrival::Nothing;
    }
    let messages = stream.messages.get_or_insert_default();
    if is_content {
        messages.expect(direction);
    }
    match path.filter(|_| direction == ToServer) {
        Some(path) => messages.target(&path),
        None => Arrival::Nothing,
    }
}

/// Unpacks content into its file.
fn unpack(entry: &mut Entry<Stream>, direction: Direction, content: &[u8]) -> Arrival {
    let Stream {
        sides, messages, ..
    } = &mut entry.tx;
    let side = &mut sides[direction.index()];
    let mut arrival = Arrival::Nothing;
    let mut take = |data: &[u8]| {
        if let Some(file) = side.files.first_mut() {
            file.append(data);
        }
        let whole = side.joining.as_mut().and_then(|range| range.push(data));
        side.files.extend(whole);
        if let Some(messages) = messages
            && arrival == Arrival::Nothing
        {
            arrival = messages.push(direction, data);
        }
    };
    let Some(decoder) = &mut side.decoder else {
        take(content);
        return arrival;
    };
    decoder.push(content, take);
    if decoder.failed {
        entry.meta.event(Event::FailedDecompression as u8);
    }
    if decoder.bomb {
        entry.meta.event(Event::CompressionBomb as u8);
    }
    arrival
}

/// An authority that names a user, or another host than the header of that name.
fn check_authority(entry: &mut Entry<Stream>) {
    let request = entry.tx.side(ToServer);
    let (authority, host) = (request.any(":authority"), request.any("host"));
    let mismatch = authority
        .zip(host)
        .is_some_and(|(authority, host)| !authority.eq_ignore_ascii_case(host));
    let user = authority.is_some_and(|authority| authority.contains(&b'@'));
    if mismatch {
        entry.meta.event(Event::AuthorityHostMismatch as u8);
    }
    if user {
        entry.meta.event(Event::UserinfoInUri as u8);
    }
}

impl Http2 {
    /// The settings that a request for an upgrade brings (RFC 7540, section 3.2.1).
    fn upgrade_settings(&mut self, value: &[u8]) {
        let text = value.strip_suffix(b"==").unwrap_or(value);
        let text = text.strip_suffix(b"=").unwrap_or(text);
        let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text);
        let header = Header {
            length: 0,
            kind: frame::SETTINGS,
            flags: 0,
            reserved: false,
            stream: 0,
        };
        let content = decoded
            .ok()
            .and_then(|settings| Content::read(&header, &settings));
        match content {
            Some(content) => {
                let kind = frame::SETTINGS;
                let entry = self.stream(0, ToServer);
                let side = entry.tx.side_mut(ToServer);
                side.frames.push(Frame { kind, content });
            }
            None => self.event(Event::InvalidHttp1Settings),
        }
    }
}

/// Frames of which rules and records are told, by their places in [`Parser::FRAMES`].
mod told {
    pub(super) const HEADER: u8 = 0;
    pub(super) const DATA: u8 = 1;
    pub(super) const PDU: u8 = 2;
}

impl Parser for Http2 {
    type Tx = Stream;
    const COMPLETE: [u8; 2] = [COMPLETE; 2];
    const BRANCHES: &'static [Branch] = &[
        Branch {
            name: "stream",
            states: [
                &[
                    ("request_started", 0),
                    ("request_headers", HEADERS),
                    ("request_data", DATA),
                    ("request_closed", CLOSED),
                    ("request_complete", COMPLETE),
                ],
                &[
                    ("response_started", 0),
                    ("response_headers", HEADERS),
                    ("response_data", DATA),
                    ("response_closed", CLOSED),
                    ("response_complete", COMPLETE),
                ],
            ],
        },
        Branch {
            name: "global",
            states: [&[], &[]],
        },
    ];
    const EVENTS: &'static [&'static str] = NAMES;

    const FRAMES: &'static [&'static str] = &["hdr", "data", "pdu"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        values::place(keyword, direction)
    }

    /// The request that asked for the upgrade is that of the first stream. Its headers keep their names.
    fn came_from(&mut self, before: &Predecessor) {
        for (name, value) in &before.request {
            if **name == *b"HTTP2-Settings" {
                self.upgrade_settings(value);
                continue;
            }
            let name: &[u8] = if name.eq_ignore_ascii_case(b"host") {
                b":authority"
            } else {
                name
            };
            let entry = self.stream(UPGRADED, ToServer);
            let side = entry.tx.side_mut(ToServer);
            side.field_bytes += name.len() + value.len() + 4;
            let field = Field::Header(name.into(), (**value).into());
            side.fields.push(field);
            entry.meta.advance(ToServer, CLOSED);
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let direction = input.direction;
        (self.hosts, self.now) = (input.hosts, input.time);
        let mut rest = input.data;
        if direction == ToServer && !self.magic_seen {
            if rest.len() < MAGIC.len() && MAGIC.starts_with(rest) {
                return Outcome::Incomplete {
                    consumed: 0,
                    needed: MAGIC.len(),
                };
            }
            self.magic_seen = true;
            match rest.strip_prefix(MAGIC) {
                Some(after) => rest = after,
                None => self.event(Event::InvalidClientMagic),
            }
        }
        let skip = &mut self.sides[direction.index()].skip;
        let passed = (*skip).min(rest.len());
        *skip -= passed;
        rest = rest.get(passed..).unwrap_or_default();
        orders.inspect_stream[direction.index()] = true;
        let from = input.data.len() - rest.len();
        let result = self.read_frames(direction, rest, (from, &mut orders.frames));
        orders.refined = self.carries_dns.then_some(AppProto::Doh2);
        match result {
            Ok(None) => Outcome::Done,
            Ok(Some((rest, needed))) => Outcome::Incomplete {
                consumed: input.data.len() - rest.len(),
                needed,
            },
            Err(event) => {
                self.event(event);
                Outcome::Failed
            }
        }
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        for entry in self.transactions.iter_mut() {
            if is_closed(entry, direction) {
                continue;
            }
            for file in &mut entry.tx.side_mut(direction).files {
                file.close(FileState::Truncated);
            }
            entry.meta.advance(direction, COMPLETE);
        }
    }

    fn transactions(&self) -> &Transactions<Stream> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Stream> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use tapir_rules::keywords::http;

    use super::*;
    use crate::transaction::{Transaction, Value};

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend_from_slice(&[kind, flags, 0, 0, 0, stream]);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn feed(step: usize) -> Http2 {
        let mut parser = Http2::new(AppProto::Http2, &Arc::new(ParserSettings::default()));
        let request = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let (first, second) = request.split_at(5);
        let client = [
            MAGIC.to_vec(),
            frame(frame::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
            frame(frame::HEADERS, frame::END_STREAM, 1, first),
            frame(frame::CONTINUATION, frame::END_HEADERS, 1, second),
        ];
        let server = [
            frame(frame::HEADERS, frame::END_HEADERS, 1, &[0x88]),
            frame(frame::DATA, 0, 1, b"hello "),
            frame(frame::DATA, frame::END_STREAM, 1, b"world"),
        ];
        for (direction, bytes) in [(ToServer, client.concat()), (ToClient, server.concat())] {
            let (mut begin, mut end) = (0, 0);
            while end < bytes.len() {
                end = end.saturating_add(step).min(bytes.len());
                let input = Input::new(direction, &bytes[begin..end]);
                match parser.parse(&input, &mut Orders::default()) {
                    Outcome::Done => begin = end,
                    Outcome::Incomplete { consumed, .. } => begin += consumed,
                    Outcome::Failed => panic!("failed"),
                }
            }
        }
        parser
    }

    fn text(parser: &Http2) -> String {
        let mut out = Vec::new();
        for entry in parser.transactions.iter() {
            let mut json = tapir_json::Json::begin(&mut out);
            entry.tx.describe(&mut json, &Default::default());
            json.close_object();
            assert!(entry.meta.events.is_empty());
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_request_and_its_response() {
        let parser = feed(usize::MAX);
        let text = text(&parser);
        assert!(
            text.contains(r#""settings_id":"SETTINGSMAXCONCURRENTSTREAMS""#),
            "{text}"
        );
        assert!(
            text.contains(r#""http_method":"GET","status":200"#),
            "{text}"
        );
        let stream = parser.transactions.iter().last().unwrap();
        assert!(is_over(stream));
        let shows = |keyword, direction, expected: &[u8]| {
            let mut seen = false;
            stream.tx.values(keyword, direction, &mut |value| {
                seen |= match value {
                    Value::Bytes(bytes) => bytes == expected,
                    Value::Window { data, .. } => data == expected,
                    Value::Number(_) => false,
                };
                seen
            });
            seen
        };
        assert!(shows(http::HOST, ToServer, b"www.example.com"));
        assert!(shows(http::REQUEST_LINE, ToServer, b"GET / HTTP/2\r\n"));
        assert!(shows(http::RESPONSE_BODY, ToClient, b"hello world"));
        assert!(shows(http::STAT_CODE, ToClient, b"200"));
    }

    #[test]
    fn byte_by_byte_gives_the_same() {
        assert_eq!(text(&feed(1)), text(&feed(usize::MAX)));
    }
}
