//! The end of a host name that other names have too.
//!
//! # What it does
//! Looks, in buffers with a host name, for a pattern that ends the name, and is the only test of the buffer, but does not
//! begin with a dot.
//!
//! # Why is this bad?
//! `content:"example.com"; endswith;` is found in `badexample.com` too.
//!
//! # Example
//! ```text
//! alert dns any any -> any any (msg:"x"; dns.query; content:"example.com"; endswith; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert dns any any -> any any (msg:"x"; dns.query; dotprefix; content:".example.com"; endswith; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::Kind;

use crate::lint::Check;
use crate::host_names::BUFFERS;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L067",
    name: "name-end-without-dot",
    level: Level::Hint,
    mends: false,
    text: include_str!("name_end_without_dot.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    if !stretch.is_plain(BUFFERS) {
        return;
    }
    let tests = stretch.options.iter().filter(|option| option.keyword.row().kind == Kind::Payload);
    if tests.count() != 1 {
        return;
    }
    for (option, content) in stretch.required() {
        let inner = content.endswith && !content.startswith && !content.bytes.starts_with(b".");
        if inner && content.bytes.contains(&b'.') {
            let help = "write `dotprefix;` behind the buffer and a dot before the name";
            report.say(rule, option.span, "names that only end so are found too", help);
        }
    }
}
