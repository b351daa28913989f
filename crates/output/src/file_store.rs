//! Files that were seen in traffic, kept on disk under the digest of their content.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use tapir_protocols::StoreKey;

use crate::config::{EveConfig, EveTypes, FileStoreConfig, OutputConfig};
use crate::eve::Records;
use crate::event::{Event, FileContent, FileEnd};
use crate::local_time::LocalTime;

/// Keeps files. What has come of one lies in `tmp` until it is over; then it gets its name.
#[derive(Debug)]
pub(crate) struct FileStore {
    dir: PathBuf,
    config: FileStoreConfig,
    records: Records,
    begun: FxHashMap<StoreKey, Begun>,
    /// Files that are over and whose record is to come.
    stored: FxHashMap<StoreKey, Stored>,
    last_id: u32,
    /// How many of the files begun are open.
    open: usize,
    errors: u64,
    kept_closed: u64,
}

/// A file of which more is to come.
#[derive(Debug)]
struct Begun {
    id: u32,
    path: PathBuf,
    /// It is there on disk.
    exists: bool,
    /// Open between writes, if it may be.
    file: Option<File>,
    failed: bool,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Its number among those of the run.
    pub(crate) id: u32,
    path: PathBuf,
}

impl FileStore {
    pub(crate) fn new(config: &FileStoreConfig, all: &OutputConfig) -> Self {
        let types = EveTypes {
            app: vec!["fileinfo".to_owned()],
            ..EveTypes::default()
        };
        let eve = EveConfig {
            types,
            ..EveConfig::default()
        };
        let records = Records::new(eve, all.sensor_name.clone(), !all.live, LocalTime::system());
        let mut store = Self {
            dir: all.log_dir.join(&config.dir),
            config: config.clone(),
            records,
            begun: FxHashMap::default(),
            stored: FxHashMap::default(),
            last_id: 0,
            open: 0,
            errors: 0,
            kept_closed: 0,
        };
        let made = std::fs::create_dir_all(store.dir.join("tmp"));
        store.note(made, "cannot make the folder of stored files");
        store
    }

    /// Takes content.
    pub(crate) fn take(&mut self, content: &FileContent) {
        let mut begun = self.begun.remove(&content.key).unwrap_or_else(|| {
            self.last_id = self.last_id.wrapping_add(1);
            let name = format!("tmp/{}.{}", std::process::id(), self.last_id);
            Begun {
                id: self.last_id,
                path: self.dir.join(name),
                exists: false,
                file: None,
                failed: false,
            }
        });
        if !begun.failed {
            let written = self.write(&mut begun, &content.data);
            begun.failed = self.note(written, "cannot write a stored file").is_none();
        }
        match content.end {
            None => drop(self.begun.insert(content.key, begun)),
            Some(end) => self.finish(content.key, begun, end),
        }
    }

    fn write(&mut self, begun: &mut Begun, data: &[u8]) -> std::io::Result<()> {
        if let Some(file) = &mut begun.file {
            return file.write_all(data);
        }
        let mut file = if begun.exists {
            OpenOptions::new().append(true).open(&begun.path)?
        } else {
            File::create(&begun.path)?
        };
        begun.exists = true;
        file.write_all(data)?;
        if self.open < self.config.max_open {
            self.open += 1;
            begun.file = Some(file);
        } else {
            self.kept_closed += u64::from(self.config.max_open > 0);
        }
        Ok(())
    }

    /// A file is over: it gets its name, unless one of the same content has it.
    fn finish(&mut self, key: StoreKey, begun: Begun, end: FileEnd) {
        self.open -= usize::from(begun.file.is_some());
        drop(begun.file);
        let digest = match end {
            FileEnd::Whole(digest) if !begun.failed => hex(&digest),
            _ => {
                // It may not have been begun on disk.
                drop(std::fs::remove_file(&begun.path));
                return;
            }
        };
        let folder = self.dir.join(digest.get(..2).unwrap_or_default());
        let path = folder.join(&digest);
        let named = std::fs::create_dir_all(&folder).and_then(|()| rename(&begun.path, &path));
        if self.note(named, "cannot name a stored file").is_some() {
            self.stored.insert(key, Stored { id: begun.id, path });
        }
    }

    /// The number of a file whose record is written; nothing if it is not stored. It is asked once.
    pub(crate) fn number(&mut self, key: StoreKey) -> Option<Stored> {
        self.stored.remove(&key)
    }

