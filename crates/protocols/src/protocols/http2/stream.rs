//! A stream: a request and its response, or what concerns the connection.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, file, http};

use super::body::Body;
use super::frame::{self, Content, Frame};
use super::hpack::Field;
use crate::file::File;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// One direction of a stream.
#[derive(Debug, Default)]
pub struct Side {
    /// Frames, as far as anything is remembered of them.
    pub frames: Vec<Frame>,
    /// Headers.
    pub fields: Vec<Field>,
    /// Bytes of headers.
    pub field_bytes: usize,
    /// Content.
    pub files: Vec<File>,
    /// How the content is unpacked.
    pub body: Body,
}

/// A stream.
#[derive(Debug)]
pub struct Stream {
    /// Its number; 0 for what concerns the connection.
    pub id: u32,
    /// To the server and to the client.
    pub sides: [Side; 2],
}

impl Side {
    /// Names and values of headers.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().filter_map(|field| match field {
            Field::Header(name, value) => Some((&**name, &**value)),
            Field::SizeUpdate(_) => None,
        })
    }

    /// The first value of a header.
    pub fn first(&self, wanted: &str) -> Option<&[u8]> {
        self.headers()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Shows the value of a header; several are put together.
    fn show_header(&self, wanted: &str, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut values = self
            .headers()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
            .map(|(_, value)| value);
        let (Some(first), second) = (values.next(), values.next()) else {
            return false;
        };
        let Some(second) = second else {
            return accepts(Value::Bytes(first));
        };
        let mut all = [first, b", ", second].concat();
        for value in values {
            all.extend_from_slice(b", ");
            all.extend_from_slice(value);
        }
        accepts(Value::Bytes(&all))
    }

    fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::with_capacity(self.field_bytes);
        for (name, value) in self.headers() {
            lines.extend_from_slice(name);
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value);
            lines.extend_from_slice(b"\r\n");
        }
        lines
    }

    fn names(&self) -> Vec<u8> {
        let mut names = b"\r\n".to_vec();
        for (name, _) in self.headers() {
            names.extend_from_slice(name);
            names.extend_from_slice(b"\r\n");
        }
        if names.len() > 2 {
            names.extend_from_slice(b"\r\n");
        }
        names
    }

    /// Shows one header after the other, colons in it doubled.
    fn show_each(&self, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut line = Vec::new();
        self.headers().any(|(name, value)| {
            line.clear();
            double_colons(name, &mut line);
            line.extend_from_slice(b": ");
            double_colons(value, &mut line);
            accepts(Value::Bytes(&line))
        })
    }

    fn show_numbers(
        &self,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
        number: impl Fn(&Frame) -> Option<u64>,
    ) -> bool {
        let mut numbers = self.frames.iter().filter_map(number);
        numbers.any(|number| accepts(Value::Number(number)))
    }
}

fn double_colons(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        out.push(byte);
        if byte == b':' {
            out.push(byte);
        }
    }
}

/// The host of an authority without user and port, in small letters.
fn host_of(authority: &[u8]) -> Vec<u8> {
    let begin = memchr::memchr(b'@', authority).map_or(0, |place| place + 1);
    let host = authority.get(begin..).unwrap_or_default();
    let end = memchr::memchr(b':', host).unwrap_or(host.len());
    host.get(..end).unwrap_or(host).to_ascii_lowercase()
}

impl Stream {
    /// A stream of which nothing was seen.
    pub fn new(id: u32) -> Self {
        Self {
            id,
            sides: Default::default(),
        }
    }

