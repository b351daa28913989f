//! Files in requests: `multipart/form-data` (RFC 7578).

use std::sync::Arc;

use crate::file::{File, FileSettings, FileState};

/// Bytes of a boundary (RFC 2046, section 5.1.1, allows 70).
const LONGEST_BOUNDARY: usize = 200;
/// Bytes of a line that is waited for.
const LONGEST_LINE: usize = 4096;
/// Files of one request.
const MOST_FILES: usize = 256;

/// What is odd about a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Oddities {
    /// A header of a part is none.
    pub(super) header: bool,
    /// A file has no content.
    pub(super) no_data: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first boundary.
    Preamble,
    /// In the headers of a part.
    Headers,
    /// In the content of a part.
    Content,
    /// After the last boundary.
    Epilogue,
}

/// A form on its way.
#[derive(Debug)]
pub(super) struct Form {
    settings: Arc<FileSettings>,
    /// Two dashes and the boundary.
    delimiter: Vec<u8>,
    place: Place,
    /// A line of which more may come.
    line: Vec<u8>,
    /// The beginning of the line is gone already: it is no delimiter.
    is_begun: bool,
    /// The end of the line before: part of the content if another line follows.
    line_end: &'static [u8],
    /// Name of the file that the part at hand is.
    name: Option<Vec<u8>>,
    /// The last file is the part at hand.
    is_open: bool,
    pub(super) files: Vec<File>,
    pub(super) odd: Oddities,
}

/// The boundary that a `Content-Type` names, if it is that of a form; an error when it names none that can be used.
pub(super) fn boundary(content_type: &[u8]) -> Option<Result<&[u8], ()>> {
    let kind = content_type.split(|byte| *byte == b';').next()?;
    if !kind
        .trim_ascii()
        .eq_ignore_ascii_case(b"multipart/form-data")
    {
        return None;
    }
    let found = parameter(content_type, b"boundary")
        .filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()));
    Some(found.ok_or(()))
}

/// The value of a parameter of a header, without quotes.
pub(super) fn parameter<'v>(value: &'v [u8], wanted: &[u8]) -> Option<&'v [u8]> {
    let mut is_quoted = false;
    let parts = value.split(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b';' && !is_quoted
    });
    parts.skip(1).find_map(|part| {
        let equals = memchr::memchr(b'=', part)?;
        let (name, text) = part.split_at(equals);
        if !name.trim_ascii().eq_ignore_ascii_case(wanted) {
            return None;
        }
        let text = text.get(1..)?.trim_ascii();
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        Some(text.strip_suffix(b"\"").unwrap_or(text))
    })
}

impl Form {
    pub(super) fn new(settings: &Arc<FileSettings>, boundary: &[u8]) -> Self {
        Self {
            settings: Arc::clone(settings),
            delimiter: [b"--", boundary].concat(),
            place: Place::Preamble,
            line: Vec::new(),
            is_begun: false,
            line_end: b"",
            name: None,
            is_open: false,
            files: Vec::new(),
            odd: Oddities::default(),
        }
    }

    /// Takes bytes of the body.
    pub(super) fn push(&mut self, mut data: &[u8]) {
        while let Some(at) = memchr::memchr(b'\n', data) {
            let (part, rest) = data.split_at(at + 1);
            self.line.extend_from_slice(part);
            let line = std::mem::take(&mut self.line);
            self.line_over(&line);
            self.line = line;
            self.line.clear();
            data = rest;
        }
        self.line.extend_from_slice(data);
        self.pass_on();
    }

    /// So many bytes of the body are missing.
    pub(super) fn gap(&mut self, bytes: u64) {
        self.line.clear();
        self.is_begun = true;
        self.line_end = b"";
        if let Some(file) = self.open_file() {
            file.gap(bytes);
        }
    }

