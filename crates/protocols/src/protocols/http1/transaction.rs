//! A request with its response.

use std::ops::Range;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, http};

use super::body::{Body, Phase};
use super::event::Event;
use super::head::{self, Head};
use super::request::RequestLine;
use super::response::{self, StatusLine};
use super::uri::Target;
use super::{Settings, form, host, record};
use crate::file::File;
use crate::parser::Request;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// The first line is there, headers are coming.
pub(super) const HEADERS: u8 = 2;
/// The headers are there, the body is coming.
pub(super) const BODY: u8 = 3;
/// The body is there, trailers are coming.
pub(super) const TRAILER: u8 = 4;
/// All is there.
pub(super) const COMPLETE: u8 = 5;

/// One side of an exchange.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) head: Head,
    pub(super) body: Option<Box<Body>>,
}

/// How a body is delimited.
pub(super) struct Delimiter {
    /// How; nothing without a body, an error when that cannot be told.
    pub(super) phase: Result<Option<Phase>, ()>,
    /// What is odd about it.
    pub(super) events: Vec<Event>,
}

/// A request with its response.
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) request: Side,
    pub(super) response: Side,
    /// Places in the request's line.
    method: Range<usize>,
    version: Range<usize>,
    /// Places in the response's line.
    status_line: StatusLine,
    /// The request has no version: the response is all body.
    pub(super) is_09: bool,
    pub(super) target: Target,
    /// Host in small letters, without its port.
    pub(super) host: Option<Vec<u8>>,
    /// Host as sent.
    pub(super) host_raw: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
    /// The port of TCP that the request went to.
    pub(super) server_port: u16,
    /// An interim response has come.
    pub(super) continued: bool,
}

