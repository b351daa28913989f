//! Standard output, as every command uses it.

use std::io::{self, Write};

/// Writes a text. That whoever reads has seen enough, as `| head` has, is no failure.
///
/// # Errors
///
/// Whatever else keeps it from being written.
pub(crate) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_ref()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => {
            other.map_err(|error| io::Error::new(error.kind(), format!("standard output: {error}")))
        }
    }
}
