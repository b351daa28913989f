//! The way out for records: a buffer, and what stands behind it.
//!
//! A record is written into the buffer, then [`Channel::end_record`] hands it on when it is time. A write
//! that fails is reported once and counted; it never stops the run.

mod file;
mod socket;
mod syslog;

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use tapir_packet::Timestamp;

use crate::config::{Destination, OutputConfig};
use crate::error::OutputError;
pub(crate) use syslog::{facility as syslog_facility, severity as syslog_severity};

use file::LogFile;
use socket::{DatagramSocket, StreamSocket};
use syslog::SyslogSocket;

/// Bytes gathered before a write.
const BUFFER: usize = 64 * 1024;
/// A record larger than this is dropped and counted: no reader takes lines of any length.
const MAX_RECORD: usize = 16 << 20;

/// A buffered destination.
#[derive(Debug)]
pub struct Channel {
    buffer: Vec<u8>,
    /// Where the record being written begins in `buffer`.
    record: usize,
    /// Whole records in `buffer`.
    waiting: u64,
    back: Back,
    name: String,
    /// Records that never arrived.
    lost: u64,
    failing: bool,
    /// After a write that broke off: the next one must begin a new line.
    torn: bool,
}

#[derive(Debug)]
enum Back {
    File(LogFile),
    Stdout {
        /// Somebody is watching: every record is shown at once.
        watched: bool,
    },
    Stream(StreamSocket),
    Datagram(DatagramSocket),
    Syslog(SyslogSocket),
    Null,
    /// Its reader has gone for good.
    Closed,
}

impl Channel {
    /// Opens a destination.
    ///
    /// # Errors
    /// When a file cannot be opened. A socket that nobody listens on yet is no error: it is tried again.
    pub fn open(destination: &Destination, config: &OutputConfig) -> Result<Self, OutputError> {
        let below = |name: &Path| config.log_dir.join(name);
        let (back, name) = match destination {
            Destination::File(file) => {
                let path = below(&file.name);
                let name = path.display().to_string();
                (Back::File(LogFile::open(path, file)?), name)
            }
            Destination::Stdout => {
                let watched = io::stdout().is_terminal();
                (Back::Stdout { watched }, "standard output".to_owned())
            }
            Destination::UnixStream(path) => {
                let path = below(path);
                let name = path.display().to_string();
                (Back::Stream(StreamSocket::new(path, config.live)), name)
            }
            Destination::UnixDatagram(path) => {
                let path = below(path);
                let name = path.display().to_string();
                (Back::Datagram(DatagramSocket::new(path, config.live)), name)
            }
            Destination::Syslog(target) => (
                Back::Syslog(SyslogSocket::new(target.clone())),
                "syslog".to_owned(),
            ),
            Destination::Null => (Back::Null, "null".to_owned()),
        };
        Ok(Self {
            buffer: Vec::with_capacity(BUFFER + 4096),
            record: 0,
            waiting: 0,
            back,
            name,
            lost: 0,
            failing: false,
            torn: false,
        })
    }

    /// The buffer, to append one record to.
    pub fn record(&mut self) -> &mut Vec<u8> {
        self.record = self.buffer.len();
        &mut self.buffer
    }

    /// Takes back what was appended since [`Channel::record`].
    pub fn cancel_record(&mut self) {
        self.buffer.truncate(self.record);
    }

    /// The record is complete, line end included.
    pub fn end_record(&mut self, ts: Timestamp) {
        if self.buffer.len() - self.record > MAX_RECORD {
            self.cancel_record();
            self.lost += 1;
            return;
        }
        self.waiting += 1;
        match &mut self.back {
            Back::File(file) => {
                if file.is_due(ts) {
                    self.rotate(ts);
                }
            }
            Back::Datagram(_) | Back::Syslog(_) => return self.flush_at(ts),
            Back::Null | Back::Closed => {
                self.buffer.clear();
                self.lost += if matches!(self.back, Back::Closed) {
                    self.waiting
                } else {
                    0
                };
                self.waiting = 0;
                return;
            }
            Back::Stdout { watched: true } => return self.flush_at(ts),
            Back::Stdout { watched: false } | Back::Stream(_) => {}
        }
        if self.buffer.len() >= BUFFER {
            self.flush_at(ts);
        }
    }

    /// Time has passed: a file may be due for rotation.
    pub fn tick(&mut self, now: Timestamp) {
        if let Back::File(file) = &mut self.back
            && file.is_due(now)
        {
            self.flush_at(now);
            if let Back::File(file) = &mut self.back {
                let result = file.rotate(now);
                self.report(result, 0);
            }
        }
    }

