//! A message that begins or ends with blanks.
//!
//! # What it does
//! Looks for blanks at the ends of a `msg`.
//!
//! # Why is this bad?
//! Alerts are sorted, searched and compared by their message; blanks at its ends are not seen.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"Login over HTTP "; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"Login over HTTP"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L056",
    name: "blanks-in-msg",
    level: Level::Hint,
    mends: true,
    text: include_str!("blanks_in_msg.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        let OptionKind::Msg(message) = &option.kind else {
            continue;
        };
        if message.trim() == &**message || message.trim().is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(report.text(rule, option.value));
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        // A file in another encoding is left as it is.
        let readable = quoted.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
        let fix = readable.map(|text| (option.value, format!("\"{}\"", text.trim())));
        let message = "the message begins or ends with blanks";
        report.mend(rule, option.span, message, "take them away", fix);
    }
}
