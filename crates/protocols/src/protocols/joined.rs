//! Files that come in ranges, through one flow or several, put together.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tapir_packet::Timestamp;

use crate::file::{File, FileRange, FileSettings, FileState};

/// Files on their way at a time.
const MOST_FILES: usize = 8192;

/// Settings of `byterange`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinLimits {
    /// Bytes that are held because those before them are missing, of all files together.
    pub memory: u64,
    /// Seconds after which a file of which nothing more came is given up.
    pub timeout: u64,
}

impl Default for JoinLimits {
    fn default() -> Self {
        Self {
            memory: 100 << 20,
            timeout: 60,
        }
    }
}

/// What makes two ranges parts of one file: who talks, and what about.
///
/// Flows between two hosts are followed by one worker, so that the order in which ranges come does not depend on how
/// many there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Whole {
    pub(crate) hosts: [IpAddr; 2],
    /// Host and path of the request.
    pub(crate) name: Vec<u8>,
    pub(crate) size: u64,
}

/// A file of which ranges have come.
#[derive(Debug)]
struct Parts {
    file: File,
    /// Ranges whose predecessors are missing, by their places.
    waiting: BTreeMap<u64, Vec<u8>>,
    last: Timestamp,
}

#[derive(Debug, Default)]
struct Shelf {
    files: HashMap<Whole, Parts>,
    /// Bytes that wait.
    held: u64,
}

/// The files that are being put together. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct JoinedFiles(Arc<Mutex<Shelf>>);

/// A range on its way into its file.
#[derive(Debug)]
pub(crate) struct Joining {
    files: JoinedFiles,
    whole: Whole,
    limits: JoinLimits,
    /// Place of the next byte.
    at: u64,
    /// The place after the last one.
    end: u64,
}

impl JoinedFiles {
    /// A range begins.
    pub(crate) fn begin(
        &self,
        whole: Whole,
        range: FileRange,
        (settings, name): (&Arc<FileSettings>, &[u8]),
        (limits, now): (JoinLimits, Timestamp),
    ) -> Option<Joining> {
        let mut shelf = self.0.lock().ok()?;
        let is_late = |parts: &Parts| now.secs() > parts.last.secs().saturating_add(limits.timeout);
        if shelf.files.get(&whole).is_some_and(is_late) {
            shelf.give_up(&whole);
        }
        if shelf.files.len() >= MOST_FILES && !shelf.files.contains_key(&whole) {
            shelf.sweep(is_late);
            if shelf.files.len() >= MOST_FILES {
                return None;
            }
        }
        let parts = shelf.files.entry(whole.clone()).or_insert_with(|| Parts {
            file: File::new(settings, name),
            waiting: BTreeMap::new(),
            last: now,
        });
        parts.last = now;
        Some(Joining {
            files: self.clone(),
            whole,
            limits,
            at: range.start,
            end: range.end.saturating_add(1),
        })
    }
}

impl Shelf {
    fn give_up(&mut self, whole: &Whole) {
        if let Some(parts) = self.files.remove(whole) {
            let held: usize = parts.waiting.values().map(Vec::len).sum();
            self.held = self.held.saturating_sub(held as u64);
        }
    }

    fn sweep(&mut self, is_late: impl Fn(&Parts) -> bool) {
        let late = self.files.iter().filter(|(_, parts)| is_late(parts));
        let late: Vec<Whole> = late.map(|(whole, _)| whole.clone()).collect();
        late.iter().for_each(|whole| self.give_up(whole));
    }
}

impl Parts {
    /// Takes bytes of a place; says how many more, or fewer, wait now. Those that there are already do not count.
    fn take(&mut self, at: u64, data: &[u8], room: u64) -> i64 {
        let have = self.file.size();
        if at > have {
            let fits = data.len() as u64 <= room && !self.waiting.contains_key(&at);
            if fits {
                self.waiting.insert(at, data.to_vec());
            }
            return if fits { data.len() as i64 } else { 0 };
        }
        self.append(at, data);
        let mut freed = 0;
        while let Some(next) = self.waiting.first_entry()
            && *next.key() <= self.file.size()
        {
            let (at, data) = next.remove_entry();
            freed += data.len() as i64;
            self.append(at, &data);
        }
        -freed
    }

    fn append(&mut self, at: u64, data: &[u8]) {
        let known = self.file.size().saturating_sub(at);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        self.file.append(data.get(known..).unwrap_or_default());
    }
}

impl Joining {
    /// More of the range. The file, when this was the last that it lacked.
    pub(crate) fn push(&mut self, data: &[u8]) -> Option<File> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let data = data.get(..left.min(data.len())).unwrap_or_default();
        let mut shelf = self.files.0.lock().ok()?;
        let room = self.limits.memory.saturating_sub(shelf.held);
        let parts = shelf.files.get_mut(&self.whole)?;
        let change = parts.take(self.at, data, room);
        let is_whole = parts.file.size() >= self.whole.size;
        self.at = self.at.saturating_add(data.len() as u64);
        shelf.held = shelf.held.saturating_add_signed(change);
        if !is_whole {
            return None;
        }
        let mut file = shelf.files.remove(&self.whole)?.file;
        file.close(FileState::Closed);
        Some(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(files: &JoinedFiles, start: u64, end: u64, secs: u64) -> Option<Joining> {
        let whole = Whole {
            hosts: [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()],
            name: b"h/a".to_vec(),
            size: 10,
        };
        let range = FileRange {
            start,
            end,
            size: 10,
        };
        let limits = JoinLimits {
            memory: 4,
            ..JoinLimits::default()
        };
        let settings = Arc::new(FileSettings::default());
        let now = Timestamp::new(secs, 0);
        files.begin(whole, range, (&settings, b"/a"), (limits, now))
    }

    #[test]
    fn ranges_are_put_together_in_any_order() {
        let files = JoinedFiles::default();
        let push = |start, end, data: &[u8]| {
            let mut joining = range(&files, start, end, 1).expect("room");
            joining.push(data)
        };
        assert!(push(4, 6, b"efg").is_none());
        assert!(push(0, 2, b"abc").is_none());
        // It overlaps both.
        assert!(push(2, 5, b"cdef").is_none());
        let file = push(7, 9, b"hijk").expect("a whole file");
        assert_eq!(file.content().1, b"abcdefghij");
        assert_eq!((file.size(), file.state()), (10, FileState::Closed));
        assert_eq!(files.0.lock().unwrap().held, 0);
    }

    #[test]
    fn what_waits_is_bounded_in_memory_and_time() {
        let files = JoinedFiles::default();
        let mut late = range(&files, 5, 9, 1).expect("room");
        assert!(late.push(b"fghij").is_none());
        assert_eq!(files.0.lock().unwrap().held, 0);
        let mut fits = range(&files, 5, 8, 1).expect("room");
        assert!(fits.push(b"fghi").is_none());
        assert_eq!(files.0.lock().unwrap().held, 4);
        assert!(range(&files, 0, 4, 100).is_some());
        assert_eq!(files.0.lock().unwrap().held, 0);
    }
}
