//! A regular expression that backtracks badly.
//!
//! # What it does
//! Looks for a group that ends in an unbounded repetition and is itself repeated without bound, as `(a+)+`.
//!
//! # Why is this bad?
//! On a text that nearly matches, the number of ways to try doubles with each byte, until the limit on matching ends it and the rule misses.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a"; pcre:"/(a+)+b/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"a"; pcre:"/a+b/"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L012",
    name: "nested-quantifier",
    level: Level::Warning,
    mends: false,
    text: include_str!("nested_quantifier.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if let OptionKind::Pcre(pcre) = &option.kind
            && is_nested(pcre.pattern.as_bytes())
        {
            let help = "repeat the inner part or the group, not both";
            report.say(rule, option.span, "a repetition stands directly in a repetition", help);
        }
    }
}

/// Whether a group whose whole content is one repeated letter, escape or class is repeated too.
fn is_nested(pattern: &[u8]) -> bool {
    let endless = |byte: Option<&u8>| matches!(byte, Some(b'+' | b'*'));
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'\\' | b'[' => rest.get(atom(rest)..).unwrap_or_default(),
            b'(' => {
                let inner = after.strip_prefix(b"?:").unwrap_or(after);
                let behind = inner.get(atom(inner)..).unwrap_or_default();
                let repeated = !inner.starts_with(b"(") && endless(behind.first());
                if repeated && behind.get(1) == Some(&b')') && endless(behind.get(2)) {
                    // A possessive repetition gives nothing back.
                    return behind.get(3) != Some(&b'+');
                }
                after
            }
            _ => after,
        };
    }
    false
}

/// The length of the letter, escape or class at the beginning.
fn atom(pattern: &[u8]) -> usize {
    match pattern.first() {
        None => 0,
        Some(b'\\') => 2,
        Some(b'[') => {
            let mut at = 1;
            while let Some(byte) = pattern.get(at) {
                match byte {
                    b']' if at > 1 => break,
                    b'\\' => at += 2,
                    _ => at += 1,
                }
            }
            at + 1
        }
        Some(_) => 1,
    }
}
