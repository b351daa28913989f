//! Which captures a path stands for.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::CaptureError;

/// The captures that `path` stands for: every file below a folder, in the byte order of their paths; any
/// other path for itself.
///
/// # Errors
/// When the folder or one below it cannot be read.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true) {
        let entry = entry.map_err(|e| CaptureError::Io {
            name: e.path().unwrap_or(path).display().to_string(),
            source: e
                .into_io_error()
                .unwrap_or_else(|| io::Error::other("a link leads to a folder above itself")),
        })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort_unstable_by(|a, b| {
        a.as_os_str()
            .as_encoded_bytes()
            .cmp(b.as_os_str().as_encoded_bytes())
    });
    Ok(files)
}

/// The captures named in a list, one path a line; empty lines and those beginning with `#` say nothing.
/// Relative paths count from the list's folder.
///
/// # Errors
/// When the list cannot be read.
pub fn read_list(list: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    let bytes = std::fs::read(list).map_err(|source| CaptureError::Io {
        name: list.display().to_string(),
        source,
    })?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let text = String::from_utf8_lossy(&bytes);
    let names = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(names.map(|name| folder.join(name)).collect())
}
