//! Which captures a path stands for.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::CaptureError;

/// The captures that `path` stands for: every file below a folder, in the byte order of their paths; any
/// other path for itself.
///
/// Links are followed. What is below the folder and cannot be followed or listed is passed over with a
/// warning.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(_) => {}
            Err(e) if e.depth() > 0 => tracing::warn!("{e}"),
            Err(e) => {
                return Err(CaptureError::Io {
                    name: path.display().to_string(),
                    source: e
                        .into_io_error()
                        .unwrap_or_else(|| io::Error::other("a link leads to itself")),
                });
            }
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
/// Relative paths count from the list's folder. Paths need not be UTF-8.
///
/// # Errors
/// When the list cannot be read.
pub fn read_list(list: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    let bytes = std::fs::read(list).map_err(|source| CaptureError::Io {
        name: list.display().to_string(),
        source,
    })?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let names = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    Ok(names.map(|name| folder.join(path_of(name))).collect())
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    OsStr::new(&*String::from_utf8_lossy(bytes)).into()
}
