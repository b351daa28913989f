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
    let lens = |fact: &Fact| {
        let capture = capture_name(document, fact)?;
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
    document.facts.iter().filter_map(lens).collect()
}

/// The capture that the comments right above a rule name.
fn capture_name<'d>(document: &'d Document, fact: &Fact) -> Option<&'d str> {
    let above = (0..fact.range.start.line).rev();
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
    let fact = document
        .facts
        .iter()
        .find(|fact| fact.range.start.line == line);
    let fact = fact.ok_or("no rule that can be read begins in this line")?;
    let name = capture_name(document, fact).ok_or("no comment above the rule names a capture")?;
    let range = document.text.offset(fact.range.start)..document.text.offset(fact.range.end);
    let text = document.text.as_str().get(range).unwrap_or_default();
    let folder = uri
        .to_file_path()
        .ok()
        .and_then(|path| path.parent().map(PathBuf::from));
    Ok((text.to_owned(), folder.unwrap_or_default().join(name)))
}
