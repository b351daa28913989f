//! Log files: opened by a pattern of the time, rotated, opened again.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use tapir_packet::Timestamp;

use crate::config::{CalendarUnit, FileConfig, Rotation};
use crate::error::OutputError;
use crate::local_time::LocalTime;

/// A log file. One whose name depends on the time is opened when the first record gives a time.
#[derive(Debug)]
pub struct LogFile {
    pattern: PathBuf,
    append: bool,
    mode: Option<u32>,
    rotate: Option<Rotation>,
    file: Option<File>,
    /// Seconds since the epoch at which the next file begins.
    due: Option<u64>,
    local: LocalTime,
}

impl LogFile {
    pub fn open(path: PathBuf, config: &FileConfig) -> Result<Self, OutputError> {
        let mut log = Self {
            pattern: path,
            append: config.append,
            mode: config.mode,
            rotate: config.rotate,
            file: None,
            due: None,
            local: LocalTime::new(TimeZone::system()),
        };
        if !log.is_pattern() {
            let result = log.open_now(Timestamp::ZERO, log.append);
            result.map_err(|error| OutputError::Open {
                path: log.pattern.clone(),
                error,
            })?;
        }
        Ok(log)
    }

    fn is_pattern(&self) -> bool {
        self.pattern.as_os_str().as_encoded_bytes().contains(&b'%')
    }

    fn open_now(&mut self, now: Timestamp, append: bool) -> io::Result<()> {
        let path = self.path_at(now);
        if let Some(folder) = path.parent().filter(|_| self.is_pattern()) {
            std::fs::create_dir_all(folder)?;
        }
        if !append {
            File::create(&path)?;
        }
        // Always at the end of the file: two outputs may share it, and others may cut it short.
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            use std::os::unix::fs::PermissionsExt as _;
            if let Err(error) = file.set_permissions(std::fs::Permissions::from_mode(mode)) {
                tracing::warn!("cannot set the permissions of {}: {error}", path.display());
            }
        }
        self.file = Some(file);
        Ok(())
    }

    fn path_at(&self, now: Timestamp) -> PathBuf {
        if !self.is_pattern() {
            return self.pattern.clone();
        }
        let pattern = self.pattern.to_string_lossy();
        match jiff::fmt::strtime::format(&*pattern, &self.local.zoned(now)) {
            Ok(name) => PathBuf::from(name),
            Err(_) => self.pattern.clone(),
        }
    }

    /// Whether the present file's time is over. The first time asked starts the clock.
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        let Some(rotate) = self.rotate else {
            return false;
        };
        match self.due {
            Some(due) => now.secs() >= due,
            None => {
                self.due = Some(self.next_due(rotate, now));
                false
            }
        }
    }

    fn next_due(&self, rotate: Rotation, now: Timestamp) -> u64 {
        let (unit, length) = match rotate {
            Rotation::Every(length) => return now.secs().saturating_add(length.as_secs().max(1)),
            Rotation::Boundary(CalendarUnit::Minute) => (jiff::Unit::Minute, 60),
            Rotation::Boundary(CalendarUnit::Hour) => (jiff::Unit::Hour, 3600),
            Rotation::Boundary(CalendarUnit::Day) => (jiff::Unit::Day, 86_400),
        };
        let rounding = jiff::ZonedRound::new()
            .smallest(unit)
            .mode(jiff::RoundMode::Trunc);
        let start = self
            .local
            .zoned(now)
            .round(rounding)
            .map(|z| z.timestamp().as_second());
        let start = start
            .ok()
            .and_then(|s| u64::try_from(s).ok())
            .unwrap_or(now.secs());
        start.saturating_add(length).max(now.secs() + 1)
    }

    /// Begins the next file.
    pub fn rotate(&mut self, now: Timestamp) -> io::Result<()> {
        if let Some(rotate) = self.rotate {
            self.due = Some(self.next_due(rotate, now));
        }
        self.open_now(now, self.append)
    }

    /// Opens the file again under its name; what is there is kept.
    pub fn reopen(&mut self, now: Timestamp) -> io::Result<()> {
        if self.is_pattern() && self.file.is_none() {
            return Ok(());
        }
        self.open_now(now, true)
    }

    /// The open file.
    pub fn writer(&mut self, now: Timestamp) -> io::Result<&File> {
        if self.file.is_none() {
            self.open_now(now, self.append)?;
        }
        self.file
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::time::Duration;

    fn log(folder: &std::path::Path, name: &str, rotate: Option<Rotation>) -> LogFile {
        let config = FileConfig {
            rotate,
            ..FileConfig::named(name)
        };
        LogFile::open(folder.join(name), &config).expect("opens")
    }

    #[test]
    fn a_pattern_names_the_file_when_time_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = log(
            folder.path(),
            "sub-%s/eve-%s.json",
            Some(Rotation::Every(Duration::from_secs(10))),
        );
        assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 0);
        for (secs, text) in [(100, "a"), (109, "b"), (110, "c")] {
            let now = Timestamp::new(secs, 0);
            if log.is_due(now) {
                log.rotate(now).expect("rotates");
            }
            log.writer(now)
                .expect("opens")
                .write_all(text.as_bytes())
                .expect("writes");
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("reads");
        assert_eq!(read("sub-100/eve-100.json"), "ab");
        assert_eq!(read("sub-110/eve-110.json"), "c");
    }

    #[test]
    fn a_boundary_is_the_beginning_of_the_unit() {
        let folder = tempfile::tempdir().expect("a folder");
        let hourly = Rotation::Boundary(CalendarUnit::Minute);
        let log = log(folder.path(), "eve.json", Some(hourly));
        assert_eq!(
            log.next_due(hourly, Timestamp::new(1_468_449_727, 0)),
            1_468_449_780
        );
        assert_eq!(
            log.next_due(hourly, Timestamp::new(1_468_449_780, 0)),
            1_468_449_840
        );
    }

    #[test]
    fn reopening_makes_a_moved_file_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = log(folder.path(), "eve.json", None);
        let path = folder.path().join("eve.json");
        std::fs::rename(&path, folder.path().join("old")).expect("moves");
        log.reopen(Timestamp::ZERO).expect("opens");
        log.writer(Timestamp::ZERO)
            .expect("open")
            .write_all(b"x")
            .expect("writes");
        assert_eq!(std::fs::read(&path).expect("reads"), b"x");
    }
}
