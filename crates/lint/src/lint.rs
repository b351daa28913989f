//! What a lint is, and what it reports to.

use std::borrow::Cow;

use tapir_rules::keywords::{KeywordId, Kind};
use tapir_rules::{Code, Diagnostic, Opt, Rule, RuleFile, Span, Written, written};

use crate::stretch::{Stretch, stretches};
use crate::{Finding, Level, Surroundings};

/// A lint: an entry of the registry.
#[derive(Debug)]
pub struct Lint {
    /// Its code, which never changes its meaning.
    pub code: &'static str,
    /// Its name, in words joined by dashes.
    pub name: &'static str,
    /// How bad its findings are.
    pub level: Level,
    /// Whether it knows what to write instead.
    pub mends: bool,
    /// The text of its file, whose head is its page.
    pub(crate) text: &'static str,
    /// How it looks.
    pub(crate) check: Check,
}

/// What a lint looks at.
#[derive(Debug)]
pub(crate) enum Check {
    /// Each rule by itself.
    Rule(fn(&Rule, &mut Report<'_>)),
    /// Each buffer of a rule by itself.
    Buffer(fn(&Rule, &Stretch<'_>, &mut Report<'_>)),
    /// All rules together.
    Set(fn(&RuleFile, &mut Report<'_>)),
}

impl Lint {
    /// Its page: the comment at the head of its file.
    pub fn page(&self) -> impl Iterator<Item = &'static str> {
        self.text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
    }

    /// The first line of the page.
    pub fn summary(&self) -> &'static str {
        self.page().next().unwrap_or_default()
    }
}

/// Tries lints on all rules that are in force.
pub(crate) fn run(
    lints: &[&Lint],
    file: &RuleFile,
    surroundings: &Surroundings,
    findings: &mut Vec<Finding>,
) {
    let mut look = |lint, look: &dyn Fn(&mut Report<'_>)| {
        look(&mut Report {
            lint,
            file,
            surroundings,
            findings: &mut *findings,
        });
    };
    for rule in file.rules.iter().filter(|rule| rule.enabled) {
        let stretches = stretches(rule);
        for lint in lints {
            match lint.check {
                Check::Rule(check) => look(lint, &|report| check(rule, report)),
                Check::Buffer(check) => look(lint, &|report| {
                    stretches
                        .iter()
                        .for_each(|stretch| check(rule, stretch, report));
                }),
                Check::Set(_) => {}
            }
        }
    }
    for lint in lints {
        if let Check::Set(check) = lint.check {
            look(lint, &|report| check(file, report));
        }
    }
}

/// Takes the findings of a lint, and answers what it asks of the text.
#[derive(Debug)]
pub struct Report<'a> {
    lint: &'a Lint,
    file: &'a RuleFile,
    /// What the rules refer to.
    pub(crate) surroundings: &'a Surroundings,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Report<'a> {
    /// Something is to be said of a part of a rule.
    pub(crate) fn say(&mut self, rule: &Rule, span: Span, message: impl Into<String>, help: &str) {
        self.mend(rule, span, message, help, None);
    }

    /// The same, with text that would be right in place of a span.
    pub(crate) fn mend(
        &mut self,
        rule: &Rule,
        span: Span,
        message: impl Into<String>,
        help: &str,
        fix: impl Into<Option<(Span, String)>>,
    ) {
        self.findings.push(Finding {
            code: Cow::Borrowed(self.lint.code),
            diagnostic: Diagnostic {
                code: Code::Lint,
                severity: self.lint.level.severity(),
                source: rule.source,
                span,
                message: message.into(),
                label: String::new(),
                help: (!help.is_empty()).then(|| help.to_owned()),
                fix: fix.into(),
                sentence: None,
                rule: Some(rule.span),
            },
        });
    }

    /// The text of a part of a rule.
    pub(crate) fn text(&self, rule: &Rule, span: Span) -> &'a [u8] {
        self.file
            .source(rule.source)
            .map(|source| source.slice(span))
            .unwrap_or_default()
    }

    /// The options of a rule as they are written.
    pub(crate) fn written(&self, rule: &Rule) -> Vec<Written> {
        self.file
            .source(rule.source)
            .map(|source| written(rule, source))
            .unwrap_or_default()
    }

    /// The modifier of a content, where it stands as an option of its own.
    pub(crate) fn modifier(&self, rule: &Rule, content: &Opt, keyword: KeywordId) -> Option<Span> {
        self.written(rule)
            .iter()
            .skip_while(|option| option.span.start <= content.span.start)
            .take_while(|option| {
                matches!(
                    option.keyword.row().kind,
                    Kind::Modifier | Kind::BufferModifier(_)
                )
            })
            .find(|option| option.keyword == keyword)
            .map(|option| option.span)
    }

    /// The fix that takes an option out.
    pub(crate) fn without(&self, rule: &Rule, option: Span) -> Option<(Span, String)> {
        let all = self.written(rule);
        let place = all.iter().position(|other| other.span == option)?;
        let (this, next) = (all.get(place)?, all.get(place.saturating_add(1)));
        let span = match (
            next,
            place.checked_sub(1).and_then(|before| all.get(before)),
        ) {
            (Some(next), _) => Span::new(this.span.start, next.span.start),
            (None, Some(before)) => Span::new(before.end, this.end),
            (None, None) => return None,
        };
        Some((span, String::new()))
    }
}
