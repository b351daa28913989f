//! Diagnostics for people: file, line, column, and the text underlined.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer as Drawing, Snippet};

use crate::parse::arg::decode;
use crate::{Diagnostic, Severity, Source, SourceId, Span};

/// Draws diagnostics of a set of sources.
#[derive(Clone, Debug)]
pub struct Renderer<'a> {
    sources: &'a [Source],
    drawing: Drawing,
}

impl<'a> Renderer<'a> {
    /// Draws without colour, for sources at the places that diagnostics name.
    pub fn new(sources: &'a [Source]) -> Self {
        Renderer {
            sources,
            drawing: Drawing::plain(),
        }
    }

    /// Draws with colour, or without.
    pub fn with_colour(mut self, colour: bool) -> Self {
        self.drawing = if colour {
            Drawing::styled()
        } else {
            Drawing::plain()
        };
        self
    }

    /// Cuts lines that are wider than this many columns.
    pub fn with_width(mut self, columns: usize) -> Self {
        self.drawing = self.drawing.term_width(columns);
        self
    }

    /// The diagnostic as text of several lines, without a line end.
    pub fn render(&self, diagnostic: &Diagnostic) -> String {
        self.render_as(diagnostic, &diagnostic.code.to_string())
    }

    /// The same under another code than the diagnostic's own: that of a lint.
    pub fn render_as(&self, diagnostic: &Diagnostic, code: &str) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE.with_name("hint"),
        };
        let title = level.primary_title(&*diagnostic.message).id(code);
        let Some(source) = self.sources.get(diagnostic.source.0 as usize) else {
            return self.drawing.render(&[Group::with_title(title)]);
        };
        let excerpt = Excerpt::around(source, diagnostic.span);
        let mut annotation = AnnotationKind::Primary.span(excerpt.place(diagnostic.span));
        if !diagnostic.label.is_empty() {
            annotation = annotation.label(&*diagnostic.label);
        }
        let snippet = Snippet::source(&*excerpt.text)
            .line_start(excerpt.line)
            .path(&*source.name)
            .annotation(annotation);
        let mut report = vec![title.element(snippet)];
        if let Some((span, text)) = &diagnostic.fix {
            let help = diagnostic.help.as_deref().unwrap_or("write it so");
            let patch = Patch::new(excerpt.place(*span), &**text);
            report.push(
                Level::HELP.secondary_title(help).element(
                    Snippet::source(&*excerpt.text)
                        .line_start(excerpt.line)
                        .patch(patch),
                ),
            );
        } else if let Some(help) = &diagnostic.help {
            report[0] = std::mem::replace(&mut report[0], Group::with_level(Level::HELP))
                .element(Level::HELP.message(&**help));
        }
        self.drawing.render(&report)
    }

    /// A stretch of a source underlined, with a word beside it and without a title.
    pub fn underline(&self, source: SourceId, span: Span, label: &str) -> String {
        let Some(source) = self.sources.get(source.0 as usize) else {
            return String::new();
        };
        let excerpt = Excerpt::around(source, span);
        let annotation = AnnotationKind::Primary
            .span(excerpt.place(span))
            .label(label);
        let snippet = Snippet::source(&*excerpt.text)
            .line_start(excerpt.line)
            .path(&*source.name)
            .annotation(annotation);
        let group = Group::with_level(Level::NOTE).element(snippet);
        self.drawing.render(&[group])
    }
}

/// The lines around a span, as text.
struct Excerpt {
    text: String,
    line: usize,
    start: usize,
    bytes: Vec<u8>,
}

impl Excerpt {
    fn around(source: &Source, span: Span) -> Self {
        let text = &source.text;
        let first = (span.start as usize).min(text.len());
        let last = (span.end as usize).clamp(first, text.len());
        let start = memchr::memrchr(b'\n', &text[..first]).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', &text[last..]).map_or(text.len(), |at| last + at);
        let bytes = text[start..end].to_vec();
        let line = source.position(start as u32).0 as usize;
        Excerpt {
            text: decode(&bytes).into_owned(),
            line,
            start,
            bytes,
        }
    }

