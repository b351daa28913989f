//! A file that is read or written, in pieces that may come in any order.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapir_packet::Direction;

use crate::file::{File, FileSettings, FileState};

/// What of a file has come.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The file.
    pub files: Vec<File>,
    /// The way it goes.
    pub direction: Direction,
    /// The server's name of the open file.
    pub handle: Vec<u8>,
    /// The share it is in.
    pub share: Vec<u8>,
    /// Everything before this place has come.
    next: u64,
    /// Pieces beyond what has come.
    waiting: BTreeMap<u64, Vec<u8>>,
    waiting_bytes: u64,
    /// The piece that comes now: place of its next byte, and whether it is kept for later.
    current: Option<u64>,
}

/// Why a piece is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too many bytes wait.
    Size,
    /// Too many pieces wait.
    Count,
}

impl Transfer {
    /// A file of which nothing has come.
    pub fn new(
        settings: &Arc<FileSettings>,
        name: &[u8],
        handle: &[u8],
        share: &[u8],
        direction: Direction,
    ) -> Self {
        Self {
            files: vec![File::new(settings, name)],
            direction,
            handle: handle.to_vec(),
            share: share.to_vec(),
            next: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            current: None,
        }
    }

    /// Whether the place lies in what has come.
    pub fn overlaps(&self, offset: u64) -> bool {
        offset < self.next
    }

    /// A piece begins; `limits` are bytes and pieces that may wait, 0 for any.
    pub fn begin(&mut self, offset: u64, length: u64, limits: (u64, usize)) -> Result<(), Refused> {
        self.current = None;
        if limits.0 != 0 && self.waiting_bytes.saturating_add(length) > limits.0 {
            return Err(Refused::Size);
        }
        if limits.1 != 0 && self.waiting.len() >= limits.1 {
            return Err(Refused::Count);
        }
        self.current = Some(offset);
        Ok(())
    }

    /// Bytes of the piece that was begun.
    pub fn push(&mut self, data: &[u8]) {
        let Some(place) = self.current else {
            return;
        };
        self.current = Some(place.saturating_add(data.len() as u64));
        if place > self.next {
            self.waiting_bytes = self.waiting_bytes.saturating_add(data.len() as u64);
            // Bytes of the piece that was last put away follow it.
            let last = self.waiting.range_mut(..place).next_back();
            match last {
                Some((begin, held)) if begin.checked_add(held.len() as u64) == Some(place) => {
                    held.extend_from_slice(data);
                }
                _ => {
                    self.waiting
                        .entry(place)
                        .or_default()
                        .extend_from_slice(data);
                }
            }
            return;
        }
        self.append(place, data);
        self.settle();
    }

    fn append(&mut self, place: u64, data: &[u8]) {
        let known = usize::try_from(self.next.saturating_sub(place)).unwrap_or(usize::MAX);
        let new = data.get(known..).unwrap_or_default();
        if let (Some(file), false) = (self.files.first_mut(), new.is_empty()) {
            file.append(new);
        }
        self.next = self.next.saturating_add(new.len() as u64);
    }

    /// Takes what waited for what has come.
    fn settle(&mut self) {
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.next {
                break;
            }
            let (place, data) = entry.remove_entry();
            self.waiting_bytes = self.waiting_bytes.saturating_sub(data.len() as u64);
            self.append(place, &data);
        }
    }

    /// Bytes of the piece are missing.
    pub fn gap(&mut self, bytes: u64) {
        if let (Some(place), Some(file)) = (self.current, self.files.first_mut()) {
            self.current = Some(place.saturating_add(bytes));
            if place <= self.next {
                file.gap(bytes);
                self.next = self.next.saturating_add(bytes);
            }
        }
    }

    /// Nothing follows: what waits comes behind gaps.
    pub fn close(&mut self, state: FileState) {
        while let Some((place, data)) = self.waiting.pop_first() {
            if let (Some(file), true) = (self.files.first_mut(), place > self.next) {
                file.gap(place - self.next);
                self.next = place;
            }
            self.append(place, &data);
        }
        if let Some(file) = self.files.first_mut() {
            file.close(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_make_the_file() {
        let settings = Arc::new(FileSettings::default());
        let mut transfer = Transfer::new(&settings, b"a", b"h", b"s", Direction::ToServer);
        for (offset, data) in [(4, b"ef"), (2, b"cd"), (0, b"ab")] {
            assert_eq!(transfer.begin(offset, 2, (0, 0)), Ok(()));
            transfer.push(data);
        }
        transfer.close(FileState::Closed);
        assert_eq!(transfer.files[0].content(), (0, &b"abcdef"[..]));
        assert!(!transfer.files[0].gaps);
    }

    #[test]
    fn a_piece_at_the_end_of_all_places_waits() {
        let settings = Arc::new(FileSettings::default());
        let mut transfer = Transfer::new(&settings, b"a", b"h", b"s", Direction::ToServer);
        assert_eq!(transfer.begin(u64::MAX - 1, 4, (0, 0)), Ok(()));
        transfer.push(b"abcd");
        transfer.push(b"ef");
        transfer.close(FileState::Closed);
        let file = &transfer.files[0];
        assert!(file.gaps);
        assert_eq!(file.size(), u64::MAX);
    }

    #[test]
    fn what_waits_is_limited() {
        let settings = Arc::new(FileSettings::default());
        let mut transfer = Transfer::new(&settings, b"a", b"h", b"s", Direction::ToServer);
        assert_eq!(transfer.begin(100, 50, (10, 0)), Err(Refused::Size));
        assert_eq!(transfer.begin(100, 2, (10, 1)), Ok(()));
        transfer.push(b"xy");
        assert_eq!(transfer.begin(200, 2, (10, 1)), Err(Refused::Count));
    }
}
