//! A `fast_pattern` that is more common than another pattern of its buffer.
//!
//! # What it does
//! Looks for a `content` with `fast_pattern` beside one that traffic holds a thousand times less often, by a table of
//! letters measured over payloads of many protocols.
//!
//! # Why is this bad?
//! The fast pattern decides on which packets the rest of the rule is tried: the rarer, the better.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"abc"; fast_pattern; content:"|de ad be ef|zxq"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"abc"; content:"|de ad be ef|zxq"; fast_pattern; sid:1; rev:1;)
//! ```

use tapir_matcher::quality;
use tapir_rules::Rule;
use tapir_rules::tree::FastPattern;

use crate::lint::Check;
use crate::frequency;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

/// Ten bits, in the quarters of a bit that qualities are counted in: a thousand times as often.
const MUCH: u32 = 40;

pub(super) const LINT: Lint = Lint {
    code: "L020",
    name: "weak-fast-pattern",
    level: Level::Hint,
    mends: false,
    text: include_str!("weak_fast_pattern.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let preferred = |fast| matches!(fast, FastPattern::Preferred | FastPattern::Only);
    let Some((option, fast)) =
        stretch.required().find(|(_, content)| preferred(content.fast_pattern))
    else {
        return;
    };
    let best = stretch.required().max_by_key(|(_, content)| quality(&content.bytes));
    if let Some((_, best)) = best
        && quality(&best.bytes) >= quality(&fast.bytes).saturating_add(MUCH)
    {
        let message = format!(
            "another pattern is rarer: this stands once in every {}, that once in every {}",
            frequency::every(&fast.bytes),
            frequency::every(&best.bytes)
        );
        report.say(rule, option.span, message, "put `fast_pattern` behind the rarest pattern");
    }
}
