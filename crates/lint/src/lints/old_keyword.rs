//! A keyword under its old name.
//!
//! # What it does
//! Looks, in rules for Suricata, for names with an underscore of keywords that are now written with a dot: `tls_sni`,
//! `file_data`.
//!
//! # Why is this bad?
//! The documentation knows them by the other name, and some day the engine will.
//!
//! # Example
//! ```text
//! alert tls any any -> any any (msg:"x"; tls_sni; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tls any any -> any any (msg:"x"; tls.sni; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{Dialect, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L047",
    name: "old-keyword",
    level: Level::Hint,
    mends: true,
    text: include_str!("old_keyword.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    for option in &rule.options {
        let row = option.keyword.row();
        if row.aliases.is_empty() || !row.name.contains('.') {
            continue;
        }
        let text = report.text(rule, option.span);
        let length = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
        let written = text.get(..length).unwrap_or_default().trim_ascii();
        let dotted = |byte: &u8| if *byte == b'_' { b'.' } else { byte.to_ascii_lowercase() };
        let same = written.iter().map(dotted).eq(row.name.bytes().map(|byte| dotted(&byte)));
        if same && !written.contains(&b'.') {
            let end = option.span.start.saturating_add(written.len() as u32);
            let name = Span::new(option.span.start, end);
            let message = "the keyword has another name now";
            let fix = Some((name, row.name.to_owned()));
            report.mend(rule, name, message, &format!("write `{}`", row.name), fix);
        }
    }
}
