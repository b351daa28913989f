//! Files on their way through a protocol.

use std::sync::Arc;

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::transaction::Value;

/// What is done with files, by all protocols alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// MD5 digests are taken.
    pub md5: bool,
    /// SHA-1 digests are taken.
    pub sha1: bool,
    /// SHA-256 digests are taken.
    pub sha256: bool,
    /// The beginning of each file is kept for telling its type.
    pub magic: bool,
    /// The content is kept for inspection or storage; without it only sizes and digests are known.
    pub content: bool,
    /// Bytes that a file must have before it is inspected, unless it is complete.
    pub inspect_min: u64,
    /// Bytes before the new ones that are inspected again with them.
    pub inspect_window: u64,
    /// Bytes of content held per file at most.
    pub memory_limit: usize,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            md5: false,
            sha1: false,
            sha256: false,
            magic: false,
            content: true,
            inspect_min: 0,
            inspect_window: 4096,
            memory_limit: 1 << 20,
        }
    }
}

/// Bytes from which the type of a file is told.
pub const MAGIC_BYTES: usize = 4096;

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileState {
    /// Content is coming.
    #[default]
    Open,
    /// It is complete.
    Closed,
    /// Its end is missing.
    Truncated,
    /// Something went wrong with it.
    Error,
}

impl FileState {
    /// The name in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Truncated => "TRUNCATED",
            Self::Error => "ERROR",
        }
    }
}

/// A range of a larger file that is all that was sent (RFC 9110, section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRange {
    /// First byte.
    pub start: u64,
    /// Last byte.
    pub end: u64,
    /// Size of the larger file; 0 when not told.
    pub size: u64,
}

/// One file, as far as it has come.
///
/// Its content passes through: what the rules have seen is let go, but for a window before it.
#[derive(Debug, Clone)]
pub struct File {
    settings: Arc<FileSettings>,
    /// Its name, as the protocol says it.
    pub name: Vec<u8>,
    /// The part of a larger file that it is.
    pub range: Option<FileRange>,
    /// Part of it is missing.
    pub gaps: bool,
    /// It is to be kept on disk, because of the rules of these numbers.
    pub store: bool,
    /// The rules that matched on it because of its content or name, for its record.
    pub sids: Vec<u32>,
    /// Its record has been written.
    pub logged: bool,
    /// Name of its type, once somebody has told it from [`beginning`](Self::beginning).
    pub magic: Option<Box<str>>,
    /// Its number among those that are stored, once it is.
    pub id: Option<u32>,
    content: Vec<u8>,
    /// Place of the first byte of `content` in the file.
    offset: u64,
    size: u64,
    state: FileState,
    inspected: u64,
    beginning: Vec<u8>,
    hashers: Option<Box<Hashers>>,
    digests: Digests,
}

#[derive(Debug, Clone, Default)]
struct Hashers {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

/// Digests of a complete file, as far as they were wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    /// MD5 (RFC 1321).
    pub md5: Option<[u8; 16]>,
    /// SHA-1 (RFC 3174).
    pub sha1: Option<[u8; 20]>,
    /// SHA-256 (RFC 6234).
    pub sha256: Option<[u8; 32]>,
}

impl File {
    /// A file that begins.
    pub fn new(settings: &Arc<FileSettings>, name: &[u8]) -> Self {
        let hashers = Hashers {
            md5: settings.md5.then(Md5::new),
            sha1: settings.sha1.then(Sha1::new),
            sha256: settings.sha256.then(Sha256::new),
        };
        let any = settings.md5 || settings.sha1 || settings.sha256;
        Self {
            settings: Arc::clone(settings),
            name: name.to_vec(),
            range: None,
            gaps: false,
            store: false,
            sids: Vec::new(),
            logged: false,
            magic: None,
            id: None,
            content: Vec::new(),
            offset: 0,
            size: 0,
            state: FileState::Open,
            inspected: 0,
            beginning: Vec::new(),
            hashers: any.then(|| Box::new(hashers)),
            digests: Digests::default(),
        }
    }

