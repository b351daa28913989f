//! The end of a buffer said by `isdataat`.
//!
//! # What it does
//! Looks, in rules for Suricata, for a `content` and `isdataat:!1,relative` behind it.
//!
//! # Why is this bad?
//! `endswith` says the same in one word, and the search can start at the end.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; isdataat:!1,relative; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; endswith; sid:1; rev:1;)
//! ```

use tapir_rules::tree::Operand;
use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L052",
    name: "end-by-isdataat",
    level: Level::Hint,
    mends: true,
    text: include_str!("end_by_isdataat.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    for pair in rule.options.windows(2) {
        let [before, option] = pair else { continue };
        if let (OptionKind::Content(content), OptionKind::IsDataAt(test)) = (&before.kind, &option.kind)
            && (test.negated && test.relative && !test.rawbytes)
            && test.position == Operand::Number(1)
            && !(content.negated || content.endswith || content.is_relative())
            && content.offset.is_none()
            && content.depth.is_none()
        {
            let fix = Some((option.span, "endswith".to_owned()));
            let message = "this says that the buffer ends with the pattern";
            report.mend(rule, option.span, message, "write `endswith`", fix);
        }
    }
}
