//! A CVE that is not written as one.
//!
//! # What it does
//! Looks for `reference:cve,` and something other than year, dash and number behind it.
//!
//! # Why is this bad?
//! reference.config puts `CVE-` before it: the reference leads nowhere.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cve,CVE-2021-44228; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; reference:cve,2021-44228; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L063",
    name: "cve-shape",
    level: Level::Hint,
    mends: true,
    text: include_str!("cve_shape.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Reference(reference) = &option.kind else {
            continue;
        };
        if !reference.system.eq_ignore_ascii_case("cve") || is_number(&reference.id) {
            continue;
        }
        // What stands before the number is left out, where there is one.
        let text = report.text(rule, option.value);
        let (id, end) = (reference.id.as_bytes(), option.value.end);
        let number = id.get(4..).filter(|rest| std::str::from_utf8(rest).is_ok_and(is_number));
        let prefixed = id.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"cve-"));
        let fix = number.filter(|_| prefixed && text.ends_with(id)).map(|number| {
            let from = end.saturating_sub(id.len() as u32);
            let to = end.saturating_sub(number.len() as u32);
            (Span::new(from, to), String::new())
        });
        let message = format!("`{}` is no number of a CVE", reference.id);
        report.mend(rule, option.span, message, "write year and number: `2021-44228`", fix);
    }
}

/// Whether a text is year, dash and number.
fn is_number(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, number)| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
    })
}
