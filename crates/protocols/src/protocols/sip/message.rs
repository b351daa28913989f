//! Requests and responses: first line, headers, body.

use std::ops::Range;

use super::sdp::Sdp;

/// Bytes that the first line and the headers may have.
const MAX_HEAD: usize = 1 << 16;
/// Bytes that a body may have in a stream.
const MAX_BODY: usize = 1 << 20;
/// Headers that are kept.
const MAX_HEADERS: usize = 512;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The bytes from the first line to the end of the body.
    bytes: Box<[u8]>,
    pub(super) is_request: bool,
    line: Range<usize>,
    /// Method, URI, version; or version, code, reason.
    parts: [Range<usize>; 3],
    /// Names and values.
    headers: Vec<(Range<usize>, Range<usize>)>,
    head: Range<usize>,
    body: Range<usize>,
    pub(super) sdp: Option<Sdp>,
}

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It has at least so many bytes.
    Short(usize),
    /// It is broken.
    Wrong,
}

/// The one letter that stands for the name of a header (RFC 3261, section 7.3.3).
const SHORT_NAMES: [(&[u8], u8); 10] = [
    (b"Call-ID", b'i'),
    (b"Contact", b'm'),
    (b"Content-Encoding", b'e'),
    (b"Content-Length", b'l'),
    (b"Content-Type", b'c'),
    (b"From", b'f'),
    (b"Subject", b's'),
    (b"Supported", b'k'),
    (b"To", b't'),
    (b"Via", b'v'),
];

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!%'*+-._`~".contains(&byte)
}

/// The next line from a place on, without its end, and where the one after it begins.
fn line(data: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let rest = data.get(from..)?;
    let end = from + memchr::memchr(b'\n', rest)?;
    let has_return = end > from && data.get(end - 1) == Some(&b'\r');
    Some((from..end - usize::from(has_return), end + 1))
}

/// Takes the three parts of a first line apart.
fn first_line(data: &[u8], line: Range<usize>, is_request: bool) -> Option<[Range<usize>; 3]> {
    let text = data.get(line.clone())?;
    let first = memchr::memchr(b' ', text)?;
    let second = first + 1 + memchr::memchr(b' ', text.get(first + 1..)?)?;
    let (a, b, c) = (
        text.get(..first)?,
        text.get(first + 1..second)?,
        text.get(second + 1..)?,
    );
    let is_version = |version: &[u8]| {
        version.len() > 4
            && version.starts_with(b"SIP/")
            && version
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(byte))
    };
    let is_good = if is_request {
        !a.is_empty() && a.iter().all(u8::is_ascii_alphabetic) && !b.is_empty() && is_version(c)
    } else {
        is_version(a) && b.len() == 3 && b.iter().all(u8::is_ascii_digit)
    };
    let start = line.start;
    is_good.then(|| {
        [
            start..start + first,
            start + first + 1..start + second,
            start + second + 1..line.end,
        ]
    })
}

/// A header's name and value.
fn header(data: &[u8], line: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let text = data.get(line.clone())?;
    let colon = memchr::memchr(b':', text)?;
    let name = text.get(..colon)?.trim_ascii_end();
    let value = text.get(colon + 1..)?;
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return None;
    }
    let start = line.start + colon + 1 + (value.len() - value.trim_ascii_start().len());
    let end = line.end - (value.len() - value.trim_ascii_end().len());
    Some((line.start..line.start + name.len(), start..end.max(start)))
}

impl Message {
    /// Reads a message and says how many bytes it takes. In a stream the body has the length that is told, in a
    /// datagram it is all that follows.
    pub(super) fn parse(
        data: &[u8],
        is_request: bool,
        is_stream: bool,
    ) -> Result<(Self, usize), Unreadable> {
        let short = || match data.len() {
            0..MAX_HEAD => Unreadable::Short(data.len() + 1),
            _ => Unreadable::Wrong,
        };
        let (first, mut place) = line(data, 0).ok_or_else(short)?;
        let parts = first_line(data, first.clone(), is_request).ok_or(Unreadable::Wrong)?;
        let head_start = place;
        let mut headers = Vec::new();
        let head_end = loop {
            let (mut one, mut after) = line(data, place).ok_or_else(short)?;
            if one.is_empty() {
                break after;
            }
            // A line that begins with a space goes on with the header before it.
            while matches!(data.get(after), Some(b' ' | b'\t')) {
                let (more, next) = line(data, after).ok_or_else(short)?;
                one.end = more.end;
                after = next;
            }
            if after > MAX_HEAD {
                return Err(Unreadable::Wrong);
            }
            let header = header(data, one).ok_or(Unreadable::Wrong)?;
            if headers.len() < MAX_HEADERS {
                headers.push(header);
            }
            place = after;
        };
        let mut message = Self {
            bytes: Box::default(),
            is_request,
            line: first,
            parts,
            headers,
            head: head_start..place,
            body: head_end..data.len(),
            sdp: None,
        };
        if is_stream {
            let length = message.body_length(data).ok_or(Unreadable::Wrong)?;
            message.body.end = head_end + length;
            if message.body.end > data.len() {
                return Err(Unreadable::Short(message.body.end));
            }
        }
        let used = message.body.end;
        message.bytes = data.get(..used).unwrap_or_default().into();
        let is_description = message
            .values(b"Content-Type")
            .any(|value| starts_with(value, b"application/sdp"));
        if is_description {
            message.sdp = Sdp::parse(message.body());
        }
        Ok((message, used))
    }

