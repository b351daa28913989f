//! Descriptions of sessions (RFC 8866).

use std::ops::Range;

use tapir_json::Json;
use tapir_rules::keywords::{KeywordId, voip};

/// Lines that are kept.
const MAX_LINES: usize = 1024;

/// A description: its lines, each with its letter and the number of the medium it is about, 0 for the whole session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sdp {
    bytes: Box<[u8]>,
    version: u32,
    lines: Vec<(u8, usize, Range<usize>)>,
    media: usize,
}

impl Sdp {
    /// Reads a description; nothing when it is none.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let mut sdp = Self {
            bytes: data.into(),
            version: 0,
            lines: Vec::new(),
            media: 0,
        };
        let mut start = 0;
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            let text = line.trim_ascii_end();
            let (from, until) = (start, start + text.len());
            start += line.len();
            if text.is_empty() {
                break;
            }
            let [letter, b'=', ..] = text else {
                return None;
            };
            if *letter == b'm' {
                sdp.media += 1;
            }
            if sdp.lines.len() < MAX_LINES {
                sdp.lines.push((*letter, sdp.media, from + 2..until));
            }
        }
        let (first, _, version) = sdp.lines.first()?;
        let version = data.get(version.clone())?;
        sdp.version = std::str::from_utf8(version).ok()?.parse().ok()?;
        let has = |letter| sdp.values(letter, 0).next().is_some();
        (*first == b'v' && has(b'o') && has(b's') && has(b't')).then_some(sdp)
    }

    /// The values of a letter's lines about a medium, or the session.
    fn values(&self, letter: u8, medium: usize) -> impl Iterator<Item = &[u8]> {
        self.lines
            .iter()
            .filter(move |(known, about, _)| *known == letter && *about == medium)
            .filter_map(|(_, _, range)| self.bytes.get(range.clone()))
    }

    /// Shows the values of a keyword until one is accepted.
    pub(super) fn ask(&self, keyword: KeywordId, accepts: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let Some((letter, is_medium)) = letter(keyword) else {
            return false;
        };
        self.lines
            .iter()
            .filter(|(known, about, _)| *known == letter && (*about > 0) == is_medium)
            .filter_map(|(_, _, range)| self.bytes.get(range.clone()))
            .any(accepts)
    }

    fn write_list(&self, json: &mut Json<'_>, key: &str, letter: u8, medium: usize) {
        let mut values = self.values(letter, medium).peekable();
        if values.peek().is_some() {
            json.open_array(key);
            for value in values {
                json.bytes_element(value);
            }
            json.close_array();
        }
    }

    fn write_one(&self, json: &mut Json<'_>, key: &str, letter: u8, medium: usize) {
        if let Some(value) = self.values(letter, medium).next() {
            json.bytes(key, value);
        }
    }

    fn write_times(&self, json: &mut Json<'_>) {
        let mut is_open = false;
        let mut is_repeated = false;
        json.open_array("time_descriptions");
        for (letter, _, range) in &self.lines {
            let value = self.bytes.get(range.clone()).unwrap_or_default();
            match letter {
                b't' => {
                    if is_open {
                        json.close_object();
                    }
                    json.open();
                    json.bytes("time", value);
                    (is_open, is_repeated) = (true, false);
                }
                b'r' if is_open && !is_repeated => {
                    json.bytes("repeat_time", value);
                    is_repeated = true;
                }
                _ => {}
            }
        }
        if is_open {
            json.close_object();
        }
        json.close_array();
    }

    /// Writes the description.
    pub(super) fn write(&self, json: &mut Json<'_>) {
        json.open_object("sdp");
        json.uint("version", self.version);
        for (key, letter) in [
            ("origin", b'o'),
            ("session_name", b's'),
            ("session_info", b'i'),
            ("uri", b'u'),
            ("email", b'e'),
            ("phone_number", b'p'),
            ("connection_data", b'c'),
        ] {
            self.write_one(json, key, letter, 0);
        }
        self.write_list(json, "bandwidths", b'b', 0);
        self.write_times(json);
        self.write_one(json, "timezone", b'z', 0);
        self.write_one(json, "encryption_key", b'k', 0);
        self.write_list(json, "attributes", b'a', 0);
        if self.media > 0 {
            json.open_array("media_descriptions");
            for medium in 1..=self.media.min(MAX_MEDIA) {
                json.open();
                self.write_one(json, "media", b'm', medium);
                self.write_one(json, "media_info", b'i', medium);
                self.write_list(json, "bandwidths", b'b', medium);
                self.write_one(json, "connection_data", b'c', medium);
                self.write_one(json, "encryption_key", b'k', medium);
                self.write_list(json, "attributes", b'a', medium);
                json.close_object();
            }
            json.close_array();
        }
        json.close_object();
    }
}

/// Media that are written.
const MAX_MEDIA: usize = 64;

/// The letter of a keyword's lines, and whether they are about media.
pub(super) fn letter(keyword: KeywordId) -> Option<(u8, bool)> {
    Some(match keyword {
        voip::SDP_SESSION_NAME => (b's', false),
        voip::SDP_SESSION_INFO => (b'i', false),
        voip::SDP_ORIGIN => (b'o', false),
        voip::SDP_URI => (b'u', false),
        voip::SDP_EMAIL => (b'e', false),
        voip::SDP_PHONE_NUMBER => (b'p', false),
        voip::SDP_CONNECTION_DATA => (b'c', false),
        voip::SDP_BANDWIDTH => (b'b', false),
        voip::SDP_TIME => (b't', false),
        voip::SDP_REPEAT_TIME => (b'r', false),
        voip::SDP_TIMEZONE => (b'z', false),
        voip::SDP_ENCRYPTION_KEY => (b'k', false),
        voip::SDP_ATTRIBUTE => (b'a', false),
        voip::SDP_MEDIA_MEDIA => (b'm', true),
        voip::SDP_MEDIA_INFO => (b'i', true),
        voip::SDP_MEDIA_CONNECTION_DATA => (b'c', true),
        voip::SDP_MEDIA_ENCRYPTION_KEY => (b'k', true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_about_the_session_or_a_medium() {
        let text =
            b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=talk\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=x\r\n\
            m=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\na=y\r\n";
        let sdp = Sdp::parse(text).expect("a description");
        let all = |keyword| {
            let mut seen = Vec::new();
            sdp.ask(keyword, &mut |value| {
                seen.push(value.to_vec());
                false
            });
            seen
        };
        assert_eq!(all(voip::SDP_ATTRIBUTE), [b"x"]);
        assert_eq!(all(voip::SDP_MEDIA_CONNECTION_DATA), [b"IN IP4 10.0.0.2"]);
        assert_eq!(all(voip::SDP_SESSION_NAME), [b"talk"]);
        assert_eq!(Sdp::parse(b"v=0\r\ns=talk\r\n"), None);
        assert_eq!(Sdp::parse(b"rubbish"), None);
    }
}
