//! A regular expression that begins with `.*`.
//!
//! # What it does
//! Looks for a `pcre` that begins with `.*` and is not bound to a place.
//!
//! # Why is this bad?
//! An expression is searched for at every place anyway: the beginning adds nothing but time.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; pcre:"/.*login[0-9]/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; pcre:"/login[0-9]/"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L016",
    name: "pcre-leading-any",
    level: Level::Hint,
    mends: true,
    text: include_str!("pcre_leading_any.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Pcre(pcre) = &option.kind else {
            continue;
        };
        // An alternative after it would be searched for without the beginning.
        let bound = pcre.anchored || pcre.relative || pcre.negated || pcre.pattern.contains('|');
        if pcre.pattern.starts_with(".*") && !bound {
            let text = report.text(rule, option.value);
            let begin = text.iter().position(|byte| *byte == b'/').and_then(|slash| u32::try_from(slash + 1).ok());
            let fix = begin.map(|begin| {
                let start = option.value.start.saturating_add(begin);
                (Span::new(start, start.saturating_add(2)), String::new())
            });
            let message = "the expression begins with `.*`";
            report.mend(rule, option.span, message, "leave `.*` out", fix);
        }
    }
}
