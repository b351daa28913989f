//! `nocase` where all letters are of one case.
//!
//! # What it does
//! Looks for `nocase` behind `to_lowercase` on a pattern in small letters, and behind `to_uppercase` on one in capitals.
//!
//! # Why is this bad?
//! It has no effect, and a search without regard to case is slower.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; to_lowercase; content:"login"; nocase; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; to_lowercase; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::payload;
use tapir_rules::tree::Transform;

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L054",
    name: "needless-nocase",
    level: Level::Hint,
    mends: true,
    text: include_str!("needless_nocase.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let Some(last @ (Transform::Lowercase | Transform::Uppercase)) = stretch.transforms.last() else {
        return;
    };
    let other = |byte: &u8| match last {
        Transform::Lowercase => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_lowercase(),
    };
    for (option, content) in stretch.contents() {
        if content.nocase
            && !content.bytes.iter().any(other)
            && let Some(span) = report.modifier(rule, option, payload::NOCASE)
        {
            let fix = report.without(rule, span);
            let message = "the transform has brought all letters into one case";
            report.mend(rule, span, message, "leave `nocase` out", fix);
        }
    }
}
