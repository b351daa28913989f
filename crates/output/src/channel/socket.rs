//! Unix sockets that somebody else listens on.

use std::io::{self, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A connection is tried again after this long.
const RETRY: Duration = Duration::from_millis(500);
/// Bytes a slow reader of a stream may be behind in a live run.
const MAX_BEHIND: usize = 4 << 20;

/// Remembers when connecting failed, so that it is not tried at each record.
#[derive(Debug)]
struct Peer {
    path: PathBuf,
    live: bool,
    failed: Option<Instant>,
    reported: bool,
}

impl Peer {
    fn connect<T>(&mut self, connect: impl FnOnce(&PathBuf) -> io::Result<T>) -> Option<T> {
        if self.failed.is_some_and(|at| at.elapsed() < RETRY) {
            return None;
        }
        match connect(&self.path) {
            Ok(socket) => {
                if self.reported {
                    tracing::warn!("connected to {}", self.path.display());
                }
                self.failed = None;
                self.reported = false;
                Some(socket)
            }
            Err(error) => {
                self.failed = Some(Instant::now());
                if !self.reported {
                    self.reported = true;
                    tracing::error!(
                        "cannot connect to {}: {error}; trying again",
                        self.path.display()
                    );
                }
                None
            }
        }
    }
}

/// A stream socket.
#[derive(Debug)]
pub struct StreamSocket {
    peer: Peer,
    stream: Option<UnixStream>,
    /// Accepted but not sent, as the reader is slow.
    behind: Vec<u8>,
}

impl StreamSocket {
    pub fn new(path: PathBuf, live: bool) -> Self {
        let peer = Peer {
            path,
            live,
            failed: None,
            reported: false,
        };
        Self {
            peer,
            stream: None,
            behind: Vec::new(),
        }
    }

    pub fn disconnect(&mut self) {
        self.stream = None;
        self.behind.clear();
        self.peer.failed = None;
    }

    /// Sends whole records; returns how many were lost.
    pub fn send(&mut self, bytes: &[u8], records: u64) -> u64 {
        if self.stream.is_none() {
            let live = self.peer.live;
            self.stream = self.peer.connect(|path| {
                let stream = UnixStream::connect(path)?;
                stream.set_nonblocking(live)?;
                Ok(stream)
            });
        }
        if self.stream.is_none() || self.behind.len() > MAX_BEHIND {
            return records + self.drain();
        }
        self.behind.extend_from_slice(bytes);
        self.drain()
    }

    /// Sends what can be sent without waiting; returns how many records were lost with the connection.
    fn drain(&mut self) -> u64 {
        let Some(stream) = &mut self.stream else {
            return 0;
        };
        let mut sent = 0;
        while let Some(rest) = self.behind.get(sent..).filter(|rest| !rest.is_empty()) {
            match stream.write(rest) {
                Ok(n) if n > 0 => sent += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => {
                    let lost = rest.iter().filter(|&&byte| byte == b'\n').count();
                    tracing::error!("{} has gone; trying again", self.peer.path.display());
                    self.peer.reported = true;
                    self.stream = None;
                    self.behind.clear();
                    return lost as u64;
                }
            }
        }
        self.behind.drain(..sent);
        0
    }
}

/// A datagram socket.
#[derive(Debug)]
pub struct DatagramSocket {
    peer: Peer,
    socket: Option<UnixDatagram>,
}

impl DatagramSocket {
    pub fn new(path: PathBuf, live: bool) -> Self {
        let peer = Peer {
            path,
            live,
            failed: None,
            reported: false,
        };
        Self { peer, socket: None }
    }

    /// Sends one record.
    pub fn send(&mut self, record: &[u8]) -> io::Result<()> {
        if self.socket.is_none() {
            let live = self.peer.live;
            self.socket = self.peer.connect(|path| {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_nonblocking(live)?;
                Ok(socket)
            });
        }
        let Some(socket) = &self.socket else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let result = socket.send(record).map(|_| ());
        if matches!(&result, Err(error) if error.kind() != io::ErrorKind::WouldBlock) {
            self.socket = None;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_stream_delivers_and_counts_what_it_cannot() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("eve.sock");
        let mut socket = StreamSocket::new(path.clone(), false);
        assert_eq!(socket.send(b"early\n", 1), 1);
        let listener = UnixListener::bind(&path).expect("binds");
        socket.disconnect();
        assert_eq!(socket.send(b"one\ntwo\n", 2), 0);
        let (mut reader, _) = listener.accept().expect("accepts");
        let mut got = [0; 8];
        reader.read_exact(&mut got).expect("reads");
        assert_eq!(&got, b"one\ntwo\n");
    }

    #[test]
    fn a_live_stream_does_not_wait_for_its_reader() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("eve.sock");
        let listener = UnixListener::bind(&path).expect("binds");
        let mut socket = StreamSocket::new(path, true);
        let record = vec![b'x'; 60_000];
        let lost: u64 = (0..200).map(|_| socket.send(&record, 1)).sum();
        assert!(lost > 0 && lost < 200, "{lost} lost");
        drop(listener);
    }

    #[test]
    fn a_datagram_holds_one_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("eve.sock");
        let reader = UnixDatagram::bind(&path).expect("binds");
        let mut socket = DatagramSocket::new(path, false);
        socket.send(b"one\n").expect("sends");
        socket.send(b"two\n").expect("sends");
        let mut got = [0; 64];
        let n = reader.recv(&mut got).expect("receives");
        assert_eq!(&got[..n], b"one\n");
    }
}