    /// More of its content.
    pub fn append(&mut self, data: &[u8]) {
        if self.state != FileState::Open {
            return;
        }
        self.size += data.len() as u64;
        if let Some(hashers) = &mut self.hashers {
            if let Some(md5) = &mut hashers.md5 {
                md5.update(data);
            }
            if let Some(sha1) = &mut hashers.sha1 {
                sha1.update(data);
            }
            if let Some(sha256) = &mut hashers.sha256 {
                sha256.update(data);
            }
        }
        if self.settings.magic && self.beginning.len() < MAGIC_BYTES {
            let room = MAGIC_BYTES - self.beginning.len();
            self.beginning
                .extend_from_slice(&data[..data.len().min(room)]);
        }
        if self.settings.content {
            self.content.extend_from_slice(data);
            let excess = self
                .content
                .len()
                .saturating_sub(self.settings.memory_limit);
            self.let_go(excess);
        }
    }

    /// Part of its content is missing.
    pub fn gap(&mut self, bytes: u64) {
        if self.state != FileState::Open {
            return;
        }
        self.gaps = true;
        self.size += bytes;
        self.hashers = None;
        self.let_go(self.content.len());
        self.offset = self.size;
    }

    /// It ends.
    pub fn close(&mut self, state: FileState) {
        if self.state != FileState::Open {
            return;
        }
        self.state = state;
        let hashers = self.hashers.take();
        if let (FileState::Closed, Some(hashers)) = (state, hashers) {
            self.digests = Digests {
                md5: hashers.md5.map(|md5| md5.finalize().into()),
                sha1: hashers.sha1.map(|sha1| sha1.finalize().into()),
                sha256: hashers.sha256.map(|sha256| sha256.finalize().into()),
            };
        }
    }

    /// Bytes so far, missing ones included.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How far it has come.
    pub fn state(&self) -> FileState {
        self.state
    }

    /// Digests, once it is complete.
    pub fn digests(&self) -> &Digests {
        &self.digests
    }

    /// Its first bytes, at most [`MAGIC_BYTES`]; none unless types are to be told.
    pub fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// What is at hand of its content, and where that begins.
    pub fn content(&self) -> (u64, &[u8]) {
        (self.offset, &self.content)
    }

    /// What the rules are to look at now; nothing when there is nothing new, or too little yet.
    pub fn window(&self) -> Option<Value<'_>> {
        let settled = self.state != FileState::Open;
        if !settled && self.size < self.settings.inspect_min {
            return None;
        }
        if self.inspected > 0 && self.inspected == self.size && !settled {
            return None;
        }
        let from = self.inspected.saturating_sub(self.settings.inspect_window);
        let skip = usize::try_from(from.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        Some(Value::Window {
            data: self.content.get(skip..).unwrap_or_default(),
            offset: self.offset.max(from),
            end: settled,
        })
    }

    /// The rules have seen what there is.
    pub fn inspected(&mut self) {
        if self.state == FileState::Open && self.size < self.settings.inspect_min {
            return;
        }
        self.inspected = self.size;
        if self.store {
            return;
        }
        let window = usize::try_from(self.settings.inspect_window).unwrap_or(usize::MAX);
        self.let_go(self.content.len().saturating_sub(window));
    }

    fn let_go(&mut self, bytes: usize) {
        if bytes > 0 {
            self.content.drain(..bytes);
            self.offset += bytes as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Arc<FileSettings> {
        Arc::new(FileSettings {
            md5: true,
            inspect_window: 2,
            ..FileSettings::default()
        })
    }

    #[test]
    fn a_window_begins_a_little_before_what_is_new() {
        let mut file = File::new(&settings(), b"a.txt");
        file.append(b"abcd");
        let whole = |data: &'static [u8], offset, end| Some(Value::Window { data, offset, end });
        assert_eq!(file.window(), whole(b"abcd", 0, false));
        file.inspected();
        assert_eq!(file.window(), None);
        file.append(b"ef");
        assert_eq!(file.window(), whole(b"cdef", 2, false));
        file.close(FileState::Closed);
        assert_eq!(file.window(), whole(b"cdef", 2, true));
    }

    #[test]
    fn the_digest_is_that_of_all_its_bytes() {
        let mut file = File::new(&settings(), b"");
        file.append(b"a");
        file.append(b"bc");
        file.close(FileState::Closed);
        // RFC 1321, A.5.
        let expected = 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72_u128.to_be_bytes();
        assert_eq!(file.digests().md5, Some(expected));
    }

    #[test]
    fn a_file_with_a_gap_has_no_digest() {
        let mut file = File::new(&settings(), b"");
        file.append(b"a");
        file.gap(3);
        file.append(b"b");
        file.close(FileState::Closed);
        assert_eq!((file.size(), file.digests().md5), (5, None));
        assert_eq!(file.content(), (4, &b"b"[..]));
    }
}
