//! What sessions may cost: bytes in use and their ceilings.

use std::num::NonZeroU64;

use super::reassembly_buffer::Reassembly;

/// Bytes in use by one engine.
///
/// Ceilings are that engine's share of the configured caps; a ceiling of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// For sessions and the handshakes they remember (`tcp.memuse`).
    pub sessions: u64,
    /// For stream data (`tcp.reassembly_memuse`).
    pub reassembly: u64,
}

/// The ledger of an engine, and the buffers it keeps for the next stream.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) used: MemoryUse,
    session_cap: Option<NonZeroU64>,
    reassembly_cap: Option<NonZeroU64>,
    #[allow(clippy::vec_box)] // The boxes go into streams as they are.
    spare: Vec<Box<Reassembly>>,
}

/// Buffers kept for reuse.
const MAX_SPARE: usize = 256;

impl Memory {
    pub(crate) fn new(session_cap: u64, reassembly_cap: u64) -> Self {
        Self {
            used: MemoryUse::default(),
            session_cap: NonZeroU64::new(session_cap),
            reassembly_cap: NonZeroU64::new(reassembly_cap),
            spare: Vec::new(),
        }
    }

    /// Takes bytes for a session; false when the ceiling forbids it.
    pub(crate) fn take_session(&mut self, bytes: usize) -> bool {
        let wanted = self.used.sessions.saturating_add(bytes as u64);
        let fits = self.session_cap.is_none_or(|cap| wanted <= cap.get());
        if fits {
            self.used.sessions = wanted;
        }
        fits
    }

    pub(crate) fn give_session(&mut self, bytes: usize) {
        self.used.sessions = self.used.sessions.saturating_sub(bytes as u64);
    }

    /// Whether so many more bytes of stream data would still be below the ceiling.
    #[inline]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let wanted = self.used.reassembly.saturating_add(bytes as u64);
        self.reassembly_cap.is_none_or(|cap| wanted <= cap.get())
    }

    /// Notes that a buffer's cost went from `before` to `after` bytes.
    #[inline]
    pub(crate) fn resize(&mut self, before: usize, after: usize) {
        self.used.reassembly = (self.used.reassembly + after as u64).saturating_sub(before as u64);
    }

    /// An empty buffer; one that was in use before when there is room for the memory it has.
    pub(crate) fn buffer(&mut self) -> Box<Reassembly> {
        let spare = self.spare.pop();
        let fitting = spare.filter(|buffer| self.has_room(buffer.cost()));
        fitting.unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(crate) fn recycle(&mut self, buffer: Box<Reassembly>) {
        self.resize(buffer.cost(), 0);
        self.keep(buffer);
    }

    /// Keeps a buffer that is not accounted for.
    pub(crate) fn keep(&mut self, mut buffer: Box<Reassembly>) {
        if self.spare.len() < MAX_SPARE {
            buffer.reset();
            self.spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_kept_and_zero_is_none() {
        let mut memory = Memory::new(100, 0);
        assert!(memory.take_session(60) && !memory.take_session(60) && memory.take_session(40));
        memory.give_session(50);
        assert_eq!(memory.used.sessions, 50);
        assert!(memory.has_room(usize::MAX));
    }
}
