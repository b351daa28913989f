//! What is wrong with a rule, and where.

use std::fmt;

use crate::{SourceId, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing: a rule that is skipped because it asks for it.
    Hint,
    /// The rule is loaded all the same.
    Warning,
    /// The rule is refused.
    Error,
}

macro_rules! codes {
    ($($number:literal $name:ident $doc:literal;)*) => {
        /// What sort of mistake it is. The number of a code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code {
            $(#[doc = $doc] $name = $number,)*
        }

        impl Code {
            /// All codes in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// A sentence about the code.
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Code::$name => $doc,)*
                }
            }
        }
    };
}

codes! {
    1 UnknownKeyword "No dialect has a keyword of this name.";
    2 OtherDialect "The keyword belongs to another dialect.";
    3 BadForm "The text does not have the form of a rule.";
    4 UnknownAction "A rule begins with an action, and this is none.";
    5 UnknownProtocol "The header names a protocol that does not exist.";
    6 BadAddress "An address of the header cannot be read.";
    7 BadPort "A port of the header cannot be read.";
    8 BadDirection "Between the halves of a header stands an arrow.";
    9 MissingSemicolon "Each option ends with a semicolon.";
    10 MissingArgument "The keyword needs an argument.";
    11 UnexpectedArgument "The keyword takes no argument.";
    12 BadArgument "The argument does not follow the keyword's grammar.";
    13 BadQuotes "The argument is, or is not, to stand in double quotes.";
    14 BadEscape "A backslash or a hex section of a pattern is wrong.";
    15 OutOfRange "A number is too small or too great.";
    16 MissingSid "Every rule needs a sid.";
    17 DuplicateRule "Another rule has the same sid.";
    18 NothingToModify "The keyword changes a content, and none stands before it.";
    19 Repeated "The option can stand only once.";
    20 Contradiction "Two options exclude each other.";
    21 NeverMatches "No packet can match the rule.";
    22 UnknownName "No option before this one sets the variable.";
    23 BadFastPattern "The content cannot be the fast pattern.";
    24 BufferMisuse "The option does not go with the buffer it stands in.";
    25 Gone "The keyword is no longer supported.";
    26 ProtocolConflict "The rule needs two protocols at once.";
    27 DirectionConflict "The rule needs two directions at once.";
    28 UnsuitablePattern "The pattern cannot occur in the buffer it is looked for in.";
    29 UnknownClass "classification.config has no such class.";
    30 UnknownReference "reference.config has no such system.";
    31 Unfinished "The file ends in the middle of a rule.";
    32 BadRegex "The regular expression cannot be read.";
    33 BadLine "A line of a side file cannot be read.";
    34 Skipped "The rule asks for something that is not here, and to be skipped without it.";
    35 BadPath "The path of a file is not allowed.";
    36 Superseded "A newer revision takes the place of this rule.";
    37 Obsolete "The keyword has no effect.";
    38 TooBig "The file or rule is greater than can be read.";
    39 Lint "A lint found something; the lint has a code of its own.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{:03}", *self as u16)
    }
}

/// A mistake in a source, or something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// The source.
    pub source: SourceId,
    /// The text in question.
    pub span: Span,
    /// One line that says what is wrong.
    pub message: String,
    /// What is written beside the underlined text; empty for nothing.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Text to write in place of a span.
    pub fix: Option<(Span, String)>,
    /// What a log says of it, where that differs from the message.
    pub sentence: Option<String>,
    /// The rule that it is about.
    pub rule: Option<Span>,
}

impl Diagnostic {
    /// What a log says of it.
    pub fn log_line(&self) -> &str {
        self.sentence.as_deref().unwrap_or(&self.message)
    }

    /// As a mistake in a rule.
    pub(crate) fn of_rule(self, rule: Span) -> Self {
        Diagnostic {
            rule: Some(rule),
            ..self
        }
    }
}

/// A mistake whose source is not yet known.
#[derive(Debug)]
pub(crate) struct Problem {
    pub code: Code,
    pub severity: Severity,
    pub span: Span,
    pub message: String,
    pub label: String,
    pub help: Option<String>,
    pub fix: Option<(Span, String)>,
    pub sentence: Option<String>,
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    // Readers hand problems on in boxes, to keep their results small.
    #[allow(clippy::boxed_local)]
    pub(crate) fn push(&mut self, problem: Box<Problem>) {
        self.0.push(*problem);
    }

    /// Takes the last problem back.
    pub(crate) fn pop(&mut self) -> Option<Box<Problem>> {
        self.0.pop().map(Box::new)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is an error behind the first `before` problems.
    pub(crate) fn has_error_since(&self, before: usize) -> bool {
        self.0
            .iter()
            .skip(before)
            .any(|problem| problem.severity == Severity::Error)
    }

    /// Takes all out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Problem> + '_ {
        self.0.drain(..)
    }
}

/// What a reader of an argument gives.
pub(crate) type Read<T> = Result<T, Box<Problem>>;

impl Problem {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            label: String::new(),
            help: None,
            fix: None,
            sentence: None,
        })
    }

    /// Sets what a log says of it.
    pub(crate) fn says(mut self: Box<Self>, sentence: String) -> Box<Problem> {
        self.sentence = Some(sentence);
        self
    }

    pub(crate) fn label(mut self: Box<Self>, label: impl Into<String>) -> Box<Problem> {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Problem> {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn fix(mut self: Box<Self>, span: Span, text: impl Into<String>) -> Box<Problem> {
        self.fix = Some((span, text.into()));
        self
    }

    pub(crate) fn severity(mut self: Box<Self>, severity: Severity) -> Box<Problem> {
        self.severity = severity;
        self
    }

    pub(crate) fn in_source(self, source: SourceId) -> Diagnostic {
        Diagnostic {
            code: self.code,
            severity: self.severity,
            source,
            span: self.span,
            message: self.message,
            label: self.label,
            help: self.help,
            fix: self.fix,
            sentence: self.sentence,
            rule: None,
        }
    }
}
