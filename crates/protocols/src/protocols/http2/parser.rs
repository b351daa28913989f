//! The parser of a connection.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::KeywordId;

use super::body::{Body, Unpacked};
use super::frame::{self, Content, Frame, HEADER, Header};
use super::hpack::{Decoder, Error, Field, UNPACKED_LIMIT};
use super::stream::{self, Stream};
use crate::file::{File, FileRange, FileState};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

/// Progress of a direction: its headers are known.
pub const HEADERS: u8 = 1;
/// Content has come.
pub const BODY: u8 = 2;
const DONE: u8 = 3;

/// Frames remembered of one direction of a stream.
const FRAMES: usize = 1024;
/// Frames larger than this are not waited for.
const LARGEST_FRAME: usize = 65_536;
const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What can be wrong, by place in [`Http2::EVENTS`].
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
// The names that nothing here causes keep the others' numbers in step with the list.
#[allow(missing_docs, dead_code)]
enum Event {
    InvalidFrameHeader,
    InvalidClientMagic,
    InvalidFrameData,
    InvalidHeader,
    InvalidFrameLength,
    ExtraHeaderData,
    LongFrameData,
    StreamIdReuse,
    FailedDecompression = 9,
    InvalidRange,
    HeaderIntegerOverflow,
    TooManyStreams,
    AuthorityHostMismatch,
    UserinfoInUri,
    ReassemblyLimitReached,
    DataStreamZero = 18,
    CompressionBomb,
}

/// One direction of the connection.
#[derive(Debug)]
struct Side {
    decoder: Decoder,
    /// Headers that more frames are to complete: their stream, whether it ends, and what has come.
    block: Option<(u32, bool, Vec<u8>)>,
    /// Bytes of a frame that are passed over.
    skip: usize,
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Http2 {
    transactions: Transactions<Stream>,
    settings: Arc<ParserSettings>,
    sides: [Side; 2],
    magic_seen: bool,
}

impl Http2 {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        let side = || Side {
            decoder: Decoder::new(settings.http2.max_table_size),
            block: None,
            skip: 0,
        };
        Self {
            transactions: Transactions::default(),
            settings: Arc::clone(settings),
            sides: [side(), side()],
            magic_seen: false,
        }
    }

    fn event(&mut self, event: Event) {
        if self.transactions.is_empty() {
            finish(self.transactions.open(Stream::new(0)));
        }
        self.transactions.note(event as u8);
    }

    /// The transaction of a stream, begun when there is none. What concerns the connection has one a frame.
    fn stream(&mut self, id: u32) -> &mut Entry<Stream> {
        let known = match id {
            0 => None,
            _ => self.transactions.iter().position(|entry| entry.tx.id == id),
        };
        let place = match known {
            Some(place) => place,
            None => {
                self.make_room();
                let entry = self.transactions.open(Stream::new(id));
                if id == 0 {
                    finish(entry);
                }
                self.transactions.len() - 1
            }
        };
        // Found or begun just above.
        self.transactions.get_mut(place).expect("an open stream")
    }

    fn make_room(&mut self) {
        if self.transactions.len() < self.settings.http2.max_streams {
            return;
        }
        let open = self.transactions.iter_mut();
        let oldest = open
            .into_iter()
            .find(|e| !is_done(e, ToServer) || !is_done(e, ToClient));
        if let Some(oldest) = oldest {
            close_files(oldest, FileState::Truncated);
            finish(oldest);
            oldest.meta.event(Event::TooManyStreams as u8);
        }
    }

