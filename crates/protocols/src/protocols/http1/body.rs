//! Bodies: how they are delimited (RFC 9112, section 6).

use std::sync::Arc;

use smallvec::SmallVec;

use super::form::Form;
use crate::file::{File, FileRange, FileSettings, FileState};
use crate::protocols::coding::{Decoder, Limits, Oddities};
use crate::protocols::joined::Joining;

/// Where the reading of a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// Before the first line.
    #[default]
    Line,
    Headers,
    /// So many bytes of the body are to come.
    Length(u64),
    /// The length of a chunk is to come.
    ChunkSize,
    /// So many bytes of a chunk are to come.
    Chunk(u64),
    /// The end of a chunk's line is to come.
    ChunkEnd,
    Trailer,
    /// All that comes is body.
    UntilClose,
    /// The message is over; what follows at once may belong to it all the same.
    Over,
    /// All that comes is something else.
    Tunnel,
}

/// A body, decoded while it comes.
#[derive(Debug)]
pub(super) struct Body {
    /// Its content, which is a file unless it is a form or goes with a method that sends none; after it the larger
    /// file that it completes.
    parts: SmallVec<[File; 1]>,
    /// The larger file that it is a part of.
    pub(super) joining: Option<Joining>,
    pub(super) form: Option<Form>,
    pub(super) is_file: bool,
    decoder: Option<Decoder>,
    /// Bytes on the wire.
    pub(super) sent: u64,
    /// Bytes of the decoded content that are looked at; 0 for all.
    limit: u64,
    /// There were more.
    cut: bool,
}

impl Body {
    /// A body to come, in content codings, of which so many bytes are looked at.
    pub(super) fn new(
        settings: &Arc<FileSettings>,
        name: &[u8],
        coding: Option<&[u8]>,
        (limits, limit): (&Limits, u64),
    ) -> (Self, Oddities) {
        let (decoder, oddities) = coding.map_or((None, Oddities::default()), |value| {
            Decoder::new(value, limits)
        });
        let body = Self {
            parts: SmallVec::from_iter([File::new(settings, name)]),
            joining: None,
            form: None,
            is_file: true,
            decoder,
            sent: 0,
            limit,
            cut: false,
        };
        (body, oddities)
    }

    /// Takes bytes as sent.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        let mut decoder = self.decoder.take();
        match &mut decoder {
            Some(decoder) => decoder.push(data, |data| self.append(data)),
            None => self.append(data),
        }
        self.decoder = decoder;
    }

    fn append(&mut self, data: &[u8]) {
        let Some(content) = self.parts.first_mut() else {
            return;
        };
        let followed = self.form.as_mut().and_then(Form::open_file);
        let limit = match followed {
            Some(file) => file.limit(self.limit),
            None => content.limit(self.limit),
        };
        let room = match limit {
            0 => data.len(),
            limit => usize::try_from(limit.saturating_sub(content.size())).unwrap_or(usize::MAX),
        };
        self.cut |= room < data.len();
        let data = data.get(..room.min(data.len())).unwrap_or_default();
        content.append(data);
        let whole = self.joining.as_mut().and_then(|range| range.push(data));
        self.parts.extend(whole);
        if let Some(form) = &mut self.form {
            form.push(data);
        }
    }

    /// Its content.
    pub(super) fn content(&self) -> Option<&File> {
        self.parts.first()
    }

    /// It is a part of a larger file.
    pub(super) fn is_part(&mut self, range: FileRange, joining: Option<Joining>) {
        if let Some(content) = self.parts.first_mut() {
            content.range = Some(range);
        }
        self.joining = joining;
    }

    /// The files that it is, or has in it.
    pub(super) fn files(&self) -> &[File] {
        match &self.form {
            Some(form) => &form.files,
            None if self.is_file => &self.parts,
            None => &[],
        }
    }

    /// The same, to be changed.
    pub(super) fn files_mut(&mut self) -> &mut [File] {
        match &mut self.form {
            Some(form) => &mut form.files,
            None if self.is_file => &mut self.parts,
            None => &mut [],
        }
    }

    /// The rules have seen what there is.
    pub(super) fn inspected(&mut self) {
        self.parts.iter_mut().for_each(File::inspected);
        if let Some(form) = &mut self.form {
            form.files.iter_mut().for_each(File::inspected);
        }
    }

    /// So many bytes are missing. What is packed cannot be followed further.
    pub(super) fn gap(&mut self, bytes: u64) {
        self.sent += bytes;
        if self.decoder.is_none() {
            self.joining = None;
            if let Some(content) = self.parts.first_mut() {
                content.gap(bytes);
            }
            if let Some(form) = &mut self.form {
                form.gap(bytes);
            }
        }
    }

    /// Whether it could not be decoded as it was said to be.
    pub(super) fn has_failed(&self) -> bool {
        self.decoder.as_ref().is_some_and(|decoder| decoder.failed)
    }

    /// Whether a decoder wanted more memory than it may have.
    pub(super) fn wants_memory(&self) -> bool {
        self.decoder
            .as_ref()
            .is_some_and(|decoder| decoder.wants_memory)
    }

    /// Whether it decodes to far too much.
    pub(super) fn is_bomb(&self) -> bool {
        self.decoder.as_ref().is_some_and(|decoder| decoder.bomb)
    }

    /// It is over.
    pub(super) fn close(&mut self, state: FileState) {
        let state = if self.cut {
            FileState::Truncated
        } else {
            state
        };
        if let Some(content) = self.parts.first_mut() {
            content.close(state);
        }
        if let Some(form) = &mut self.form {
            form.close(state);
        }
    }
}

