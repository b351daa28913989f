//! A rule that only says what must be absent.
//!
//! # What it does
//! Looks for rules with payload options that are all negated patterns, on any address and port, with no other test.
//!
//! # Why is this bad?
//! Almost every packet matches.
//!
//! # Example
//! ```text
//! alert tcp any any -> any any (msg:"x"; content:!"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"user"; content:!"login"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};
use tapir_rules::keywords::Kind;
use tapir_rules::tree::{AddressExpr, PortExpr};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L005",
    name: "negation-only",
    level: Level::Warning,
    mends: false,
    text: include_str!("negation_only.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let header = &rule.header;
    let anywhere = header.src == AddressExpr::Any
        && header.dst == AddressExpr::Any
        && header.sport == PortExpr::Any
        && header.dport == PortExpr::Any;
    let mut first = None;
    for option in &rule.options {
        match &option.kind {
            OptionKind::Content(content) if content.negated => {
                first = first.or(Some(option.span));
            }
            OptionKind::Pcre(pcre) if pcre.negated => first = first.or(Some(option.span)),
            OptionKind::Flow(_) | OptionKind::NoAlert => {}
            _ if option.keyword.row().kind == Kind::Meta => {}
            _ => return,
        }
    }
    if let (true, Some(span)) = (anywhere, first) {
        let help = "say also what must be there";
        report.say(rule, span, "the rule only says what must be absent", help);
    }
}
