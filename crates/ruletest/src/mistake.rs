//! What is wrong with a case as it is written, and where.

use std::ops::Range;

use tapir_rules::{Code, Diagnostic, Renderer, Severity, Source, SourceId, Span};

/// A mistake in a file of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the file that it is about.
    pub span: Range<usize>,
    /// One line that says what is wrong.
    pub message: String,
    /// What stands beside the underlined text; empty for nothing.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What a reader gives: boxed, as mistakes are rare and large.
pub(crate) type Read<T> = Result<T, Box<Mistake>>;

impl Mistake {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            span,
            message: message.into(),
            label: String::new(),
            help: None,
        })
    }

    pub(crate) fn label(mut self: Box<Self>, label: impl Into<String>) -> Box<Self> {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    /// The mistake with the line that it is in, underlined.
    pub fn render(&self, source: &Source, colour: bool) -> String {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let diagnostic = Diagnostic {
            code: Code::BadForm,
            severity: Severity::Error,
            source: SourceId(0),
            span: Span::new(offset(self.span.start), offset(self.span.end)),
            message: self.message.clone(),
            label: self.label.clone(),
            help: self.help.clone(),
            fix: None,
            sentence: None,
            rule: None,
        };
        Renderer::new(std::slice::from_ref(source))
            .with_colour(colour)
            .with_width(120)
            .render_as(&diagnostic, "case")
    }
}
