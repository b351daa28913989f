//! First lines as browsers read them.

use tapir_packet::Direction;

/// Length of the first line with its end; nothing while that is open. In responses a carriage return alone ends it.
/// `last`: nothing will follow.
pub(super) fn line_len(data: &[u8], direction: Direction, last: bool) -> Option<usize> {
    let is_response = direction == Direction::ToClient;
    let end = match direction {
        Direction::ToServer => memchr::memchr(b'\n', data),
        Direction::ToClient => memchr::memchr2(b'\r', b'\n', data),
    };
    match end.map(|end| (end, data.get(end..).unwrap_or_default())) {
        Some((end, [b'\r', b'\n', ..])) => Some(end + 2),
        Some((_, [b'\r'])) if !last => None,
        // Some servers have it the wrong way round.
        Some((_, [b'\n', b'\r'])) if is_response && !last => None,
        Some((end, [b'\n', b'\r', next, ..])) if is_response && *next != b'\n' => Some(end + 2),
        Some((end, _)) => Some(end + 1),
        None => last.then_some(data.len()),
    }
}

/// Whether a line is the first of a response: all that counts is that it begins with the name of the protocol.
pub(super) fn is_status_line(line: &[u8]) -> bool {
    let from = line.iter().position(|byte| !is_blank_or_null(byte));
    from.and_then(|from| line.get(from..from + 4))
        .is_some_and(|name| name.eq_ignore_ascii_case(b"http"))
}

fn is_blank_or_null(byte: &u8) -> bool {
    *byte == 0 || is_space(byte)
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

/// Where the parts of a response's first line begin and end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub(super) version: std::ops::Range<usize>,
    pub(super) status: std::ops::Range<usize>,
    pub(super) message: std::ops::Range<usize>,
}

impl StatusLine {
    pub(super) fn of(line: &[u8]) -> Self {
        let skip = |from: usize, is: fn(&u8) -> bool| {
            let rest = line.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| is(byte)).count()
        };
        let from = skip(0, is_blank_or_null);
        let version = from..skip(from, |byte| !is_space(byte));
        let from = skip(version.end, is_space);
        let status = from..skip(from, |byte| !is_space(byte));
        let from = skip(status.end, u8::is_ascii_whitespace);
        Self {
            version,
            status,
            message: from..line.len(),
        }
    }
}

/// Versions of the protocol that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V0_9,
    V1_0,
    V1_1,
}

/// The version that a text says: blanks around the slash and zeros before the number do not count.
pub(super) fn version(text: &[u8]) -> Option<Version> {
    let text = text.trim_ascii();
    let rest = text
        .get(..4)
        .filter(|name| name.eq_ignore_ascii_case(b"http"))
        .and(text.get(4..))?
        .trim_ascii_start()
        .strip_prefix(b"/")?;
    let from = rest
        .iter()
        .position(|byte| !byte.is_ascii_whitespace() && *byte != b'0')?;
    match rest.get(from..)?.trim_ascii_end() {
        b".9" => Some(Version::V0_9),
        b"1.0" => Some(Version::V1_0),
        b"1.1" => Some(Version::V1_1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_found_behind_junk() {
        assert!(is_status_line(b" \0HTTP/1.1 200 ok\r\n"));
        assert!(is_status_line(b"http"));
        assert!(!is_status_line(b"SIP/2.0 200 ok\r\n"));
        let line = b" HTTP/1.1  0204\tNo Content";
        let parts = StatusLine::of(line);
        assert_eq!(&line[parts.version], b"HTTP/1.1");
        assert_eq!(&line[parts.status], b"0204");
        assert_eq!(&line[parts.message], b"No Content");
    }

    #[test]
    fn versions_may_be_written_oddly() {
        assert_eq!(version(b"HTTP / 01.1"), Some(Version::V1_1));
        assert_eq!(version(b"http/0.9"), Some(Version::V0_9));
        assert_eq!(version(b"HTTP/1.01"), None);
    }

    #[test]
    fn lines_of_responses_end_at_a_carriage_return() {
        let way = Direction::ToClient;
        assert_eq!(line_len(b"HTTP/1.1 200\rA: b", way, false), Some(13));
        assert_eq!(line_len(b"HTTP/1.1 200\r", way, false), None);
        assert_eq!(line_len(b"HTTP/1.1 200\r\n", way, false), Some(14));
        assert_eq!(line_len(b"HTTP/1.1 200\n\rA: b", way, false), Some(14));
        assert_eq!(line_len(b"HTTP/1.1 200\n\r\nbody", way, false), Some(13));
    }
}
