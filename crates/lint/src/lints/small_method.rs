//! A request method in small letters.
//!
//! # What it does
//! Looks for small letters in `http.method`, without `nocase`.
//!
//! # Why is this bad?
//! Methods are written in capitals, and servers take no others.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"post"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.method; content:"POST"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::http;

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L031",
    name: "small-method",
    level: Level::Hint,
    mends: false,
    text: include_str!("small_method.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    if !stretch.is_plain(&[http::METHOD]) {
        return;
    }
    for (option, content) in stretch.required() {
        if !content.nocase && content.bytes.iter().any(u8::is_ascii_lowercase) {
            report.say(rule, option.span, "methods are in capitals", "write it in capitals");
        }
    }
}
