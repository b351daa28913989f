//! Capture files.

mod pcap;
mod pcapng;
mod record;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;
use tapir_packet::LinkType;

use crate::batch::{Batch, Bytes, FrameMeta};
use crate::compression::{self, Kind, Plain};
use crate::error::{CaptureError, Damage, DamageKind};
use record::{Format, Start, Started, Step, Unusable};

/// How much is read from a stream at a time.
const CHUNK: usize = 64 << 10;
/// A batch of a stream ends when so many of its bytes are used, however few its frames.
const ARENA: usize = 4 << 20;

/// A capture file being read: pcap or pcapng, mapped where it can be, otherwise read through a bounded
/// buffer.
pub struct CaptureFile {
    name: String,
    format: Format,
    link: LinkType,
    origin: Origin,
    packets: u64,
    done: bool,
    damage: Option<Damage>,
}

enum Origin {
    Map { map: Arc<Mmap>, at: usize },
    Stream(Stream),
}

/// Bytes that come through a reader.
struct Stream {
    reader: Plain,
    /// Read but not yet used.
    carry: Vec<u8>,
    ended: bool,
    failed: Option<io::Error>,
    /// Bytes used before `carry`.
    passed: u64,
    stored: Option<Stored>,
}

/// How much of a file has been read, compressed as it may be.
struct Stored {
    read: Arc<AtomicU64>,
    length: u64,
}

impl CaptureFile {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be read, does not begin as a capture does, or its packets cannot be decoded.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        if name == "-" {
            return Self::from_reader("standard input", io::stdin());
        }
        let failed = |source| CaptureError::Io {
            name: name.clone(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if meta.is_dir() {
            return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if !meta.is_file() || meta.len() == 0 {
            return Self::from_reader(&name, file);
        }
        // SAFETY: the map is only read. Should another process shorten the file meanwhile, touching the lost
        // pages ends this process with SIGBUS, as for every program that maps files; captures are not
        // written to while they are replayed, and one that grows is mapped at its length of now.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        if Kind::of(&map).is_some() {
            return Self::of_compressed(&name, file, meta.len());
        }
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential);
        Self::of_map(&name, map)
    }

    fn of_map(name: &str, map: Mmap) -> Result<Self, CaptureError> {
        let mut start = Start::default();
        let mut at = 0;
        loop {
            let rest = map.get(at..).unwrap_or_default();
            match start.step(rest).map_err(|e| e.into_error(name))? {
                Started::Skip { used } => at += used,
                Started::More { needed } => return Err(too_short(name, at + needed, map.len())),
                Started::Ready { format, link } => {
                    let map = Arc::new(map);
                    return Ok(Self::ready(name, format, link, Origin::Map { map, at }));
                }
            }
        }
    }