    /// The length of the body that is told; 0 when none is.
    fn body_length(&self, data: &[u8]) -> Option<usize> {
        let told = self.headers.iter().find(|(name, _)| {
            is_name(
                data.get(name.clone()).unwrap_or_default(),
                b"Content-Length",
            )
        });
        let Some((_, value)) = told else {
            return Some(0);
        };
        let text = std::str::from_utf8(data.get(value.clone())?).ok()?;
        text.parse().ok().filter(|length| *length <= MAX_BODY)
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// The first line.
    pub(super) fn line(&self) -> &[u8] {
        self.slice(&self.line)
    }

    /// One of the three parts of the first line.
    pub(super) fn part(&self, number: usize) -> &[u8] {
        self.parts.get(number).map_or(&[], |part| self.slice(part))
    }

    /// The version.
    pub(super) fn version(&self) -> &[u8] {
        self.part(if self.is_request { 2 } else { 0 })
    }

    /// All headers as they are.
    pub(super) fn head(&self) -> &[u8] {
        self.slice(&self.head)
    }

    /// The body.
    pub(super) fn body(&self) -> &[u8] {
        self.slice(&self.body)
    }

    /// The values of the headers of a name, or of the letter that stands for it.
    pub(super) fn values(&self, name: &'static [u8]) -> impl Iterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| is_name(self.slice(known), name))
            .map(|(_, value)| self.slice(value))
    }
}

fn is_name(text: &[u8], name: &[u8]) -> bool {
    if let [letter] = text {
        return SHORT_NAMES
            .iter()
            .any(|(long, short)| *long == name && letter.eq_ignore_ascii_case(short));
    }
    text.eq_ignore_ascii_case(name)
}

fn starts_with(text: &[u8], beginning: &[u8]) -> bool {
    text.get(..beginning.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] =
        b"INVITE sip:bob@example.org SIP/2.0\r\nv: SIP/2.0/UDP a\r\nVia: b\r\n c\r\n\
        l : 4\r\n\r\nbodyrest";

    #[test]
    fn a_request_has_headers_and_a_body() {
        let (message, used) = Message::parse(INVITE, true, true).expect("a message");
        assert_eq!(used, INVITE.len() - 4);
        assert_eq!(message.part(0), b"INVITE");
        assert_eq!(message.part(1), b"sip:bob@example.org");
        assert_eq!(message.version(), b"SIP/2.0");
        let via: Vec<_> = message.values(b"Via").collect();
        assert_eq!(via, [&b"SIP/2.0/UDP a"[..], b"b\r\n c"]);
        assert_eq!(message.body(), b"body");
        let (message, _) = Message::parse(INVITE, true, false).expect("a message");
        assert_eq!(message.body(), b"bodyrest");
    }

    #[test]
    fn what_is_cut_needs_more_and_what_is_wrong_is_refused() {
        for cut in 0..INVITE.len() - 4 {
            let read = Message::parse(&INVITE[..cut], true, true);
            assert!(matches!(read, Err(Unreadable::Short(more)) if more > cut));
        }
        for data in [
            &b"INVITE x\r\n\r\n"[..],
            b"SIP/2.0 20 OK\r\n\r\n",
            b"ACK a SIP/2.0\r\nno header\r\n\r\n",
        ] {
            assert_eq!(Message::parse(data, true, true), Err(Unreadable::Wrong));
        }
        let (reply, _) = Message::parse(b"SIP/2.0 200 \r\n\r\n", false, false).expect("one");
        assert_eq!((reply.part(1), reply.part(2)), (&b"200"[..], &b""[..]));
    }
}
