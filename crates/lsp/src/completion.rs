//! What can be written at a place in a rule.

use lsp_types::{CompletionItem, CompletionItemKind, Documentation, InsertTextFormat};
use tapir_rules::Dialect;
use tapir_rules::keywords::{self, Grammar, Keyword, Kind, app_protocols};
use tapir_rules::tree::Action;

use crate::workspace::Workspace;

/// Where in a rule a place is, by the text of the rule before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'t> {
    /// In the word of the action.
    Action,
    /// In the protocol of the header.
    Protocol,
    /// In addresses or ports.
    Address,
    /// In the name of an option.
    Keyword(&'t str),
    /// In the argument of an option.
    Argument(&'t str, &'t str),
    /// In a comment or a string.
    Nowhere,
}

impl<'t> Place<'t> {
    pub(crate) fn of(before: &'t str) -> Self {
        let before = before.trim_start();
        let Some((header, body)) = before.split_once('(') else {
            let words = before.split_whitespace().count() + usize::from(before.ends_with(' '));
            return match words {
                _ if before.starts_with('#') => Place::Nowhere,
                0 | 1 => Place::Action,
                2 => Place::Protocol,
                _ => Place::Address,
            };
        };
        if header.starts_with('#') {
            return Place::Nowhere;
        }
        let (mut start, mut quoted, mut escaped) = (0, false, false);
        for (at, letter) in body.char_indices() {
            match letter {
                _ if std::mem::take(&mut escaped) => {}
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                ';' if !quoted => start = at + 1,
                _ => {}
            }
        }
        let option = body.get(start..).unwrap_or_default().trim_start();
        match option.split_once(':') {
            _ if quoted => Place::Nowhere,
            Some((name, argument)) => Place::Argument(name.trim(), argument),
            None => Place::Keyword(option),
        }
    }
}

/// What fits a place.
pub(crate) fn complete(
    place: &Place<'_>,
    dialect: Dialect,
    workspace: &Workspace,
) -> Vec<CompletionItem> {
    let words = |words: &mut dyn Iterator<Item = &str>, kind| {
        words.map(|word| item(word, kind, "")).collect::<Vec<_>>()
    };
    match place {
        Place::Action => {
            let names = Action::ALL.iter().map(|action| action.name());
            words(&mut names.into_iter(), CompletionItemKind::FUNCTION)
        }
        Place::Protocol => words(&mut keywords::protocols(), CompletionItemKind::CLASS),
        Place::Address => {
            let known = [
                "$HOME_NET",
                "$EXTERNAL_NET",
                "$HTTP_SERVERS",
                "$HTTP_PORTS",
                "any",
                "->",
                "<>",
            ];
            words(&mut known.into_iter(), CompletionItemKind::VARIABLE)
        }
        Place::Keyword(_) => keywords::all()
            .filter_map(|(_, row)| Some((row.name_in(dialect)?, row)))
            .map(|(name, row)| keyword(name, row))
            .collect(),
        Place::Argument(name, before) => argument(name, before, dialect, workspace),
        Place::Nowhere => Vec::new(),
    }
}

fn keyword(name: &str, row: &Keyword) -> CompletionItem {
    let kind = match row.kind {
        Kind::Buffer | Kind::BufferModifier(_) => CompletionItemKind::FIELD,
        Kind::Transform => CompletionItemKind::OPERATOR,
        Kind::Meta => CompletionItemKind::PROPERTY,
        _ => CompletionItemKind::KEYWORD,
    };
    let (text, format) = match (row.argument, row.kind) {
        (Grammar::None, _) | (_, Kind::Buffer) => {
            (format!("{name};"), InsertTextFormat::PLAIN_TEXT)
        }
        (Grammar::Quoted, _) => (format!("{name}:\"$1\";"), InsertTextFormat::SNIPPET),
        _ if ["content", "pcre", "msg"].contains(&name) => {
            (format!("{name}:\"$1\";"), InsertTextFormat::SNIPPET)
        }
        _ => (format!("{name}:$1;"), InsertTextFormat::SNIPPET),
    };
    CompletionItem {
        insert_text: Some(text),
        insert_text_format: Some(format),
        ..item(name, kind, row.help)
    }
}

fn argument(
    name: &str,
    before: &str,
    dialect: Dialect,
    workspace: &Workspace,
) -> Vec<CompletionItem> {
    const FLOW: [&str; 9] = [
        "established",
        "not_established",
        "stateless",
        "to_server",
        "to_client",
        "from_server",
        "from_client",
        "only_stream",
        "no_stream",
    ];
    const BITS: [&str; 6] = [
        "set,",
        "isset,",
        "isnotset,",
        "unset,",
        "toggle,",
        "noalert",
    ];
    let words = |words: &mut dyn Iterator<Item = &str>| {
        words
            .map(|word| item(word, CompletionItemKind::ENUM_MEMBER, ""))
            .collect::<Vec<_>>()
    };
    match name {
        "classtype" => {
            let classes = workspace.around.classes.iter();
            classes
                .map(|class| {
                    item(
                        class.name(),
                        CompletionItemKind::ENUM_MEMBER,
                        class.description(),
                    )
                })
                .collect()
        }
        "reference" if !before.contains(',') => {
            let mut systems: Vec<&str> = workspace.around.references.systems().collect();
            systems.sort_unstable();
            words(&mut systems.into_iter())
        }
        "flow" => words(&mut FLOW.into_iter()),
        "flowbits" if before.contains(',') => words(&mut workspace.bit_names().into_iter()),
        "flowbits" => words(&mut BITS.into_iter()),
        "app-layer-protocol" | "service" => words(&mut app_protocols()),
        _ => match keywords::find(dialect, name).map(|id| id.row().argument) {
            Some(Grammar::Words(known)) => words(&mut known.iter().copied()),
            _ => Vec::new(),
        },
    }
}

fn item(label: &str, kind: CompletionItemKind, help: &str) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        documentation: (!help.is_empty()).then(|| Documentation::String(help.to_owned())),
        ..CompletionItem::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_the_text_before() {
        let body = "alert http any any -> any any (";
        let cases = [
            ("al", Place::Action),
            ("alert ht", Place::Protocol),
            ("alert http $H", Place::Address),
            (body, Place::Keyword("")),
            (
                "alert http any any -> any any (msg:\"a;b\"; http.u",
                Place::Keyword("http.u"),
            ),
            (
                "alert http any any -> any any (msg:\"a\"; flow:est",
                Place::Argument("flow", "est"),
            ),
            (
                "alert http any any -> any any (content:\"a: b",
                Place::Nowhere,
            ),
            ("# al", Place::Nowhere),
        ];
        for (text, place) in cases {
            assert_eq!(Place::of(text), place, "{text}");
        }
    }
}
