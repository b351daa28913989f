//! A request with its response.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, http};

use super::body::{Body, Phase};
use super::head::Head;
use super::record;
use super::uri::Target;
use crate::file::File;
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

/// A request with its response.
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) request: Side,
    pub(super) response: Side,
    /// Places in the request's line: method, version.
    method: usize,
    version: Option<usize>,
    pub(super) target: Target,
    /// Host in small letters, without its port.
    pub(super) host: Option<Vec<u8>>,
    /// Host as sent.
    pub(super) host_raw: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
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

    /// Takes the request's line; false when no headers follow it.
    pub(super) fn request_line(&mut self, line: &[u8]) -> bool {
        self.request.head.line = line.to_vec();
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        self.method = line.iter().position(is_space).unwrap_or(line.len());
        let rest = line.get(self.method..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_ascii_start().len();
        let rest = rest.trim_ascii_start();
        let last = rest.iter().rposition(is_space);
        // Others borrow the form of the line, such as RTSP.
        let version = last.filter(|&at| {
            let text = rest.get(at + 1..).unwrap_or_default();
            memchr::memchr(b'/', text).is_some_and(|slash| {
                slash > 0
                    && text[..slash].iter().all(u8::is_ascii_alphabetic)
                    && text.get(slash + 1).is_some_and(u8::is_ascii_digit)
            })
        });
        let target = match version {
            Some(at) => {
                self.version = Some(self.method + skipped + at + 1);
                rest[..at].trim_ascii_end()
            }
            None => rest.trim_ascii_end(),
        };
        self.target = Target::new(target);
        self.version.is_some()
    }

    pub(super) fn method(&self) -> &[u8] {
        self.request
            .head
            .line
            .get(..self.method)
            .unwrap_or_default()
    }

    pub(super) fn version(&self, direction: Direction) -> Option<&[u8]> {
        match direction {
            Direction::ToServer => self.request.head.line.get(self.version?..),
            Direction::ToClient => self
                .response
                .head
                .line
                .split(|byte| *byte == b' ')
                .next()
                .filter(|version| !version.is_empty()),
        }
    }

    /// Takes the response's line; false if it is none.
    pub(super) fn status_line(&mut self, line: &[u8]) -> bool {
        self.response.head.line = line.to_vec();
        line.get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"))
    }

    /// Whether the response's version is two digits around a dot.
    pub(super) fn has_valid_version(&self) -> bool {
        let version = self.version(Direction::ToClient).unwrap_or_default();
        matches!(version.get(5..), Some([major, b'.', minor])
            if major.is_ascii_digit() && minor.is_ascii_digit())
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
        let after = line.iter().position(|byte| *byte == b' ');
        let rest = after
            .and_then(|at| line.get(at..))
            .unwrap_or_default()
            .trim_ascii_start();
        let end = rest
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(rest.len());
        let (code, words) = rest.split_at(end);
        (code, words.trim_ascii_start())
    }

    /// The status code; nothing while there is none, or none that is valid.
    pub(super) fn status(&self) -> Option<u16> {
        let code = std::str::from_utf8(self.status_parts().0).ok()?;
        code.parse().ok().filter(|code| (100..1000).contains(code))
    }

    /// Works out the host. Says whether a needed one is missing, and whether there are two that differ.
    pub(super) fn settle_host(&mut self) -> (bool, bool) {
        let header = self.request.head.get(b"host").map(<[u8]>::to_vec);
        let ambiguous = match (&self.target.host, &header) {
            (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
            _ => false,
        };
        let missing = header.is_none()
            && self
                .version(Direction::ToServer)
                .is_some_and(|version| version.eq_ignore_ascii_case(b"HTTP/1.1"));
        let raw = self.target.host.clone().or(header);
        if let Some(raw) = &raw {
            let end = match raw.first() {
                Some(b'[') => memchr::memchr(b']', raw).map_or(raw.len(), |at| at + 1),
                _ => memchr::memchr(b':', raw).unwrap_or(raw.len()),
            };
            let (host, port) = raw.split_at(end);
            self.host = Some(host.to_ascii_lowercase());
            self.port = port
                .strip_prefix(b":")
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        }
        self.host_raw = raw;
        (missing, ambiguous)
    }

    /// The port of a CONNECT's target.
    pub(super) fn target_port(&self) -> u16 {
        self.target
            .raw
            .iter()
            .rposition(|byte| *byte == b':')
            .and_then(|at| std::str::from_utf8(self.target.raw.get(at + 1..)?).ok())
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(443)
    }

    /// How a body is delimited, if there is one; and whether its length is no number.
    pub(super) fn delimiter(&self, direction: Direction) -> (Option<Phase>, bool) {
        let head = &self.side(direction).head;
        if direction == Direction::ToClient {
            let status = self.status().unwrap_or_default();
            let none = self.method() == b"HEAD"
                || (100..200).contains(&status)
                || status == 204
                || status == 304;
            if none {
                return (None, false);
            }
        }
        if head.has_word(b"transfer-encoding", b"chunked") {
            return (Some(Phase::ChunkSize), false);
        }
        let length = head.get(b"content-length");
        let parsed = length.map(|value| {
            let digits: Vec<u8> = value
                .iter()
                .copied()
                .skip_while(|byte| !byte.is_ascii_digit())
                .take_while(u8::is_ascii_digit)
                .collect();
            std::str::from_utf8(&digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
        });
        match (parsed, direction) {
            (Some(Some(0)), _) => (None, false),
            (Some(Some(length)), _) => (Some(Phase::Length(length)), false),
            (other, Direction::ToServer) => (None, other.is_some()),
            (other, Direction::ToClient) => (Some(Phase::UntilClose), other.is_some()),
        }
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
        self.side(direction).head.get(header_name(keyword)?)
    }
}

/// The header that a keyword is named after.
fn header_name(keyword: KeywordId) -> Option<&'static [u8]> {
    Some(match keyword {
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
            http::HEADER => Some(&*head.normal),
            http::HEADER_RAW => Some(&*head.raw),
            http::HEADER_NAMES => Some(&*head.names),
            http::COOKIE | http::COOKIE_RAW => head.get(match direction {
                Direction::ToServer => b"cookie",
                Direction::ToClient => b"set-cookie",
            }),
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
            http::REQUEST_BODY | http::RESPONSE_BODY | file::DATA => {
                return side
                    .body
                    .as_ref()
                    .and_then(|body| body.file.window())
                    .is_some_and(accepts);
            }
            keyword => self.header_of(keyword, direction),
        };
        value
            .filter(|value| !value.is_empty())
            .is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        record::write(json, self, options);
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("http", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        self.side(direction)
            .body
            .as_deref()
            .map_or(&[], |body| std::slice::from_ref(&body.file))
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        self.side_mut(direction)
            .body
            .as_deref_mut()
            .map_or(&mut [], |body| std::slice::from_mut(&mut body.file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_has_three_parts_or_two() {
        let mut exchange = Exchange::default();
        assert!(exchange.request_line(b"GET /a b HTTP/1.1"));
        assert_eq!(exchange.method(), b"GET");
        assert_eq!(exchange.target.raw, b"/a b");
        assert_eq!(
            exchange.version(Direction::ToServer),
            Some(&b"HTTP/1.1"[..])
        );
        assert!(Exchange::default().request_line(b"OPTIONS rtsp://h/ RTSP/1.0"));
        assert!(!Exchange::default().request_line(b"GET /"));
    }
}
