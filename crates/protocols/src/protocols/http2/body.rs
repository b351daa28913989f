//! The content of a message, unpacked.

use std::io::Write;

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// Bytes that one packed stretch may unpack to: more than this is not looked at.
const STEP_LIMIT: usize = 1 << 20;
/// How many times its size content may unpack to before it counts as a bomb, once it is large.
const BOMB_RATIO: u64 = 2048;
/// Packed bytes that unpack to a bomb are told from this much on.
const BOMB_SIZE: u64 = 1 << 20;

/// Where unpacked bytes go: no more than fits.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    cut: bool,
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        let room = STEP_LIMIT.saturating_sub(self.bytes.len()).min(data.len());
        self.bytes
            .extend_from_slice(data.get(..room).unwrap_or_default());
        self.cut |= room < data.len();
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Unpacker {
    Gzip(GzDecoder<Sink>),
    Zlib(ZlibDecoder<Sink>),
    Deflate(DeflateDecoder<Sink>),
    Brotli(Box<DecompressorWriter<Sink>>),
    /// Not yet known whether there is a zlib header.
    DeflateOrZlib,
}

/// Unpacks the content of a direction as its `content-encoding` says.
#[derive(Default)]
pub struct Body {
    unpacker: Option<Unpacker>,
    failed: bool,
    /// Bytes before and after.
    counts: [u64; 2],
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// What came of unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpacked {
    /// All is well.
    Fine,
    /// It is not packed as was said: it is shown as it is from here on.
    Failed,
    /// It unpacks to far too much.
    Bomb,
}

impl Body {
    /// Content of an encoding.
    pub fn new(encoding: &[u8]) -> Self {
        const BUFFER: usize = 4096;
        let unpacker = match encoding.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Some(Unpacker::Gzip(GzDecoder::new(Sink::default()))),
            b"deflate" => Some(Unpacker::DeflateOrZlib),
            b"br" => {
                let writer = DecompressorWriter::new(Sink::default(), BUFFER);
                Some(Unpacker::Brotli(Box::new(writer)))
            }
            _ => None,
        };
        Self {
            unpacker,
            ..Self::default()
        }
    }

    /// Unpacks a stretch and shows it.
    pub fn push(&mut self, data: &[u8], show: &mut dyn FnMut(&[u8])) -> Unpacked {
        if data.is_empty() {
            return Unpacked::Fine;
        }
        if let Some(Unpacker::DeflateOrZlib) = self.unpacker {
            let is_zlib = data.first().is_some_and(|first| first & 0x0f == 8);
            self.unpacker = Some(if is_zlib {
                Unpacker::Zlib(ZlibDecoder::new(Sink::default()))
            } else {
                Unpacker::Deflate(DeflateDecoder::new(Sink::default()))
            });
        }
        let (result, sink) = match &mut self.unpacker {
            None | Some(Unpacker::DeflateOrZlib) => {
                show(data);
                return Unpacked::Fine;
            }
            Some(Unpacker::Gzip(gzip)) => (step(gzip, data), gzip.get_mut()),
            Some(Unpacker::Zlib(zlib)) => (step(zlib, data), zlib.get_mut()),
            Some(Unpacker::Deflate(deflate)) => (step(deflate, data), deflate.get_mut()),
            Some(Unpacker::Brotli(brotli)) => (step(brotli.as_mut(), data), brotli.get_mut()),
        };
        let bytes = std::mem::take(&mut sink.bytes);
        let cut = std::mem::take(&mut sink.cut);
        show(&bytes);
        self.counts[0] += data.len() as u64;
        self.counts[1] += bytes.len() as u64;
        let [before, after] = self.counts;
        if cut || (after > BOMB_SIZE && after / before.max(1) > BOMB_RATIO) {
            return Unpacked::Bomb;
        }
        if result.is_err() {
            self.unpacker = None;
            self.failed = true;
            if bytes.is_empty() {
                show(data);
            }
            return Unpacked::Failed;
        }
        Unpacked::Fine
    }
}

/// Writes all and flushes, so that all that can be known now is known.
fn step(unpacker: &mut dyn Write, data: &[u8]) -> std::io::Result<()> {
    let mut rest = data;
    while !rest.is_empty() {
        match unpacker.write(rest)? {
            // The packed data is at its end: what follows is nothing.
            0 => break,
            count => rest = rest.get(count..).unwrap_or_default(),
        }
    }
    unpacker.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_content_is_unpacked_piece_by_piece() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"hello hello hello").unwrap();
        let packed = packer.finish().unwrap();
        let mut body = Body::new(b"gzip");
        let mut out = Vec::new();
        for byte in packed {
            let done = body.push(&[byte], &mut |data| out.extend_from_slice(data));
            assert_eq!(done, Unpacked::Fine);
        }
        assert_eq!(out, b"hello hello hello");
    }

    #[test]
    fn what_is_not_packed_fails_and_is_shown() {
        let mut body = Body::new(b"gzip");
        let mut out = Vec::new();
        let done = body.push(b"not packed at all", &mut |data| {
            out.extend_from_slice(data)
        });
        assert_eq!(done, Unpacked::Failed);
        assert_eq!(out, b"not packed at all");
    }
}
