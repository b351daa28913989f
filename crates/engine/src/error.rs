//! Why an engine cannot run.

use std::io;

use tapir_capture::CaptureError;
use tapir_config::ConfigError;
use tapir_control::ControlError;
use tapir_output::OutputError;

/// Why an engine cannot run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An output cannot be opened.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Packets cannot be had.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A file that rules depend on cannot be read.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
    /// A variable of the configuration is no list of addresses or ports.
    #[error("vars: {0}: {1}")]
    Variable(String, String),
    /// The control socket cannot be had.
    #[error("unix-command: {0}")]
    Control(ControlError),
    /// A thread cannot be started.
    #[error("cannot start a worker: {0}")]
    Thread(io::Error),
}
