//! Content codings of HTTP (RFC 9110, section 8.4.1), undone as browsers do: what is said of them is only a hint.
//!
//! Servers say one thing and send another, and browsers forgive. So does this: content that does not decode as it is
//! said to is tried in the other codings, and passed on as it is when none fits.

use std::io::Write;

use brotli_decompressor::DecompressorWriter;
use flate2::{Decompress, FlushDecompress, Status};
use liblzma::stream::{Action, Stream};

/// What decoding may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Codings that are undone, one after the other.
    pub layers: u32,
    /// Memory of an LZMA decoder (bytes); nothing when LZMA is not undone.
    pub lzma_memory: Option<u64>,
    /// Content that decodes to more than this (bytes), and to 2048 times its size, is a bomb.
    pub bomb: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            layers: 2,
            lzma_memory: None,
            bomb: 1 << 20,
        }
    }
}

/// How many times its size content may decode to before it counts as a bomb.
const BOMB_RATIO: u64 = 2048;
/// Bytes that are kept until something has been decoded, to try another coding on them.
const KEPT: usize = 4096;
/// Bytes that one stretch of content may decode to; the rest is not looked at.
const STEP: usize = 8 << 20;
/// Bytes decoded at a time.
const CHUNK: usize = 8192;

/// A coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Zlib,
    Brotli,
    Lzma,
}

/// What is odd about a header that names codings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Oddities {
    /// It names more than are undone.
    pub(crate) too_many: bool,
    /// It does not name them as it should.
    pub(crate) abnormal: bool,
}

/// Undoes the codings of a content, the last one first.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// The first one is undone first.
    layers: Vec<Layer>,
    bomb_size: u64,
    taken: u64,
    made: u64,
    /// Something did not decode.
    pub(crate) failed: bool,
    /// It decodes to far too much: the rest is left out.
    pub(crate) bomb: bool,
    /// Decoding takes more memory than it may have.
    pub(crate) wants_memory: bool,
    buffers: [Vec<u8>; 2],
}

impl Decoder {
    /// A decoder for what a `Content-Encoding` says; nothing when there is nothing to undo.
    pub(crate) fn new(value: &[u8], limits: &Limits) -> (Option<Self>, Oddities) {
        let (codings, oddities) = codings(value, limits);
        let layers: Vec<Layer> = codings
            .into_iter()
            .rev()
            .filter_map(|coding| Layer::new(coding, limits))
            .collect();
        let decoder = (!layers.is_empty()).then(|| Self {
            layers,
            bomb_size: limits.bomb,
            taken: 0,
            made: 0,
            failed: false,
            bomb: false,
            wants_memory: false,
            buffers: Default::default(),
        });
        (decoder, oddities)
    }

    /// Decodes a stretch and shows what comes out.
    pub(crate) fn push(&mut self, data: &[u8], mut show: impl FnMut(&[u8])) {
        if self.bomb {
            return;
        }
        self.taken += data.len() as u64;
        let [from, to] = &mut self.buffers;
        from.clear();
        from.extend_from_slice(data);
        for layer in &mut self.layers {
            to.clear();
            match layer.push(from, to) {
                Ok(()) => {}
                Err(Broken::Memory) => self.wants_memory = true,
                Err(Broken::Content) => self.failed = true,
            }
            std::mem::swap(from, to);
        }
        self.made += from.len() as u64;
        show(from);
        self.bomb = self.made > self.bomb_size && self.made / BOMB_RATIO > self.taken;
    }
}

/// The codings that a header names, in its order.
fn codings(value: &[u8], limits: &Limits) -> (Vec<Coding>, Oddities) {
    let mut oddities = Oddities::default();
    let plain: Vec<u8> = value.iter().copied().filter(|byte| *byte != 0).collect();
    if let Some(coding) = exact(plain.trim_ascii(), limits) {
        return (coding.into_iter().collect(), oddities);
    }
    let mut found = Vec::new();
    let words = plain
        .split(|byte| matches!(byte, b',' | b' '))
        .filter(|word| !word.is_empty());
    for (number, word) in words.enumerate() {
        if number as u32 >= limits.layers {
            oddities.too_many = true;
            break;
        }
        match exact(word, limits) {
            Some(coding) => found.extend(coding),
            None => {
                oddities.abnormal = true;
                let lower = word.to_ascii_lowercase();
                if memchr::memmem::find(&lower, b"gzip").is_some() {
                    found.push(Coding::Gzip);
                } else if memchr::memmem::find(&lower, b"deflate").is_some() {
                    found.push(Coding::Deflate);
                }
            }
        }
    }
    (found, oddities)
}

