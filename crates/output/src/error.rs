//! What can go wrong before anything is written.

use std::io;
use std::path::PathBuf;

/// An output that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file that cannot be opened for writing.
    #[error("cannot write to {path}: {error}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}
