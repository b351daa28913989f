//! Rules that name a capture in a comment: `# tapir: pcap captures/login.pcap` above a rule.

use std::path::PathBuf;

use lsp_types::{CodeLens, Command, Url};
use serde_json::json;

use crate::document::Document;
use crate::reading::Fact;

/// The command that tries a rule on its capture. Its arguments are the file and the first line of the rule.
pub(crate) const RUN: &str = "tapir.run";

const MARK: &str = "# tapir: pcap ";

/// A lens above each rule that names a capture.
pub(crate) fn lenses(uri: &Url, document: &Document) -> Vec<CodeLens> {
    let lens = |place: usize, fact: &Fact| {
        let capture = capture_name(document, place)?;
        Some(CodeLens {
            range: fact.sid_range,
            command: Some(Command {
                title: format!("Try on {capture}"),
                command: RUN.into(),
                arguments: Some(vec![json!(uri), json!(fact.range.start.line)]),
            }),
            data: None,
        })
    };
    let facts = document.facts.iter().enumerate();
    facts
        .filter_map(|(place, fact)| lens(place, fact))
        .collect()
}

/// The capture that the comments right above a rule name. A rule that is commented out is none of them.
fn capture_name(document: &Document, place: usize) -> Option<&str> {
    let first = document.facts.get(place)?.range.start.line;
    let before = place.checked_sub(1).and_then(|it| document.facts.get(it));
    let above = (before.map_or(0, |fact| fact.range.end.line + 1)..first).rev();
    above
        .map(|line| document.text.line(line).trim())
        .take_while(|line| line.starts_with('#'))
        .find_map(|line| line.strip_prefix(MARK))
        .map(str::trim)
}

/// The text of the rule that begins in a line, and the path of its capture.
pub(crate) fn rule_and_capture(
    uri: &Url,
    document: &Document,
    line: u32,
) -> Result<(String, PathBuf), String> {
    let facts = &document.facts;
    let place = facts.partition_point(|fact| fact.range.start.line < line);
    let fact = facts
        .get(place)
        .filter(|fact| fact.range.start.line == line);
    let fact = fact.ok_or("no rule that can be read begins in this line")?;
    let name = capture_name(document, place).ok_or("no comment above the rule names a capture")?;
    let range = document.text.offset(fact.range.start)..document.text.offset(fact.range.end);
    let text = document.text.as_str().get(range).unwrap_or_default();
    let folder = uri
        .to_file_path()
        .ok()
        .and_then(|path| path.parent().map(PathBuf::from));
    Ok((text.to_owned(), folder.unwrap_or_default().join(name)))
}
