//! A regular expression that ends with `.*`.
//!
//! # What it does
//! Looks for a `pcre` that ends with `.*`, keeps nothing of it, and from which nothing goes on.
//!
//! # Why is this bad?
//! The end matches on whatever comes, also on nothing: it adds nothing but time.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; pcre:"/login[0-9].*/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; pcre:"/login[0-9]/"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::expression;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L064",
    name: "pcre-trailing-any",
    level: Level::Hint,
    mends: true,
    text: include_str!("pcre_trailing_any.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for (place, option) in rule.options.iter().enumerate() {
        let OptionKind::Pcre(pcre) = &option.kind else {
            continue;
        };
        let pattern = pcre.pattern.strip_suffix('?').unwrap_or(&pcre.pattern);
        let Some(rest) = pattern.strip_suffix(".*") else {
            continue;
        };
        let literal = rest.ends_with('\\') || rest.is_empty() || pcre.extended;
        if literal || !expression::is_last_word(rule, place, pcre) {
            continue;
        }
        let text = report.text(rule, option.value);
        let end = text.iter().rposition(|byte| *byte == b'/');
        let fix = end.and_then(|end| {
            let end = option.value.start.checked_add(u32::try_from(end).ok()?)?;
            let length = u32::try_from(pcre.pattern.len().checked_sub(rest.len())?).ok()?;
            Some((Span::new(end.checked_sub(length)?, end), String::new()))
        });
        report.mend(rule, option.span, "the expression ends with `.*`", "leave `.*` out", fix);
    }
}
