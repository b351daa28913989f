//! Why a rule did not become part of a rule set.

use std::fmt;
use std::ops::Range;

/// Why a rule, or a part of it, could not be compiled.
///
/// A rule is never half-loaded: the first error of this kind keeps the whole rule out of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// Bytes of the rule's source file that are at fault; `None` when the whole rule is.
    pub span: Option<Range<usize>>,
    /// What is wrong, in a sentence without a final stop.
    pub message: String,
    /// What a log says of it, where that differs from the message.
    pub sentence: Option<String>,
    /// Whether the rule is wrong, or only beyond this engine.
    pub kind: CompileErrorKind,
}

/// The two ways of not being compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileErrorKind {
    /// The rule is wrong: it counts as refused and is shown to its author.
    Refused,
    /// The rule is right, but one of its keywords is not evaluated: it is left out and counted under that keyword.
    NotEvaluated {
        /// The keyword's canonical name.
        keyword: String,
    },
}

impl CompileError {
    /// A rule that is wrong at `span`.
    pub fn refused(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            message: message.into(),
            sentence: None,
            kind: CompileErrorKind::Refused,
        }
    }

    /// A rule that is wrong as a whole, at no one place.
    pub fn refused_rule(message: impl Into<String>) -> Self {
        Self {
            span: None,
            message: message.into(),
            sentence: None,
            kind: CompileErrorKind::Refused,
        }
    }

    /// The same with what a log says of it.
    pub fn says(self, sentence: impl Into<Option<String>>) -> Self {
        Self {
            sentence: sentence.into(),
            ..self
        }
    }

    /// A rule with a keyword that is known but not evaluated.
    pub fn not_evaluated(span: Range<usize>, keyword: impl Into<String>) -> Self {
        let keyword = keyword.into();
        Self {
            span: Some(span),
            message: format!("`{keyword}` is not evaluated by this engine"),
            sentence: None,
            kind: CompileErrorKind::NotEvaluated { keyword },
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}
