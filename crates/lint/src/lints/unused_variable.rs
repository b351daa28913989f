//! A number that is kept and not used.
//!
//! # What it does
//! Looks for a `byte_extract` or `byte_math` whose variable no later option of the rule names.
//!
//! # Why is this bad?
//! It has no effect but that so many bytes must be there; perhaps a name is misspelt.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"len="; byte_extract:1,0,size,relative; content:"end"; distance:0; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"len="; byte_extract:1,0,size,relative; content:"end"; distance:size; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L041",
    name: "unused-variable",
    level: Level::Hint,
    mends: false,
    text: include_str!("unused_variable.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for (place, option) in rule.options.iter().enumerate() {
        let name = match &option.kind {
            OptionKind::ByteExtract(extract) => &extract.name,
            OptionKind::ByteMath(math) => &math.result,
            _ => continue,
        };
        let mut later = rule.options.iter().skip(place.saturating_add(1));
        let used = later.any(|option| match &option.kind {
            OptionKind::Bsize(size) => size.variable.as_deref() == Some(&**name),
            // A script may ask for any of them.
            OptionKind::Text(_) if option.keyword.name() == "lua" => true,
            kind => kind.variables().any(|used| used == &**name),
        });
        if !used {
            let message = format!("nothing uses the variable `{name}`");
            report.say(rule, option.span, message, "check its spelling, or take it out");
        }
    }
}
