//! The listening end: clients are served on threads of their own, requests wait in one queue.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::dialogue::serve;
use crate::error::ControlError;
use crate::request::Request;

/// More clients than this at a time are turned away.
const MAX_CLIENTS: usize = 16;
/// Who may connect: the owner of the process, and its group.
const MODE: u32 = 0o660;

/// A socket on which requests come. It is removed when this is dropped.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    /// The socket, by the number of its file: another process may have taken its name.
    inode: u64,
    requests: Receiver<Request>,
    outstanding: Outstanding,
}

/// How many of something are under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outstanding(Arc<AtomicUsize>);

/// One of them, until it is dropped.
pub(crate) struct Begun<'o>(&'o AtomicUsize);

impl Outstanding {
    pub(crate) fn begin(&self) -> Begun<'_> {
        self.0.fetch_add(1, Ordering::AcqRel);
        Begun(&self.0)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Server {
    /// Listens at a path. A socket that nobody listens at any more is replaced.
    ///
    /// # Errors
    /// When somebody listens there, something else has the name, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, ControlError> {
        let fails = |error| ControlError::system(path, error);
        match fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => {
                return Err(ControlError::NotASocket(path.to_owned()));
            }
            Ok(_) if UnixStream::connect(path).is_ok() => {
                return Err(ControlError::InUse(path.to_owned()));
            }
            _ => {}
        }
        let listener = bind(path).map_err(fails)?;
        let inode = fs::metadata(path).map_err(fails)?.ino();
        let (queue, requests) = bounded(MAX_CLIENTS);
        let outstanding = Outstanding::default();
        let of_clients = outstanding.clone();
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || accept(&listener, &queue, &of_clients))
            .map_err(fails)?;
        Ok(Self {
            path: path.to_owned(),
            inode,
            requests,
            outstanding,
        })
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The oldest request that waits.
    pub fn next(&self) -> Option<Request> {
        self.requests.try_recv().ok()
    }

    /// Waits for a request, for so long.
    pub fn wait(&self, patience: Duration) -> Option<Request> {
        self.requests.recv_timeout(patience).ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if fs::metadata(&self.path).is_ok_and(|there| there.ino() == self.inode) {
            // If the file is gone already, so much the better.
            drop(fs::remove_file(&self.path));
        }
        // What waits is refused, and what was answered is sent.
        while let Some(request) = self.next() {
            request.answer(crate::Reply::refused("the engine is ending"));
        }
        for _ in 0..100 {
            if self.outstanding.count() == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Binds the socket in a folder that nobody else can enter, and moves it to its place when its mode is set: at no moment
/// can more connect than ought to.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        fs::DirBuilder::new().mode(0o750).create(folder)?;
    }
    let private = folder.join(format!(".tapir-{}", std::process::id()));
    fs::DirBuilder::new().mode(0o700).create(&private)?;
    let socket = private.join("s");
    let bound = UnixListener::bind(&socket).and_then(|listener| {
        fs::set_permissions(&socket, fs::Permissions::from_mode(MODE))?;
        fs::rename(&socket, path)?;
        Ok(listener)
    });
    drop(fs::remove_file(&socket));
    drop(fs::remove_dir(&private));
    bound
}

fn accept(listener: &UnixListener, queue: &Sender<Request>, outstanding: &Outstanding) {
    let clients = Outstanding::default();
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of descriptors, perhaps: the next one may come through.
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        if clients.count() >= MAX_CLIENTS {
            tracing::warn!("control: a client was turned away, {MAX_CLIENTS} are served already");
            continue;
        }
        let (clients, queue, outstanding) = (clients.clone(), queue.clone(), outstanding.clone());
        let served = std::thread::Builder::new()
            .name("control-client".to_owned())
            .spawn(move || {
                let _client = clients.begin();
                if let Err(error) = serve(stream, &queue, &outstanding) {
                    tracing::debug!("control: a client was cut off: {error}");
                }
            });
        if let Err(error) = served {
            tracing::warn!("control: a client cannot be served: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use serde_json::{Map, Value};

    use super::*;
    use crate::{Client, Reply};

    /// A server that answers with what it was asked, once for each client's request.
    fn echo(path: &Path, requests: usize) -> std::thread::JoinHandle<()> {
        let server = Server::open(path).unwrap();
        std::thread::spawn(move || {
            for _ in 0..requests {
                let request = server.wait(Duration::from_secs(10)).unwrap();
                let reply = match &*request.command {
                    "no" => Reply::refused("not so"),
                    name => Reply::done(format!("{name} {}", request.arguments.len())),
                };
                request.answer(reply);
            }
        })
    }

    #[test]
    fn requests_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.socket");
        let served = echo(&path, 3);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        let mut client = Client::connect(&path).unwrap();
        let arguments: Map<String, Value> =
            [("a".to_owned(), Value::from(1))].into_iter().collect();
        assert_eq!(client.ask("yes", arguments).unwrap(), Reply::done("yes 1"));
        assert_eq!(
            client.ask("no", Map::new()).unwrap(),
            Reply::refused("not so")
        );
        let mut other = Client::connect(&path).unwrap();
        assert_eq!(other.ask("yes", Map::new()).unwrap(), Reply::done("yes 0"));
        served.join().unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// What is read after sending something raw, to the end of the connection or for as long as `expected` is.
    fn raw(path: &Path, sent: &str, expected: &str) -> String {
        let mut stream = UnixStream::connect(path).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut bytes = vec![0; expected.len()];
        match stream.read_exact(&mut bytes) {
            Ok(()) => String::from_utf8(bytes).unwrap(),
            Err(_) => String::new(),
        }
    }

    #[test]
    fn both_versions_are_spoken_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let served = echo(&path, 2);
        let first = "{\"return\":\"OK\"}{\"message\":\"x 0\",\"return\":\"OK\"}";
        assert_eq!(
            raw(&path, "{\"version\": \"0.1\"}{\"command\": \"x\"}", first),
            first
        );
        let second = "{\"return\":\"OK\"}\n{\"message\":\"x 0\",\"return\":\"OK\"}\n";
        assert_eq!(
            raw(
                &path,
                "{\"version\": \"0.2\"}\n{\"command\": \"x\"}\n",
                second
            ),
            second
        );
        served.join().unwrap();
        let _server = Server::open(&path).unwrap();
        for wrong in [
            "{\"version\": \"7\"}\n",
            "{\"version\": 2}\n",
            "GET / HTTP/1.1\r\n\r\n",
            "[]\n",
        ] {
            assert_eq!(raw(&path, wrong, "{"), "", "{wrong}");
        }
        let refused =
            "{\"return\":\"OK\"}\n{\"message\":\"there is no command\",\"return\":\"NOK\"}\n";
        assert_eq!(
            raw(
                &path,
                "{\"version\": \"0.2\"}\n{\"order\": \"x\"}\n",
                refused
            ),
            refused
        );
    }

    #[test]
    fn a_name_is_taken_only_from_the_dead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let server = Server::open(&path).unwrap();
        assert!(matches!(Server::open(&path), Err(ControlError::InUse(_))));
        drop(server);
        fs::write(&path, "a file").unwrap();
        assert!(matches!(
            Server::open(&path),
            Err(ControlError::NotASocket(_))
        ));
        assert_eq!(fs::read(&path).unwrap(), b"a file");
    }
}