/// What the line before a chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChunkLine {
    /// Nothing: the next one may.
    Nothing,
    /// The chunk's length, and whether more follows on the line.
    Length(u64, bool),
    /// Something else.
    Invalid,
}

/// Characters that are passed over before the length of a chunk.
fn is_passed_over(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0x0b | 0x0c)
}

/// Reads the line before a chunk: hexadecimal digits (RFC 9112, section 7.1).
pub(super) fn chunk_line(line: &[u8]) -> ChunkLine {
    let from = line.iter().position(|byte| !is_passed_over(byte));
    let Some(text) = from.and_then(|from| line.get(from..)) else {
        return ChunkLine::Nothing;
    };
    let len = text
        .iter()
        .position(|byte| !byte.is_ascii_hexdigit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(len);
    let Ok(digits) = std::str::from_utf8(digits) else {
        return ChunkLine::Invalid;
    };
    match u64::from_str_radix(digits, 16) {
        Ok(length) if length > i32::MAX as u64 => ChunkLine::Nothing,
        Ok(length) => ChunkLine::Length(length, rest.contains(&b';')),
        Err(_) => ChunkLine::Invalid,
    }
}

/// Whether data without the end of its line can still become the line before a chunk.
pub(super) fn may_be_chunk_line(data: &[u8]) -> bool {
    data.iter()
        .find(|byte| !is_passed_over(byte))
        .is_none_or(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_lengths() {
        assert_eq!(chunk_line(b"1a;x=y\r\n"), ChunkLine::Length(26, true));
        assert_eq!(chunk_line(b"\x0bf \r\n"), ChunkLine::Length(15, false));
        assert_eq!(chunk_line(b"\r\n"), ChunkLine::Nothing);
        assert_eq!(chunk_line(b"zz\r\n"), ChunkLine::Invalid);
        assert!(!may_be_chunk_line(b"X5O!P"));
    }

    #[test]
    fn a_body_is_looked_at_up_to_its_limit() {
        let limits = Limits::default();
        let (mut body, _) = Body::new(&Arc::default(), b"", None, (&limits, 4));
        body.push(b"abc");
        body.push(b"def");
        body.close(FileState::Closed);
        assert_eq!((body.sent, body.parts[0].size()), (6, 4));
        assert_eq!(body.parts[0].state(), FileState::Truncated);
    }

    #[test]
    fn a_body_that_is_stored_is_followed_further() {
        let limits = Limits::default();
        let settings = FileSettings {
            storing: crate::file::Storing::OnDemand,
            stored_limit: 6,
            ..FileSettings::default()
        };
        let (mut body, _) = Body::new(&Arc::new(settings), b"", None, (&limits, 4));
        body.push(b"abc");
        body.parts[0].keep();
        body.push(b"defg");
        assert_eq!(body.parts[0].size(), 6);
    }
}
