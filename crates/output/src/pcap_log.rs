//! The packet log: captured packets as capture files, with a limit to each file and to their number.
//!
//! Files are written in the classic format with microseconds
//! (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html>), little-endian.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use lz4_flex::frame::{FrameEncoder, FrameInfo};
use tapir_packet::{LinkType, Timestamp};

use crate::channel::Channel;
use crate::config::{OutputConfig, PcapCondition, PcapLogConfig};
use crate::event::{Body, Event};
use crate::sink::Sink;

/// Longest packet that the file header announces.
const SNAP_LEN: u32 = 262_144;
/// Bytes of the file header and of each packet's.
const FILE_HEADER: u64 = 24;
const PACKET_HEADER: u64 = 16;

/// The packet log. Its first file is opened by the first packet, whose time is in the name.
#[derive(Debug)]
pub struct PcapLog {
    config: PcapLogConfig,
    folder: PathBuf,
    file: Option<OpenFile>,
    /// Files written so far and not removed, oldest first.
    files: VecDeque<PathBuf>,
    lost: u64,
    failing: bool,
}

#[derive(Debug)]
struct OpenFile {
    out: Writer,
    link: LinkType,
    size: u64,
}

enum Writer {
    Plain(BufWriter<File>),
    Lz4(Box<FrameEncoder<BufWriter<File>>>),
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Lz4(_) => "Lz4",
        })
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Lz4(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Lz4(out) => out.flush(),
        }
    }
}

impl PcapLog {
    /// A log by `config`, in its folder below the log folder.
    pub fn new(config: PcapLogConfig, all: &OutputConfig) -> Self {
        let folder = config
            .dir
            .as_ref()
            .map_or_else(|| all.log_dir.clone(), |dir| all.log_dir.join(dir));
        Self {
            config,
            folder,
            file: None,
            files: VecDeque::new(),
            lost: 0,
            failing: false,
        }
    }

    /// Logs one packet.
    pub fn write(&mut self, ts: Timestamp, link: LinkType, data: &[u8], wire_len: u32) {
        match self.try_write(ts, link, data, wire_len) {
            Ok(()) => self.failing = false,
            Err(error) => {
                self.lost += 1;
                if !self.failing {
                    self.failing = true;
                    tracing::error!(
                        "cannot write to the packet log in {}: {error}",
                        self.folder.display()
                    );
                }
            }
        }
    }

    fn try_write(
        &mut self,
        ts: Timestamp,
        link: LinkType,
        data: &[u8],
        wire_len: u32,
    ) -> io::Result<()> {
        let grows = PACKET_HEADER + data.len() as u64;
        let full = |file: &OpenFile| file.link != link || file.size + grows > self.config.limit;
        if self.file.as_ref().is_some_and(full) {
            self.close()?;
        }
        if self.file.is_none() {
            self.open(ts, link)?;
        }
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let seconds = u32::try_from(ts.secs()).unwrap_or(u32::MAX);
        let mut header = [0; PACKET_HEADER as usize];
        let fields = [
            seconds,
            ts.subsec_micros(),
            captured,
            wire_len.max(captured),
        ];
        for (place, field) in header.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        let result = file
            .out
            .write_all(&header)
            .and_then(|()| file.out.write_all(data));
        file.size += grows;
        if result.is_err() {
            // What follows a torn packet could not be read: the next packet begins another file.
            self.file = None;
        }
        result
    }

    fn open(&mut self, ts: Timestamp, link: LinkType) -> io::Result<()> {
        while self
            .config
            .max_files
            .is_some_and(|max| self.files.len() >= max.max(1))
        {
            let Some(oldest) = self.files.pop_front() else {
                break;
            };
            if let Err(error) = std::fs::remove_file(&oldest) {
                tracing::warn!("cannot remove {}: {error}", oldest.display());
            }
        }
        std::fs::create_dir_all(&self.folder)?;
        let path = self.path(ts);
        let file = BufWriter::with_capacity(1 << 16, File::create(&path)?);
        let mut out = match self.config.lz4 {
            Some(options) => {
                let info = FrameInfo::new().content_checksum(options.checksum);
                Writer::Lz4(Box::new(FrameEncoder::with_frame_info(info, file)))
            }
            None => Writer::Plain(file),
        };
        self.files.push_back(path);
        let mut header = [0; FILE_HEADER as usize];
        let version = 2 | 4 << 16;
        let fields = [0xa1b2_c3d4, version, 0, 0, SNAP_LEN, u32::from(link.0)];
        for (place, field) in header.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&u32::to_le_bytes(field));
        }
        out.write_all(&header)?;
        self.file = Some(OpenFile {
            out,
            link,
            size: FILE_HEADER,
        });
        Ok(())
    }

    /// A name that this run has not used: two files may begin in one second.
    fn path(&self, ts: Timestamp) -> PathBuf {
        let mut time = ts.secs().to_string();
        if self.config.micros {
            time.push_str(&format!(".{:06}", ts.subsec_micros()));
        }
        let base = if self.config.multi {
            expand(&self.config.name, &time)
        } else {
            format!("{}.{time}", self.config.name)
        };
        let ending = if self.config.lz4.is_some() {
            ".lz4"
        } else {
            ""
        };
        let name = |copy: usize| match copy {
            0 => self.folder.join(format!("{base}{ending}")),
            copy => self.folder.join(format!("{base}-{copy}{ending}")),
        };
        let free = |path: &PathBuf| !self.files.contains(path);
        (0..=self.files.len())
            .map(name)
            .find(free)
            .unwrap_or_else(|| name(self.files.len() + 1))
    }

    /// Ends the present file; the next packet begins another.
    ///
    /// # Errors
    /// When what was buffered cannot be written.
    pub fn close(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        match file.out {
            Writer::Plain(mut out) => out.flush(),
            Writer::Lz4(out) => out.finish().map_err(io::Error::from)?.flush(),
        }
    }

    /// The file that takes packets now.
    pub fn current_file(&self) -> Option<&Path> {
        self.file
            .as_ref()
            .and(self.files.back())
            .map(PathBuf::as_path)
    }
}

