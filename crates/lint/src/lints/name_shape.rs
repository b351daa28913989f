//! A pattern that no host name holds.
//!
//! # What it does
//! Looks, in buffers with a host name, for control characters, blanks and slashes, and for a dot at the very beginning.
//!
//! # Why is this bad?
//! Names are given with dots between their labels, not as they are on the wire, without a scheme or path, and begin with
//! no dot: the rule matches on nothing that is meant.
//!
//! # Example
//! ```text
//! alert dns any any -> any any (msg:"x"; dns.query; content:"|07|example|03|com"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert dns any any -> any any (msg:"x"; dns.query; content:"example.com"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;

use crate::lint::Check;
use crate::host_names::BUFFERS;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L028",
    name: "name-shape",
    level: Level::Warning,
    mends: false,
    text: include_str!("name_shape.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    if !stretch.is_plain(BUFFERS) {
        return;
    }
    for (option, content) in stretch.required() {
        let bytes = &content.bytes;
        // Whoever looks for a backslash in a name means what is no name.
        if bytes.contains(&b'\\') {
            continue;
        }
        let (message, help) = if bytes.iter().any(|byte| *byte < b' ') {
            ("the buffer has a name with dots, not as it is on the wire", "write `www.example.com`")
        } else if bytes.iter().any(|byte| matches!(byte, b' ' | b'/')) {
            ("no name has a blank or a slash", "write the name alone")
        } else if content.startswith && bytes.first() == Some(&b'.') {
            ("no name begins with a dot", "write `dotprefix;` behind the buffer")
        } else {
            continue;
        };
        report.say(rule, option.span, message, help);
    }
}
