//! First line and headers of a message (RFC 9112, sections 2 to 5).

/// One header, its line folded and trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
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
    /// A line without a colon was seen.
    pub(super) missing_colon: bool,
    /// A header came twice.
    pub(super) repeated: bool,
}

/// Headers of one message are not looked at beyond so many.
const MAX_HEADERS: usize = 1024;

impl Head {
    /// Takes a line of headers, with its end. True when it is the empty one.
    pub(super) fn push(&mut self, line: &[u8]) -> bool {
        self.raw.extend_from_slice(line);
        let text = trim_end(line);
        if text.is_empty() {
            self.finish();
            return true;
        }
        if matches!(text.first(), Some(b' ' | b'\t'))
            && let Some(last) = self.headers.last_mut()
        {
            let more = text.trim_ascii();
            if !last.value.is_empty() && !more.is_empty() {
                last.value.push(b' ');
            }
            last.value.extend_from_slice(more);
            return false;
        }
        let (name, value) = match memchr::memchr(b':', text) {
            Some(at) => (&text[..at], text.get(at + 1..).unwrap_or_default()),
            None => {
                self.missing_colon = true;
                (&[][..], text)
            }
        };
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        let known = self
            .headers
            .iter()
            .position(|header| !name.is_empty() && header.name.eq_ignore_ascii_case(name));
        match known.and_then(|at| self.headers.get_mut(at)) {
            Some(header) => {
                self.repeated = true;
                header.value.extend_from_slice(b", ");
                header.value.extend_from_slice(value);
            }
            None => {
                if self.headers.len() < MAX_HEADERS {
                    self.headers.push(Header {
                        name: name.to_vec(),
                        value: value.to_vec(),
                    });
                }
            }
        }
        false
    }

    fn finish(&mut self) {
        self.names.extend_from_slice(b"\r\n");
        for Header { name, value } in &self.headers {
            self.names.extend_from_slice(name);
            self.names.extend_from_slice(b"\r\n");
            if name.eq_ignore_ascii_case(b"cookie") || name.eq_ignore_ascii_case(b"set-cookie") {
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

    /// Whether a header's list of words has one.
    pub(super) fn has_word(&self, name: &[u8], word: &[u8]) -> bool {
        self.get(name).is_some_and(|value| {
            value
                .split(|&byte| byte == b',')
                .any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
        })
    }
}

/// A line without its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_folded_joined_and_cookies_left_out() {
        let mut head = Head::default();
        for line in [
            &b"Host: a.example\r\n"[..],
            b"X: 1\r\n",
            b" 2\r\n",
            b"Cookie: c=1\r\n",
            b"x:3\r\n",
        ] {
            assert!(!head.push(line));
        }
        assert!(head.push(b"\r\n"));
        assert_eq!(head.normal, b"Host: a.example\r\nX: 1 2, 3\r\n");
        assert_eq!(head.names, b"\r\nHost\r\nX\r\nCookie\r\n\r\n");
        assert_eq!(head.get(b"COOKIE"), Some(&b"c=1"[..]));
    }
}
