//! A URL with its scheme.
//!
//! # What it does
//! Looks for `reference:url,` with `http://` or `https://` behind it.
//!
//! # Why is this bad?
//! reference.config puts a scheme before it: whoever follows the reference gets two.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:url,https://example.com/login; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:url,example.com/login; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L062",
    name: "url-with-scheme",
    level: Level::Hint,
    mends: true,
    text: include_str!("url_with_scheme.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Reference(reference) = &option.kind else {
            continue;
        };
        let schemes = ["http://", "https://"];
        let Some(scheme) = schemes.into_iter().find(|scheme| reference.id.starts_with(scheme)) else {
            continue;
        };
        if !reference.system.eq_ignore_ascii_case("url") {
            continue;
        }
        let text = report.text(rule, option.value);
        let at = text.windows(scheme.len()).position(|part| part == scheme.as_bytes());
        let fix = at.map(|at| {
            let start = option.value.start.saturating_add(at as u32);
            (Span::new(start, start.saturating_add(scheme.len() as u32)), String::new())
        });
        let message = format!("`{scheme}` comes before the URL anyway");
        report.mend(rule, option.span, message, "leave it out", fix);
    }
}
