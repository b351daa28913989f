//! What can be wrong with a configuration, told with the place underlined.

use std::fmt;

use crate::node::{Node, Place};

/// A problem with the configuration: what, where, and what was expected.
#[derive(Debug)]
pub struct ConfigError {
    message: String,
    place: Option<Place>,
}

impl ConfigError {
    /// A problem at a place of a text.
    pub fn at(place: Place, message: String) -> Self {
        Self {
            message,
            place: Some(place),
        }
    }

    /// A problem with no text behind it, such as a file that cannot be read.
    pub fn plain(message: String) -> Self {
        Self {
            message,
            place: None,
        }
    }

    /// A value of the wrong form.
    pub fn value(node: &Node, path: &str, expected: &str) -> Self {
        let got = match node.text() {
            Some(text) => format!("`{text}`"),
            None => "a list or mapping".to_owned(),
        };
        Self::at(
            node.place.clone(),
            format!("{path}: expected {expected}, found {got}"),
        )
    }
}

/// `FILE:LINE:COLUMN: error: MESSAGE`, then the line with the value underlined.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else {
            return write!(f, "error: {}", self.message);
        };
        let (line, column) = place.line_column();
        write!(
            f,
            "{}:{line}:{column}: error: {}",
            place.source.name, self.message
        )?;
        let Some(text) = place.source.text.lines().nth(line - 1) else {
            return Ok(());
        };
        let gutter = line.to_string();
        let blank = " ".repeat(gutter.len());
        let from = column - 1;
        let room = text.chars().count().saturating_sub(from).max(1);
        let width = place
            .source
            .text
            .get(place.bytes.clone())
            .map_or(1, |marked| {
                marked.lines().next().unwrap_or("").chars().count()
            })
            .clamp(1, room);
        write!(
            f,
            "\n {blank} |\n {gutter} | {text}\n {blank} | {}{}",
            " ".repeat(from),
            "^".repeat(width)
        )
    }
}

impl std::error::Error for ConfigError {}
