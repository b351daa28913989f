//! First line and headers of a message (RFC 9112, sections 2 to 5), and what peers make of broken ones.

use tapir_packet::Direction;

/// One header, unfolded and trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    repeated: bool,
}

/// What is odd about the headers of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Oddities {
    /// A line has no colon.
    pub(super) missing_colon: bool,
    /// A header came twice.
    pub(super) repeated: bool,
    /// A name has characters that no name has (RFC 9110, section 5.6.2).
    pub(super) invalid_name: bool,
    /// A name begins with a blank: it could be the rest of the header before.
    pub(super) folding: bool,
    /// Two lengths that differ.
    pub(super) two_lengths: bool,
    /// More headers than are looked at.
    pub(super) too_many: bool,
}

/// First line and headers, as far as they have come.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The first line, without its end.
    pub(super) line: Vec<u8>,
    /// Lines of headers as sent, with the empty one at the end.
    pub(super) raw: Vec<u8>,
    pub(super) headers: Vec<Header>,
    /// `Name: value` lines without cookies, each ended by CRLF.
    pub(super) normal: Vec<u8>,
    /// Names between line ends, as `http.header_names` shows them.
    pub(super) names: Vec<u8>,
    pub(super) odd: Oddities,
    repetitions: u32,
}

/// Headers of one message are not looked at beyond so many.
const MAX_HEADERS: usize = 1024;
/// Repetitions of headers beyond so many are left out.
const MAX_REPETITIONS: u32 = 64;

/// What the next bytes of a head are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// More bytes are needed to tell.
    Wait,
    /// So many bytes are a header.
    Header(usize),
    /// So many bytes are what is left, a header perhaps and the end.
    End(usize),
}

impl Head {
    /// Takes the next header, or the end, from the beginning of `data`. `last`: nothing will follow.
    pub(super) fn take(&mut self, data: &[u8], direction: Direction, last: bool) -> Next {
        let lines = Lines {
            data,
            response: direction == Direction::ToClient,
            last,
        };
        if self.raw.is_empty() {
            match lines.end_of_head(0) {
                Some(0) => {}
                Some(len) => return self.over(data, len, direction),
                None => return Next::Wait,
            }
        }
        let Some(field) = lines.field() else {
            return Next::Wait;
        };
        let Some(end) = lines.end_of_head(field.used) else {
            return Next::Wait;
        };
        self.add(&field);
        let used = field.used + end;
        self.raw
            .extend_from_slice(data.get(..used).unwrap_or_default());
        if end > 0 {
            self.finish(direction);
            Next::End(used)
        } else {
            Next::Header(used)
        }
    }

    fn over(&mut self, data: &[u8], len: usize, direction: Direction) -> Next {
        self.raw
            .extend_from_slice(data.get(..len).unwrap_or_default());
        self.finish(direction);
        Next::End(len)
    }

    fn add(&mut self, field: &Field<'_>) {
        let name = trimmed(field.name);
        let value = trimmed(&field.value).to_vec();
        self.odd.missing_colon |= !field.has_colon;
        if field.has_colon {
            self.odd.folding |= matches!(field.name.first(), Some(b' ' | b'\t'));
            self.odd.invalid_name |= !trimmed_blanks(field.name).iter().all(is_token);
        }
        let known = self
            .headers
            .iter()
            .position(|header| header.name.eq_ignore_ascii_case(name));
        let Some(header) = known.and_then(|at| self.headers.get_mut(at)) else {
            if self.headers.len() < MAX_HEADERS {
                self.headers.push(Header {
                    name: name.to_vec(),
                    value,
                    repeated: false,
                });
            } else {
                self.odd.too_many = true;
            }
            return;
        };
        self.odd.repeated = true;
        if std::mem::replace(&mut header.repeated, true) {
            self.repetitions += 1;
            if self.repetitions >= MAX_REPETITIONS {
                return;
            }
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let (first, second) = (length(&header.value), length(&value));
            self.odd.two_lengths |= first.is_none() || first != second;
        } else {
            header.value.extend_from_slice(b", ");
            header.value.extend_from_slice(&value);
        }
    }

