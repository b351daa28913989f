//! Application protocols that exclude each other.

use crate::diagnostic::{Code, Problem, Problems};
use crate::keywords::{KeywordId, file};
use crate::sentence;
use crate::tree::{ProtocolName, Rule};

/// The protocols that a header's name stands for. DNS over HTTP/2 is both.
fn family(name: &'static str) -> &'static [&'static str] {
    match name {
        "http" => &["http", "http1", "http2", "doh2"],
        "http1" => &["http", "http1"],
        "http2" => &["http", "http2", "doh2"],
        "doh2" => &["doh2", "http", "http2", "dns"],
        "dns" => &["dns", "doh2"],
        _ => &[],
    }
}

/// Whether two names can be one protocol.
fn agree(a: &'static str, b: &'static str) -> bool {
    a == b || family(a).contains(&b) || family(b).contains(&a)
}

/// Keywords that say which protocols they need. Those about files work wherever there are files.
fn needs(id: KeywordId) -> &'static [&'static str] {
    if file::is_family(id) {
        &[]
    } else {
        id.row().protocols
    }
}

pub(super) fn check(rule: &Rule, problems: &mut Problems) {
    check_hook(rule, problems);
    let mut possible: Option<Vec<&'static str>> = match rule.header.protocol.name {
        ProtocolName::App(name) => Some(vec![name]),
        _ => None,
    };
    for option in &rule.options {
        let needed = needs(option.keyword);
        if needed.is_empty() {
            continue;
        }
        let remaining: Vec<&'static str> = match &possible {
            None => needed.to_vec(),
            Some(possible) => possible
                .iter()
                .copied()
                .filter(|known| needed.iter().any(|needed| agree(known, needed)))
                .collect(),
        };
        if remaining.is_empty() {
            let known = possible.unwrap_or_default().join(" or ");
            problems.push(
                Problem::new(
                    Code::ProtocolConflict,
                    option.span,
                    format!(
                        "`{}` is about {}, and the rule about {known}",
                        option.keyword.name(),
                        needed.join(" or ")
                    ),
                )
                .says(sentence::conflicting_protocols()),
            );
            return;
        }
        possible = Some(remaining);
    }
}

/// HTTP/2 has hooks of the connection and hooks of a stream; a hook says which, and what is about a stream does
/// not go with one of the connection.
fn check_hook(rule: &Rule, problems: &mut Problems) {
    let ProtocolName::App(name @ ("http2" | "doh2")) = rule.header.protocol.name else {
        return;
    };
    let Some(hook) = &rule.header.protocol.hook else {
        return;
    };
    let span = rule.header.span;
    match hook.trim_start_matches('<').split_once(':') {
        Some(("stream", _)) => {}
        Some(("global", _)) => {
            let about_stream = rule
                .options
                .iter()
                .find(|option| needs(option.keyword).contains(&"http"));
            if let Some(option) = about_stream {
                let message = format!(
                    "`{}` is about a stream, and the hook about the connection",
                    option.keyword.name()
                );
                problems.push(
                    Problem::new(Code::ProtocolConflict, option.span, message)
                        .help("write `stream` in place of `global`"),
                );
            }
        }
        _ => problems.push(
            Problem::new(
                Code::BadForm,
                span,
                format!("a hook of {name} is one of the connection or of a stream"),
            )
            .help(format!("write `{name}:global:...` or `{name}:stream:...`")),
        ),
    }
}
