//! A regular expression that may try very many ways.
//!
//! # What it does
//! Looks for a `pcre` with four or more endless repetitions of the dot: `.*a.*b.*c.*d`.
//!
//! # Why is this bad?
//! On a text that nearly matches, every one of them is tried at every place: the time grows with the fourth power of the
//! length, until the limit on matching ends it and the rule misses.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a="; pcre:"/a=.*b=.*c=.*d=.*e=/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a="; pcre:"/a=[^&]*&b=[^&]*&c=[^&]*&d=[^&]*&e=/"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L065",
    name: "many-any",
    level: Level::Hint,
    mends: false,
    text: include_str!("many_any.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if let OptionKind::Pcre(pcre) = &option.kind
            && repetitions(pcre.pattern.as_bytes()) > 3
        {
            let help = "say what may not come between, as in `[^&]*`, or make contents of it";
            report.say(rule, option.span, "the dot is repeated without end four times or more", help);
        }
    }
}

/// How often a dot is repeated without end, outside classes.
fn repetitions(pattern: &[u8]) -> usize {
    let (mut count, mut in_class, mut at) = (0usize, false, 0usize);
    while let Some(byte) = pattern.get(at) {
        let next = pattern.get(at.saturating_add(1));
        match byte {
            b'\\' => at = at.saturating_add(1),
            b'[' => in_class = true,
            b']' => in_class = false,
            b'.' if !in_class && matches!(next, Some(b'*' | b'+')) => {
                count = count.saturating_add(1);
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    count
}
