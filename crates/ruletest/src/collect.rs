//! Finding cases: files of Markdown, folders in the layout of suricata-verify, and folders of both.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::case::Case;
use crate::markdown;
use crate::outcome::{Outcome, Verdict};

/// The greatest file of cases that is read.
const MOST: u64 = 16 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Cases in Markdown.
    pub cases: Vec<Case>,
    /// Folders with a `test.yaml`.
    pub folders: Vec<PathBuf>,
    /// Cases that cannot be read.
    pub unreadable: Vec<Outcome>,
}

impl Found {
    /// Keeps those whose title has this text.
    pub fn filter(&mut self, text: &str) {
        self.cases.retain(|case| case.title().contains(text));
        self.folders
            .retain(|folder| folder.display().to_string().contains(text));
        self.unreadable
            .retain(|outcome| outcome.file.display().to_string().contains(text));
    }
}

/// Finds the cases of files, and below folders.
///
/// # Errors
/// When a path cannot be read, or a file that was named has no case.
pub fn collect(paths: &[PathBuf], colour: bool) -> Result<Found, String> {
    let mut found = Found::default();
    for path in paths {
        below(path, true, colour, &mut found)?;
    }
    Ok(found)
}

fn below(path: &Path, named: bool, colour: bool, found: &mut Found) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    if fs::metadata(path).map_err(failed)?.is_dir() {
        if path.join("test.yaml").is_file() {
            found.folders.push(path.to_owned());
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .map_err(failed)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            // A link to a folder could lead back to where it stands.
            .filter(|entry| !(entry.is_symlink() && entry.is_dir()) && entry.exists())
            .collect();
        entries.sort();
        return entries
            .iter()
            .try_for_each(|entry| below(entry, false, colour, found));
    }
    if named && path.file_name().is_some_and(|name| name == "test.yaml") {
        found
            .folders
            .push(path.parent().unwrap_or(Path::new("")).to_owned());
        return Ok(());
    }
    if named || path.extension().is_some_and(|end| end == "md") {
        return file(path, named, colour, found);
    }
    Ok(())
}

fn file(path: &Path, named: bool, colour: bool, found: &mut Found) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = fs::metadata(path).map_err(|error| failed(&error))?.len();
    if length > MOST {
        return Err(failed(&"too large for a file of cases"));
    }
    let text = match String::from_utf8(fs::read(path).map_err(|error| failed(&error))?) {
        Ok(text) => text,
        // Among the files of a folder, what is no text has no cases either.
        Err(_) if !named => return Ok(()),
        Err(error) => return Err(failed(&error.utf8_error())),
    };
    if !markdown::has_cases(&text) {
        return match named {
            true => Err(failed(
                &"no cases in it: neither a block ```traffic nor a block ```expect",
            )),
            false => Ok(()),
        };
    }
    let (source, cases) = markdown::cases(path, &text);
    for case in cases {
        match case {
            Ok(case) => found.cases.push(case),
            Err(mistake) => {
                let offset = u32::try_from(mistake.span.start).unwrap_or(u32::MAX);
                found.unreadable.push(Outcome {
                    file: path.to_owned(),
                    line: source.position(offset).0,
                    name: mistake.message.clone(),
                    verdict: Verdict::Unreadable(mistake.render(&source, colour)),
                    alerts: Default::default(),
                    time: Default::default(),
                });
            }
        }
    }
    Ok(())
}
