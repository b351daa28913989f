//! What can be done about what was found.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Position, Range, TextEdit, Url, WorkspaceEdit,
};

use crate::reading::Found;

/// The actions for what was found in a range.
pub(crate) fn actions(uri: &Url, range: Range, found: &[&Found]) -> Vec<CodeActionOrCommand> {
    let touches = |other: Range| other.start <= range.end && range.start <= other.end;
    let mut all = Vec::new();
    for found in found.iter().filter(|found| touches(found.range)) {
        if let Some((place, text)) = &found.fix {
            let title = match text.is_empty() {
                true => format!("Leave it out ({})", found.code),
                false => format!("Write `{}` ({})", text.trim_start_matches("; "), found.code),
            };
            all.push(edit(uri, title, TextEdit::new(*place, text.clone()), true));
        }
        if found.code.starts_with('L') {
            let above = Position::new(found.rule_line, 0);
            let text = format!("# tapir: allow {}\n", found.code);
            let title = format!("Allow {} in this rule", found.code);
            all.push(edit(
                uri,
                title,
                TextEdit::new(Range::new(above, above), text),
                false,
            ));
        }
    }
    all
}

fn edit(uri: &Url, title: String, change: TextEdit, is_preferred: bool) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        edit: Some(WorkspaceEdit {
            changes: Some(HashMap::from([(uri.clone(), vec![change])])),
            ..WorkspaceEdit::default()
        }),
        is_preferred: Some(is_preferred),
        ..CodeAction::default()
    })
}
