//! Going from rule to rule, and the outline of a file.

#![allow(deprecated)] // `DocumentSymbol` has a field that is, and no way to be made without it.

use lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, Location, Position, SymbolKind};

use crate::completion::Place;
use crate::document::Document;
use crate::hover::word_at;
use crate::workspace::Workspace;

/// Where what stands at a position comes from: the rules that set a flowbit, or have a number.
pub(crate) fn definition(
    document: &Document,
    position: Position,
    workspace: &Workspace,
) -> Vec<Location> {
    of_word(document, position, workspace, true)
}

/// All rules that name what stands at a position.
pub(crate) fn references(
    document: &Document,
    position: Position,
    workspace: &Workspace,
) -> Vec<Location> {
    of_word(document, position, workspace, false)
}

fn of_word(
    document: &Document,
    position: Position,
    workspace: &Workspace,
    setters: bool,
) -> Vec<Location> {
    let Some(word) = word_at(document, position) else {
        return Vec::new();
    };
    match Place::of(&word.before) {
        Place::Argument("flowbits", _) => workspace.uses_of(word.text, setters),
        Place::Argument("sid", _) => match document.fact_at(position) {
            Some(fact) => workspace.rules_of(fact.gid, fact.sid),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The rules of a file.
pub(crate) fn symbols(document: &Document) -> Vec<DocumentSymbol> {
    let symbol = |fact: &crate::reading::Fact| DocumentSymbol {
        name: format!("{}:{} {}", fact.gid, fact.sid, fact.msg),
        detail: (!fact.enabled).then(|| "commented out".to_owned()),
        kind: SymbolKind::FUNCTION,
        tags: None,
        deprecated: None,
        range: fact.range,
        selection_range: fact.sid_range,
        children: None,
    };
    document.facts.iter().map(symbol).collect()
}

/// Rules of several lines, and runs of comments.
pub(crate) fn folds(document: &Document) -> Vec<FoldingRange> {
    let fold = |first: u32, last: u32, kind| FoldingRange {
        start_line: first,
        end_line: last,
        kind: Some(kind),
        ..FoldingRange::default()
    };
    let rules = document.facts.iter().map(|fact| fact.range);
    let mut folds: Vec<FoldingRange> = rules
        .filter(|range| range.end.line > range.start.line)
        .map(|range| fold(range.start.line, range.end.line, FoldingRangeKind::Region))
        .collect();
    let mut begun: Option<u32> = None;
    for line in 0..=document.text.lines() {
        let is_comment = document.text.line(line).trim_start().starts_with('#');
        match (begun, is_comment) {
            (None, true) => begun = Some(line),
            (Some(first), false) => {
                begun = None;
                if line - first > 1 {
                    folds.push(fold(first, line - 1, FoldingRangeKind::Comment));
                }
            }
            _ => {}
        }
    }
    folds
}
