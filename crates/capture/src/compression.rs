//! Compressed captures, recognised by their first bytes.

use std::io::{self, BufReader, Cursor, Read};

use liblzma::stream::{CONCATENATED, Stream};

/// What a reader gives once its compression, if it has one, is taken off.
pub(crate) type Plain = Box<dyn Read + Send>;

const MAGIC_LEN: usize = 6;
/// What decompressing an xz file may cost in memory: `xz -9` asks for 65 MiB, a hostile file for 4 GiB. The
/// other formats have limits of their own (zstd a window of 128 MiB, lz4 blocks of 8 MiB).
const XZ_MEMORY: u64 = 128 << 20;

/// Takes compression off, or returns the bytes as they are.
///
/// gzip (RFC 1952), zstd (RFC 8878), LZ4 frames and xz, each also several times in a row.
pub(crate) fn plain(mut reader: impl Read + Send + 'static) -> io::Result<Plain> {
    let mut magic = [0; MAGIC_LEN];
    let mut len = 0;
    while len < MAGIC_LEN {
        match reader.read(&mut magic[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let whole = Cursor::new(magic).take(len as u64).chain(reader);
    Ok(match Kind::of(&magic[..len]) {
        None => Box::new(whole),
        Some(Kind::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(whole))),
        Some(Kind::Zstd) => Box::new(zstd::Decoder::new(whole)?),
        Some(Kind::Lz4) => Box::new(Lz4Frames(lz4_flex::frame::FrameDecoder::new(whole))),
        Some(Kind::Xz) => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            let whole = BufReader::new(whole);
            Box::new(liblzma::bufread::XzDecoder::new_stream(whole, stream))
        }
    })
}

/// A compression that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gzip,
    Zstd,
    Lz4,
    Xz,
}

impl Kind {
    /// The compression that starts with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }
}

/// LZ4 frames in a row: the decoder ends after each, and goes on with the next when asked again.
struct Lz4Frames<R: Read>(lz4_flex::frame::FrameDecoder<R>);

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.0.read(to)? {
            0 if !to.is_empty() => self.0.read(to),
            n => Ok(n),
        }
    }
}
