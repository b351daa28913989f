//! Messages of SIP (RFC 3261, section 7).

use memchr::memchr;

/// A request or response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) first: FirstLine,
    pub(super) headers: Vec<Header>,
    /// The headers as they came, with the line that ends them.
    pub(super) head: Box<[u8]>,
    pub(super) body: Box<[u8]>,
}

/// The line that a message begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstLine {
    Request {
        line: Box<[u8]>,
        method: Box<[u8]>,
        uri: Box<[u8]>,
        version: Box<[u8]>,
    },
    Response {
        line: Box<[u8]>,
        version: Box<[u8]>,
        code: Box<[u8]>,
        reason: Box<[u8]>,
    },
}

/// A header, its name in small letters and in full.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
}

/// What could be read of data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A message, and how many bytes it takes.
    Message(Box<Message>, usize),
    /// There must be more of it: so many bytes, if that is known.
    Incomplete(Option<usize>),
    /// It is no message.
    Invalid,
}

/// Headers of a message beyond this number are not kept.
const MAX_HEADERS: usize = 512;

impl Message {
    /// Whether it asks for something.
    pub(super) fn is_request(&self) -> bool {
        matches!(self.first, FirstLine::Request { .. })
    }

    /// Reads the message at the beginning of data. Of a datagram, which is `whole`, the body is the rest.
    pub(super) fn read(data: &[u8], whole: bool) -> Reading {
        let Some((first, mut at)) = line(data) else {
            return Reading::Incomplete(None);
        };
        let Some(first) = FirstLine::parse(first) else {
            return Reading::Invalid;
        };
        let begin = at;
        let mut headers: Vec<Header> = Vec::new();
        let mut length = None;
        loop {
            let Some((text, used)) = data.get(at..).and_then(line) else {
                // A datagram may end with its headers.
                if whole && at >= data.len() && !headers.is_empty() {
                    break;
                }
                return Reading::Incomplete(None);
            };
            at += used;
            if text.is_empty() {
                break;
            }
            if text.starts_with(b" ") || text.starts_with(b"\t") {
                if let Some(last) = headers.last_mut() {
                    let folded = [&last.value, &b" "[..], text.trim_ascii()].concat();
                    last.value = folded.into();
                }
                continue;
            }
            let Some(header) = Header::parse(text) else {
                return Reading::Invalid;
            };
            if &*header.name == b"content-length" {
                length = std::str::from_utf8(&header.value)
                    .ok()
                    .and_then(|value| value.parse::<usize>().ok());
            }
            if headers.len() < MAX_HEADERS {
                headers.push(header);
            }
        }
        let rest = data.get(at..).unwrap_or_default();
        let body = match length {
            _ if whole => rest,
            Some(length) => match rest.get(..length) {
                Some(body) => body,
                None => return Reading::Incomplete(at.checked_add(length)),
            },
            None => &[],
        };
        let message = Message {
            first,
            headers,
            head: data.get(begin..at).unwrap_or_default().into(),
            body: body.into(),
        };
        Reading::Message(Box::new(message), at + body.len())
    }

    /// The values of a header, by its name in small letters and in full.
    pub(super) fn values<'m>(&'m self, name: &'m [u8]) -> impl Iterator<Item = &'m [u8]> {
        self.headers
            .iter()
            .filter(move |header| &*header.name == name)
            .map(|header| &*header.value)
    }
}

/// The first line of data without its end, and how many bytes it takes.
fn line(data: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr(b'\n', data)?;
    let text = data.get(..end)?;
    Some((text.strip_suffix(b"\r").unwrap_or(text), end + 1))
}

impl FirstLine {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        let (one, two) = (parts.next()?, parts.next()?);
        let three = parts.next();
        if one.starts_with(b"SIP/") {
            let is_code = two.len() == 3 && two.iter().all(u8::is_ascii_digit);
            return is_code.then(|| Self::Response {
                line: line.into(),
                version: one.into(),
                code: two.into(),
                reason: three.unwrap_or_default().into(),
            });
        }
        let version = three.filter(|version| version.starts_with(b"SIP/"))?;
        let is_method = !one.is_empty() && one.iter().all(u8::is_ascii_alphabetic);
        (is_method && !two.is_empty()).then(|| Self::Request {
            line: line.into(),
            method: one.into(),
            uri: two.into(),
            version: version.into(),
        })
    }
}

impl Header {
    fn parse(text: &[u8]) -> Option<Self> {
        let colon = memchr(b':', text)?;
        let (name, value) = text.split_at(colon);
        let name = name.trim_ascii().to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        Some(Self {
            name: full_name(&name).map_or_else(|| name.as_slice().into(), Into::into),
            value: value.get(1..).unwrap_or_default().trim_ascii().into(),
        })
    }
}

/// The full name of a header whose compact form was used (RFC 3261, section 20).
fn full_name(name: &[u8]) -> Option<&'static [u8]> {
    Some(match name {
        b"c" => b"content-type",
        b"e" => b"content-encoding",
        b"f" => b"from",
        b"i" => b"call-id",
        b"k" => b"supported",
        b"l" => b"content-length",
        b"m" => b"contact",
        b"s" => b"subject",
        b"t" => b"to",
        b"v" => b"via",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] =
        b"INVITE sip:a@b.example SIP/2.0\r\nv: SIP/2.0/UDP c\r\nTo: <sip:a>,\r\n <sip:b>\r\n\
        l: 4\r\n\r\nbody";

    fn message(data: &[u8], whole: bool) -> (Message, usize) {
        match Message::read(data, whole) {
            Reading::Message(message, used) => (*message, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn compact_names_are_full_ones_and_folded_lines_one() {
        let (message, used) = message(INVITE, false);
        assert_eq!(used, INVITE.len());
        assert_eq!(message.values(b"via").next(), Some(&b"SIP/2.0/UDP c"[..]));
        assert_eq!(message.values(b"to").next(), Some(&b"<sip:a>, <sip:b>"[..]));
        assert_eq!(&*message.body, b"body");
    }

    #[test]
    fn a_response_has_code_and_reason() {
        let (message, _) = message(b"SIP/2.0 480 Temporarily not there\r\nf: a\r\n\r\n", true);
        let FirstLine::Response { code, reason, .. } = message.first else {
            panic!("it is a response");
        };
        assert_eq!(
            (&*code, &*reason),
            (&b"480"[..], &b"Temporarily not there"[..])
        );
    }

    #[test]
    fn what_is_cut_waits_in_a_stream() {
        for end in 0..INVITE.len() {
            assert!(
                matches!(Message::read(&INVITE[..end], false), Reading::Incomplete(_)),
                "{end}"
            );
        }
        assert_eq!(
            Message::read(b"INVITE sip:a\r\n\r\n", false),
            Reading::Invalid
        );
        assert_eq!(
            Message::read(b"INVITE a SIP/2.0\r\nno colon\r\n\r\n", true),
            Reading::Invalid
        );
    }
}
