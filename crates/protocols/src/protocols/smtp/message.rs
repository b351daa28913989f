//! A message (RFC 5322) and its parts (RFC 2046), line by line.

use std::sync::Arc;

use md5::{Digest as _, Md5};
use memchr::memmem;

use super::decode::{Decoder, hex};
use super::events;
use super::settings::Settings;
use crate::file::{File, FileSettings, FileState};

const MAX_NAME: usize = 75;
const MAX_LINE: usize = 998;
const MAX_ENCODED: usize = 76;
const MAX_BOUNDARY: usize = 254;
const MAX_FILENAME: usize = 255;
const MAX_DEPTH: usize = 10;
const MAX_FIELDS: usize = 256;
const MAX_FILES: usize = 128;
const MAX_URLS: usize = 256;
/// Bytes of a line that are kept until it is whole.
const MAX_TEXT: usize = 8192;
/// What follows the scheme of a URL.
const MARK: &[u8] = b"://";

/// A message, as far as it has come.
#[derive(Debug)]
pub(super) struct Message {
    /// Fields of the message itself: name in small letters, and value.
    pub(super) fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) files: Vec<File>,
    pub(super) urls: Vec<Vec<u8>>,
    pub(super) body_md5: Option<String>,
    pub(super) events: Vec<u8>,
    place: Place,
    field: Option<(Vec<u8>, Vec<u8>)>,
    is_top: bool,
    part: Part,
    boundaries: Vec<Vec<u8>>,
    enclosures: Vec<Enclosure>,
    /// Of the body, where it is asked for and has begun.
    md5: Option<Md5>,
    /// The end of the line before: part of the file if another line follows.
    line_end: &'static [u8],
    /// Text whose line has not ended.
    text: Vec<u8>,
    /// A piece of the current line has come already.
    is_continued: bool,
    /// Length of the line so far.
    line_len: usize,
    settings: Settings,
    file_settings: Arc<FileSettings>,
}

/// Where in a message the next line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Body,
    Between,
    Done,
}

/// An attached message: it is a file, and is taken apart, too.
#[derive(Debug)]
struct Enclosure {
    /// Its place among the files.
    file: usize,
    /// How many boundaries are outside of it.
    depth: usize,
    /// The end of the line before: part of the file if another line follows.
    line_end: &'static [u8],
}

#[derive(Debug, Default)]
struct Part {
    decoder: Decoder,
    name: Option<Vec<u8>>,
    disposition: Option<Vec<u8>>,
    /// A message within this one.
    is_message: bool,
    has_file: bool,
    is_text: bool,
    boundary: Option<Vec<u8>>,
}

impl Part {
    fn of_text() -> Self {
        Self {
            is_text: true,
            ..Self::default()
        }
    }
}

impl Message {
    pub(super) fn new(settings: &Settings, file_settings: &Arc<FileSettings>) -> Self {
        Self {
            fields: Vec::new(),
            files: Vec::new(),
            urls: Vec::new(),
            body_md5: None,
            events: Vec::new(),
            place: Place::Header,
            field: None,
            is_top: true,
            part: Part::of_text(),
            boundaries: Vec::new(),
            enclosures: Vec::new(),
            md5: None,
            line_end: b"",
            text: Vec::new(),
            is_continued: false,
            line_len: 0,
            settings: settings.clone(),
            file_settings: Arc::clone(file_settings),
        }
    }

