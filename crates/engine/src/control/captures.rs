//! Commands about captures that are to be replayed, and the queue of them.

use std::collections::VecDeque;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tapir_control::Reply;

use super::{Answering, text};
use crate::engine::Engine;
use crate::rings::Rings;

/// More captures than this do not wait.
const MAX_WAITING: usize = 100_000;

/// What clients want replayed.
#[derive(Debug, Default)]
pub(crate) struct CaptureQueue {
    waiting: VecDeque<Job>,
    /// What is replayed now.
    current: Option<PathBuf>,
    /// What is replayed now is to end.
    is_interrupted: bool,
    /// When the last file was changed that was replayed, in milliseconds since the epoch.
    pub(crate) last_processed: u64,
}

/// A capture, or a folder of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    /// Where logs go.
    pub(crate) folder: PathBuf,
    /// The folder is watched for new captures until somebody interrupts.
    pub(crate) is_continuous: bool,
    /// Captures are removed when they have been replayed.
    pub(crate) deletes: bool,
}

impl CaptureQueue {
    /// The next one, which is current from now on.
    pub(crate) fn begin(&mut self) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        self.current = Some(job.path.clone());
        self.is_interrupted = false;
        Some(job)
    }

    /// The current one is over.
    pub(crate) fn end(&mut self) {
        self.current = None;
        self.is_interrupted = false;
    }

    /// Whether the current one is to end.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }
}

/// The commands that there are with a queue.
pub(super) const COMMANDS: &[(&str, Answering)] = &[
    ("pcap-file", add),
    ("pcap-file-continuous", add),
    ("pcap-file-number", number),
    ("pcap-file-list", list),
    ("pcap-current", current),
    ("pcap-last-processed", last_processed),
    ("pcap-interrupt", interrupt),
];

fn job(arguments: &Map<String, Value>) -> Result<Job, Reply> {
    let is_on = |name: &str| {
        let value = arguments.get(name);
        value.is_some_and(|value| value.as_bool().unwrap_or_else(|| value == "true"))
    };
    let path = PathBuf::from(text(arguments, "filename")?);
    if !path.exists() {
        return Err(Reply::refused(format!(
            "{}: filename does not exist",
            path.display()
        )));
    }
    let folder = PathBuf::from(text(arguments, "output-dir")?);
    if !folder.is_dir() {
        let message = format!("{}: output-dir is no directory", folder.display());
        return Err(Reply::refused(message));
    }
    if arguments.get("tenant").is_some_and(|tenant| *tenant != 0) {
        return Err(Reply::refused("there are no tenants"));
    }
    Ok(Job {
        is_continuous: is_on("continuous") && path.is_dir(),
        deletes: is_on("delete-when-done"),
        path,
        folder,
    })
}

fn add(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Map<String, Value>) -> Reply {
    let Some(queue) = &mut engine.queue else {
        return Reply::refused("captures are not taken");
    };
    if queue.waiting.len() >= MAX_WAITING {
        return Reply::refused(format!("{MAX_WAITING} captures wait already"));
    }
    match job(arguments) {
        Ok(job) => {
            queue.waiting.push_back(job);
            Reply::done("Successfully added file to list")
        }
        Err(reply) => reply,
    }
}

fn number(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let waiting = engine.queue.as_ref().map_or(0, |queue| queue.waiting.len());
    Reply::done(waiting)
}

fn list(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let waiting = engine.queue.iter().flat_map(|queue| &queue.waiting);
    let names: Vec<String> = waiting.map(|job| job.path.display().to_string()).collect();
    Reply::done(json!({ "count": names.len(), "files": names }))
}

fn current(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let current = engine
        .queue
        .as_ref()
        .and_then(|queue| queue.current.as_ref());
    Reply::done(current.map_or_else(|| "None".to_owned(), |path| path.display().to_string()))
}

fn last_processed(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    Reply::done(
        engine
            .queue
            .as_ref()
            .map_or(0, |queue| queue.last_processed),
    )
}

fn interrupt(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    match &mut engine.queue {
        Some(queue) if queue.current.is_some() => {
            queue.is_interrupted = true;
            Reply::done("Interrupted")
        }
        _ => Reply::refused("nothing is replayed now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: Value) -> Result<Job, Reply> {
        let Value::Object(arguments) = value else {
            panic!("no arguments");
        };
        job(&arguments)
    }

    #[test]
    fn a_job_needs_a_capture_and_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let capture = folder.path().join("a.pcap");
        std::fs::write(&capture, "").expect("a file");
        let told = of(
            json!({ "filename": capture, "output-dir": folder.path(), "delete-when-done": true }),
        );
        let expected = Job {
            path: capture.clone(),
            folder: folder.path().to_owned(),
            is_continuous: false,
            deletes: true,
        };
        assert_eq!(told, Ok(expected));
        let watched = of(
            json!({ "filename": folder.path(), "output-dir": folder.path(), "continuous": true }),
        );
        assert!(watched.is_ok_and(|job| job.is_continuous && !job.deletes));
        assert!(of(json!({ "filename": capture })).is_err());
        assert!(of(json!({ "filename": capture, "output-dir": capture })).is_err());
        assert!(of(json!({ "filename": "/nowhere", "output-dir": folder.path() })).is_err());
        assert!(of(json!({ "filename": 1, "output-dir": folder.path() })).is_err());
        assert!(
            of(json!({ "filename": capture, "output-dir": folder.path(), "tenant": 3 })).is_err()
        );
    }

    #[test]
    fn captures_are_taken_in_turn() {
        let job = |name: &str| Job {
            path: name.into(),
            folder: "out".into(),
            is_continuous: false,
            deletes: false,
        };
        let mut queue = CaptureQueue::default();
        queue.waiting.extend([job("a"), job("b")]);
        assert_eq!(queue.begin(), Some(job("a")));
        queue.is_interrupted = true;
        queue.end();
        assert_eq!(queue.begin(), Some(job("b")));
        assert!(!queue.is_interrupted());
        assert_eq!(queue.begin(), None);
    }
}
