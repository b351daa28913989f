//! A case: rules, traffic, and what is expected.

use std::path::PathBuf;

use crate::expect::Expected;
use crate::notation::Traffic;

/// A case written in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The file.
    pub file: PathBuf,
    /// Its heading, or the name of the file.
    pub name: String,
    /// Line of the heading.
    pub line: u32,
    /// Rules and settings.
    pub rules: RuleKey,
    /// Packets.
    pub traffic: Traffic,
    /// What is to come of it.
    pub expected: Expected,
}

impl Case {
    /// File and name, as reports call it.
    pub fn title(&self) -> String {
        format!("{}: {}", self.file.display(), self.name)
    }
}

/// Rules and settings of a case. Cases in which they are the same share what is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RuleKey {
    /// Files, and patterns of files.
    pub files: Vec<String>,
    /// Rules of the case itself, by the name of their file.
    pub text: Option<(String, String)>,
    /// Settings that it changes, as `KEY=VALUE`.
    pub set: Vec<String>,
}
