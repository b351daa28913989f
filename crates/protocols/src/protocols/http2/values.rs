//! What rules may ask of a stream.

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, file, http};

use super::frame::{Content, Frame};
use super::hpack::Field;
use super::parser::{CLOSED, COMPLETE, DATA, HEADERS};
use super::stream::{Side, Stream};
use crate::file::File;
use crate::parser::Parser;
use crate::protocols::dns::Dns;
use crate::transaction::{Transaction, Value};

type Accepts<'a> = dyn FnMut(Value<'_>) -> bool + 'a;

/// Shows the values of a keyword.
///
/// | keyword | values |
/// |---|---|
/// | `http2.frametype` | numbers, one a frame |
/// | `http2.errorcode` | numbers, one a frame that has one |
/// | `http2.priority` | numbers: weights |
/// | `http2.window` | numbers: increments |
/// | `http2.size_update` | numbers |
/// | `http2.settings` | bytes, six for each: number of the setting (2) and value (4), most significant first |
/// | `urilen` | number |
pub(super) fn show(
    stream: &Stream,
    keyword: KeywordId,
    direction: Direction,
    accepts: &mut Accepts<'_>,
) -> bool {
    let side = stream.side(direction);
    if let Some(name) = header_of(keyword, direction) {
        return header(side, name, accepts);
    }
    match keyword {
        http::HTTP2_FRAMETYPE => numbers(side, accepts, |frame| Some(frame.kind.into())),
        http::HTTP2_ERRORCODE => numbers(side, accepts, |frame| match frame.content {
            Content::Error(code) => Some(code.into()),
            _ => None,
        }),
        http::HTTP2_PRIORITY => numbers(side, accepts, |frame| match frame.content {
            Content::Priority(weight) => Some(weight.into()),
            _ => None,
        }),
        http::HTTP2_WINDOW => numbers(side, accepts, |frame| match frame.content {
            Content::Window(increment) => Some(increment.into()),
            _ => None,
        }),
        http::HTTP2_SIZE_UPDATE => side.fields.iter().any(|field| match field {
            Field::SizeUpdate(size) => accepts(Value::Number(*size)),
            Field::Header(..) => false,
        }),
        http::HTTP2_SETTINGS => settings(side, accepts),
        http::HTTP2_HEADER_NAME => side.headers().any(|(name, _)| accepts(Value::Bytes(name))),
        http::HTTP2_HEADER => each_header(side, accepts),
        _ if stream.id != 0 => of_http(stream, keyword, direction, accepts),
        _ => false,
    }
}

/// The values that both versions of HTTP have and that are no plain header.
fn of_http(
    stream: &Stream,
    keyword: KeywordId,
    direction: Direction,
    accepts: &mut Accepts<'_>,
) -> bool {
    let side = stream.side(direction);
    let any = !side.fields.is_empty();
    match keyword {
        http::HOST if direction == ToServer => side
            .first(":authority")
            .is_some_and(|authority| accepts(Value::Bytes(&host_of(authority)))),
        http::HEADER => any && accepts(Value::Bytes(&normal_lines(side, direction))),
        http::HEADER_RAW => any && accepts(Value::Bytes(&raw_lines(side))),
        http::HEADER_NAMES => any && accepts(Value::Bytes(&names(side))),
        http::PROTOCOL => any && accepts(Value::Bytes(b"HTTP/2")),
        http::STAT_MSG => side.first(":status").is_some() && accepts(Value::Bytes(b"")),
        http::REQUEST_LINE if direction == ToServer => {
            request_line(side).is_some_and(|line| accepts(Value::Bytes(&line)))
        }
        http::RESPONSE_LINE if direction == ToClient => {
            response_line(side).is_some_and(|line| accepts(Value::Bytes(&line)))
        }
        http::REQUEST_HEADER if direction == ToServer => each_header(side, accepts),
        http::RESPONSE_HEADER if direction == ToClient => each_header(side, accepts),
        http::URILEN => side
            .first(":path")
            .is_some_and(|path| accepts(Value::Number(path.len() as u64))),
        http::REQUEST_BODY if direction == ToServer => windows(side, accepts),
        http::RESPONSE_BODY if direction == ToClient => windows(side, accepts),
        file::DATA => windows(side, accepts),
        file::NAME => side
            .files
            .iter()
            .any(|file| accepts(Value::Bytes(&file.name))),
        _ => stream
            .message(direction)
            .is_some_and(|message| message.values(keyword, direction, accepts)),
    }
}

