//! A buffer that is named behind its pattern.
//!
//! # What it does
//! Looks, in rules for Suricata, for `http_uri`, `http_header` and the like behind a `content`, for `uricontent`, and for
//! flags of a `pcre` that name a buffer.
//!
//! # Why is this bad?
//! Sticky buffers are named once, before all that is about them, and take transforms; Suricata has had them since version 5.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; content:"login"; http_uri; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{Dialect, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L048",
    name: "old-modifier",
    level: Level::Hint,
    mends: false,
    text: include_str!("old_modifier.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    // The tree has the buffer before the pattern, at the place of the pattern.
    for pair in rule.options.windows(2) {
        let [buffer, option] = pair else { continue };
        if matches!(buffer.kind, OptionKind::Buffer(_))
            && buffer.span == option.span
            && !buffer.keyword.row().protocols.is_empty()
        {
            let name = buffer.keyword.name();
            let message = format!("the buffer of this is named behind it, not before it as `{name}`");
            let help = format!("write `{name};` before the pattern");
            report.say(rule, option.span, message, &help);
            // One is enough to say it of the rule.
            return;
        }
    }
}