/// The coding of a word, if it has one; nothing for an unknown word.
fn exact(word: &[u8], limits: &Limits) -> Option<Option<Coding>> {
    let word = word.to_ascii_lowercase();
    Some(match word.as_slice() {
        b"gzip" | b"x-gzip" => Some(Coding::Gzip),
        b"deflate" | b"x-deflate" => Some(Coding::Deflate),
        b"br" => Some(Coding::Brotli),
        b"lzma" => limits.lzma_memory.map(|_| Coding::Lzma),
        b"inflate" | b"none" => None,
        _ => return None,
    })
}

/// Decoding went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The content is not what it is said to be.
    Content,
    /// It takes too much memory.
    Memory,
}

/// One coding on its way to be undone.
#[derive(Debug)]
struct Layer {
    coding: Coding,
    engine: Engine,
    restarts: u8,
    /// Something was decoded: another coding is not tried any more.
    begun: bool,
    /// The content so far, until something has been decoded.
    kept: Vec<u8>,
}

enum Engine {
    Gzip(GzipHeader),
    Inflate(Box<Decompress>),
    Brotli(Box<DecompressorWriter<Vec<u8>>>),
    Lzma(Box<Lzma>),
    /// Content is passed on as it is.
    Plain,
    /// Nothing more comes out.
    Over,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gzip(_) => "Gzip",
            Self::Inflate(_) => "Inflate",
            Self::Brotli(_) => "Brotli",
            Self::Lzma(_) => "Lzma",
            Self::Plain => "Plain",
            Self::Over => "Over",
        })
    }
}

impl Engine {
    fn new(coding: Coding, lzma_memory: u64) -> Option<Self> {
        Some(match coding {
            Coding::Gzip => Self::Gzip(GzipHeader::default()),
            Coding::Deflate => Self::Inflate(Box::new(Decompress::new(false))),
            Coding::Zlib => Self::Inflate(Box::new(Decompress::new(true))),
            Coding::Brotli => Self::Brotli(Box::new(DecompressorWriter::new(Vec::new(), CHUNK))),
            Coding::Lzma => Self::Lzma(Box::new(Lzma::new(lzma_memory)?)),
        })
    }

    /// Decodes what it can.
    fn feed(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Self::Plain => out.extend_from_slice(data),
            Self::Over => {}
            Self::Gzip(header) => {
                let Some(rest) = header.take(data)? else {
                    return Ok(());
                };
                let mut inflate = Box::new(Decompress::new(false));
                let ended = inflated(&mut inflate, &rest, out);
                *self = Self::Inflate(inflate);
                if ended? {
                    *self = Self::Over;
                }
            }
            Self::Inflate(inflate) => {
                if inflated(inflate, data, out)? {
                    *self = Self::Over;
                }
            }
            Self::Brotli(brotli) => {
                let done = brotli.write_all(data).and_then(|()| brotli.flush());
                let made = brotli.get_mut();
                out.extend_from_slice(made.get(..made.len().min(STEP)).unwrap_or_default());
                made.clear();
                done.map_err(|_| Broken::Content)?;
            }
            Self::Lzma(lzma) => {
                if lzma.feed(data, out)? {
                    *self = Self::Over;
                }
            }
        }
        Ok(())
    }
}

/// Inflates; true at the end of the packed data.
fn inflated(inflate: &mut Decompress, mut data: &[u8], out: &mut Vec<u8>) -> Result<bool, Broken> {
    let mut chunk = [0; CHUNK];
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(data, &mut chunk, FlushDecompress::None);
        let used = (inflate.total_in() - read) as usize;
        let made = (inflate.total_out() - written) as usize;
        out.extend_from_slice(chunk.get(..made).unwrap_or_default());
        data = data.get(used..).unwrap_or_default();
        match status {
            Ok(Status::StreamEnd) => return Ok(true),
            Ok(_) if out.len() > STEP => return Ok(true),
            Ok(_) if used == 0 && made == 0 => return Ok(false),
            Ok(_) if data.is_empty() && made < chunk.len() => return Ok(false),
            Ok(_) => {}
            Err(_) => return Err(Broken::Content),
        }
    }
}

