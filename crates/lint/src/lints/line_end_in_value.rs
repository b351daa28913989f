//! A line end in a buffer that has none.
//!
//! # What it does
//! Looks for carriage returns and line feeds in buffers that hold the value of one header, or a part of the first line.
//!
//! # Why is this bad?
//! These buffers end before the line does: the rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.user_agent; content:"evil|0d 0a|"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.user_agent; content:"evil"; endswith; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::http;

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L029",
    name: "line-end-in-value",
    level: Level::Error,
    mends: false,
    text: include_str!("line_end_in_value.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let value = stretch.is_plain(&[
        http::METHOD,
        http::PROTOCOL,
        http::STAT_CODE,
        http::STAT_MSG,
        http::USER_AGENT,
        http::HOST,
        http::HOST_RAW,
        http::REFERER,
        http::ACCEPT,
        http::ACCEPT_LANG,
        http::ACCEPT_ENC,
        http::CONNECTION,
        http::CONTENT_LEN,
        http::CONTENT_TYPE,
        http::LOCATION,
        http::SERVER,
    ]);
    if !value {
        return;
    }
    for (option, content) in stretch.required() {
        if content.bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            let help = "write `endswith` where the line is to end";
            report.say(rule, option.span, "the buffer ends before the line does", help);
        }
    }
}