    fn frame(&mut self, direction: Direction, header: &Header, payload: &[u8], whole: bool) {
        let Some(content) = Content::read(header, payload) else {
            let event = match header.kind {
                frame::RESET | frame::PRIORITY | frame::WINDOW => Event::InvalidFrameLength,
                _ => Event::InvalidFrameData,
            };
            self.stream(header.stream).meta.event(event as u8);
            return;
        };
        if let Content::Settings(settings) = &content {
            const TABLE_SIZE: u16 = 1;
            // What a side says here bounds the table of what is sent to it.
            let side = &mut self.sides[direction.reverse().index()];
            for (_, value) in settings.iter().filter(|(number, _)| *number == TABLE_SIZE) {
                side.decoder.allow(*value);
            }
        }
        let id = match (header.kind, header.unpadded(payload)) {
            // Headers of a promised stream are those of its request.
            (frame::PUSH, Some(&[p0, p1, p2, p3, ..])) => {
                u32::from_be_bytes([p0, p1, p2, p3]) & 0x7fff_ffff
            }
            (frame::CONTINUATION, _) => {
                let block = &self.sides[direction.index()].block;
                block.as_ref().map_or(header.stream, |block| block.0)
            }
            _ => header.stream,
        };
        let entry = self.stream(id);
        let kind = header.kind;
        // Windows and priorities may still come for a stream that is over.
        if id != 0 && kind == frame::HEADERS && is_done(entry, ToServer) && is_done(entry, ToClient)
        {
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

    /// A part of headers.
    fn headers(&mut self, direction: Direction, header: &Header, id: u32, payload: &[u8]) {
        let part = match header.kind {
            frame::CONTINUATION => Some(payload),
            frame::PUSH => header.unpadded(payload).and_then(|part| part.get(4..)),
            _ => {
                let priority = if header.flags & frame::PRIORITIZED != 0 {
                    5
                } else {
                    0
                };
                header
                    .unpadded(payload)
                    .and_then(|part| part.get(priority..))
            }
        };
        let Some(part) = part else {
            self.stream(id).meta.event(Event::InvalidFrameData as u8);
            return;
        };
        let limit = self.settings.http2.max_reassembly_size;
        let side = &mut self.sides[direction.index()];
        let ends = header.flags & frame::END_STREAM != 0 && header.kind == frame::HEADERS;
        let complete = header.flags & frame::END_HEADERS != 0;
        let (ends, block) = match (side.block.take(), header.kind) {
            (Some((_, ends, mut block)), frame::CONTINUATION) => {
                if block.len() + part.len() > limit {
                    self.stream(id)
                        .meta
                        .event(Event::ReassemblyLimitReached as u8);
                    return;
                }
                block.extend_from_slice(part);
                (ends, block)
            }
            (_, _) => (ends, part.to_vec()),
        };
        if !complete {
            side.block = Some((id, ends, block));
            return;
        }
        let mut fields = Vec::new();
        let result = side.decoder.unpack(&block, &mut fields);
        self.known(direction, id, fields, result);
        let settled = if header.kind == frame::PUSH {
            ToServer
        } else {
            direction
        };
        let entry = self.stream(id);
        entry.meta.advance(settled, HEADERS);
        if header.kind == frame::PUSH {
            entry.meta.advance(ToServer, DONE);
        }
        if ends {
            end(entry, direction);
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
        let entry = self.stream(id);
        match result {
            Ok(()) => {}
            Err(Error::Malformed) => entry.meta.event(Event::InvalidHeader as u8),
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
        if let Some(encoding) = side.first("content-encoding") {
            side.body = Body::new(encoding);
        }
        if direction == ToServer {
            check_authority(entry);
        }
    }

    /// Content, or the part of it that is at hand.
    fn data(&mut self, direction: Direction, header: &Header, payload: &[u8], whole: bool) {
        if header.stream == 0 {
            self.event(Event::DataStreamZero);
            return;
        }
        let content = match whole {
            true => header.unpadded(payload),
            false => Some(payload),
        };
        let settings = Arc::clone(&self.settings);
        let entry = self.stream(header.stream);
        let Some(content) = content else {
            entry.meta.event(Event::InvalidFrameData as u8);
            return;
        };
        let unanswered = entry.meta.progress(direction) == 0;
        if unanswered {
            entry.meta.advance(direction, HEADERS);
        }
        if entry.tx.side(direction).files.is_empty() && !content.is_empty() {
            let name = entry.tx.side(ToServer).first(":path").unwrap_or_default();
            let mut file = File::new(&settings.files, name);
            let range = entry.tx.side(direction).first("content-range");
            let range = range.map(range_of);
            if let Some(None) = range {
                entry.meta.event(Event::InvalidRange as u8);
            }
            file.range = range.flatten();
            entry.tx.side_mut(direction).files.push(file);
        }
        let side = entry.tx.side_mut(direction);
        let file = side.files.first_mut();
        let unpacked = match file {
            Some(file) => side.body.push(content, &mut |data| file.append(data)),
            None => Unpacked::Fine,
        };
        entry.meta.advance(direction, BODY);
        match unpacked {
            Unpacked::Fine => {}
            Unpacked::Failed => entry.meta.event(Event::FailedDecompression as u8),
            Unpacked::Bomb => entry.meta.event(Event::CompressionBomb as u8),
        }
        if header.flags & frame::END_STREAM != 0 {
            end(entry, direction);
        }
    }
}

fn is_done(entry: &Entry<Stream>, direction: Direction) -> bool {
    entry.meta.progress(direction) >= DONE
}

fn finish(entry: &mut Entry<Stream>) {
    entry.meta.advance(ToServer, DONE);
    entry.meta.advance(ToClient, DONE);
}

fn close_files(entry: &mut Entry<Stream>, state: FileState) {
    for side in &mut entry.tx.sides {
        for file in &mut side.files {
            file.close(state);
        }
    }
}

/// Nothing follows in a direction of a stream.
fn end(entry: &mut Entry<Stream>, direction: Direction) {
    for file in &mut entry.tx.side_mut(direction).files {
        file.close(FileState::Closed);
    }
    entry.meta.advance(direction, DONE);
}

/// An authority that names a user, or another host than the header of that name.
fn check_authority(entry: &mut Entry<Stream>) {
    let request = entry.tx.side(ToServer);
    let (authority, host) = (request.first(":authority"), request.first("host"));
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

/// `bytes first-last/size` (RFC 9110, 14.4).
fn range_of(value: &[u8]) -> Option<FileRange> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let rest = text.strip_prefix("bytes")?.trim_start();
    let (range, size) = rest.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    Some(FileRange {
        start: start.trim().parse().ok()?,
        end: end.trim().parse().ok()?,
        size: size.trim().parse().unwrap_or(0),
    })
}

impl Parser for Http2 {
    type Tx = Stream;
    const COMPLETE: [u8; 2] = [DONE, DONE];
    const EVENTS: &'static [&'static str] = &[
        "invalid_frame_header",
        "invalid_client_magic",
        "invalid_frame_data",
        "invalid_header",
        "invalid_frame_length",
        "extra_header_data",
        "long_frame_data",
        "stream_id_reuse",
        "invalid_http1_settings",
        "failed_decompression",
        "invalid_range",
        "header_integer_overflow",
        "too_many_streams",
        "authority_host_mismatch",
        "userinfo_in_uri",
        "reassembly_limit_reached",
        "dns_request_too_long",
        "dns_response_too_long",
        "data_stream_zero",
        "compression_bomb",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        stream::place(keyword, direction)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let direction = input.direction;
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
        while !rest.is_empty() {
            let consumed = input.data.len() - rest.len();
            let Some(header) = Header::read(rest) else {
                return Outcome::Incomplete {
                    consumed,
                    needed: HEADER,
                };
            };
            if header.reserved {
                self.event(Event::InvalidFrameHeader);
                return Outcome::Failed;
            }
            let body = rest.get(HEADER..).unwrap_or_default();
            match body.split_at_checked(header.length) {
                Some((payload, after)) => {
                    self.frame(direction, &header, payload, true);
                    rest = after;
                }
                None if header.length > LARGEST_FRAME && body.len() >= 256 => {
                    self.frame(direction, &header, body, false);
                    self.event(Event::LongFrameData);
                    self.sides[direction.index()].skip = header.length - body.len();
                    return Outcome::Done;
                }
                None => {
                    let whole = header.length.min(LARGEST_FRAME) + HEADER;
                    let needed = if header.length > LARGEST_FRAME {
                        HEADER + 256
                    } else {
                        whole
                    };
                    return Outcome::Incomplete { consumed, needed };
                }
            }
            orders.inspect_stream[direction.index()] = true;
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        for entry in self.transactions.iter_mut() {
            if is_done(entry, direction) {
                continue;
            }
            for file in &mut entry.tx.side_mut(direction).files {
                file.close(FileState::Truncated);
            }
            entry.meta.advance(direction, DONE);
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
        assert!(is_done(stream, ToServer) && is_done(stream, ToClient));
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