    fn finish(&mut self, direction: Direction) {
        // Cookies have a keyword of their own.
        let cookie: &[u8] = match direction {
            Direction::ToServer => b"cookie",
            Direction::ToClient => b"set-cookie",
        };
        self.names.clear();
        self.normal.clear();
        self.names.extend_from_slice(b"\r\n");
        for Header { name, value, .. } in &self.headers {
            self.names.extend_from_slice(name);
            self.names.extend_from_slice(b"\r\n");
            if name.eq_ignore_ascii_case(cookie) {
                continue;
            }
            self.normal.extend_from_slice(name);
            self.normal.extend_from_slice(b": ");
            self.normal.extend_from_slice(value);
            self.normal.extend_from_slice(b"\r\n");
        }
        self.names.extend_from_slice(b"\r\n");
    }

    /// The value of a header.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| &*header.value)
    }

    /// The same for headers that decide how a message is read: zero bytes in their names do not count.
    pub(super) fn get_lax(&self, name: &[u8]) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|header| {
                let mut known = header.name.iter().filter(|byte| **byte != 0);
                let mut wanted = name.iter();
                loop {
                    match (known.next(), wanted.next()) {
                        (None, None) => return true,
                        (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => {}
                        _ => return false,
                    }
                }
            })
            .map(|header| &*header.value)
    }
}

/// A value in small letters, without zero bytes.
pub(super) fn plain(value: &[u8]) -> Vec<u8> {
    let mut plain = value.to_ascii_lowercase();
    plain.retain(|byte| *byte != 0);
    plain
}

/// The number that a `Content-Length` says, whatever stands around it.
pub(super) fn length(value: &[u8]) -> Option<u64> {
    let from = value.iter().position(u8::is_ascii_digit)?;
    let digits = value.get(from..)?;
    let end = digits
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(digits.len());
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_token(byte: &u8) -> bool {
    (33..=126).contains(byte) && !b"()<>@,;:\\\"/[]?={}".contains(byte)
}

fn trimmed(text: &[u8]) -> &[u8] {
    trim(text, is_space)
}

fn trimmed_blanks(text: &[u8]) -> &[u8] {
    trim(text, is_blank)
}

fn trim(text: &[u8], is: fn(&u8) -> bool) -> &[u8] {
    let from = text.iter().position(|byte| !is(byte)).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is(byte))
        .map_or(from, |at| at + 1);
    text.get(from..end).unwrap_or_default()
}

/// A header as it stands in the data.
struct Field<'d> {
    name: &'d [u8],
    value: Vec<u8>,
    has_colon: bool,
    used: usize,
}

/// How far a fold may go.
const MAX_FOLDS: usize = 128;

/// Lines of headers. In responses a carriage return alone ends a line, too, as browsers have it.
struct Lines<'d> {
    data: &'d [u8],
    response: bool,
    last: bool,
}

