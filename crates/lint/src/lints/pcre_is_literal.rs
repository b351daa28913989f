//! A regular expression that is a plain string.
//!
//! # What it does
//! Looks for a `pcre` of letters, digits and blanks alone.
//!
//! # Why is this bad?
//! A `content` says the same, is looked for with all others at once, and is easier to read.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"user"; pcre:"/login/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"user"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L007",
    name: "pcre-is-literal",
    level: Level::Hint,
    mends: false,
    text: include_str!("pcre_is_literal.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Pcre(pcre) = &option.kind else {
            continue;
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-' | b'=');
        let special = pcre.extended || pcre.anchored || !pcre.captures.is_empty() || pcre.regex;
        if !special && !pcre.pattern.is_empty() && pcre.pattern.bytes().all(plain) {
            let help = "write it as a `content`";
            report.say(rule, option.span, "this expression is a plain string", help);
        }
    }
}
