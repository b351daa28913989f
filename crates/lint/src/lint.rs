//! What a lint is, and what it reports to.

use std::borrow::Cow;

use tapir_rules::{Code, Diagnostic, Rule, RuleFile, Span};

use crate::{Finding, Level};

/// A lint: an entry of the registry.
#[derive(Debug)]
pub struct Lint {
    /// Its code, which never changes its meaning.
    pub code: &'static str,
    /// Its name, in words joined by dashes.
    pub name: &'static str,
    /// How bad its findings are.
    pub level: Level,
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

    /// Tries the lint on all rules that are in force.
    pub(crate) fn run(&self, file: &RuleFile, findings: &mut Vec<Finding>) {
        let mut report = Report {
            lint: self,
            findings,
        };
        match self.check {
            Check::Rule(check) => {
                for rule in file.rules.iter().filter(|rule| rule.enabled) {
                    check(rule, &mut report);
                }
            }
            Check::Set(check) => check(file, &mut report),
        }
    }
}

/// Takes the findings of a lint.
#[derive(Debug)]
pub struct Report<'a> {
    lint: &'a Lint,
    findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    /// Something is to be said of a part of a rule.
    pub(crate) fn say(&mut self, rule: &Rule, span: Span, message: impl Into<String>, help: &str) {
        self.push(rule, span, message.into(), help, None);
    }

    /// The same, with text that would be right in place of a span.
    pub(crate) fn mend(
        &mut self,
        rule: &Rule,
        span: Span,
        message: impl Into<String>,
        help: &str,
        fix: (Span, String),
    ) {
        self.push(rule, span, message.into(), help, Some(fix));
    }

    fn push(
        &mut self,
        rule: &Rule,
        span: Span,
        message: String,
        help: &str,
        fix: Option<(Span, String)>,
    ) {
        self.findings.push(Finding {
            code: Cow::Borrowed(self.lint.code),
            diagnostic: Diagnostic {
                code: Code::Lint,
                severity: self.lint.level.severity(),
                source: rule.source,
                span,
                message,
                label: String::new(),
                help: (!help.is_empty()).then(|| help.to_owned()),
                fix,
                sentence: None,
                rule: Some(rule.span),
            },
        });
    }
}
