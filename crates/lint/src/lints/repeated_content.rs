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
    mends: false,
    text: include_str!("repeated_content.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let mut seen = FxHashSet::default();
    for (place, option) in rule.options.iter().enumerate() {
        match &option.kind {
            OptionKind::Buffer(_) | OptionKind::BufferPart(..) | OptionKind::Transform(_) => seen.clear(),
            OptionKind::Content(content) => {
                let placed = content.is_relative()
                    || content.offset.is_some()
                    || content.depth.is_some()
                    || content.startswith
                    || content.endswith;
                let key = (&content.bytes, content.negated, content.nocase, content.rawbytes);
                let next = rule.options.get(place.saturating_add(1));
                let anchors = next.is_some_and(|next| starts_from_match(&next.kind));
                if !placed && !seen.insert(key) && !anchors {
                    let help = "leave it out, or say with `distance:0` that it comes again";
                    report.say(rule, option.span, "the rule looks for this already", help);
                }
            }
            _ => {}
        }
    }
}

/// Whether the option may start from the match before it: then that match says where from.
fn starts_from_match(kind: &OptionKind) -> bool {
    match kind {
        OptionKind::Content(content) => content.is_relative(),
        OptionKind::Pcre(pcre) => pcre.relative,
        OptionKind::ByteTest(_)
        | OptionKind::ByteJump(_)
        | OptionKind::ByteExtract(_)
        | OptionKind::ByteMath(_)
        | OptionKind::IsDataAt(_)
        | OptionKind::Base64Decode(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::trial;

    #[test]
    fn a_second_search_may_anchor_what_follows() {
        let text = r#"alert tcp any any -> any 80 (content:"a"; content:"b"; distance:0; content:"a"; content:"c"; distance:0; sid:1;)"#;
        assert_eq!(trial::spans(&LINT, text), [""; 0]);
    }
}
