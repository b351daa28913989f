//! Files of rules that commands are given by name, or by the folder they are in.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tapir_rules::{Dialect, Source};

/// A dialect, as an argument names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectName {
    /// Suricata 9
    Suricata,
    /// Snort 2.9
    Snort2,
    /// Snort 3
    Snort3,
}

impl DialectName {
    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            DialectName::Suricata => Dialect::Suricata,
            DialectName::Snort2 => Dialect::Snort2,
            DialectName::Snort3 => Dialect::Snort3,
        }
    }
}

/// Stands for standard input.
const STDIN: &str = "-";

/// The files that paths name, in the order of their names: those themselves, and below folders those that end in
/// `.rules`.
pub(crate) fn below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files, true)?;
    }
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, named: bool) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    if named && is_stdin(path) {
        files.push(path.to_owned());
    } else if fs::metadata(path).map_err(failed)?.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .map_err(failed)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            // A link to a folder could lead back to where it stands.
            .filter(|entry| !(entry.is_symlink() && entry.is_dir()))
            .collect();
        entries.sort();
        for entry in entries.iter().filter(|entry| entry.exists()) {
            collect(entry, files, false)?;
        }
    } else if named || path.extension().is_some_and(|end| end == "rules") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// The files as sources.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Source>, String> {
    files.iter().map(|path| source(path)).collect()
}

fn source(path: &Path) -> Result<Source, String> {
    let failed = |name: &str, error: io::Error| format!("{name}: {error}");
    if is_stdin(path) {
        let (name, mut text) = ("standard input", Vec::new());
        let read = io::stdin().lock().read_to_end(&mut text);
        read.map_err(|error| failed(name, error))?;
        return Ok(Source::new(name, text));
    }
    let name = path.display().to_string();
    let text = fs::read(path).map_err(|error| failed(&name, error))?;
    Ok(Source::new(name, text))
}

/// Puts a text in the place of a file, at once: who reads it sees the old text or the new one.
pub(crate) fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    let put = || -> io::Result<()> {
        // What a link leads to is replaced, not the link.
        let path = fs::canonicalize(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text)?;
        file.as_file()
            .set_permissions(fs::metadata(&path)?.permissions())?;
        file.persist(&path)?;
        Ok(())
    };
    put().map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes to standard output, whose reader may have seen enough.
pub(crate) fn print(text: &[u8]) -> io::Result<()> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
