//! A rule for both directions that asks for one.
//!
//! # What it does
//! Looks for `<>` in the header together with a direction in `flow`.
//!
//! # Why is this bad?
//! The arrow says either way, the option one way: one of the two was not meant.
//!
//! # Example
//! ```text
//! alert tcp any any <> any 80 (msg:"x"; flow:to_server; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; flow:to_server; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::tree::{FlowFlags, RuleDirection};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L017",
    name: "flow-both-ways",
    level: Level::Hint,
    mends: false,
    text: include_str!("flow_both_ways.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let one_way = rule.flow().intersects(FlowFlags::TO_SERVER | FlowFlags::TO_CLIENT);
    if rule.header.direction == RuleDirection::Either && one_way {
        let help = "write `->`, or leave the direction out of `flow`";
        report.say(rule, rule.header.span, "the header says either way, `flow` one way", help);
    }
}