impl Exchange {
    pub(super) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::ToServer => &self.request,
            Direction::ToClient => &self.response,
        }
    }

    pub(super) fn side_mut(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::ToServer => &mut self.request,
            Direction::ToClient => &mut self.response,
        }
    }

    /// Takes the request's line; says what is odd about it.
    pub(super) fn request_line(&mut self, line: &[u8], settings: &Settings) -> Vec<Event> {
        self.request.head.line = line.to_vec();
        let (parts, mut odd) = RequestLine::of(line);
        self.is_09 = parts.version.is_none();
        self.method = parts.method;
        self.version = parts.version.unwrap_or_default();
        self.target = Target::new(line.get(parts.target).unwrap_or_default(), settings);
        if self.target.double_encoded {
            odd.push(Event::DoubleEncoded);
        }
        if self.method.is_empty() {
            odd.push(Event::RequestLineInvalid);
        }
        odd
    }

    pub(super) fn method(&self) -> &[u8] {
        let line = &self.request.head.line;
        line.get(self.method.clone()).unwrap_or_default()
    }

    pub(super) fn version(&self, direction: Direction) -> Option<&[u8]> {
        let text = match direction {
            Direction::ToServer => self.request.head.line.get(self.version.clone()),
            Direction::ToClient => {
                let line = &self.response.head.line;
                line.get(self.status_line.version.clone())
            }
        };
        text.filter(|text| !text.is_empty())
    }

    fn version_number(&self, direction: Direction) -> Option<response::Version> {
        response::version(self.version(direction)?)
    }

    /// Takes the response's line.
    pub(super) fn status_line(&mut self, line: &[u8]) {
        self.response.head.line = line.to_vec();
        self.status_line = StatusLine::of(line);
    }

    /// Whether the response's version is known.
    pub(super) fn has_valid_version(&self) -> bool {
        self.version_number(Direction::ToClient).is_some()
    }

    /// Whether the request says who it is from in a way that is not known.
    pub(super) fn has_unknown_authorization(&self) -> bool {
        let known: [&[u8]; 3] = [b"basic", b"digest", b"bearer"];
        self.request
            .head
            .get(b"authorization")
            .is_some_and(|value| {
                !known.iter().any(|scheme| {
                    value
                        .get(..scheme.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
                })
            })
    }

    /// The status code as sent, and the words after it.
    pub(super) fn status_parts(&self) -> (&[u8], &[u8]) {
        let line = &self.response.head.line;
        let part = |range: &Range<usize>| line.get(range.clone()).unwrap_or_default();
        (
            part(&self.status_line.status),
            part(&self.status_line.message),
        )
    }

    /// The status code; nothing while there is none, or none that is valid.
    pub(super) fn status(&self) -> Option<u16> {
        let code = self.status_parts().0;
        if !code.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let code = std::str::from_utf8(code).ok()?;
        code.parse().ok().filter(|code| (100..1000).contains(code))
    }

    /// Works out the host; says what is odd about it.
    pub(super) fn settle_host(&mut self) -> Vec<Event> {
        let mut odd = Vec::new();
        let header = self.request.head.get(b"host").map(<[u8]>::to_vec);
        if let (Some(one), Some(other)) = (&self.target.host, &header)
            && !one.eq_ignore_ascii_case(other)
        {
            odd.push(Event::HostAmbiguous);
        }
        let wants_host = self.version_number(Direction::ToServer) >= Some(response::Version::V1_1);
        if header.is_none() && self.target.host.is_none() && wants_host {
            odd.push(Event::MissingHost);
        }
        for (text, event) in [
            (&header, Event::HeaderHostInvalid),
            (&self.target.host, Event::UriHostInvalid),
        ] {
            let wrong = |text: &Vec<u8>| !text.is_empty() && !host::is_valid(text);
            if text.as_ref().is_some_and(wrong) {
                odd.push(event);
            }
        }
        if self.has_unknown_authorization() {
            odd.push(Event::UnknownAuthorization);
        }
        let raw = self.target.host.clone().or(header);
        if let Some(raw) = &raw {
            let (name, port) = host::split(raw);
            self.host = Some(name.to_ascii_lowercase());
            self.port = port.and_then(host::port);
        }
        self.host_raw = raw;
        odd.extend(self.odd_port());
        odd
    }

    /// What is odd about the port that the request names.
    fn odd_port(&self) -> Option<Event> {
        let is_invalid = |text: &[u8]| {
            let port = host::split(text).1;
            port.is_some_and(|digits| host::port(digits).is_none())
        };
        if self.method() == b"CONNECT" {
            let mut words = self.target.raw.split(|byte| *byte == b' ');
            let wrong = words.next().is_some_and(is_invalid);
            return wrong.then_some(Event::InvalidAuthorityPort);
        }
        if self.target.host.as_deref().is_some_and(is_invalid) {
            return Some(Event::InvalidPort);
        }
        let differs = self
            .target
            .host
            .as_ref()
            .and(self.port)
            .is_some_and(|port| port != self.server_port);
        differs.then_some(Event::PortMismatch)
    }

    /// Host and path: what names the file that the response is a part of.
    pub(super) fn whole_name(&self) -> Vec<u8> {
        let host = self.host.as_deref().unwrap_or_default();
        [host, &self.target.normal].concat()
    }

    /// The boundary of a form that a request sends, if it does; an error when it names none.
    pub(super) fn form_boundary(&self, direction: Direction) -> Option<Result<Vec<u8>, ()>> {
        if direction == Direction::ToClient || self.method() != b"POST" {
            return None;
        }
        let kind = self.request.head.get(b"content-type")?;
        Some(form::boundary(kind)?.map(<[u8]>::to_vec))
    }

    /// Whether the body of a message is a file: of requests those that send one.
    pub(super) fn body_is_file(&self, direction: Direction) -> bool {
        direction == Direction::ToClient || matches!(self.method(), b"POST" | b"PUT")
    }

    /// The words of a status that is no number.
    pub(super) fn odd_status(&self) -> Option<&[u8]> {
        let code = self.status_parts().0;
        (self.status().is_none() && !code.is_empty()).then_some(code)
    }

    /// Whether the response is only an interim one, and another will follow.
    pub(super) fn is_interim(&self) -> bool {
        let head = &self.response.head;
        self.status() == Some(100)
            && head.get_lax(b"transfer-encoding").is_none()
            && head
                .get_lax(b"content-length")
                .and_then(head::length)
                .is_none_or(|length| length == 0)
    }

    /// The port of a CONNECT's target.
    pub(super) fn target_port(&self) -> u16 {
        self.target
            .raw
            .iter()
            .rposition(|byte| *byte == b':')
            .and_then(|at| self.target.raw.get(at + 1..))
            .and_then(|rest| {
                // What belongs to a malformed target may follow.
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
            })
            .unwrap_or(443)
    }

    /// The request, for another protocol that is to answer it: as in HTTP/2.
    pub(super) fn request_fields(&self) -> Request {
        let pair = |name: &[u8], value: &[u8]| (name.into(), value.into());
        let mut fields = vec![
            pair(b":method", self.method()),
            pair(b":path", &self.target.raw),
        ];
        let headers = self.request.head.headers.iter();
        fields.extend(headers.map(|header| pair(&header.name, &header.value)));
        fields
    }

    /// How a body is delimited, if there is one.
    pub(super) fn delimiter(&self, direction: Direction) -> Delimiter {
        match direction {
            Direction::ToServer => self.request_delimiter(),
            Direction::ToClient => self.response_delimiter(),
        }
    }

    fn request_delimiter(&self) -> Delimiter {
        let head = &self.request.head;
        let mut events = Vec::new();
        let coding = head.get_lax(b"transfer-encoding").map(head::plain);
        let phase = match (coding, head.get_lax(b"content-length")) {
            (Some(coding), _) if coding == b"chunked" => Ok(Some(Phase::ChunkSize)),
            (Some(_), _) => {
                events.push(Event::RequestTransferEncoding);
                Err(())
            }
            (None, Some(length)) => match head::length(length) {
                Some(0) => Ok(None),
                Some(length) => Ok(Some(Phase::Length(length))),
                None => {
                    events.push(Event::RequestLength);
                    Err(())
                }
            },
            (None, None) => Ok(None),
        };
        Delimiter { phase, events }
    }

    /// Browsers take a body for one wherever a header says so (RFC 9112, section 6.3, does not).
    fn response_delimiter(&self) -> Delimiter {
        let head = &self.response.head;
        let coding = head.get_lax(b"transfer-encoding").map(head::plain);
        let length = head.get_lax(b"content-length");
        let status = self.status().unwrap_or_default();
        let never = (100..200).contains(&status) || status == 204 || status == 304;
        if self.method() == b"HEAD" || (never && coding.is_none() && length.is_none()) {
            return Delimiter {
                phase: Ok(None),
                events: Vec::new(),
            };
        }
        let mut events = Vec::new();
        if never {
            events.push(Event::ResponseBodyUnexpected);
        }
        let chunked = coding.filter(|coding| memchr::memmem::find(coding, b"chunked").is_some());
        let phase = if let Some(coding) = chunked {
            if coding != b"chunked" {
                events.push(Event::ResponseTransferEncoding);
            }
            if self.version_number(Direction::ToClient) < Some(response::Version::V1_1) {
                events.push(Event::ChunkedOldVersion);
            }
            Ok(Some(Phase::ChunkSize))
        } else if let Some(length) = length {
            match head::length(length) {
                Some(0) => Ok(None),
                Some(length) => Ok(Some(Phase::Length(length))),
                None => {
                    events.push(Event::ResponseLength);
                    Err(())
                }
            }
        } else {
            let kind = head.get_lax(b"content-type").map(head::plain);
            if kind.is_some_and(|kind| kind.starts_with(b"multipart/byteranges")) {
                events.push(Event::ResponseByteRanges);
                Err(())
            } else {
                Ok(Some(Phase::UntilClose))
            }
        };
        Delimiter { phase, events }
    }

    /// The name of the file that a body is: what a header says, else the end of the path.
    pub(super) fn file_name(&self, direction: Direction) -> Vec<u8> {
        let said = self
            .side(direction)
            .head
            .get(b"content-disposition")
            .and_then(|value| {
                let at = memchr::memmem::find(value, b"filename=")?;
                let rest = value.get(at + 9..)?;
                let name = match rest.strip_prefix(b"\"") {
                    Some(rest) => rest.split(|byte| *byte == b'"').next()?,
                    None => rest.split(|byte| *byte == b';').next()?,
                };
                Some(name.to_vec())
            });
        said.unwrap_or_else(|| {
            let path = &self.target.normal;
            let end = memchr::memchr(b'?', path).unwrap_or(path.len());
            path.get(..end).unwrap_or_default().to_vec()
        })
    }

    fn header_of(&self, keyword: KeywordId, direction: Direction) -> Option<&[u8]> {
        self.side(direction)
            .head
            .get(header_name(keyword, direction)?)
    }
}