/// LZMA. Its header says how far back the content may refer, often much further than it does: that is cut to what
/// memory allows.
struct Lzma {
    stream: Stream,
    /// The beginning of the header, until it says how far.
    header: Vec<u8>,
    memory: u64,
    is_cut: bool,
}

/// What a decoder needs beside its window.
const LZMA_OVERHEAD: u64 = 1 << 20;
/// Where the header says how far the content refers back.
const LZMA_WINDOW: std::ops::Range<usize> = 1..5;

impl Lzma {
    fn new(memory: u64) -> Option<Self> {
        let limit = memory.saturating_add(LZMA_OVERHEAD);
        Some(Self {
            stream: Stream::new_lzma_decoder(limit).ok()?,
            header: Vec::new(),
            memory,
            is_cut: false,
        })
    }

    /// Decodes; true at the end of the packed data.
    fn feed(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<bool, Broken> {
        let missing = LZMA_WINDOW.end.saturating_sub(self.header.len());
        let (begin, rest) = data.split_at(missing.min(data.len()));
        if missing > 0 {
            self.header.extend_from_slice(begin);
            let Some(window) = self.header.get_mut(LZMA_WINDOW) else {
                return Ok(false);
            };
            let Ok(bytes) = <&mut [u8; 4]>::try_from(window) else {
                return Ok(false);
            };
            let wanted = u32::from_le_bytes(*bytes);
            let allowed = u32::try_from(self.memory).unwrap_or(u32::MAX);
            self.is_cut = wanted > allowed;
            *bytes = wanted.min(allowed).to_le_bytes();
            let header = std::mem::take(&mut self.header);
            self.unpack(&header, out)?;
            self.header = header;
        }
        self.unpack(rest, out)
    }

    fn unpack(&mut self, mut data: &[u8], out: &mut Vec<u8>) -> Result<bool, Broken> {
        let stream = &mut self.stream;
        let mut chunk = [0; CHUNK];
        loop {
            let (read, written) = (stream.total_in(), stream.total_out());
            let status = stream.process(data, &mut chunk, Action::Run);
            let used = (stream.total_in() - read) as usize;
            let made = (stream.total_out() - written) as usize;
            out.extend_from_slice(chunk.get(..made).unwrap_or_default());
            data = data.get(used..).unwrap_or_default();
            match status {
                Ok(liblzma::stream::Status::StreamEnd) => return Ok(true),
                Ok(_) if out.len() > STEP => return Ok(true),
                Ok(_) if used == 0 && made == 0 => return Ok(false),
                Ok(_) if data.is_empty() && made < chunk.len() => return Ok(false),
                Ok(_) => {}
                Err(_) if self.is_cut => return Err(Broken::Memory),
                Err(_) => return Err(Broken::Content),
            }
        }
    }
}

impl Layer {
    fn new(coding: Coding, limits: &Limits) -> Option<Self> {
        Some(Self {
            coding,
            engine: Engine::new(coding, limits.lzma_memory.unwrap_or_default())?,
            restarts: 0,
            begun: false,
            kept: Vec::new(),
        })
    }

    fn push(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        if !self.begun {
            self.kept.extend_from_slice(data);
        }
        let mut result = self.engine.feed(data, out);
        while result.is_err() && !self.begun && out.is_empty() {
            let kept = std::mem::take(&mut self.kept);
            self.try_another();
            result = self.engine.feed(&kept, out);
            self.kept = kept;
        }
        if !out.is_empty() || self.kept.len() > KEPT {
            self.begun = true;
            self.kept = Vec::new();
        }
        if result.is_err() {
            self.engine = Engine::Over;
        }
        result
    }

