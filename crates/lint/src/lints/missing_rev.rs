//! A rule without a revision.
//!
//! # What it does
//! Looks for rules that have no `rev`.
//!
//! # Why is this bad?
//! Nobody can tell which of two versions of the rule raised an alert.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule, Span};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L002",
    name: "missing-rev",
    level: Level::Hint,
    text: include_str!("missing_rev.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let sid = rule.options.iter().find(|option| matches!(option.kind, OptionKind::Sid(_)));
    let has_rev = rule.options.iter().any(|option| matches!(option.kind, OptionKind::Rev(_)));
    if let (Some(sid), false) = (sid, has_rev) {
        let fix = (Span::new(sid.span.end, sid.span.end), "; rev:1".to_owned());
        report.mend(rule, sid.span, "the rule has no revision", "begin with 1", fix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::trial;

    #[test]
    fn says_so_and_only_then() {
        let bad = r#"alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1;)"#;
        let good = r#"alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)"#;
        assert_eq!(trial::spans(&LINT, bad).len(), 1);
        assert_eq!(trial::spans(&LINT, good), [""; 0]);
    }

    #[test]
    fn mends() {
        assert_eq!(trial::mended(&LINT, r#"alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1;)"#), r#"alert tcp any any -> any 80 (msg:"Login"; content:"login"; sid:1; rev:1;)"#);
    }
}
