//! First lines of requests as servers read them.

use std::ops::Range;

use super::event::Event;

/// Methods that are known.
const METHODS: [&[u8]; 28] = [
    b"HEAD",
    b"GET",
    b"PUT",
    b"POST",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"VERSION-CONTROL",
    b"CHECKOUT",
    b"UNCHECKOUT",
    b"CHECKIN",
    b"UPDATE",
    b"LABEL",
    b"REPORT",
    b"MKWORKSPACE",
    b"MKACTIVITY",
    b"BASELINE-CONTROL",
    b"MERGE",
    b"INVALID",
];

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

/// Whether a word is a method.
pub(super) fn is_method(word: &[u8]) -> bool {
    METHODS.contains(&word)
}

/// Whether a line is empty or begins with a method.
pub(super) fn begins(line: &[u8]) -> bool {
    let mut words = line.split(is_space).filter(|word| !word.is_empty());
    words.next().is_none_or(is_method)
}

/// Where the parts of a request's first line begin and end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RequestLine {
    pub(super) method: Range<usize>,
    pub(super) target: Range<usize>,
    /// Nothing before version 1.0.
    pub(super) version: Option<Range<usize>>,
}

impl RequestLine {
    /// Takes a line apart; says what is odd about it.
    pub(super) fn of(line: &[u8]) -> (Self, Vec<Event>) {
        let mut odd = Vec::new();
        let skip = |from: usize, is: fn(&u8) -> bool| {
            let rest = line.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| is(byte)).count()
        };
        let from = skip(0, is_space);
        if from > 0 {
            odd.push(Event::LeadingWhitespace);
        }
        let method = from..skip(from, |byte| !is_space(byte));
        let after = skip(method.end, is_space);
        let delimiter = line.get(method.end..after).unwrap_or_default();
        if delimiter.iter().any(|byte| *byte != b' ') {
            odd.push(Event::MethodDelimiter);
        }
        let rest = text_of(line.get(after..).unwrap_or_default());
        let mut last = memchr::memrchr(b' ', rest);
        let before = rest.get(..last.unwrap_or(rest.len())).unwrap_or_default();
        if before.iter().any(|byte| is_space(byte) && *byte != b' ') {
            odd.push(Event::UriDelimiter);
            last = last.or_else(|| rest.iter().rposition(is_space));
        }
        let target = text_of(rest.get(..last.unwrap_or(rest.len())).unwrap_or_default());
        let parts = Self {
            method,
            target: after..after + target.len(),
            version: last.map(|at| after + at + 1..after + rest.len()),
        };
        (parts, odd)
    }
}

/// A text without blanks at its end.
fn text_of(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_space(byte));
    text.get(..end.map_or(0, |at| at + 1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_parts_or_two() {
        let line = b"GET /a b HTTP/1.1";
        let (parts, odd) = RequestLine::of(line);
        assert_eq!(&line[parts.target], b"/a b");
        assert_eq!(&line[parts.version.unwrap()], b"HTTP/1.1");
        assert!(odd.is_empty());
        assert_eq!(RequestLine::of(b"GET /").0.version, None);
    }

    #[test]
    fn a_request_begins_with_a_method() {
        assert!(begins(b"POST /x HTTP/1.1\r\n") && begins(b" GET\t/") && begins(b"\r\n"));
        assert!(!begins(b"login=foo&password=bar"));
    }
}