    /// Goes over to another coding; when there is none left, content is passed on as it is.
    fn try_another(&mut self) {
        self.coding = match self.coding {
            Coding::Gzip | Coding::Brotli | Coding::Lzma => Coding::Deflate,
            Coding::Deflate => Coding::Zlib,
            Coding::Zlib => Coding::Gzip,
        };
        self.restarts += 1;
        let another = (self.restarts <= 3).then(|| Engine::new(self.coding, 0));
        self.engine = another.flatten().unwrap_or(Engine::Plain);
    }
}

/// The header of gzip (RFC 1952, section 2.3), until it is whole. Its checksums are not asked for.
#[derive(Debug, Default)]
struct GzipHeader {
    bytes: Vec<u8>,
}

/// A header longer than this is none.
const MAX_GZIP_HEADER: usize = 1 << 16;

impl GzipHeader {
    /// Takes bytes; what follows the header, once that is whole.
    fn take(&mut self, data: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        self.bytes.extend_from_slice(data);
        let magic = [0x1f, 0x8b, 8];
        if self
            .bytes
            .iter()
            .zip(magic)
            .any(|(byte, wanted)| *byte != wanted)
            || self.bytes.len() > MAX_GZIP_HEADER + data.len()
        {
            return Err(Broken::Content);
        }
        Ok(self.len().map(|len| {
            let rest = self.bytes.split_off(len.min(self.bytes.len()));
            self.bytes = Vec::new();
            rest
        }))
    }

    fn len(&self) -> Option<usize> {
        let data = &self.bytes;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"a body that is somewhat long, and says a body that is somewhat long";

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    fn decode(said: &[u8], data: &[u8], cut: usize) -> Vec<u8> {
        let limits = Limits {
            layers: 3,
            lzma_memory: Some(1 << 20),
            ..Limits::default()
        };
        let (decoder, _) = Decoder::new(said, &limits);
        let mut decoder = decoder.expect("a coding");
        let mut out = Vec::new();
        for part in data.chunks(cut) {
            decoder.push(part, |data| out.extend_from_slice(data));
        }
        out
    }

    #[test]
    fn content_is_decoded_whatever_the_cuts_and_whatever_was_said() {
        for cut in [1, 7, 1000] {
            assert_eq!(decode(b"gzip", &gzip(TEXT), cut), TEXT);
            assert_eq!(decode(b"gzip", &deflate(TEXT), cut), TEXT);
            assert_eq!(decode(b"deflate", &zlib(TEXT), cut), TEXT);
            assert_eq!(decode(b"deflate, gzip", &gzip(&deflate(TEXT)), cut), TEXT);
        }
    }

    #[test]
    fn lzma_takes_no_more_memory_than_it_may() {
        // A window of 8 MB, of which nothing is used.
        let packed = [
            0x5d, 0, 0, 0x80, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0x30, 0x98, 0x88, 0xa6,
            0x1d, 0xfe, 0x81, 0xa3, 255, 255, 0x61, 0x64, 0, 0,
        ];
        assert_eq!(decode(b"lzma", &packed, 4), b"abcabcabc");
    }

    #[test]
    fn codings_that_were_not_applied_are_passed_over() {
        assert_eq!(decode(b"gzip, deflate", &gzip(TEXT), 1000), TEXT);
        assert_eq!(
            decode(b"gzip", b"XO!P%@AP not packed", 1000),
            b"XO!P%@AP not packed"
        );
    }

    #[test]
    fn headers_name_codings_in_odd_ways() {
        let limits = Limits::default();
        assert_eq!(codings(b"gz\0ip", &limits).0, [Coding::Gzip]);
        let (found, oddities) = codings(b": deflate", &limits);
        assert_eq!(found, [Coding::Deflate]);
        assert!(oddities.abnormal && !oddities.too_many);
        assert!(codings(b"gzip, gzip, gzip", &limits).1.too_many);
        assert_eq!(codings(b"identity", &limits).0, []);
    }

    #[test]
    fn a_bomb_is_not_decoded_to_its_end() {
        let packed = deflate(&vec![0; 64 << 20]);
        let (decoder, _) = Decoder::new(b"deflate", &Limits::default());
        let mut decoder = decoder.expect("a coding");
        let mut size = 0;
        for part in packed.chunks(100) {
            decoder.push(part, |data| size += data.len());
        }
        assert!(size <= 64 << 20);
        let (decoder, _) = Decoder::new(b"gzip, gzip", &Limits::default());
        let mut decoder = decoder.expect("codings");
        let packed = gzip(&gzip(&vec![0; 64 << 20]));
        let mut size = 0;
        for part in packed.chunks(100) {
            decoder.push(part, |data| size += data.len());
        }
        assert!(decoder.bomb && size < 40 << 20, "{size}");
    }
}
