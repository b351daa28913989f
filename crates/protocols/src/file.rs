//! Files on their way through a protocol.

use std::sync::{Arc, OnceLock};

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

mod unwritten;

pub use unwritten::StoreBudget;
use unwritten::Unwritten;

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
    /// Who tells the type of a file from its beginning, where that is wanted.
    pub magic: Option<TypeTeller>,
    /// The content is kept for inspection or storage; without it only sizes and digests are known.
    pub content: bool,
    /// Bytes that a file must have before it is inspected, unless it is complete.
    pub inspect_min: u64,
    /// Bytes before the new ones that are inspected again with them.
    pub inspect_window: u64,
    /// Bytes of content held per file at most.
    pub memory_limit: usize,
    /// Which files are kept on disk.
    pub storing: Storing,
    /// Bytes of a file that is kept on disk are followed so far, where a protocol has a limit for others; 0 for all.
    pub stored_limit: u64,
    /// Memory for what is not written yet, of all files together.
    pub budget: StoreBudget,
}

/// A function that tells the type of a file from its first bytes.
#[derive(Debug, Clone, Copy)]
pub struct TypeTeller(pub fn(&[u8]) -> Option<Box<str>>);

impl PartialEq for TypeTeller {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for TypeTeller {}

/// Which files are kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storing {
    /// None.
    #[default]
    Never,
    /// Those that rules ask for: until they do, what has come of a file is held.
    OnDemand,
    /// Every one.
    Always,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            md5: false,
            sha1: false,
            sha256: false,
            magic: None,
            content: true,
            inspect_min: 0,
            inspect_window: 4096,
            memory_limit: 1 << 20,
            storing: Storing::Never,
            stored_limit: 0,
            budget: StoreBudget::default(),
        }
    }
}

/// More than this of a file that is to be stored does not wait to be written.
const MAX_UNWRITTEN: usize = 16 << 20;

/// What names a file to the one who stores it: no two files of a run have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey {
    /// Number of the packet with which storing began.
    pub packet: u64,
    /// Of a flow that was ending, the number of its first packet.
    pub flow: u64,
    /// Place among what was found with that packet or flow.
    pub order: u32,
}

/// Bytes from which the type of a file is told.
pub const MAGIC_BYTES: usize = 4096;

/// So many bytes are enough to tell the type of a file of which more is to come.
const MAGIC_ENOUGH: usize = 512;

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
    /// The rules that matched on it because of its content or name, for its record.
    pub sids: Vec<u32>,
    /// Its record has been written.
    pub logged: bool,
    /// Its name for the one who stores it, once storing has begun.
    pub store_key: Option<StoreKey>,
    /// It is to be kept on disk.
    store: bool,
    /// What is not written of a file that is, or may be, to be kept on disk.
    unwritten: Unwritten,
    /// The beginning is gone: it cannot be kept on disk any more.
    unstorable: bool,
    /// All of it has been handed on to be stored.
    stored: bool,
    /// It has been told what its flow wants of files.
    is_known: bool,
    content: Vec<u8>,
    /// Place of the first byte of `content` in the file.
    offset: u64,
    size: u64,
    state: FileState,
    inspected: u64,
    beginning: Vec<u8>,
    /// Its type, once it has been told.
    magic: OnceLock<Option<Box<str>>>,
    hashers: Option<Box<Hashers>>,
    digests: Digests,
}

