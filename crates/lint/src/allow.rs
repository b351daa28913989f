//! `# tapir: allow CODE`: on the line before a rule, findings of these codes about it are left out.

use rustc_hash::FxHashSet;
use tapir_rules::Source;

const MARK: &[u8] = b"tapir: allow ";

/// The codes that are allowed, each with the line of the rule.
#[derive(Debug, Default)]
pub(crate) struct Allowed(FxHashSet<(u32, String)>);

impl Allowed {
    pub(crate) fn of(source: &Source) -> Self {
        let mut allowed = FxHashSet::default();
        for (place, line) in source.text.split(|byte| *byte == b'\n').enumerate() {
            let Some(comment) = line.trim_ascii().strip_prefix(b"#") else {
                continue;
            };
            let Some(codes) = comment.trim_ascii().strip_prefix(MARK) else {
                continue;
            };
            // Places count from zero, lines from one, and the rule is on the line after.
            let next = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(2);
            let codes = String::from_utf8_lossy(codes);
            for code in codes.split([',', ' ']).filter(|code| !code.is_empty()) {
                allowed.insert((next, code.trim().to_owned()));
            }
        }
        Allowed(allowed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, line: u32, code: &str) -> bool {
        self.0.contains(&(line, code.to_owned()))
    }
}
