//! The end of a host name that misses the name itself.
//!
//! # What it does
//! Looks, in buffers with a host name, for a pattern that begins with a dot and ends the name, without `dotprefix`.
//!
//! # Why is this bad?
//! `content:".example.com"; endswith;` is found in `www.example.com`, but not in `example.com`. With `dotprefix` it is found
//! in both, and still not in `badexample.com`.
//!
//! # Example
//! ```text
//! alert dns any any -> any any (msg:"x"; dns.query; content:".example.com"; endswith; sid:1; rev:1;)
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
    code: "L066",
    name: "name-without-dotprefix",
    level: Level::Hint,
    mends: false,
    text: include_str!("name_without_dotprefix.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    if !stretch.is_plain(BUFFERS) {
        return;
    }
    // With another test beside it, more of the name is told.
    let tests = stretch.options.iter().filter(|option| option.keyword.row().kind == Kind::Payload);
    if tests.count() > 1 {
        return;
    }
    for (option, content) in stretch.required() {
        if content.endswith && content.bytes.first() == Some(&b'.') {
            let help = "write `dotprefix;` behind the buffer, if the name itself is meant too";
            report.say(rule, option.span, "the name itself is not found, only those below it", help);
        }
    }
}