impl<'d> Lines<'d> {
    fn rest(&self, at: usize) -> &'d [u8] {
        self.data.get(at..).unwrap_or_default()
    }

    fn at(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    /// Length of the empty line at a place; 0 when there is none, nothing while that is open.
    fn end_of_head(&self, at: usize) -> Option<usize> {
        match self.rest(at) {
            [] if self.last => Some(0),
            [] => None,
            [b'\n', ..] => Some(1),
            [b'\r', b'\n', ..] => Some(2),
            [b'\r'] if !self.last => None,
            [b'\r', ..] if self.response => Some(1),
            _ => Some(0),
        }
    }

    /// Length of the line end at a place, one that is deformed included; nothing while that is open.
    fn line_end(&self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let deformed = match (self.response, rest) {
            (_, [b'\n', b'\r', b'\r', b'\n', ..]) => self.is_line_end(at + 4)?.then_some(4),
            (false, [b'\n', b'\r', ..]) => {
                let next = rest.get(2..4);
                match next {
                    Some(b"\r\n") => Some(2),
                    None if !self.last => return None,
                    _ => None,
                }
            }
            (true, [b'\r', b'\n', b'\r', ..]) => self.blank_line_end(at)?,
            _ => None,
        };
        if let Some(len) = deformed.filter(|len| *len > 0) {
            return Some(len);
        }
        match rest {
            [b'\r'] | [b'\n'] if !self.last => None,
            [b'\r', b'\n', ..] => Some(2),
            [b'\n', b'\r', ..] if self.response && self.at(at + 2).is_none() && !self.last => None,
            [b'\n', b'\r', next, ..] if self.response && *next != b'\n' => Some(2),
            _ => Some(1),
        }
    }

    /// A line end that begins like the end of the head, but goes on with blanks and is not followed by another.
    fn blank_line_end(&self, at: usize) -> Option<Option<usize>> {
        let mut end = at + 3;
        while self
            .at(end)
            .is_some_and(|byte| matches!(byte, b'\r' | b' ' | b'\t'))
        {
            end += 1;
        }
        if end == self.data.len() && !self.last {
            return None;
        }
        if end == at + 3 {
            return Some(None);
        }
        if self.at(end) == Some(b'\n') {
            end += 1;
        }
        let followed = self.is_line_end(end)?;
        Some((!followed).then_some(end - at))
    }

    /// Whether a plain line end is at a place.
    fn is_line_end(&self, at: usize) -> Option<bool> {
        match self.rest(at) {
            [] | [b'\r'] if !self.last => None,
            [b'\n', ..] | [b'\r', b'\n', ..] => Some(true),
            _ => Some(false),
        }
    }

    /// The header at the beginning; nothing while it is not whole.
    fn field(&self) -> Option<Field<'d>> {
        let colon = self.colon();
        let from = match colon {
            Some(at) => {
                let blanks = self.rest(at + 1).iter().take_while(|byte| is_blank(byte));
                at + 1 + blanks.count()
            }
            None => 0,
        };
        let (value, used) = self.value(from)?;
        Some(Field {
            name: colon.and_then(|at| self.data.get(..at)).unwrap_or_default(),
            value,
            has_colon: colon.is_some(),
            used,
        })
    }

    /// Place of the colon after the name, which may be folded.
    fn colon(&self) -> Option<usize> {
        let mut ended = None;
        for (at, &byte) in self.data.iter().enumerate() {
            match ended {
                None if byte == b':' => return Some(at),
                None if byte == b'\n' || (self.response && byte == b'\r') => ended = Some(byte),
                None => {}
                Some(_) if byte == b' ' => ended = None,
                Some(b'\r') if byte == b'\n' => ended = Some(byte),
                Some(_) => return None,
            }
        }
        None
    }

    /// A line from a place on: where it ends, and where what follows its end begins.
    fn line(&self, from: usize) -> Option<(usize, usize)> {
        let rest = self.rest(from);
        let len = if self.response {
            memchr::memchr2(b'\r', b'\n', rest)
        } else {
            memchr::memchr(b'\n', rest)
        };
        let Some(len) = len else {
            return self.last.then_some((self.data.len(), self.data.len()));
        };
        let mut end = from + len;
        if !self.response && len > 0 && self.at(end - 1) == Some(b'\r') {
            end -= 1;
        }
        let over = end + self.line_end(end)?;
        (over < self.data.len() || self.last).then_some((end, over))
    }

    /// The value from a place on, its lines put together, and where what follows it begins.
    fn value(&self, from: usize) -> Option<(Vec<u8>, usize)> {
        let (end, mut over) = self.line(from)?;
        let mut value = self.data.get(from..end).unwrap_or_default().to_vec();
        let mut at = over;
        for _ in 0..MAX_FOLDS {
            let Some(fold) = self.at(at).filter(|byte| matches!(byte, b' ' | b'\t' | 0)) else {
                break;
            };
            at += 1;
            match self.begins_header(at) {
                Some(true) => return Some((value, at)),
                Some(false) => {}
                None => return None,
            }
            let (end, next) = self.line(at)?;
            let text = self.data.get(at..end).unwrap_or_default();
            if !value.is_empty() {
                value.push(fold);
            }
            if !text.is_empty() || next - end > 1 {
                value.extend_from_slice(text);
                over = next;
            } else if self.at(next) == Some(b'\n') {
                over = next;
            } else {
                // Its end is that of the head.
                over = end;
            }
            at = next;
        }
        Some((value, over))
    }

    /// Whether a folded line is a header of its own: a name and a colon.
    fn begins_header(&self, at: usize) -> Option<bool> {
        if !self.response {
            return Some(false);
        }
        let rest = self.rest(at);
        let blanks = rest.iter().take_while(|byte| is_blank(byte)).count();
        let name = rest.get(blanks..).unwrap_or_default();
        let len = name.iter().take_while(|byte| is_token(byte)).count();
        let after = name.get(len..).unwrap_or_default();
        match after.iter().find(|byte| !is_blank(byte)) {
            Some(byte) => Some(len > 0 && *byte == b':'),
            None if self.last => Some(false),
            None => None,
        }
    }
}