    /// The body is over.
    pub(super) fn close(&mut self, state: FileState) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.line_over(&line);
        }
        if let Some(file) = self.open_file() {
            file.close(match state {
                FileState::Closed => FileState::Truncated,
                state => state,
            });
        }
    }

    /// The file that content goes to now.
    pub(super) fn open_file(&mut self) -> Option<&mut File> {
        self.files.last_mut().filter(|_| self.is_open)
    }

    /// Of a line that cannot be a delimiter, what has come is passed on.
    fn pass_on(&mut self) {
        let may_be_delimiter = !self.is_begun
            && (self.delimiter.starts_with(&self.line) || self.line.starts_with(&self.delimiter));
        if may_be_delimiter && self.line.len() <= LONGEST_LINE {
            return;
        }
        if self.place != Place::Content {
            if self.line.len() > LONGEST_LINE {
                self.line.truncate(LONGEST_LINE);
            }
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        // A carriage return may belong to the end of the line.
        let kept = usize::from(line.last() == Some(&b'\r'));
        let over = line.len() - kept;
        self.content(line.get(..over).unwrap_or_default());
        self.is_begun = true;
        line.drain(..over);
        self.line = line;
    }

    fn line_over(&mut self, line: &[u8]) {
        let begun = std::mem::take(&mut self.is_begun);
        if !begun
            && self.place != Place::Epilogue
            && let Some(rest) = line.strip_prefix(&self.delimiter[..])
        {
            return self.delimiter(rest.starts_with(b"--"));
        }
        match self.place {
            Place::Headers => self.header(line.trim_ascii_end()),
            Place::Content => {
                let (text, end): (_, &'static [u8]) = match line {
                    [text @ .., b'\r', b'\n'] => (text, b"\r\n"),
                    [text @ .., b'\n'] => (text, b"\n"),
                    text => (text, b""),
                };
                self.content(text);
                self.line_end = end;
            }
            Place::Preamble | Place::Epilogue => {}
        }
    }

    fn delimiter(&mut self, is_last: bool) {
        self.line_end = b"";
        self.name = None;
        if let Some(file) = self.open_file() {
            let is_empty = file.size() == 0;
            file.close(FileState::Closed);
            self.odd.no_data |= is_empty;
        }
        self.is_open = false;
        self.place = if is_last {
            Place::Epilogue
        } else {
            Place::Headers
        };
    }

    fn header(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.begin_content();
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            self.odd.header = true;
            return;
        };
        let (name, value) = line.split_at(colon);
        if name
            .trim_ascii()
            .eq_ignore_ascii_case(b"content-disposition")
        {
            let name = parameter(value, b"filename").filter(|name| !name.is_empty());
            self.name = name.map(<[u8]>::to_vec);
        }
    }

    fn begin_content(&mut self) {
        self.place = Place::Content;
        let Some(name) = self.name.take() else {
            return;
        };
        if self.files.len() < MOST_FILES {
            self.files.push(File::new(&self.settings, &name));
            self.is_open = true;
        }
    }

    fn content(&mut self, text: &[u8]) {
        let end = std::mem::take(&mut self.line_end);
        if let Some(file) = self.open_file() {
            file.append(end);
            file.append(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnot a file\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x;y.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\nfile\r\n--\r\nmore\r\n--b\r\nContent-Disposition: form-data; filename=z\r\n\r\n\r\n--b--\r\nepilogue";

    fn feed(step: usize) -> Form {
        let settings = Arc::new(FileSettings::default());
        let mut form = Form::new(&settings, b"b");
        for part in BODY.chunks(step) {
            form.push(part);
        }
        form.close(FileState::Closed);
        form
    }

    #[test]
    fn files_are_found_whatever_the_cuts() {
        for step in [1, 2, 7, BODY.len()] {
            let form = feed(step);
            let found: Vec<_> = form
                .files
                .iter()
                .map(|file| (&file.name[..], file.content().1, file.state()))
                .collect();
            assert_eq!(
                found,
                [
                    (
                        &b"x;y.jpg"[..],
                        &b"\nfile\r\n--\r\nmore"[..],
                        FileState::Closed
                    ),
                    (b"z", b"", FileState::Closed)
                ]
            );
            assert!(form.odd.no_data && !form.odd.header);
        }
    }

    #[test]
    fn a_form_without_its_end_is_truncated() {
        let mut form = Form::new(&Arc::default(), b"b");
        form.push(b"--b\nno header\nContent-Disposition: form-data; filename=n\n\nabc\n");
        form.close(FileState::Closed);
        assert!(form.odd.header);
        let file = form.files.first().expect("a file");
        assert_eq!(
            (file.content().1, file.state()),
            (&b"abc"[..], FileState::Truncated)
        );
    }

    #[test]
    fn boundaries_stand_in_the_content_type() {
        let of = |text: &'static str| boundary(text.as_bytes());
        assert_eq!(
            of("Multipart/form-data; boundary=\"a b\""),
            Some(Ok(&b"a b"[..]))
        );
        assert_eq!(of("multipart/form-data"), Some(Err(())));
        assert_eq!(of("text/plain; boundary=x"), None);
    }
}
