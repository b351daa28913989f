//! The same pattern twice, and nothing between the two.
//!
//! # What it does
//! Looks for two `content` options that are equal, have no position, and stand in the same buffer.
//!
//! # Why is this bad?
//! The second is found where the first was, and so says nothing.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; content:"login"; distance:0; sid:1; rev:1;)
//! ```

use rustc_hash::FxHashSet;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L009",
    name: "repeated-content",
    level: Level::Hint,
    text: include_str!("repeated_content.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let mut seen = FxHashSet::default();
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(_) | OptionKind::BufferPart(..) | OptionKind::Transform(_) => seen.clear(),
            OptionKind::Content(content) => {
                let placed = content.is_relative()
                    || content.offset.is_some()
                    || content.depth.is_some()
                    || content.startswith
                    || content.endswith;
                let key = (&content.bytes, content.negated, content.nocase, content.rawbytes);
                if !placed && !seen.insert(key) {
                    let help = "leave it out, or say with `distance:0` that it comes again";
                    report.say(rule, option.span, "the rule looks for this already", help);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::trial;

    #[test]
    fn says_so_and_only_then() {
        let bad = r#"alert tcp any any -> any 80 (msg:"x"; content:"login"; content:"login"; sid:1; rev:1;)"#;
        let good = r#"alert tcp any any -> any 80 (msg:"x"; content:"login"; content:"login"; distance:0; sid:1; rev:1;)"#;
        assert_eq!(trial::spans(&LINT, bad).len(), 1);
        assert_eq!(trial::spans(&LINT, good), [""; 0]);
    }
}
