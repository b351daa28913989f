//! What a word means.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position, Range};
use tapir_rules::Dialect;
use tapir_rules::keywords::{self, Directions, Keyword, Kind};

use crate::completion::Place;
use crate::document::Document;
use crate::workspace::Workspace;

/// A word, with its place.
#[derive(Debug)]
pub(crate) struct Word<'d> {
    pub(crate) text: &'d str,
    pub(crate) range: Range,
    /// The rule before the word.
    pub(crate) before: String,
}

/// The word at a position.
pub(crate) fn word_at(document: &Document, position: Position) -> Option<Word<'_>> {
    let text = &document.text;
    let line = text.line(position.line);
    let start = text.start(position.line);
    let at = text.offset(position) - start;
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-$".contains(&byte);
    let bytes = line.as_bytes();
    let from = bytes
        .get(..at)?
        .iter()
        .rposition(|byte| !in_word(*byte))
        .map_or(0, |at| at + 1);
    let to = bytes
        .get(at..)?
        .iter()
        .position(|byte| !in_word(*byte))
        .map_or(line.len(), |end| at + end);
    let word = line.get(from..to).filter(|word| !word.is_empty())?;
    let first = document.block(position.line).first;
    let before = text.as_str().get(text.start(first)..start + from)?;
    Some(Word {
        text: word,
        range: text.range(start + from, start + to),
        before: before.to_owned(),
    })
}

/// What is to be told of the place of a position.
pub(crate) fn hover(
    document: &Document,
    position: Position,
    workspace: &Workspace,
) -> Option<Hover> {
    let word = word_at(document, position)?;
    let text = match Place::of(&word.before) {
        Place::Keyword(_) => {
            let id = keywords::find(document.dialect, word.text)?;
            about_keyword(id.row(), document.dialect)
        }
        Place::Argument("classtype", _) => {
            let class = workspace.around.classes.get(word.text)?;
            format!(
                "**{}**: {} (priority {})",
                class.name(),
                class.description(),
                class.priority()
            )
        }
        Place::Argument("flowbits", _) => about_bit(word.text, workspace)?,
        Place::Argument("sid", _) => {
            let fact = document.fact_at(position)?;
            let same = workspace.rules_of(fact.gid, fact.sid).len();
            match same {
                0 | 1 => format!(
                    "No other rule of the workspace is {}:{}",
                    fact.gid, fact.sid
                ),
                _ => format!(
                    "{same} rules of the workspace are {}:{}",
                    fact.gid, fact.sid
                ),
            }
        }
        Place::Argument("reference", before) => {
            let prefix = workspace
                .around
                .references
                .prefix(before.trim().trim_end_matches(','))?;
            format!("<{prefix}{}>", word.text)
        }
        _ => return None,
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        }),
        range: Some(word.range),
    })
}

fn about_keyword(row: &Keyword, dialect: Dialect) -> String {
    let mut out = format!(
        "**{}**: {}\n",
        row.name_in(dialect).unwrap_or(row.name),
        row.help
    );
    let what = match row.kind {
        Kind::Buffer => "Sticky buffer",
        Kind::BufferModifier(_) => "Moves the content before it",
        Kind::Modifier => "Changes the content before it",
        Kind::Transform => "Transform",
        Kind::Obsolete => "Out of use",
        _ => "",
    };
    let direction = match row.direction {
        Directions::Both => "",
        Directions::ToServer => "to the server",
        Directions::ToClient => "to the client",
    };
    let several = if row.multi { "several values" } else { "" };
    let facts: Vec<&str> = [what, direction, several]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .collect();
    if !facts.is_empty() {
        let _ = write!(out, "\n{}\n", facts.join(", "));
    }
    if !row.protocols.is_empty() {
        let _ = write!(out, "\nProtocols: {}\n", row.protocols.join(", "));
    }
    for other in [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3] {
        if let Some(name) = row.name_in(other).filter(|_| other != dialect) {
            let _ = write!(out, "\n{}: `{name}`\n", other.name());
        }
    }
    out
}

fn about_bit(name: &str, workspace: &Workspace) -> Option<String> {
    let mut lines = Vec::new();
    for (uri, fact) in workspace.facts() {
        let uses = fact.bits.iter().find(|bit| bit.name == name);
        let Some(bit) = uses else {
            continue;
        };
        let what = match (bit.sets, bit.checks) {
            (true, _) => "sets it",
            (_, true) => "checks it",
            _ => "unsets it",
        };
        let file = uri
            .path_segments()
            .and_then(|mut parts| parts.next_back())
            .unwrap_or_default();
        let off = if fact.enabled { "" } else { " (commented out)" };
        lines.push(format!(
            "- {}:{} {what}{off}: {} ({file})",
            fact.gid, fact.sid, fact.msg
        ));
    }
    lines.sort();
    let more = lines.len().saturating_sub(20);
    lines.truncate(20);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    (!lines.is_empty()).then(|| format!("**{name}**\n\n{}", lines.join("\n")))
}
