//! What a lint, or the loader, found.

use std::borrow::Cow;

use tapir_rules::{Diagnostic, Severity};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A thought: slow, or unusual.
    Hint,
    /// Likely a mistake; the rule is loaded.
    Warning,
    /// The rule is refused, or never matches.
    Error,
}

impl Level {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Hint => "hint",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Note => Level::Hint,
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        }
    }

    pub(crate) const fn severity(self) -> Severity {
        match self {
            Level::Hint => Severity::Note,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        }
    }
}

/// Something found, under the code of the lint or of the loader.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `L001` and so on for lints, `R001` and so on for the loader.
    pub code: Cow<'static, str>,
    /// What, and where. Its own code is `Lint` when a lint found it.
    pub diagnostic: Diagnostic,
}

impl Finding {
    /// How bad.
    pub fn level(&self) -> Level {
        Level::of(self.diagnostic.severity)
    }
}