    fn of_compressed(name: &str, file: File, length: u64) -> Result<Self, CaptureError> {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file,
            read: Arc::clone(&read),
        };
        let mut capture = Self::from_reader(name, counted)?;
        if let Origin::Stream(stream) = &mut capture.origin {
            stream.stored = Some(Stored { read, length });
        }
        Ok(capture)
    }

    /// Reads a capture from anything, taking compression off.
    ///
    /// # Errors
    /// As [`CaptureFile::open`].
    pub fn from_reader(
        name: &str,
        reader: impl Read + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Io {
            name: name.to_owned(),
            source,
        };
        let mut stream = Stream {
            reader: compression::plain(reader).map_err(failed)?,
            carry: Vec::with_capacity(CHUNK),
            ended: false,
            failed: None,
            passed: 0,
            stored: None,
        };
        let mut start = Start::default();
        let mut at = 0;
        loop {
            let rest = stream.carry.get(at..).unwrap_or_default();
            let started = start.step(rest).map_err(|e| e.into_error(name))?;
            let needed = match &started {
                Started::Skip { used } => {
                    at += used;
                    continue;
                }
                Started::More { needed } => *needed,
                Started::Ready { .. } => 0,
            };
            stream.passed += at as u64;
            stream.carry.drain(..std::mem::take(&mut at));
            if let Started::Ready { format, link } = started {
                return Ok(Self::ready(name, format, link, Origin::Stream(stream)));
            }
            let mut bytes = std::mem::take(&mut stream.carry);
            if !stream.read_until(&mut bytes, needed) {
                let passed = stream.passed as usize;
                return Err(match stream.failed.take() {
                    Some(error) => failed(error),
                    None => too_short(name, passed + needed, passed + bytes.len()),
                });
            }
            stream.carry = bytes;
        }
    }

    fn ready(name: &str, format: Format, link: LinkType, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            format,
            link,
            origin,
            packets: 0,
            done: false,
            damage: None,
        }
    }

    /// What the capture is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its packets begin with; a pcapng file may have further interfaces that differ.
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// How many bytes of the file have been used, for progress: of the compressed file, if it is compressed.
    pub fn position(&self) -> u64 {
        match &self.origin {
            Origin::Map { at, .. } => *at as u64,
            Origin::Stream(stream) => match &stream.stored {
                Some(stored) => stored.read.load(Ordering::Relaxed),
                None => stream.passed,
            },
        }
    }

    /// Length of the file, where it is known.
    pub fn length(&self) -> Option<u64> {
        match &self.origin {
            Origin::Map { map, .. } => Some(map.len() as u64),
            Origin::Stream(stream) => stream.stored.as_ref().map(|stored| stored.length),
        }
    }

    /// What is wrong with the file's end, once it was reached.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// Fills `batch` with up to `most` further frames; false when there is none left. Where batches end
    /// depends on the file alone.
    pub fn next_batch(&mut self, batch: &mut Batch, most: usize) -> bool {
        let arena = batch.take_arena();
        if !self.done {
            match &self.origin {
                Origin::Map { map, .. } => {
                    batch.bytes = Bytes::Map(Arc::clone(map));
                    self.fill_from_map(batch, most);
                }
                Origin::Stream(_) => self.fill_from_stream(arena, batch, most),
            }
        }
        self.packets += batch.frames.len() as u64;
        !batch.is_empty()
    }

    fn fill_from_map(&mut self, batch: &mut Batch, most: usize) {
        let Origin::Map { map, at } = &mut self.origin else {
            return;
        };
        while batch.frames.len() < most {
            let rest = map.get(*at..).unwrap_or_default();
            match self.format.step(rest) {
                Ok(Step::Frame { mut frame, used }) => {
                    frame.offset += *at;
                    *at += used;
                    batch.frames.push(frame);
                }
                Ok(Step::Skip { used }) => *at += used,
                Ok(Step::More { needed }) => {
                    let (at, left) = (*at as u64, rest.len());
                    return self.finish(at, left, needed, batch.frames.len());
                }
                Err(message) => {
                    let at = *at as u64;
                    return self.damaged(DamageKind::Malformed, at, message, batch.frames.len());
                }
            }
        }
    }

    fn fill_from_stream(&mut self, mut arena: Vec<u8>, batch: &mut Batch, most: usize) {
        let Origin::Stream(stream) = &mut self.origin else {
            return;
        };
        arena.append(&mut stream.carry);
        let start = stream.passed;
        let (mut at, mut end) = (0, None);
        while batch.frames.len() < most && at < ARENA {
            match self.format.step(arena.get(at..).unwrap_or_default()) {
                Ok(Step::Frame { mut frame, used }) => {
                    frame.offset += at;
                    at += used;
                    batch.frames.push(frame);
                }
                Ok(Step::Skip { used }) => at += used,
                Ok(Step::More { needed }) => {
                    if !stream.read_until(&mut arena, at + needed) {
                        end = Some(Ok((arena.len() - at, needed)));
                        break;
                    }
                }
                Err(message) => {
                    end = Some(Err(message));
                    break;
                }
            }
        }
        stream.passed += at as u64;
        stream
            .carry
            .extend_from_slice(arena.get(at..).unwrap_or_default());
        let failed = stream.failed.take();
        batch.bytes = Bytes::Arena(arena);
        let (offset, frames) = (start + at as u64, batch.frames.len());
        match (end, failed) {
            (None, _) => {}
            (Some(Err(message)), _) => {
                self.damaged(DamageKind::Malformed, offset, message, frames);
            }
            (Some(Ok(_)), Some(error)) => self.unreadable(offset, &error, frames),
            (Some(Ok((left, needed))), None) => self.finish(offset, left, needed, frames),
        }
    }

    /// The bytes ended: cleanly between two records, or within one.
    fn finish(&mut self, offset: u64, left: usize, needed: usize, in_batch: usize) {
        if left == 0 {
            self.done = true;
            return;
        }
        let missing = needed - left;
        let s = if missing == 1 { "" } else { "s" };
        let message = format!("the file ends {missing} byte{s} before its last record does");
        self.damaged(DamageKind::Cut, offset, message, in_batch);
    }

    fn unreadable(&mut self, offset: u64, error: &io::Error, in_batch: usize) {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            let message = "the compressed data end early".to_owned();
            return self.damaged(DamageKind::Cut, offset, message, in_batch);
        }
        self.damaged(DamageKind::Unreadable, offset, error.to_string(), in_batch);
    }

    fn damaged(&mut self, kind: DamageKind, offset: u64, message: String, in_batch: usize) {
        self.done = true;
        self.damage = Some(Damage {
            kind,
            packets: self.packets + in_batch as u64,
            offset,
            message,
        });
    }
}

fn too_short(name: &str, needed: usize, len: usize) -> CaptureError {
    match len {
        0 => Unusable::empty(),
        _ => Unusable::NotACapture(format!(
            "it ends after {len} of the {needed} bytes or more that come before its packets"
        )),
    }
    .into_error(name)
}

impl Stream {
    /// Reads until `to` has `wanted` bytes; false when they do not come.
    fn read_until(&mut self, to: &mut Vec<u8>, wanted: usize) -> bool {
        while to.len() < wanted && !self.ended {
            let len = to.len();
            to.resize(len + CHUNK, 0);
            let read = self.reader.read(to.get_mut(len..).unwrap_or_default());
            to.truncate(len + read.as_ref().map_or(0, |&n| n.min(CHUNK)));
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.failed = Some(e);
                    self.ended = true;
                }
            }
        }
        to.len() >= wanted
    }
}

/// A file that counts what was read from it.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(to)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl FrameMeta {
    /// A frame whose bytes begin `offset` bytes after the record does.
    pub(crate) fn at(offset: usize) -> Self {
        Self {
            offset,
            len: 0,
            wire_len: 0,
            link: LinkType::ETHERNET,
            ts: tapir_packet::Timestamp::default(),
        }
    }
}