/// The address of the client as the proxy nearest to the server saw it: the last of those that were forwarded.
fn true_client<'h>(forwarded: Option<&'h [u8]>, told: Option<&'h [u8]>) -> Option<&'h [u8]> {
    let last = forwarded.and_then(|list| list.rsplit(|&byte| byte == b',').next());
    last.or(told).map(<[u8]>::trim_ascii)
}

/// The header that a keyword is named after.
fn header_name(keyword: KeywordId, direction: Direction) -> Option<&'static [u8]> {
    Some(match keyword {
        http::COOKIE | http::COOKIE_RAW => match direction {
            Direction::ToServer => b"cookie",
            Direction::ToClient => b"set-cookie",
        },
        http::USER_AGENT => b"user-agent",
        http::REFERER => b"referer",
        http::ACCEPT => b"accept",
        http::ACCEPT_LANG => b"accept-language",
        http::ACCEPT_ENC => b"accept-encoding",
        http::CONNECTION => b"connection",
        http::CONTENT_LEN => b"content-length",
        http::CONTENT_TYPE => b"content-type",
        http::LOCATION => b"location",
        http::SERVER => b"server",
        _ => return None,
    })
}

/// From which progress of a direction on a keyword has its value.
pub(super) fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
    let request = direction == Direction::ToServer;
    Some(match keyword {
        http::URI | http::URI_RAW | http::METHOD | http::REQUEST_LINE if request => HEADERS,
        http::RESPONSE_LINE | http::STAT_CODE | http::STAT_MSG if !request => HEADERS,
        http::PROTOCOL => HEADERS,
        http::HOST
        | http::HOST_RAW
        | http::USER_AGENT
        | http::REFERER
        | http::ACCEPT
        | http::ACCEPT_LANG
        | http::ACCEPT_ENC
        | http::REQUEST_HEADER
        | http::TRUE_IP
            if request =>
        {
            BODY
        }
        http::LOCATION | http::SERVER | http::RESPONSE_HEADER if !request => BODY,
        http::HEADER
        | http::HEADER_RAW
        | http::HEADER_NAMES
        | http::COOKIE
        | http::COOKIE_RAW
        | http::START
        | http::CONNECTION
        | http::CONTENT_LEN
        | http::CONTENT_TYPE => BODY,
        http::REQUEST_BODY if request => BODY,
        http::RESPONSE_BODY if !request => BODY,
        file::DATA => BODY,
        _ => return None,
    })
}