/// A line without its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |at| at + 1);
    line.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &[u8], direction: Direction) -> (Head, usize) {
        let mut head = Head::default();
        let mut at = 0;
        loop {
            match head.take(&data[at..], direction, false) {
                Next::Header(used) => at += used,
                Next::End(used) => return (head, at + used),
                Next::Wait => panic!("not whole: {:?}", head.headers),
            }
        }
    }

    fn fields(data: &[u8], direction: Direction) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (head, _) = read(data, direction);
        head.headers
            .iter()
            .map(|header| (text(&header.name), text(&header.value)))
            .collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn headers_are_unfolded_joined_and_cookies_left_out() {
        let data = b"Host: a.example\r\nX: 1\r\n 2\r\nCookie: c=1\r\nx:3\r\n\r\nbody";
        let (head, used) = read(data, Direction::ToServer);
        assert_eq!(&data[used..], b"body");
        assert_eq!(head.normal, b"Host: a.example\r\nX: 1 2, 3\r\n");
        assert_eq!(head.names, b"\r\nHost\r\nX\r\nCookie\r\n\r\n");
        assert_eq!(head.get(b"COOKIE"), Some(&b"c=1"[..]));
        assert!(head.odd.repeated && !head.odd.missing_colon);
    }

    #[test]
    fn a_byte_at_a_time_gives_the_same() {
        let data = b"A: 1\r\nB : 2\r\n\tfolded\r\n3\r\n\r\n";
        for direction in [Direction::ToServer, Direction::ToClient] {
            let whole = read(data, direction).0;
            let mut head = Head::default();
            let mut from = 0;
            for end in 1..=data.len() {
                while let Next::Header(used) | Next::End(used) =
                    head.take(&data[from..end], direction, false)
                {
                    from += used;
                    if from == data.len() {
                        break;
                    }
                }
            }
            assert_eq!((from, &head.raw), (data.len(), &whole.raw));
            assert_eq!(head.headers, whole.headers);
            assert!(head.odd.missing_colon);
        }
    }

    #[test]
    fn responses_end_lines_as_browsers_do() {
        let way = Direction::ToClient;
        assert_eq!(
            fields(b"A: 1\rB: 2\r\n\nx", way),
            pairs(&[("A", "1"), ("B", "2")])
        );
        assert_eq!(
            fields(b"A: 1\r\n\tB: 2\r\n\r\n", way),
            pairs(&[("A", "1"), ("B", "2")])
        );
        assert_eq!(
            fields(b"A: 1\r\n\r \rB: 2\r\n\r\n", way),
            pairs(&[("A", "1"), ("B", "2")])
        );
        assert_eq!(
            fields(b"A\r\n : 1\r\nB: 2\n \nbody", way),
            pairs(&[("A", "1"), ("B", "2")])
        );
    }

    #[test]
    fn zero_bytes_hide_no_header() {
        let (head, _) = read(
            b"Transfer\0-Encoding: chu\0nked\r\n\r\n",
            Direction::ToClient,
        );
        let value = head.get_lax(b"transfer-encoding").map(plain);
        assert_eq!(value.as_deref(), Some(&b"chunked"[..]));
        assert_eq!(length(b" x68 bytes"), Some(68));
    }
}
