//! A request, and what is said to it.

use crossbeam_channel::Sender;
use serde_json::{Map, Value, json};

/// What a client asks for.
#[derive(Debug)]
pub struct Request {
    /// The command.
    pub command: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    pub(crate) reply: Sender<Reply>,
}

impl Request {
    /// Answers it.
    pub fn answer(self, reply: Reply) {
        // Whoever asked may have gone.
        drop(self.reply.send(reply));
    }
}

/// What is said to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It was done.
    Done(Value),
    /// It was not; the message says why.
    Refused(Value),
}

impl Reply {
    /// It was done.
    pub fn done(message: impl Into<Value>) -> Self {
        Self::Done(message.into())
    }

    /// It was not done, for this reason.
    pub fn refused(message: impl Into<Value>) -> Self {
        Self::Refused(message.into())
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Done(message) => json!({ "message": message, "return": "OK" }),
            Self::Refused(message) => json!({ "message": message, "return": "NOK" }),
        }
    }

    /// What a server said; nothing if it is none of both.
    pub(crate) fn from_json(mut value: Value) -> Option<Self> {
        let message = value.get_mut("message").map(Value::take);
        let message = message.unwrap_or(Value::Null);
        match value.get("return")?.as_str()? {
            "OK" => Some(Self::Done(message)),
            "NOK" => Some(Self::Refused(message)),
            _ => None,
        }
    }
}