impl Transaction for Exchange {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let side = self.side(direction);
        let head = &side.head;
        let value = match keyword {
            http::URI => Some(&*self.target.normal),
            http::URI_RAW => Some(&*self.target.raw),
            http::METHOD => Some(self.method()),
            http::REQUEST_LINE | http::RESPONSE_LINE => Some(&*head.line),
            http::STAT_CODE => Some(self.status_parts().0),
            http::STAT_MSG => Some(self.status_parts().1),
            http::PROTOCOL => self.version(direction),
            http::HOST => self.host.as_deref(),
            http::HOST_RAW => self.host_raw.as_deref(),
            http::TRUE_IP => true_client(head.get(b"x-forwarded-for"), head.get(b"true-client-ip")),
            http::HEADER => Some(&*head.normal),
            http::HEADER_RAW => Some(&*head.raw),
            http::HEADER_NAMES => Some(&*head.names),
            http::START => {
                let mut start = head.line.clone();
                start.extend_from_slice(b"\r\n");
                start.extend_from_slice(&head.raw);
                return !head.line.is_empty() && accepts(Value::Bytes(&start));
            }
            http::REQUEST_HEADER | http::RESPONSE_HEADER => {
                return head.headers.iter().any(|header| {
                    let mut line = header.name.clone();
                    line.extend_from_slice(b": ");
                    line.extend_from_slice(&header.value);
                    accepts(Value::Bytes(&line))
                });
            }
            http::REQUEST_BODY | http::RESPONSE_BODY => {
                return side
                    .body
                    .as_ref()
                    .and_then(|body| body.content()?.window())
                    .is_some_and(accepts);
            }
            file::DATA => {
                return self
                    .files(direction)
                    .iter()
                    .filter_map(File::window)
                    .any(accepts);
            }
            // The value of a header may be empty and is there all the same.
            keyword => {
                let value = self.header_of(keyword, direction);
                return value.is_some_and(|value| accepts(Value::Bytes(value)));
            }
        };
        value
            .filter(|value| !value.is_empty())
            .is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        record::write(json, self, options);
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("http", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        let body = self.side(direction).body.as_deref();
        body.map_or(&[], Body::files)
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        let body = self.side_mut(direction).body.as_deref_mut();
        body.map_or(&mut [], Body::files_mut)
    }

    fn inspected(&mut self, direction: Direction) {
        if let Some(body) = self.side_mut(direction).body.as_deref_mut() {
            body.inspected();
        }
    }

    fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.request.head.get(name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_has_three_parts_or_two() {
        let settings = Settings::default();
        let mut exchange = Exchange::default();
        assert_eq!(exchange.request_line(b"GET /a b HTTP/1.1", &settings), []);
        assert_eq!(exchange.method(), b"GET");
        assert_eq!(exchange.target.raw, b"/a b");
        assert_eq!(
            exchange.version(Direction::ToServer),
            Some(&b"HTTP/1.1"[..])
        );
        assert!(!exchange.is_09);
        let mut exchange = Exchange::default();
        exchange.request_line(b"GET /", &settings);
        assert!(exchange.is_09);
        let mut exchange = Exchange::default();
        let odd = exchange.request_line(b" FOO\t/ BAR", &settings);
        assert_eq!(odd, [Event::LeadingWhitespace, Event::MethodDelimiter]);
    }
}
