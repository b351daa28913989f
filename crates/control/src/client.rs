//! The asking end.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::error::ControlError;
use crate::messages::Messages;
use crate::request::Reply;

/// Bytes that a reply may have.
const MAX_REPLY: usize = 256 << 20;

/// A connection to a running engine.
pub struct Client {
    path: PathBuf,
    stream: UnixStream,
    messages: Messages<UnixStream>,
}

impl Client {
    /// Connects to the engine that listens at a path.
    ///
    /// # Errors
    /// When nobody listens there, or who does speaks something else.
    pub fn connect(path: &Path) -> Result<Self, ControlError> {
        let fails = |error| ControlError::system(path, error);
        let stream = UnixStream::connect(path).map_err(fails)?;
        let messages = Messages::new(stream.try_clone().map_err(fails)?, MAX_REPLY);
        let mut client = Self {
            path: path.to_owned(),
            stream,
            messages,
        };
        match client.exchange(&json!({ "version": "0.2" }))?.get("return") {
            Some(Value::String(said)) if said == "OK" => Ok(client),
            _ => Err(ControlError::protocol(
                path,
                "version 0.2 is not spoken there",
            )),
        }
    }

    /// Sends a command and waits for what is said to it.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn ask(
        &mut self,
        command: &str,
        arguments: Map<String, Value>,
    ) -> Result<Reply, ControlError> {
        let mut message = json!({ "command": command });
        if let (Value::Object(members), false) = (&mut message, arguments.is_empty()) {
            members.insert("arguments".to_owned(), Value::Object(arguments));
        }
        let answer = self.exchange(&message)?;
        Reply::from_json(answer)
            .ok_or_else(|| ControlError::protocol(&self.path, "what was answered is no reply"))
    }

    fn exchange(&mut self, message: &Value) -> Result<Value, ControlError> {
        let fails = |error| ControlError::system(&self.path, error);
        let line = format!("{message}\n");
        self.stream.write_all(line.as_bytes()).map_err(fails)?;
        let answer = self.messages.next().map_err(fails)?;
        answer.ok_or_else(|| ControlError::protocol(&self.path, "the connection was closed"))
    }
}
