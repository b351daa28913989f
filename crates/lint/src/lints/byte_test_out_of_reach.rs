//! A `byte_test` against a number that its bytes cannot hold.
//!
//! # What it does
//! Looks for a `byte_test` that asks for a value greater than, or equal to, what so few bytes can hold.
//!
//! # Why is this bad?
//! The test never passes, or when it is turned round always does.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"len="; byte_test:1,>,300,0,relative; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"len="; byte_test:2,>,300,0,relative; sid:1; rev:1;)
//! ```

use tapir_rules::tree::{ByteOp, ByteTest};
use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L026",
    name: "byte-test-out-of-reach",
    level: Level::Error,
    mends: false,
    text: include_str!("byte_test_out_of_reach.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if let OptionKind::ByteTest(test) = &option.kind
            && let Some((value, most)) = out_of_reach(test)
        {
            let message = format!("so few bytes hold at most {most}, and {value} is asked for");
            report.say(rule, option.span, message, "take more bytes, or a smaller number");
        }
    }
}

/// The number that is asked for and the greatest there is, when the test cannot pass.
fn out_of_reach(test: &ByteTest) -> Option<(u64, u64)> {
    let (bytes, value) = (*test.bytes.number()?, *test.value.number()?);
    if test.string.is_some() || !(1..8).contains(&bytes) {
        return None;
    }
    let whole = 1u64.checked_shl(u32::try_from(bytes).ok()?.checked_mul(8)?)?.checked_sub(1)?;
    let most = match test.bitmask {
        None => whole,
        // What the mask leaves is moved to the right.
        Some(mask) => u64::from(mask.checked_shr(mask.trailing_zeros()).unwrap_or(0)) & whole,
    };
    let beyond = match test.op {
        ByteOp::Greater => value >= most,
        ByteOp::GreaterOrEqual | ByteOp::Equal => value > most,
        _ => false,
    };
    beyond.then_some((value, most))
}
