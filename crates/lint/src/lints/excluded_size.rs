//! Sizes of a buffer that exclude each other.
//!
//! # What it does
//! Looks for `isdataat` and `bsize` of one buffer that no size passes all of.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; isdataat:20; isdataat:!10; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; content:"login"; isdataat:10; isdataat:!20; sid:1; rev:1;)
//! ```

use tapir_rules::tree::IntegerOp;
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L070",
    name: "excluded-size",
    level: Level::Error,
    mends: false,
    text: include_str!("excluded_size.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let (mut low, mut high) = (0u64, u64::MAX);
    for option in &stretch.options {
        let Some((least, most)) = sizes(&option.kind) else {
            continue;
        };
        (low, high) = (low.max(least), high.min(most));
        if low > high {
            let message = "no size of the buffer passes this and what is said before";
            report.say(rule, option.span, message, "change one of the numbers");
            return;
        }
    }
}

/// The sizes of the buffer that an option lets pass.
fn sizes(kind: &OptionKind) -> Option<(u64, u64)> {
    match kind {
        OptionKind::IsDataAt(test) if !test.relative => {
            let position = u64::try_from(*test.position.number()?).ok()?;
            Some(match test.negated {
                true => (0, position),
                false => (position.saturating_add(1), u64::MAX),
            })
        }
        OptionKind::Bsize(size) if size.variable.is_none() && !size.relative => {
            let test = size.test;
            Some(match test.op {
                IntegerOp::Equal => (test.a, test.a),
                IntegerOp::Less => (0, test.a.saturating_sub(1)),
                IntegerOp::LessOrEqual => (0, test.a),
                IntegerOp::Greater => (test.a.saturating_add(1), u64::MAX),
                IntegerOp::GreaterOrEqual => (test.a, u64::MAX),
                IntegerOp::Between => (test.a.saturating_add(1), test.b.saturating_sub(1)),
                IntegerOp::Within => (test.a, test.b),
                _ => return None,
            })
        }
        _ => None,
    }
}