    /// One direction.
    pub fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction.index()]
    }

    /// One direction, to be changed.
    pub fn side_mut(&mut self, direction: Direction) -> &mut Side {
        &mut self.sides[direction.index()]
    }

    /// The host that a request names.
    pub fn authority(&self) -> Option<&[u8]> {
        let request = self.side(ToServer);
        request
            .first(":authority")
            .or_else(|| request.first("host"))
    }

    fn request_line(&self) -> Option<Vec<u8>> {
        let request = self.side(ToServer);
        let (method, path) = (request.first(":method")?, request.first(":path")?);
        Some([method, b" ", path, b" HTTP/2\r\n"].concat())
    }

    fn response_line(&self) -> Option<Vec<u8>> {
        let status = self.side(ToClient).first(":status")?;
        Some([b"HTTP/2 ", status, b"\r\n"].concat())
    }

    /// The values that both versions of HTTP have and that are no plain header.
    fn show_http(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let side = self.side(direction);
        let any = !side.fields.is_empty();
        match keyword {
            http::HOST => {
                let authority = self.authority().filter(|_| direction == ToServer);
                authority.is_some_and(|authority| accepts(Value::Bytes(&host_of(authority))))
            }
            http::HOST_RAW => {
                let authority = self.authority().filter(|_| direction == ToServer);
                authority.is_some_and(|authority| accepts(Value::Bytes(authority)))
            }
            http::HEADER | http::HEADER_RAW => any && accepts(Value::Bytes(&side.lines())),
            http::HEADER_NAMES => any && accepts(Value::Bytes(&side.names())),
            http::PROTOCOL => any && accepts(Value::Bytes(b"HTTP/2")),
            http::STAT_MSG => side.first(":status").is_some() && accepts(Value::Bytes(b"")),
            http::REQUEST_LINE if direction == ToServer => self
                .request_line()
                .is_some_and(|line| accepts(Value::Bytes(&line))),
            http::RESPONSE_LINE if direction == ToClient => self
                .response_line()
                .is_some_and(|line| accepts(Value::Bytes(&line))),
            http::REQUEST_HEADER if direction == ToServer => side.show_each(accepts),
            http::RESPONSE_HEADER if direction == ToClient => side.show_each(accepts),
            http::URILEN => side
                .first(":path")
                .is_some_and(|path| accepts(Value::Number(path.len() as u64))),
            http::REQUEST_BODY if direction == ToServer => show_windows(side, accepts),
            http::RESPONSE_BODY if direction == ToClient => show_windows(side, accepts),
            file::DATA => show_windows(side, accepts),
            file::NAME => side
                .files
                .iter()
                .any(|file| accepts(Value::Bytes(&file.name))),
            _ => false,
        }
    }

    fn write_headers(side: &Side, key: &'static str, json: &mut Json<'_>) {
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

    fn write_common(&self, json: &mut Json<'_>) {
        let (request, response) = (self.side(ToServer), self.side(ToClient));
        let either = |name| response.first(name).or_else(|| request.first(name));
        let texts = [
            ("hostname", either("host")),
            ("url", either(":path")),
            ("http_user_agent", either("user-agent")),
            ("http_method", either(":method")),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                json.bytes(key, value);
            }
        }
        for (key, name) in [("status", ":status"), ("length", "content-length")] {
            let text = either(name).and_then(|value| std::str::from_utf8(value).ok());
            if let Some(number) = text.and_then(|text| text.parse::<u64>().ok()) {
                json.uint(key, number);
            }
        }
    }

    fn write_frames(side: &Side, key: &'static str, json: &mut Json<'_>) {
        if !side.has_content() {
            return;
        }
        json.open_object(key);
        write_settings(side, json);
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
}

impl Side {
    /// Whether records have anything to say of its frames.
    fn has_content(&self) -> bool {
        self.frames.iter().any(|frame| match &frame.content {
            Content::Settings(settings) => !settings.is_empty(),
            Content::Error(_) | Content::Priority(_) => true,
            Content::Window(_) | Content::Other => false,
        })
    }
}

fn show_windows(side: &Side, accepts: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    side.files.iter().filter_map(File::window).any(accepts)
}

fn write_settings(side: &Side, json: &mut Json<'_>) {
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

/// The header that is the value of a keyword.
fn header_of(keyword: KeywordId, direction: Direction) -> Option<&'static str> {
    Some(match (keyword, direction) {
        (http::URI | http::URI_RAW, ToServer) => ":path",
        (http::METHOD, ToServer) => ":method",
        (http::STAT_CODE, ToClient) => ":status",
        (http::USER_AGENT, ToServer) => "user-agent",
        (http::REFERER, ToServer) => "referer",
        (http::ACCEPT, ToServer) => "accept",
        (http::ACCEPT_LANG, ToServer) => "accept-language",
        (http::ACCEPT_ENC, ToServer) => "accept-encoding",
        (http::COOKIE | http::COOKIE_RAW, ToServer) => "cookie",
        (http::COOKIE | http::COOKIE_RAW, ToClient) => "set-cookie",
        (http::CONNECTION, _) => "connection",
        (http::CONTENT_LEN, _) => "content-length",
        (http::CONTENT_TYPE, _) => "content-type",
        (http::LOCATION, ToClient) => "location",
        (http::SERVER, ToClient) => "server",
        _ => return None,
    })
}

