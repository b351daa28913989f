//! Bodies: how they are delimited (RFC 9112, section 6) and how they are coded (RFC 9110, section 8.4).

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use crate::file::{File, FileSettings, FileState};

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
    /// All that comes is something else.
    Tunnel,
}

/// A body, decoded while it comes.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) file: File,
    decoder: Option<Box<Decompress>>,
    gzip_header: Vec<u8>,
    awaits_header: bool,
    /// Bytes on the wire.
    pub(super) sent: u64,
    /// Decoding failed: the rest is taken as it comes.
    pub(super) failed: bool,
}

/// A body that decodes to more than this many times its size is not decoded further.
const MAX_RATIO: u64 = 2048;
/// Bytes that may always come out.
const MAX_FREE: u64 = 1 << 20;

impl Body {
    /// A body to come, in a content coding.
    pub(super) fn new(settings: &Arc<FileSettings>, name: &[u8], coding: Option<&[u8]>) -> Self {
        let is = |names: [&[u8]; 2]| {
            coding.is_some_and(|coding| {
                names
                    .iter()
                    .any(|name| coding.trim_ascii().eq_ignore_ascii_case(name))
            })
        };
        let gzip = is([b"gzip", b"x-gzip"]);
        let deflate = is([b"deflate", b"x-deflate"]);
        Self {
            file: File::new(settings, name),
            decoder: (gzip || deflate).then(|| Box::new(Decompress::new(false))),
            gzip_header: Vec::new(),
            awaits_header: gzip || deflate,
            sent: 0,
            failed: false,
        }
    }

    /// Takes bytes as sent.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        if self.decoder.is_none() || self.failed {
            return self.file.append(data);
        }
        if !self.awaits_header {
            return self.inflate(data);
        }
        self.gzip_header.extend_from_slice(data);
        match header_len(&self.gzip_header) {
            Some(len) => {
                self.awaits_header = false;
                let rest = std::mem::take(&mut self.gzip_header);
                self.inflate(rest.get(len..).unwrap_or_default());
            }
            None if self.gzip_header.len() > 4096 => {
                self.failed = true;
                let rest = std::mem::take(&mut self.gzip_header);
                self.file.append(&rest);
            }
            None => {}
        }
    }

    fn inflate(&mut self, mut data: &[u8]) {
        let Some(decoder) = &mut self.decoder else {
            return;
        };
        let mut out = [0; 8192];
        loop {
            let (read, written) = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress(data, &mut out, FlushDecompress::None);
            let used = (decoder.total_in() - read) as usize;
            let made = (decoder.total_out() - written) as usize;
            self.file.append(out.get(..made).unwrap_or_default());
            data = data.get(used..).unwrap_or_default();
            let bomb = decoder.total_out() > MAX_FREE.max(self.sent.saturating_mul(MAX_RATIO));
            match status {
                Ok(Status::StreamEnd) => {
                    // What follows the end (a checksum) is not body.
                    return;
                }
                Ok(_) if bomb => {
                    self.failed = true;
                    return;
                }
                Ok(_) if used == 0 && made == 0 => return,
                Ok(_) if data.is_empty() && made < out.len() => return,
                Ok(_) => {}
                Err(_) => {
                    self.failed = true;
                    self.file.append(data);
                    return;
                }
            }
        }
    }

    /// It is over.
    pub(super) fn close(&mut self, state: FileState) {
        let rest = std::mem::take(&mut self.gzip_header);
        if self.awaits_header {
            self.file.append(&rest);
        }
        self.file.close(state);
    }
}

/// Length of the header before deflated data: that of gzip (RFC 1952), of zlib (RFC 1950), or none. Nothing while that
/// is open.
fn header_len(data: &[u8]) -> Option<usize> {
    match data {
        [] | [0x1f] | [_] => None,
        [0x1f, 0x8b, ..] => {
            let flags = *data.get(3)?;
            let mut at = 10;
            if flags & 4 != 0 {
                let len = data.get(at..at + 2)?;
                at += 2 + usize::from(u16::from_le_bytes([len[0], len[1]]));
            }
            for bit in [8, 16] {
                if flags & bit != 0 {
                    at += memchr::memchr(0, data.get(at..)?)? + 1;
                }
            }
            if flags & 2 != 0 {
                at += 2;
            }
            (data.len() >= at).then_some(at)
        }
        [first, second, ..]
            if first & 0xf == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 =>
        {
            Some(2)
        }
        _ => Some(0),
    }
}

/// The length that a chunk's line says, in hexadecimal digits; nothing if it says none.
pub(super) fn chunk_len(line: &[u8]) -> Option<u64> {
    let digits: Vec<u8> = line
        .trim_ascii()
        .iter()
        .copied()
        .take_while(u8::is_ascii_hexdigit)
        .collect();
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn gzip_comes_out_whatever_the_cuts() {
        let text = b"a body that is somewhat long ".repeat(50);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&text).expect("memory");
        let coded = encoder.finish().expect("memory");
        for size in [1, 7, coded.len()] {
            let mut body = Body::new(&Arc::default(), b"", Some(b"gzip"));
            coded.chunks(size).for_each(|part| body.push(part));
            body.close(FileState::Closed);
            assert_eq!(body.file.content().1, &text[..]);
        }
    }

    #[test]
    fn chunk_lengths() {
        assert_eq!(chunk_len(b"1a;x=y\r\n"), Some(26));
        assert_eq!(chunk_len(b"zz\r\n"), None);
    }
}