    /// Where a span lies in the text, on whole letters.
    fn place(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start);
        let end = self.offset(span.end).max(start);
        start..end
    }

    fn offset(&self, offset: u32) -> usize {
        let at = (offset as usize)
            .saturating_sub(self.start)
            .min(self.bytes.len());
        let mut place = if self.text.len() == self.bytes.len() {
            at
        } else {
            // Latin-1 became UTF-8, in which each letter beyond ASCII has two bytes.
            at + self.bytes[..at]
                .iter()
                .filter(|byte| !byte.is_ascii())
                .count()
        };
        while !self.text.is_char_boundary(place) {
            place -= 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, LoadOptions, load};

    fn drawn(dialect: Dialect, text: &[u8]) -> String {
        let options = LoadOptions {
            dialect: Some(dialect),
            ..LoadOptions::default()
        };
        let file = load(vec![Source::new("local.rules", text)], &options);
        let renderer = Renderer::new(&file.sources).with_width(120);
        file.diagnostics
            .iter()
            .map(|diagnostic| renderer.render(diagnostic))
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    fn suricata(options: &str) -> String {
        drawn(
            Dialect::Suricata,
            format!("alert tcp any any -> any any ({options})").as_bytes(),
        )
    }

    #[test]
    fn misspelt_keyword() {
        insta::assert_snapshot!(suricata("msg:\"a\"; contnet:\"b\"; sid:1;"));
    }

    #[test]
    fn keyword_of_another_dialect() {
        insta::assert_snapshot!(suricata("http.uri; bufferlen:5; sid:1;"));
    }

    #[test]
    fn missing_semicolon() {
        insta::assert_snapshot!(suricata("content:\"AA\" depth:20; sid:1;"));
    }

    #[test]
    fn semicolon_in_a_string() {
        insta::assert_snapshot!(suricata("content:\"a;b\"; sid:1;"));
    }

    #[test]
    fn bad_hex() {
        insta::assert_snapshot!(suricata("content:\"a|0d 0g|\"; sid:1;"));
    }

    #[test]
    fn no_room_for_the_contents() {
        insta::assert_snapshot!(suricata(
            "dsize:10; content:\"thisstringisgreaterthan10bytes\"; sid:1;"
        ));
    }

    #[test]
    fn incomplete_header() {
        insta::assert_snapshot!(drawn(
            Dialect::Suricata,
            b"\n\nalert tcp any any -> any (sid:1;)\n"
        ));
    }

    #[test]
    fn several_errors_in_lines_that_continue() {
        let text = b"alert tcp any 99999 -> [10.0.0.0/8,!any] any ( \\\n  msg:\"caf\xe9\"; \\\n  flow:established,statless; \\\n)\n";
        insta::assert_snapshot!(drawn(Dialect::Suricata, text));
    }

    #[test]
    fn activate_is_gone() {
        insta::assert_snapshot!(drawn(
            Dialect::Snort2,
            b"activate tcp any any -> any 143 (content:\"a\"; activates:1; sid:1;)"
        ));
    }

    #[test]
    fn spans_outside_of_a_source_do_no_harm() {
        let source = [Source::new("x", "\u{e9}".as_bytes())];
        let diagnostic =
            crate::diagnostic::Problem::new(crate::Code::BadForm, Span::new(1, 99), "out")
                .in_source(crate::SourceId(0));
        assert!(Renderer::new(&source).render(&diagnostic).contains("R003"));
        let nowhere =
            crate::diagnostic::Problem::new(crate::Code::BadForm, Span::new(1, 99), "out")
                .in_source(crate::SourceId(7));
        assert!(Renderer::new(&source).render(&nowhere).contains("R003"));
    }
}
