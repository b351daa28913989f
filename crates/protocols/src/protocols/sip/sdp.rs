//! Descriptions of sessions in the bodies of messages (RFC 8866).

use tapir_json::Json;

/// A description: its lines by their letters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Description {
    session: Vec<Line>,
    media: Vec<Vec<Line>>,
}

/// A line `x=value`.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    letter: u8,
    value: Box<[u8]>,
}

/// Lines of a description beyond this number are not kept.
const MAX_LINES: usize = 1024;

impl Description {
    /// Reads a description; nothing when it does not begin as one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        if !body.starts_with(b"v=") {
            return None;
        }
        let mut description = Self::default();
        for text in body.split(|byte| *byte == b'\n').take(MAX_LINES) {
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let Some(([letter, b'='], value)) = text.split_first_chunk() else {
                break;
            };
            let line = Line {
                letter: *letter,
                value: value.into(),
            };
            match (letter, description.media.last_mut()) {
                (b'm', _) => description.media.push(vec![line]),
                (_, Some(media)) => media.push(line),
                (_, None) => description.session.push(line),
            }
        }
        Some(description)
    }

    /// The values of the session's lines with a letter.
    pub(super) fn session(&self, letter: u8) -> impl Iterator<Item = &[u8]> {
        with_letter(&self.session, letter)
    }

    /// The values of the media's lines with a letter.
    pub(super) fn media(&self, letter: u8) -> impl Iterator<Item = &[u8]> {
        self.media
            .iter()
            .flat_map(move |lines| with_letter(lines, letter))
    }

    /// Writes the members of a record.
    pub(super) fn write(&self, json: &mut Json<'_>) {
        json.open_object("sdp");
        single(json, &self.session, SESSION);
        list(json, "bandwidths", &self.session, b'b');
        self.write_times(json);
        single(
            json,
            &self.session,
            &[("timezone", b'z'), ("encryption_key", b'k')],
        );
        list(json, "attributes", &self.session, b'a');
        if !self.media.is_empty() {
            json.open_array("media_descriptions");
            for media in &self.media {
                json.open();
                single(json, media, MEDIA);
                list(json, "bandwidths", media, b'b');
                list(json, "attributes", media, b'a');
                json.close_object();
            }
            json.close_array();
        }
        json.close_object();
    }

    /// Times, each with its repetitions.
    fn write_times(&self, json: &mut Json<'_>) {
        let mut times = self
            .session
            .iter()
            .filter(|line| matches!(line.letter, b't' | b'r'))
            .peekable();
        if times.peek().is_none_or(|line| line.letter != b't') {
            return;
        }
        json.open_array("time_descriptions");
        while let Some(time) = times.next() {
            json.open();
            json.bytes("time", &time.value);
            let mut repeats = Vec::new();
            while let Some(repeat) = times.next_if(|line| line.letter == b'r') {
                repeats.push(&repeat.value);
            }
            match repeats.as_slice() {
                [] => {}
                [one] => json.bytes("repeat_time", one),
                several => {
                    json.open_array("repeat_time");
                    several.iter().for_each(|value| json.bytes_element(value));
                    json.close_array();
                }
            }
            json.close_object();
        }
        json.close_array();
    }
}

const SESSION: &[(&str, u8)] = &[
    ("version", b'v'),
    ("origin", b'o'),
    ("session_name", b's'),
    ("session_info", b'i'),
    ("uri", b'u'),
    ("email", b'e'),
    ("phone_number", b'p'),
    ("connection_data", b'c'),
];

const MEDIA: &[(&str, u8)] = &[
    ("media", b'm'),
    ("media_info", b'i'),
    ("connection_data", b'c'),
    ("encryption_key", b'k'),
];

fn with_letter(lines: &[Line], letter: u8) -> impl Iterator<Item = &[u8]> {
    lines
        .iter()
        .filter(move |line| line.letter == letter)
        .map(|line| &*line.value)
}

fn single(json: &mut Json<'_>, lines: &[Line], names: &[(&str, u8)]) {
    for (name, letter) in names {
        if let Some(value) = with_letter(lines, *letter).next() {
            json.bytes(name, value);
        }
    }
}

fn list(json: &mut Json<'_>, name: &str, lines: &[Line], letter: u8) {
    let mut values = with_letter(lines, letter).peekable();
    if values.peek().is_some() {
        json.open_array(name);
        values.for_each(|value| json.bytes_element(value));
        json.close_array();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=call\r\nt=0 0\r\nr=1 2 3\r\na=sendrecv\r\n\
        m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 pcmu/8000\r\n";

    #[test]
    fn lines_belong_to_the_session_or_to_a_medium() {
        let description = Description::parse(BODY).expect("a description");
        assert_eq!(description.session(b'a').next(), Some(&b"sendrecv"[..]));
        assert_eq!(
            description.media(b'a').next(),
            Some(&b"rtpmap:0 pcmu/8000"[..])
        );
        let mut out = Vec::new();
        let mut json = Json::begin(&mut out);
        description.write(&mut json);
        json.close_object();
        assert_eq!(
            String::from_utf8(out).expect("text"),
            r#"{"sdp":{"version":"0","origin":"- 1 1 IN IP4 192.0.2.1","session_name":"call","#
                .to_owned()
                + r#""time_descriptions":[{"time":"0 0","repeat_time":"1 2 3"}],"attributes":["sendrecv"],"#
                + r#""media_descriptions":[{"media":"audio 30000 RTP/AVP 0","attributes":["rtpmap:0 pcmu/8000"]}]}}"#
        );
    }

    #[test]
    fn other_bodies_are_none() {
        assert_eq!(Description::parse(b"<xml/>"), None);
    }
}