#[derive(Debug, Clone, Default)]
struct Hashers {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

/// Digests of a file, as far as they were wanted: SHA-256 of what there is of it, the others of a whole one.
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
            store: settings.storing == Storing::Always,
            unwritten: Unwritten::new(&settings.budget),
            unstorable: settings.storing == Storing::Never,
            stored: false,
            is_known: false,
            sids: Vec::new(),
            logged: false,
            magic: OnceLock::new(),
            store_key: None,
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
        self.size = self.size.saturating_add(data.len() as u64);
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
        if self.settings.magic.is_some() && self.beginning.len() < MAGIC_BYTES {
            let room = MAGIC_BYTES - self.beginning.len();
            self.beginning
                .extend_from_slice(&data[..data.len().min(room)]);
        }
        self.hold(data);
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
        self.size = self.size.saturating_add(bytes);
        if let Some(hashers) = &mut self.hashers {
            // The name of a stored file is the digest of what there is of it; no other digest is of use.
            (hashers.md5, hashers.sha1) = (None, None);
        }
        self.let_go(self.content.len());
        self.offset = self.size;
    }

    /// Holds what is, or may be, to be stored.
    fn hold(&mut self, data: &[u8]) {
        if self.unstorable {
            return;
        }
        let limit = if self.store {
            MAX_UNWRITTEN
        } else {
            self.settings.memory_limit
        };
        if !self.unwritten.push(data, limit) {
            self.unstorable = true;
            drop(self.unwritten.take());
        }
    }

    /// How many of its bytes are followed, 0 for all, where `limit` counts for files that are not kept on disk.
    pub fn limit(&self, limit: u64) -> u64 {
        if self.is_kept() {
            self.settings.stored_limit
        } else {
            limit
        }
    }

    /// A flow may want all files kept that begin from some moment on: this one is kept if it is asked for at the
    /// first time.
    pub fn keep_if_new(&mut self, wanted: bool) {
        if !std::mem::replace(&mut self.is_known, true) && wanted {
            self.keep();
        }
    }

    /// It is to be kept on disk, unless it is too late for that.
    pub fn keep(&mut self) {
        self.store |= !self.unstorable && !self.logged;
    }

    /// Whether it is being, or has been, kept on disk.
    pub fn is_kept(&self) -> bool {
        self.store && !self.unstorable
    }

    /// Whether all of it has been handed on to be stored.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// What is to be written next of a file that is to be kept on disk; nothing when there is nothing to do.
    pub fn take_unwritten(&mut self) -> Option<Vec<u8>> {
        let ends = self.state != FileState::Open;
        if !self.store || self.stored || (self.unwritten.is_empty() && !ends) {
            return None;
        }
        self.stored = ends && !self.unstorable;
        if self.unstorable {
            // Who has begun to store it is to be told, once.
            self.store = false;
            self.store_key?;
        }
        Some(self.unwritten.take())
    }

    /// It ends.
    pub fn close(&mut self, state: FileState) {
        if self.state != FileState::Open {
            return;
        }
        self.state = match state {
            FileState::Closed if self.gaps => FileState::Truncated,
            state => state,
        };
        let hashers = self.hashers.take();
        if let Some(hashers) = hashers {
            let whole = self.state == FileState::Closed;
            let (md5, sha1) = (
                hashers.md5.filter(|_| whole),
                hashers.sha1.filter(|_| whole),
            );
            self.digests = Digests {
                md5: md5.map(|md5| md5.finalize().into()),
                sha1: sha1.map(|sha1| sha1.finalize().into()),
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

    /// The name of its type, once enough of it has come and if types are to be told.
    pub fn magic(&self) -> Option<&str> {
        let teller = self.settings.magic?;
        let enough = self.state != FileState::Open || self.beginning.len() >= MAGIC_ENOUGH;
        if !enough || self.beginning.is_empty() {
            return None;
        }
        let told = self.magic.get_or_init(|| (teller.0)(&self.beginning));
        told.as_deref()
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

    fn stored(storing: Storing) -> File {
        let settings = FileSettings {
            sha256: true,
            memory_limit: 4,
            storing,
            ..FileSettings::default()
        };
        File::new(&Arc::new(settings), b"")
    }

    #[test]
    fn what_is_to_be_stored_is_handed_on_once() {
        let mut file = stored(Storing::OnDemand);
        file.append(b"abc");
        assert_eq!(file.take_unwritten(), None);
        file.keep();
        assert_eq!(file.take_unwritten(), Some(b"abc".to_vec()));
        file.append(b"defgh");
        file.gap(2);
        file.append(b"i");
        assert!(!file.is_stored());
        file.close(FileState::Truncated);
        assert_eq!(file.take_unwritten(), Some(b"defghi".to_vec()));
        assert_eq!(file.take_unwritten(), None);
        assert!(file.is_stored());
        let expected: [u8; 32] = Sha256::digest(b"abcdefghi").into();
        assert_eq!(file.digests().sha256, Some(expected));
    }

    #[test]
    fn a_file_that_nobody_asks_for_is_not_held_for_long() {
        let mut file = stored(Storing::OnDemand);
        file.append(b"abcde");
        file.keep();
        assert!(!file.is_kept());
        assert_eq!(file.take_unwritten(), None);
        let mut file = stored(Storing::Never);
        file.append(b"a");
        file.keep();
        assert!(!file.is_kept() && file.take_unwritten().is_none());
        let mut file = stored(Storing::Always);
        file.append(b"abcde");
        assert_eq!(file.take_unwritten(), Some(b"abcde".to_vec()));
    }

    #[test]
    fn the_type_is_told_once_there_is_enough() {
        let teller = TypeTeller(|data| Some(format!("{} bytes", data.len()).into()));
        let settings = Arc::new(FileSettings {
            magic: Some(teller),
            ..FileSettings::default()
        });
        let mut file = File::new(&settings, b"");
        file.append(&[0; MAGIC_ENOUGH - 1]);
        assert_eq!(file.magic(), None);
        file.append(&[0; 2]);
        assert_eq!(file.magic(), Some("513 bytes"));
        file.append(&[0; 2]);
        assert_eq!(file.magic(), Some("513 bytes"));
        let mut file = File::new(&settings, b"");
        file.append(b"ab");
        file.close(FileState::Closed);
        assert_eq!(file.magic(), Some("2 bytes"));
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
