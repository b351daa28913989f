//! What is said with one client.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use serde_json::{Map, Value, json};

use crate::messages::Messages;
use crate::request::{Reply, Request};
use crate::server::Outstanding;

/// Bytes that a request may have.
const MAX_REQUEST: usize = 64 << 10;
/// How long a client may take to say its version, or to read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which form of the protocol a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// What the server says has no line feed at its end.
    V1,
    V2,
}

/// Serves a client until it goes.
pub(crate) fn serve(
    stream: UnixStream,
    requests: &Sender<Request>,
    outstanding: &Outstanding,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut messages = Messages::new(&stream, MAX_REQUEST);
    let version = match messages.next()?.as_ref().map(version) {
        Some(Some(version)) => version,
        // Those who speak another version are not spoken to.
        Some(None) | None => return Ok(()),
    };
    say(&stream, version, &json!({ "return": "OK" }))?;
    stream.set_read_timeout(None)?;
    while let Some(message) = messages.next()? {
        let _answering = outstanding.begin();
        let reply = ask(message, requests);
        say(&stream, version, &reply.to_json())?;
    }
    Ok(())
}

fn version(message: &Value) -> Option<Version> {
    match message.get("version")?.as_str()? {
        "0.1" => Some(Version::V1),
        "0.2" => Some(Version::V2),
        _ => None,
    }
}

/// Queues a request, and waits for what is said to it.
fn ask(mut message: Value, requests: &Sender<Request>) -> Reply {
    let Some(command) = message.get("command").and_then(Value::as_str) else {
        return Reply::refused("there is no command");
    };
    let command = command.to_owned();
    let arguments = match message.get_mut("arguments").map(Value::take) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Reply::refused("arguments are no object"),
    };
    let (reply, answer) = bounded(1);
    let request = Request {
        command,
        arguments,
        reply,
    };
    let is_over = || Reply::refused("the engine is ending");
    match requests.send(request) {
        Ok(()) => answer.recv().unwrap_or_else(|_| is_over()),
        Err(_) => is_over(),
    }
}

fn say(mut stream: &UnixStream, version: Version, what: &Value) -> io::Result<()> {
    let mut text = what.to_string();
    if version == Version::V2 {
        text.push('\n');
    }
    stream.write_all(text.as_bytes())
}
