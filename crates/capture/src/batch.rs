//! Many frames at a time.

use std::sync::Arc;

use memmap2::Mmap;
use tapir_packet::{Frame, LinkType, Timestamp};

/// A frame as a range of its batch's bytes.
#[derive(Debug, Clone, Copy)]
pub struct FrameMeta {
    /// Where its first byte is.
    pub(crate) offset: usize,
    /// How many bytes were captured.
    pub(crate) len: u32,
    /// How many were on the wire.
    pub(crate) wire_len: u32,
    /// What its first byte is the start of.
    pub(crate) link: LinkType,
    /// When it was captured.
    pub(crate) ts: Timestamp,
}

/// The bytes that frames lie in.
#[derive(Debug)]
pub(crate) enum Bytes {
    /// A mapped file, shared by all its batches.
    Map(Arc<Mmap>),
    /// Memory of this batch, filled anew each time.
    Arena(Vec<u8>),
}

impl Bytes {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Arena(arena) => arena,
        }
    }
}

/// Frames and the bytes that they lie in. Made empty, filled by a source, and given back to it to be
/// filled again: its memory is used anew.
#[derive(Debug)]
pub struct Batch {
    pub(crate) bytes: Bytes,
    pub(crate) frames: Vec<FrameMeta>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            bytes: Bytes::Arena(Vec::new()),
            frames: Vec::new(),
        }
    }
}

impl Batch {
    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The frame at a place counted from 0.
    #[inline]
    pub fn frame(&self, index: usize) -> Option<Frame<'_>> {
        self.frames.get(index).and_then(|meta| self.resolve(meta))
    }

    /// All frames.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.frames.iter().filter_map(|meta| self.resolve(meta))
    }

    /// The latest time in it.
    pub fn latest(&self) -> Option<Timestamp> {
        self.frames.iter().map(|meta| meta.ts).max()
    }

    #[inline]
    fn resolve(&self, meta: &FrameMeta) -> Option<Frame<'_>> {
        let end = meta.offset.checked_add(meta.len as usize)?;
        let data = self.bytes.as_slice().get(meta.offset..end)?;
        Some(Frame {
            ts: meta.ts,
            link: meta.link,
            data,
            wire_len: meta.wire_len,
        })
    }

    /// Empties it and takes its arena, or a new one where it held a map.
    pub(crate) fn take_arena(&mut self) -> Vec<u8> {
        self.frames.clear();
        match std::mem::replace(&mut self.bytes, Bytes::Arena(Vec::new())) {
            Bytes::Arena(mut arena) => {
                arena.clear();
                arena
            }
            Bytes::Map(_) => Vec::new(),
        }
    }
}