    /// The values of a field, by its name in small letters.
    pub(super) fn all<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| &value[..])
    }

    /// Whether fields may follow.
    pub(super) fn is_in_header(&self) -> bool {
        self.place == Place::Header
    }

    fn event(&mut self, event: u8) {
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// A line, or a piece of one: then nothing has ended it.
    pub(super) fn line(&mut self, line: &[u8], end: &'static [u8]) {
        let is_start = !std::mem::replace(&mut self.is_continued, end.is_empty());
        let before = if is_start { 0 } else { self.line_len };
        self.line_len = before.saturating_add(line.len());
        if self.line_len > MAX_LINE {
            self.event(events::LONG_LINE);
        }
        let was_body = !(self.is_top && self.place == Place::Header);
        if was_body && self.settings.body_md5 {
            let md5 = self.md5.get_or_insert_default();
            md5.update(line);
            md5.update(end);
        }
        let enclosed_by = self.enclosures.len();
        match self.place {
            Place::Done => {}
            Place::Header if is_start => self.header_line(line),
            Place::Header => {}
            Place::Body | Place::Between => {
                if !(is_start && self.boundary_line(line)) && self.place == Place::Body {
                    self.body_line(line, end);
                }
            }
        }
        self.enclose(enclosed_by, line, end);
    }

    /// A line within attached messages, of which so many were open before it.
    fn enclose(&mut self, count: usize, line: &[u8], end: &'static [u8]) {
        for enclosure in self.enclosures.iter_mut().take(count) {
            if let Some(file) = self.files.get_mut(enclosure.file) {
                file.append(std::mem::replace(&mut enclosure.line_end, end));
                file.append(line);
            }
        }
    }

    /// Attached messages with more than so many boundaries outside of them are over, or all.
    fn end_enclosures(&mut self, depth: Option<usize>, state: FileState) {
        let is_over = |last: &mut Enclosure| depth.is_none_or(|depth| last.depth > depth);
        while let Some(last) = self.enclosures.pop_if(is_over) {
            if let Some(file) = self.files.get_mut(last.file) {
                file.close(state);
            }
        }
    }

    fn header_line(&mut self, line: &[u8]) {
        if line.is_empty() {
            self.end_field();
            self.begin_body();
            return;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            let depth = self.settings.header_value_depth;
            if let Some((_, value)) = &mut self.field {
                value.extend_from_slice(line.get(1..).unwrap_or_default());
                if value.len() > depth {
                    value.truncate(depth);
                    self.event(events::LONG_VALUE);
                }
            }
            return;
        }
        self.end_field();
        if !self.is_top && self.boundary_line(line) {
            return;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return;
        };
        let (name, value) = line.split_at(colon);
        if name.len() > MAX_NAME {
            self.event(events::LONG_NAME);
        }
        let mut value = value
            .get(1..)
            .unwrap_or_default()
            .trim_ascii_start()
            .to_vec();
        if value.len() > self.settings.header_value_depth {
            value.truncate(self.settings.header_value_depth);
            self.event(events::LONG_VALUE);
        }
        self.field = Some((name.trim_ascii().to_ascii_lowercase(), value));
    }

    fn end_field(&mut self) {
        let Some((name, value)) = self.field.take() else {
            return;
        };
        match &name[..] {
            b"content-transfer-encoding" => self.part.decoder = self.decoder(&value),
            b"content-disposition" => {
                // It counts before the name in the content's type.
                self.part.disposition =
                    parameter(&value, b"filename").or(self.part.disposition.take());
            }
            b"content-type" => self.content_type(&value),
            _ => {}
        }
        if self.is_top && self.fields.len() < MAX_FIELDS {
            self.fields.push((name, value));
        }
    }

    fn decoder(&self, name: &[u8]) -> Decoder {
        match Decoder::named(name) {
            Decoder::Base64 { .. } if !self.settings.decode_base64 => Decoder::Off,
            Decoder::Quoted { .. } if !self.settings.decode_quoted => Decoder::Off,
            decoder => decoder,
        }
    }

    fn content_type(&mut self, value: &[u8]) {
        let is = |start: &[u8]| {
            value
                .get(..start.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(start))
        };
        self.part.is_text = is(b"text/") || is(b"message/");
        self.part.is_message = is(b"message/rfc822");
        if is(b"multipart/") {
            self.part.boundary = parameter(value, b"boundary");
        }
        if self.part.name.is_none() {
            self.part.name = parameter(value, b"name");
        }
    }

    fn begin_body(&mut self) {
        self.is_top = false;
        self.place = Place::Body;
        if let Some(boundary) = self.part.boundary.take() {
            if boundary.len() > MAX_BOUNDARY {
                self.event(events::LONG_BOUNDARY);
            }
            if self.boundaries.len() < MAX_DEPTH && !boundary.is_empty() {
                self.boundaries.push(boundary);
            }
            self.place = Place::Between;
            return;
        }
        if self.part.is_message && matches!(self.part.decoder, Decoder::Plain) {
            // Its fields are next.
            let part = std::mem::replace(&mut self.part, Part::of_text());
            self.place = Place::Header;
            if self.enclosures.len() < MAX_DEPTH
                && let Some(file) = self.open_file(part.disposition.or(part.name))
            {
                self.enclosures.push(Enclosure {
                    file,
                    depth: self.boundaries.len(),
                    line_end: b"",
                });
            }
            return;
        }
        let name = self.part.disposition.take().or(self.part.name.take());
        self.part.has_file = self.open_file(name).is_some();
    }

    /// Begins a file, if it has a name; its place among the files.
    fn open_file(&mut self, name: Option<Vec<u8>>) -> Option<usize> {
        let mut name = name.filter(|_| self.files.len() < MAX_FILES)?;
        if name.len() > MAX_FILENAME {
            name.truncate(MAX_FILENAME);
            self.event(events::LONG_FILENAME);
        }
        self.files.push(File::new(&self.file_settings, &name));
        Some(self.files.len() - 1)
    }

    /// Whether a line is a boundary of an open part, which then ends.
    fn boundary_line(&mut self, line: &[u8]) -> bool {
        let Some(rest) = line.strip_prefix(b"--") else {
            return false;
        };
        let found = self.boundaries.iter().rposition(|boundary| {
            rest.strip_prefix(&boundary[..])
                .is_some_and(|rest| matches!(rest.trim_ascii(), b"" | b"--"))
        });
        let Some(depth) = found else {
            return false;
        };
        let is_last = rest.trim_ascii_end().len() > self.boundaries[depth].len();
        self.end_part(FileState::Closed);
        self.end_enclosures(Some(depth), FileState::Closed);
        self.boundaries
            .truncate(if is_last { depth } else { depth + 1 });
        self.place = if is_last {
            Place::Between
        } else {
            Place::Header
        };
        true
    }

    fn end_part(&mut self, state: FileState) {
        let mut rest = Vec::new();
        self.part.decoder.end(&mut rest);
        self.take(&rest);
        self.find_urls(true);
        if self.part.has_file
            && let Some(file) = self.files.last_mut()
        {
            file.close(state);
        }
        self.part = Part::of_text();
        self.line_end = b"";
    }

    fn body_line(&mut self, line: &[u8], end: &'static [u8]) {
        let is_plain = matches!(self.part.decoder, Decoder::Plain);
        if !is_plain && self.line_len > MAX_ENCODED {
            self.event(events::LONG_ENCODED);
        }
        // The end of the last line belongs to the boundary behind it.
        let before = std::mem::take(&mut self.line_end);
        self.take(before);
        if is_plain {
            self.line_end = end;
            self.take(line);
            return;
        }
        let mut out = Vec::with_capacity(line.len() + end.len());
        let is_quoted = matches!(self.part.decoder, Decoder::Quoted { .. });
        if !self.part.decoder.decode(line, end, &mut out) {
            self.event(if is_quoted {
                events::BAD_QP
            } else {
                events::BAD_BASE64
            });
        }
        if is_quoted && out.ends_with(end) {
            out.truncate(out.len() - end.len());
            self.line_end = end;
        }
        self.take(&out);
    }

    /// Takes decoded bytes of the part.
    fn take(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        if self.part.has_file
            && let Some(file) = self.files.last_mut()
        {
            file.append(data);
        }
        if self.settings.extract_urls && (self.part.is_text || self.part.has_file) {
            self.text.extend_from_slice(data);
            self.find_urls(false);
        }
    }

    /// Looks for URLs in the lines that are whole, or in all there is.
    fn find_urls(&mut self, is_all: bool) {
        let end = if is_all || self.text.len() > MAX_TEXT {
            self.text.len()
        } else {
            memchr::memrchr(b'\n', &self.text).map_or(0, |at| at + 1)
        };
        if end == 0 {
            return;
        }
        let mut text = std::mem::take(&mut self.text);
        for line in text
            .get(..end)
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
        {
            self.find_urls_of(line);
        }
        text.drain(..end);
        self.text = text;
    }

    fn find_urls_of(&mut self, line: &[u8]) {
        for scheme in &self.settings.url_schemes {
            let mut rest = line;
            while let Some(at) = find_scheme(rest, scheme.as_bytes()) {
                let url = rest.get(at..).unwrap_or_default();
                let end = url
                    .iter()
                    .position(|byte| !(0x21..0x7f).contains(byte) || b"\"'<>]".contains(byte))
                    .unwrap_or(url.len());
                let from = if self.settings.log_url_scheme {
                    0
                } else {
                    scheme.len() + MARK.len()
                };
                if self.urls.len() < MAX_URLS
                    && let Some(url) = url.get(from..end)
                {
                    self.urls.push(url.to_vec());
                }
                rest = url.get(end.max(1)..).unwrap_or_default();
            }
        }
    }

    /// No line follows; `is_whole` when the sender said so.
    pub(super) fn end(&mut self, is_whole: bool) {
        if self.place == Place::Done {
            return;
        }
        self.end_field();
        let state = if is_whole {
            FileState::Closed
        } else {
            FileState::Truncated
        };
        self.end_part(state);
        self.end_enclosures(None, state);
        if is_whole && let Some(md5) = self.md5.take() {
            let digest = md5.finalize();
            self.body_md5 = Some(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        self.place = Place::Done;
    }
}

/// Where a URL of a scheme begins.
fn find_scheme(text: &[u8], scheme: &[u8]) -> Option<usize> {
    memmem::find_iter(text, MARK).find_map(|at| {
        let from = at.checked_sub(scheme.len())?;
        let found = text.get(from..at)?;
        found.eq_ignore_ascii_case(scheme).then_some(from)
    })
}

/// A parameter of a field's value, joined from its continuations (RFC 2231).
fn parameter(value: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for part in semicolons(value).into_iter().skip(1) {
        let Some(equals) = memchr::memchr(b'=', part) else {
            continue;
        };
        let (name, text) = part.split_at(equals);
        let text = text.get(1..).unwrap_or_default().trim_ascii();
        let name = name.trim_ascii();
        let (base, marks) = match memchr::memchr(b'*', name) {
            Some(star) => name.split_at(star),
            None => (name, &b""[..]),
        };
        if !base.eq_ignore_ascii_case(wanted) {
            continue;
        }
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        let text = text.strip_suffix(b"\"").unwrap_or(text);
        let target = found.get_or_insert_default();
        if marks.ends_with(b"*") {
            // Character set and language come first, in the first piece.
            let mut pieces = text.splitn(3, |&byte| byte == b'\'');
            let is_first = target.is_empty();
            let last = pieces.nth(2).filter(|_| is_first).unwrap_or(text);
            percent(last, target);
        } else if marks.is_empty() && !target.is_empty() {
            continue;
        } else {
            target.extend_from_slice(text);
        }
    }
    found.filter(|name| !name.is_empty())
}

/// Parts between semicolons that are not quoted.
fn semicolons(value: &[u8]) -> Vec<&[u8]> {
    let mut is_quoted = false;
    value
        .split(|&byte| {
            is_quoted ^= byte == b'"';
            byte == b';' && !is_quoted
        })
        .collect()
}

fn percent(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'%'
            && let [high, low, after @ ..] = behind
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_message_has_its_attachment() {
        let text = "Subject: a\r\n  b\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\r\nsee HTTP://a.org/b?\r\n--x\r\nContent-Disposition: attachment; filename*0=\"a.\"; filename*1=txt\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n";
        let mut message = Message::new(&Settings::default(), &Arc::default());
        for line in text.lines() {
            message.line(line.as_bytes(), b"\r\n");
        }
        message.end(true);
        assert_eq!(message.all(b"subject").next(), Some(&b"a b"[..]));
        assert_eq!(message.urls, [b"a.org/b?"]);
        assert_eq!(message.files.len(), 1);
        assert_eq!(&message.files[0].name[..], b"a.txt");
        assert_eq!(message.files[0].content().1, b"hello");
        assert_eq!(message.files[0].state(), FileState::Closed);
    }

    #[test]
    fn a_line_is_as_long_in_pieces_as_whole() {
        let settings = Settings::default();
        let events = |pieces: &[&[u8]]| {
            let mut message = Message::new(&settings, &Arc::default());
            message.line(b"Content-Transfer-Encoding: base64", b"\r\n");
            message.line(b"", b"\r\n");
            let (last, before) = pieces.split_last().expect("a piece");
            for piece in before {
                message.line(piece, b"");
            }
            message.line(last, b"\r\n");
            message.events.to_vec()
        };
        let line = [b'A'; MAX_ENCODED + 1];
        assert_eq!(events(&[&line]), [events::LONG_ENCODED]);
        assert_eq!(events(&[&line[..40], &line[40..]]), [events::LONG_ENCODED]);
        assert!(events(&[&line[1..]]).is_empty());
    }

    #[test]
    fn a_file_ends_before_the_end_of_its_last_line() {
        let text = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: a/b; name=n\r\n\r\na\r\nb\r\n--x--\r\n";
        let mut message = Message::new(&Settings::default(), &Arc::default());
        for line in text.lines() {
            message.line(line.as_bytes(), b"\r\n");
        }
        message.end(true);
        let files: Vec<_> = message.files.iter().map(|file| file.content().1).collect();
        assert_eq!(files, [b"a\r\nb"]);
    }

    #[test]
    fn an_attached_message_is_a_file_and_has_files() {
        let text = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822; name=m\r\n\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: a/b; name=n\r\n\r\nin\r\n--y--\r\n--x\r\nContent-Type: a/b; name=o\r\n\r\nout\r\n--x--\r\n";
        let mut message = Message::new(&Settings::default(), &Arc::default());
        for line in text.lines() {
            message.line(line.as_bytes(), b"\r\n");
        }
        message.end(true);
        let files: Vec<_> = message
            .files
            .iter()
            .map(|file| (&file.name[..], file.content().1, file.state()))
            .collect();
        let whole = b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: a/b; name=n\r\n\r\nin\r\n--y--";
        assert_eq!(
            files,
            [
                (&b"m"[..], &whole[..], FileState::Closed),
                (b"n", b"in", FileState::Closed),
                (b"o", b"out", FileState::Closed)
            ]
        );
    }
}