/// Shows the value of a header; several are put together.
fn header(side: &Side, wanted: &str, accepts: &mut Accepts<'_>) -> bool {
    let mut values = side
        .headers()
        .filter(|(name, _)| *name == wanted.as_bytes())
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

/// Lines of headers, without those that have a keyword of their own for cookies, without blanks around values.
fn normal_lines(side: &Side, direction: Direction) -> Vec<u8> {
    let cookie: &[u8] = match direction {
        ToServer => b"cookie",
        ToClient => b"set-cookie",
    };
    let shown = side
        .headers()
        .filter(|(name, _)| !name.eq_ignore_ascii_case(cookie));
    lines(side, shown.map(|(name, value)| (name, trimmed(value))))
}

fn raw_lines(side: &Side) -> Vec<u8> {
    lines(side, side.headers())
}

fn lines<'s>(side: &'s Side, headers: impl Iterator<Item = (&'s [u8], &'s [u8])>) -> Vec<u8> {
    let mut lines = Vec::with_capacity(side.field_bytes);
    for (name, value) in headers {
        lines.extend_from_slice(name);
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value);
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

fn trimmed(value: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    match (
        value.iter().position(is_text),
        value.iter().rposition(is_text),
    ) {
        (Some(first), Some(last)) => value.get(first..=last).unwrap_or_default(),
        _ => &[],
    }
}

fn names(side: &Side) -> Vec<u8> {
    let mut names = b"\r\n".to_vec();
    for (name, _) in side.headers() {
        names.extend_from_slice(name);
        names.extend_from_slice(b"\r\n");
    }
    if names.len() > 2 {
        names.extend_from_slice(b"\r\n");
    }
    names
}

fn each_header(side: &Side, accepts: &mut Accepts<'_>) -> bool {
    let mut line = Vec::new();
    side.headers().any(|(name, value)| {
        line.clear();
        line.extend_from_slice(name);
        line.extend_from_slice(b": ");
        line.extend_from_slice(value);
        accepts(Value::Bytes(&line))
    })
}

fn numbers(side: &Side, accepts: &mut Accepts<'_>, number: impl Fn(&Frame) -> Option<u64>) -> bool {
    let mut numbers = side.frames.iter().filter_map(number);
    numbers.any(|number| accepts(Value::Number(number)))
}

fn settings(side: &Side, accepts: &mut Accepts<'_>) -> bool {
    let mut settings = side
        .frames
        .iter()
        .filter_map(|frame| match &frame.content {
            Content::Settings(settings) => Some(settings),
            _ => None,
        })
        .flatten();
    settings.any(|(number, value)| {
        let [n0, n1] = number.to_be_bytes();
        let [v0, v1, v2, v3] = value.to_be_bytes();
        accepts(Value::Bytes(&[n0, n1, v0, v1, v2, v3]))
    })
}

fn windows(side: &Side, accepts: &mut Accepts<'_>) -> bool {
    side.files.iter().filter_map(File::window).any(accepts)
}

/// The host of an authority without user and port, in small letters.
pub(super) fn host_of(authority: &[u8]) -> Vec<u8> {
    let begin = memchr::memchr(b'@', authority).map_or(0, |place| place + 1);
    let host = authority.get(begin..).unwrap_or_default();
    let end = memchr::memchr(b':', host).unwrap_or(host.len());
    host.get(..end).unwrap_or(host).to_ascii_lowercase()
}

fn request_line(request: &Side) -> Option<Vec<u8>> {
    let (method, path) = (request.first(":method")?, request.first(":path")?);
    Some([method, b" ", path, b" HTTP/2\r\n"].concat())
}

fn response_line(response: &Side) -> Option<Vec<u8>> {
    let status = response.first(":status")?;
    Some([b"HTTP/2 ", status, b"\r\n"].concat())
}

/// The header that is the value of a keyword.
fn header_of(keyword: KeywordId, direction: Direction) -> Option<&'static str> {
    Some(match (keyword, direction) {
        (http::URI | http::URI_RAW, ToServer) => ":path",
        (http::METHOD, ToServer) => ":method",
        (http::STAT_CODE, ToClient) => ":status",
        (http::HOST_RAW, ToServer) => ":authority",
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
pub(super) fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
    if header_of(keyword, direction).is_some() {
        return Some(HEADERS);
    }
    let to = |wanted: Direction, place| (direction == wanted).then_some(place);
    match keyword {
        http::HOST | http::REQUEST_LINE | http::REQUEST_HEADER | http::URILEN => {
            to(ToServer, HEADERS)
        }
        http::RESPONSE_LINE | http::STAT_MSG | http::RESPONSE_HEADER => to(ToClient, HEADERS),
        http::HEADER
        | http::HEADER_RAW
        | http::HEADER_NAMES
        | http::PROTOCOL
        | http::HTTP2_HEADER
        | http::HTTP2_HEADER_NAME => Some(HEADERS),
        http::REQUEST_BODY => to(ToServer, DATA),
        http::RESPONSE_BODY => to(ToClient, DATA),
        file::DATA | file::NAME => Some(DATA),
        // Frames may come until both sides are over.
        http::HTTP2_FRAMETYPE
        | http::HTTP2_ERRORCODE
        | http::HTTP2_PRIORITY
        | http::HTTP2_WINDOW
        | http::HTTP2_SIZE_UPDATE
        | http::HTTP2_SETTINGS => Some(COMPLETE),
        // A message of DNS is there once its side is over.
        keyword => Dns::place(keyword, direction).map(|_| CLOSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(side: Side, keyword: KeywordId, direction: Direction) -> Vec<u8> {
        let mut stream = Stream::new(1);
        *stream.side_mut(direction) = side;
        let mut seen = Vec::new();
        show(&stream, keyword, direction, &mut |value| {
            if let Value::Bytes(bytes) = value {
                seen.extend_from_slice(bytes);
            }
            false
        });
        seen
    }

    fn side(headers: &[(&str, &str)]) -> Side {
        let field = |(name, value): &(&str, &str)| {
            Field::Header(name.as_bytes().into(), value.as_bytes().into())
        };
        Side {
            fields: headers.iter().map(field).collect(),
            ..Side::default()
        }
    }

    #[test]
    fn cookies_are_left_out_of_the_normal_headers_alone() {
        let headers = [("a", " b\t"), ("Cookie", "c"), ("set-cookie", "d")];
        let normal = |way| shown(side(&headers), http::HEADER, way);
        assert_eq!(normal(ToServer), b"a: b\r\nset-cookie: d\r\n");
        assert_eq!(normal(ToClient), b"a: b\r\nCookie: c\r\n");
        assert_eq!(
            shown(side(&headers), http::HEADER_RAW, ToServer),
            b"a:  b\t\r\nCookie: c\r\nset-cookie: d\r\n"
        );
    }

    #[test]
    fn values_of_one_header_are_put_together() {
        let headers = [("accept", "a"), ("x", "y"), ("accept", "b")];
        assert_eq!(shown(side(&headers), http::ACCEPT, ToServer), b"a, b");
        assert_eq!(
            shown(side(&headers), http::HEADER_NAMES, ToServer),
            b"\r\naccept\r\nx\r\naccept\r\n\r\n"
        );
    }

    #[test]
    fn hosts_are_without_user_and_port() {
        assert_eq!(host_of(b"user:pass@LOCALhost:123"), b"localhost");
        assert_eq!(host_of(b"oisf.net"), b"oisf.net");
    }
}
