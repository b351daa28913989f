//! A buffer that nothing is asked of.
//!
//! # What it does
//! Looks for a sticky buffer, with or without transforms, that another buffer or the end of the rule follows.
//!
//! # Why is this bad?
//! It says nothing; perhaps a pattern was forgotten, or stands before the buffer it is meant for.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; content:"login"; http.uri; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::{Kind, payload};
use tapir_rules::{Opt, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L039",
    name: "buffer-without-test",
    level: Level::Warning,
    mends: false,
    text: include_str!("buffer_without_test.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let mut open: Option<&Opt> = None;
    let mut empty = Vec::new();
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(_) | OptionKind::BufferPart(..) => {
                empty.extend(open.replace(option).filter(|open| open.span != option.span));
            }
            OptionKind::Transform(_) => {}
            // Only tests of payload and of sets are about a buffer; a test of a field may come between.
            _ if matches!(option.keyword.row().kind, Kind::Payload | Kind::State) => open = None,
            _ => {}
        }
    }
    empty.extend(open);
    // To leave a buffer is no test of the payload.
    for option in empty.into_iter().filter(|option| option.keyword != payload::PKT_DATA) {
        let message = format!("nothing is asked of `{}`", option.keyword.name());
        report.say(rule, option.span, message, "write a pattern behind it, or take it out");
    }
}
