//! What can go wrong with a control socket.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with a control socket.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another process listens there.
    #[error("{0}: another process listens there")]
    InUse(PathBuf),
    /// Something else has that name.
    #[error("{0}: exists, and is no socket")]
    NotASocket(PathBuf),
    /// The system refuses.
    #[error("{path}: {error}")]
    System {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The other side does not speak the protocol.
    #[error("{path}: {message}")]
    Protocol {
        /// The socket.
        path: PathBuf,
        /// What it did.
        message: String,
    },
}

impl ControlError {
    pub(crate) fn system(path: &Path, error: io::Error) -> Self {
        Self::System {
            path: path.to_owned(),
            error,
        }
    }

    pub(crate) fn protocol(path: &Path, message: impl Into<String>) -> Self {
        Self::Protocol {
            path: path.to_owned(),
            message: message.into(),
        }
    }
}
