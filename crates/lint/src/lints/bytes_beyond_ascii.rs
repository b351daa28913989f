//! Bytes beyond ASCII in a pattern.
//!
//! # What it does
//! Looks for letters in a `content` that are not ASCII.
//!
//! # Why is this bad?
//! Which bytes are looked for hangs on the encoding of the file, which an editor may change without a word.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"caf├®"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"caf|e2 94 9c c2 ae|"; sid:1; rev:1;)
//! ```

use tapir_rules::{OptionKind, Rule};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L055",
    name: "bytes-beyond-ascii",
    level: Level::Hint,
    mends: true,
    text: include_str!("bytes_beyond_ascii.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    for option in &rule.options {
        if !matches!(option.kind, OptionKind::Content(_)) {
            continue;
        }
        let text = report.text(rule, option.value);
        if !text.is_ascii() {
            let fix = Some((option.value, in_hex(text)));
            let message = "which bytes these are hangs on the encoding of the file";
            report.mend(rule, option.span, message, "write them in hex", fix);
        }
    }
}

/// The text with each run of bytes beyond ASCII in hex. Such a byte stands in no hex section.
fn in_hex(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for run in text.chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
        if run.is_ascii() {
            out.extend(run.iter().map(|byte| char::from(*byte)));
        } else {
            let digits: Vec<String> = run.iter().map(|byte| format!("{byte:02x}")).collect();
            out.push('|');
            out.push_str(&digits.join(" "));
            out.push('|');
        }
    }
    out
}