/// From which progress on a keyword has its value.
pub fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
    if header_of(keyword, direction).is_some() {
        return Some(super::parser::HEADERS);
    }
    let to = |wanted: Direction, place| (direction == wanted).then_some(place);
    match keyword {
        http::HOST | http::HOST_RAW | http::REQUEST_LINE | http::REQUEST_HEADER | http::URILEN => {
            to(ToServer, super::parser::HEADERS)
        }
        http::RESPONSE_LINE | http::STAT_MSG | http::RESPONSE_HEADER => {
            to(ToClient, super::parser::HEADERS)
        }
        http::HEADER
        | http::HEADER_RAW
        | http::HEADER_NAMES
        | http::PROTOCOL
        | http::HTTP2_HEADER
        | http::HTTP2_HEADER_NAME
        | http::HTTP2_SIZE_UPDATE => Some(super::parser::HEADERS),
        http::REQUEST_BODY => to(ToServer, super::parser::BODY),
        http::RESPONSE_BODY => to(ToClient, super::parser::BODY),
        file::DATA | file::NAME => Some(super::parser::BODY),
        http::HTTP2_FRAMETYPE
        | http::HTTP2_ERRORCODE
        | http::HTTP2_PRIORITY
        | http::HTTP2_WINDOW
        | http::HTTP2_SETTINGS => Some(0),
        _ => None,
    }
}

impl Transaction for Stream {
    /// | keyword | values |
    /// |---|---|
    /// | `http2.frametype` | numbers, one a frame |
    /// | `http2.errorcode` | numbers, one a frame that has one |
    /// | `http2.priority` | numbers: weights |
    /// | `http2.window` | numbers: increments |
    /// | `http2.size_update` | numbers |
    /// | `http2.settings` | bytes, six for each: number of the setting (2) and value (4), most significant first |
    /// | `urilen` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let side = self.side(direction);
        if let Some(name) = header_of(keyword, direction) {
            return side.show_header(name, accepts);
        }
        match keyword {
            http::HTTP2_FRAMETYPE => side.show_numbers(accepts, |frame| Some(frame.kind.into())),
            http::HTTP2_ERRORCODE => side.show_numbers(accepts, |frame| match frame.content {
                Content::Error(code) => Some(code.into()),
                _ => None,
            }),
            http::HTTP2_PRIORITY => side.show_numbers(accepts, |frame| match frame.content {
                Content::Priority(weight) => Some(weight.into()),
                _ => None,
            }),
            http::HTTP2_WINDOW => side.show_numbers(accepts, |frame| match frame.content {
                Content::Window(increment) => Some(increment.into()),
                _ => None,
            }),
            http::HTTP2_SIZE_UPDATE => side.fields.iter().any(|field| match field {
                Field::SizeUpdate(size) => accepts(Value::Number(*size)),
                Field::Header(..) => false,
            }),
            http::HTTP2_SETTINGS => side.frames.iter().any(|frame| match &frame.content {
                Content::Settings(settings) => settings.iter().any(|(number, value)| {
                    let [n0, n1] = number.to_be_bytes();
                    let [v0, v1, v2, v3] = value.to_be_bytes();
                    accepts(Value::Bytes(&[n0, n1, v0, v1, v2, v3]))
                }),
                _ => false,
            }),
            http::HTTP2_HEADER_NAME => side.headers().any(|(name, _)| accepts(Value::Bytes(name))),
            http::HTTP2_HEADER => side.show_each(accepts),
            _ => self.show_http(keyword, direction, accepts),
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("http");
        json.word("version", "2");
        Self::write_headers(self.side(ToServer), "request_headers", json);
        Self::write_headers(self.side(ToClient), "response_headers", json);
        self.write_common(json);
        json.open_object("http2");
        json.uint("stream_id", self.id);
        Self::write_frames(self.side(ToServer), "request", json);
        Self::write_frames(self.side(ToClient), "response", json);
        json.close_object();
        json.close_object();
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        // What has neither headers nor settings nor errors is not worth a record.
        if self
            .sides
            .iter()
            .any(|side| !side.fields.is_empty() || side.has_content())
        {
            show("http", &|json| self.describe(json, options));
        }
    }

    fn files(&self, direction: Direction) -> &[File] {
        &self.side(direction).files
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        &mut self.side_mut(direction).files
    }
}
