//! Numbers that exclude each other.
//!
//! # What it does
//! Looks for two comparisons of one field that no number passes both of, as in `ttl:>64; ttl:<10`, and for ranges without
//! a number.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert ip any any -> any any (msg:"x"; ttl:>64; ttl:<10; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert ip any any -> any any (msg:"x"; ttl:<10; sid:1; rev:1;)
//! ```

use tapir_rules::keywords::{Kind, payload};
use tapir_rules::tree::{Index, IntegerOp, IntegerTest};
use tapir_rules::{Opt, OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L025",
    name: "excluded-number",
    level: Level::Error,
    mends: false,
    text: include_str!("excluded_number.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let tests: Vec<_> = rule.options.iter().filter_map(single).collect();
    for (place, (option, test)) in tests.iter().enumerate() {
        let same = |other: &&(&Opt, &IntegerTest)| other.0.keyword == option.keyword;
        let before = tests.iter().take(place).filter(same);
        let (low, high) = before.fold(range(test), |(low, high), (_, other)| {
            let (least, most) = range(other);
            (low.max(least), high.min(most))
        });
        if low > high {
            let message = format!("no value of `{}` can pass", option.keyword.name());
            report.say(rule, option.span, message, "change one of the numbers");
        }
    }
}

/// A comparison of a field that has one value.
fn single(option: &Opt) -> Option<(&Opt, &IntegerTest)> {
    let OptionKind::Integer(test) = &option.kind else {
        return None;
    };
    let kind = option.keyword.row().kind;
    let one = matches!(kind, Kind::Header | Kind::State) || option.keyword == payload::DSIZE;
    (one && test.index == Index::Any && test.slice.is_none()).then_some((option, test))
}

/// The least and the greatest number that pass.
fn range(test: &IntegerTest) -> (u64, u64) {
    let (a, b) = (test.a, test.b);
    match test.op {
        IntegerOp::Equal => (a, a),
        IntegerOp::Less => (u64::from(a == 0), a.saturating_sub(1)),
        IntegerOp::LessOrEqual => (0, a),
        IntegerOp::Greater => (a.saturating_add(1), u64::MAX),
        IntegerOp::GreaterOrEqual => (a, u64::MAX),
        IntegerOp::Between => (a.saturating_add(1), b.saturating_sub(1)),
        IntegerOp::Within => (a, b),
        IntegerOp::NotEqual
        | IntegerOp::NotBetween
        | IntegerOp::Masked
        | IntegerOp::NotMasked => (0, u64::MAX),
    }
}