    /// The record just completed belongs to the next file: what was before it goes to the present one.
    fn rotate(&mut self, ts: Timestamp) {
        let last = self.buffer.split_off(self.record);
        self.waiting -= 1;
        self.flush_at(ts);
        self.buffer.extend_from_slice(&last);
        self.waiting += 1;
        if let Back::File(file) = &mut self.back {
            let result = file.rotate(ts);
            self.report(result, 0);
        }
    }

    /// Writes out what is buffered. `ts` names a file that is opened now.
    pub fn flush_at(&mut self, ts: Timestamp) {
        if self.buffer.is_empty() {
            return;
        }
        let mut written = 0;
        let torn = self.torn;
        let result = match &mut self.back {
            Back::File(file) => match file.writer(ts) {
                Ok(mut out) => write_all(&mut out, &self.buffer, torn, &mut written),
                Err(error) => Err(error),
            },
            Back::Stdout { .. } => {
                let mut out = io::stdout().lock();
                write_all(&mut out, &self.buffer, torn, &mut written).and_then(|()| out.flush())
            }
            Back::Stream(socket) => {
                let lost = socket.send(&self.buffer, self.waiting);
                self.lost += lost;
                self.buffer.clear();
                self.waiting = 0;
                return;
            }
            Back::Datagram(socket) => socket.send(&self.buffer),
            Back::Syslog(socket) => socket.send(&self.buffer, ts),
            Back::Null | Back::Closed => Ok(()),
        };
        self.torn = match (&result, self.buffer.get(written.wrapping_sub(1))) {
            (Ok(()), _) => false,
            (Err(_), None) => torn,
            (Err(_), Some(&last)) => last != b'\n',
        };
        let arrived = self
            .buffer
            .iter()
            .take(written)
            .filter(|&&byte| byte == b'\n')
            .count() as u64;
        let missing = if result.is_err() {
            self.waiting.saturating_sub(arrived)
        } else {
            0
        };
        self.buffer.clear();
        self.waiting = 0;
        self.report(result, missing);
    }

    fn report(&mut self, result: io::Result<()>, missing: u64) {
        match result {
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::warn!(
                    "writing to {} again; {} records were lost so far",
                    self.name,
                    self.lost
                );
            }
            Ok(()) => {}
            Err(error) => {
                self.lost += missing;
                if !self.failing {
                    self.failing = true;
                    tracing::error!("cannot write to {}: {error}", self.name);
                }
                let gone = error.kind() == io::ErrorKind::BrokenPipe;
                if gone && matches!(self.back, Back::Stdout { .. }) {
                    self.back = Back::Closed;
                }
            }
        }
    }

    /// Opens a file again under its name, after somebody has moved it away; sockets connect again.
    pub fn reopen(&mut self, now: Timestamp) {
        self.flush_at(now);
        let result = match &mut self.back {
            Back::File(file) => file.reopen(now),
            Back::Stream(socket) => {
                socket.disconnect();
                Ok(())
            }
            _ => Ok(()),
        };
        self.report(result, 0);
    }

    /// Records that could not be delivered.
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

/// Writes everything, counting in `written` what arrived. After a torn write it begins with a line end, so
/// that a reader loses one line and not two.
fn write_all(
    out: &mut impl Write,
    bytes: &[u8],
    torn: bool,
    written: &mut usize,
) -> io::Result<()> {
    if torn {
        out.write_all(b"\n")?;
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                *written += n;
                rest = rest.get(n..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then fails as a full disk does.
    struct Full {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let n = bytes.len().min(self.room);
            if n == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= n;
            self.taken.extend_from_slice(&bytes[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let mut disk = Full {
            room: 7,
            taken: Vec::new(),
        };
        let mut written = 0;
        assert!(write_all(&mut disk, b"one\ntwo\n", false, &mut written).is_err());
        assert_eq!(written, 7);
        disk.room = 100;
        let mut written = 0;
        assert!(write_all(&mut disk, b"three\n", true, &mut written).is_ok());
        assert_eq!(disk.taken, b"one\ntwo\nthree\n");
        assert_eq!(written, 6);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_costs_records_and_nothing_else() {
        let config = OutputConfig {
            log_dir: "/dev".into(),
            ..OutputConfig::default()
        };
        let destination = Destination::File(crate::config::FileConfig::named("full"));
        let mut channel = Channel::open(&destination, &config).expect("/dev/full opens");
        for _ in 0..3 {
            channel.record().extend_from_slice(b"line\n");
            channel.end_record(Timestamp::ZERO);
        }
        channel.flush_at(Timestamp::ZERO);
        assert_eq!(channel.lost(), 3);
        channel.record().extend_from_slice(b"line\n");
        channel.end_record(Timestamp::ZERO);
        channel.flush_at(Timestamp::ZERO);
        assert_eq!(channel.lost(), 4);
    }
}
