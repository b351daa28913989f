//! A regular expression and nothing to look for first.
//!
//! # What it does
//! Looks for rules with a `pcre` and no positive `content`.
//!
//! # Why is this bad?
//! The expression runs on all traffic that the header and the buffers let through; a literal would leave most of it out.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; pcre:"/user=[a-z]+/"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"user="; pcre:"/user=[a-z]+/"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L004",
    name: "pcre-without-literal",
    level: Level::Warning,
    mends: false,
    text: include_str!("pcre_without_literal.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let literal = |kind: &OptionKind| matches!(kind, OptionKind::Content(content) if !content.negated);
    if rule.options.iter().any(|option| literal(&option.kind)) {
        return;
    }
    let pcre = rule.options.iter().find(|option| matches!(&option.kind, OptionKind::Pcre(pcre) if !pcre.negated));
    if let Some(pcre) = pcre {
        let help = "add a `content` with bytes that every match has";
        report.say(rule, pcre.span, "nothing is looked for before this expression", help);
    }
}