impl Drop for PcapLog {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(
                "cannot finish the packet log in {}: {error}",
                self.folder.display()
            );
        }
    }
}

impl Sink for PcapLog {
    fn emit(&mut self, event: &Event) {
        match (&event.body, self.config.condition) {
            (Body::Captured(packet), PcapCondition::Alerts | PcapCondition::Tag) => {
                self.write(packet.ts, packet.link, &packet.data, packet.wire_len);
            }
            (Body::Tagged(packet), PcapCondition::Tag) => {
                self.write(packet.ts, packet.link, &packet.data, packet.wire_len);
            }
            _ => {}
        }
    }

    fn packet(&mut self, ts: Timestamp, link: LinkType, data: &[u8], wire_len: u32) {
        if self.config.condition == PcapCondition::All {
            self.write(ts, link, data, wire_len);
        }
    }

    fn capture_file(&self) -> Option<&Path> {
        self.current_file()
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        None
    }

    fn flush(&mut self, _now: Timestamp) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.out.flush()
        {
            tracing::error!(
                "cannot write to the packet log in {}: {error}",
                self.folder.display()
            );
        }
    }

    fn lost(&mut self) -> u64 {
        self.lost
    }
}

/// Fills in a pattern: `%t` the time, `%n` and `%i` the thread, of which there is one.
fn expand(pattern: &str, time: &str) -> String {
    let mut name = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => match rest.next() {
                Some('t') => name.push_str(time),
                Some('n' | 'i') => name.push('1'),
                Some(other) => name.extend(['%', other]),
                None => name.push('%'),
            },
            c => name.push(c),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Lz4Options;
    use std::io::Read as _;

    fn log(folder: &Path, change: impl FnOnce(&mut PcapLogConfig)) -> PcapLog {
        let mut config = PcapLogConfig::default();
        change(&mut config);
        let all = OutputConfig {
            log_dir: folder.to_owned(),
            ..OutputConfig::default()
        };
        PcapLog::new(config, &all)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("reads")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_packet_and_its_headers() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = log(folder.path(), |_| {});
        log.write(Timestamp::new(7, 9_000), LinkType::ETHERNET, b"abc", 60);
        log.close().expect("closes");
        let bytes = std::fs::read(folder.path().join("log.pcap.7")).expect("reads");
        let expected: &[&[u8]] = &[
            &[
                0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
            ],
            &[7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0],
            b"abc",
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn a_ring_keeps_the_newest_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = log(folder.path(), |config| {
            config.limit = 100;
            config.max_files = Some(2);
            config.micros = true;
            config.multi = true;
            config.name = "p-%n-%t".to_owned();
        });
        for second in 1..=4 {
            log.write(Timestamp::new(second, 0), LinkType::ETHERNET, &[0; 60], 60);
        }
        log.write(Timestamp::new(4, 0), LinkType::ETHERNET, &[0; 60], 60);
        assert_eq!(names(folder.path()), ["p-1-4.000000", "p-1-4.000000-1"]);
        assert!(
            log.current_file()
                .is_some_and(|path| path.ends_with("p-1-4.000000-1"))
        );
    }

    #[test]
    fn compressed_files_are_whole_frames() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = log(folder.path(), |config| {
            config.lz4 = Some(Lz4Options { checksum: true })
        });
        log.write(Timestamp::new(7, 0), LinkType::RAW, &[5; 1000], 1000);
        log.close().expect("closes");
        let file = File::open(folder.path().join("log.pcap.7.lz4")).expect("opens");
        let mut bytes = Vec::new();
        lz4_flex::frame::FrameDecoder::new(file)
            .read_to_end(&mut bytes)
            .expect("a whole frame");
        assert_eq!(bytes.len(), 24 + 16 + 1000);
    }

    #[test]
    fn nothing_logged_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(log(folder.path(), |_| {}));
        assert!(names(folder.path()).is_empty());
    }
}