    /// Writes the record of a file beside it, if that is wanted.
    pub(crate) fn write_record(&mut self, record: &Event, stored: &Stored) {
        if !self.config.write_records {
            return;
        }
        let mut text = Vec::new();
        if !self.records.record(&mut text, record) {
            return;
        }
        let mut path = stored.path.clone().into_os_string();
        path.push(format!(".{}.{}.json", record.ts.secs(), stored.id));
        let written = std::fs::write(path, text);
        self.note(written, "cannot write the record of a stored file");
    }

    /// What was counted.
    pub(crate) fn counters(&self) -> [(&'static str, u64); 3] {
        [
            ("file_store.open_files", self.open as u64),
            ("file_store.fs_errors", self.errors),
            ("file_store.open_files_max_hit", self.kept_closed),
        ]
    }

    /// Counts an error, and tells the first.
    fn note(&mut self, result: std::io::Result<()>, what: &str) -> Option<()> {
        let error = match result {
            Ok(()) => return Some(()),
            Err(error) => error,
        };
        if self.errors == 0 {
            tracing::warn!("file-store: {}: {what}: {error}", self.dir.display());
        }
        self.errors += 1;
        None
    }
}

/// Content that is there already stays; its time shows that it was seen again.
fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    if !to.exists() {
        return std::fs::rename(from, to);
    }
    let now = std::time::SystemTime::now();
    OpenOptions::new()
        .append(true)
        .open(to)?
        .set_modified(now)?;
    std::fs::remove_file(from)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;
    use crate::samples::alert;

    fn content(order: u32, data: &[u8], end: Option<FileEnd>) -> FileContent {
        FileContent {
            key: StoreKey {
                packet: 1,
                flow: 0,
                order,
            },
            data: data.to_vec(),
            end,
        }
    }

    fn store(folder: &Path, max_open: usize) -> FileStore {
        let all = OutputConfig {
            log_dir: folder.to_owned(),
            ..OutputConfig::default()
        };
        let config = FileStoreConfig {
            max_open,
            write_records: true,
            ..FileStoreConfig::default()
        };
        FileStore::new(&config, &all)
    }

    #[test]
    fn a_file_gets_its_name_at_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        for max_open in [0, 1] {
            let mut store = store(folder.path(), max_open);
            store.take(&content(0, b"ab", None));
            store.take(&content(1, b"x", None));
            assert_eq!(store.counters()[0].1, max_open as u64);
            let end = Some(FileEnd::Whole([0xab; 32]));
            store.take(&content(0, b"c", end));
            store.take(&content(1, b"y", Some(FileEnd::Lost)));
            let path = folder.path().join("filestore/ab").join("ab".repeat(32));
            assert_eq!(std::fs::read(&path).expect("a file"), b"abc");
            let waiting = std::fs::read_dir(folder.path().join("filestore/tmp"));
            assert_eq!(waiting.expect("a folder").count(), 0);
            let stored = store.number(content(0, b"", None).key).expect("stored");
            assert_eq!(stored.id, 1);
            assert_eq!(store.number(content(1, b"", None).key), None);
            let expected = u64::from(max_open == 1);
            assert_eq!(
                store.counters(),
                [
                    ("file_store.open_files", 0),
                    ("file_store.fs_errors", 0),
                    ("file_store.open_files_max_hit", expected),
                ]
            );
        }
    }

    #[test]
    fn the_record_lies_beside_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = store(folder.path(), 0);
        let end = Some(FileEnd::Whole([0xcd; 32]));
        store.take(&content(0, b"abc", end));
        let stored = store.number(content(0, b"", None).key).expect("stored");
        let json = br#""fileinfo":{"stored":true}"#.as_slice();
        let record = Event {
            body: Body::App {
                log: "fileinfo",
                event_type: "fileinfo",
                variant: None,
                json: json.into(),
            },
            ..alert()
        };
        store.write_record(&record, &stored);
        let name = format!("{}.{}.1.json", "cd".repeat(32), record.ts.secs());
        let path = folder.path().join("filestore/cd").join(name);
        let text = std::fs::read_to_string(path).expect("a record");
        assert!(text.contains(r#""fileinfo":{"stored":true}"#), "{text}");
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("filestore"), b"in the way").expect("written");
        let mut store = store(folder.path(), 0);
        let end = Some(FileEnd::Whole([1; 32]));
        store.take(&content(0, b"abc", end));
        assert_eq!(store.number(content(0, b"", None).key), None);
        assert_eq!(store.counters()[1], ("file_store.fs_errors", 2));
    }
}
