//! The name of a header in the buffer of its value.
//!
//! # What it does
//! Looks for patterns that begin with the name of the header whose value the buffer holds, and for colons in
//! `http.header_names`.
//!
//! # Why is this bad?
//! The buffer holds the value alone, or the names alone: the rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.user_agent; content:"User-Agent|3a 20|evil"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.user_agent; content:"evil"; startswith; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::{BufferId, http};

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L030",
    name: "name-in-value",
    level: Level::Warning,
    mends: false,
    text: include_str!("name_in_value.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let Some(buffer) = stretch.buffer.filter(|_| stretch.transforms.is_empty()) else {
        return;
    };
    for (option, content) in stretch.required() {
        if buffer == http::HEADER_NAMES && content.bytes.contains(&b':') {
            let help = "names stand between line ends: `|0d 0a|Host|0d 0a|`";
            report.say(rule, option.span, "the buffer has names without colons", help);
        }
        let named = header(buffer).is_some_and(|name| {
            let (start, rest) = content.bytes.split_at(name.len().min(content.bytes.len()));
            start.eq_ignore_ascii_case(name) && rest.first() == Some(&b':')
        });
        if named {
            let help = "leave the name and the colon out";
            report.say(rule, option.span, "the buffer has the value without the name", help);
        }
    }
}

/// The header whose value a buffer holds.
fn header(buffer: BufferId) -> Option<&'static [u8]> {
    Some(match buffer {
        http::USER_AGENT => b"user-agent",
        http::HOST | http::HOST_RAW => b"host",
        http::REFERER => b"referer",
        http::COOKIE => b"cookie",
        http::ACCEPT => b"accept",
        http::ACCEPT_LANG => b"accept-language",
        http::ACCEPT_ENC => b"accept-encoding",
        http::CONNECTION => b"connection",
        http::CONTENT_LEN => b"content-length",
        http::CONTENT_TYPE => b"content-type",
        http::LOCATION => b"location",
        http::SERVER => b"server",
        _ => return None,
    })
}
