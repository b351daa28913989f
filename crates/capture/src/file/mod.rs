//! Capture files.

mod pcap;
mod pcapng;
mod record;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use crate::batch::{Batch, Bytes, FrameMeta};
use crate::compression::{self, Kind, Plain};
use crate::error::{CaptureError, Damage};
use record::{Format, Step};

/// How much is read from a stream at a time.
const CHUNK: usize = 256 << 10;
/// A batch of a stream ends when so many of its bytes are used, however few its frames.
const ARENA: usize = 4 << 20;

/// A capture file being read: pcap or pcapng, mapped where it can be, otherwise read through a bounded
/// buffer.
pub struct CaptureFile {
    name: String,
    format: Format,
    origin: Origin,
    packets: u64,
    /// Bytes of the uncompressed file before the origin's current window.
    passed: u64,
    done: bool,
    damage: Option<Damage>,
}

enum Origin {
    Map {
        map: Arc<Mmap>,
        at: usize,
    },
    /// `carry` holds bytes read but not yet used.
    Stream {
        reader: Plain,
        carry: Vec<u8>,
        ended: bool,
    },
}

impl CaptureFile {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be read, or does not begin as a capture does.
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
            return Self::from_reader(&name, file);
        }
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential);
        let (format, at) = Format::recognise(&map).map_err(|found| found.into_error(&name))?;
        let origin = Origin::Map {
            map: Arc::new(map),
            at,
        };
        Ok(Self {
            name,
            format,
            origin,
            packets: 0,
            passed: 0,
            done: false,
            damage: None,
        })
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
        let mut reader = compression::plain(reader).map_err(failed)?;
        let mut carry = Vec::with_capacity(CHUNK);
        let mut ended = false;
        while carry.len() < record::LONGEST_HEADER && !ended {
            ended = read_some(&mut reader, &mut carry).map_err(failed)? == 0;
        }
        let (format, at) = Format::recognise(&carry).map_err(|found| found.into_error(name))?;
        carry.drain(..at);
        let origin = Origin::Stream {
            reader,
            carry,
            ended,
        };
        let name = name.to_owned();
        Ok(Self {
            name,
            format,
            origin,
            packets: 0,
            passed: at as u64,
            done: false,
            damage: None,
        })
    }

    /// What the capture is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes of the uncompressed file have been used, for progress.
    pub fn position(&self) -> u64 {
        match &self.origin {
            Origin::Map { at, .. } => *at as u64,
            Origin::Stream { .. } => self.passed,
        }
    }

    /// Length of the uncompressed file, where it is known.
    pub fn length(&self) -> Option<u64> {
        match &self.origin {
            Origin::Map { map, .. } => Some(map.len() as u64),
            Origin::Stream { .. } => None,
        }
    }

    /// What is wrong with the file's end, once it was reached.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// Fills `batch` with up to `most` further frames; false when there is none left. Where batches end
    /// depends on the file alone.
    pub fn next_batch(&mut self, batch: &mut Batch, most: usize) -> bool {
        let mut arena = batch.take_arena();
        if !self.done {
            match &mut self.origin {
                Origin::Map { map, .. } => {
                    batch.bytes = Bytes::Map(Arc::clone(map));
                    self.fill_from_map(batch, most);
                }
                Origin::Stream { carry, .. } => {
                    arena.append(carry);
                    self.fill_from_stream(arena, batch, most);
                }
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
                    return self.damaged(at, message, batch.frames.len());
                }
            }
        }
    }

    fn fill_from_stream(&mut self, mut arena: Vec<u8>, batch: &mut Batch, most: usize) {
        let mut at = 0;
        while batch.frames.len() < most && at < ARENA {
            match self.format.step(arena.get(at..).unwrap_or_default()) {
                Ok(Step::Frame { mut frame, used }) => {
                    frame.offset += at;
                    at += used;
                    batch.frames.push(frame);
                }
                Ok(Step::Skip { used }) => at += used,
                Ok(Step::More { needed }) => {
                    let Origin::Stream { reader, ended, .. } = &mut self.origin else {
                        return;
                    };
                    let mut failed = None;
                    while !*ended && arena.len() - at < needed {
                        match read_some(reader, &mut arena) {
                            Ok(n) => *ended = n == 0,
                            Err(e) => {
                                failed = Some(e.to_string());
                                *ended = true;
                            }
                        }
                    }
                    let left = arena.len() - at;
                    if left < needed {
                        let offset = self.passed + at as u64;
                        match failed {
                            Some(message) => self.damaged(offset, message, batch.frames.len()),
                            None => self.finish(offset, left, needed, batch.frames.len()),
                        }
                        break;
                    }
                }
                Err(message) => {
                    self.damaged(self.passed + at as u64, message, batch.frames.len());
                    break;
                }
            }
        }
        self.passed += at as u64;
        if let Origin::Stream { carry, .. } = &mut self.origin
            && !self.done
        {
            carry.extend_from_slice(arena.get(at..).unwrap_or_default());
        }
        batch.bytes = Bytes::Arena(arena);
    }

    /// The bytes ended: cleanly between two records, or within one.
    fn finish(&mut self, offset: u64, left: usize, needed: usize, in_batch: usize) {
        if left == 0 {
            self.done = true;
        } else {
            let message = format!(
                "the file ends {} bytes before its last record does",
                needed - left
            );
            self.damaged(offset, message, in_batch);
        }
    }

    fn damaged(&mut self, offset: u64, message: String, in_batch: usize) {
        self.done = true;
        self.damage = Some(Damage {
            packets: self.packets + in_batch as u64,
            offset,
            message,
        });
    }
}

fn read_some(reader: &mut Plain, to: &mut Vec<u8>) -> io::Result<usize> {
    reader.by_ref().take(CHUNK as u64).read_to_end(to)
}

impl FrameMeta {
    /// A frame whose bytes begin `offset` bytes after the record does.
    pub(crate) fn at(offset: usize) -> Self {
        Self {
            offset,
            len: 0,
            wire_len: 0,
            link: tapir_packet::LinkType::ETHERNET,
            ts: tapir_packet::Timestamp::default(),
        }
    }
}
