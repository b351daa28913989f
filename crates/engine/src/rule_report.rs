//! What became of rules, for those who print it.

use std::collections::BTreeMap;

use tapir_rules::{Diagnostic, Severity, Source, SourceId};

/// What became of the rules.
#[derive(Debug, Default)]
pub struct RuleReport {
    /// How many are in force.
    pub loaded: usize,
    /// How many are wrong.
    pub refused: usize,
    /// How many need what the engine does not evaluate, by keyword.
    pub left_out: BTreeMap<String, usize>,
    /// How many asked to be skipped (`requires`).
    pub skipped: usize,
    /// What is wrong, with the texts it is wrong in.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that diagnostics point into.
    pub sources: Vec<Source>,
    /// Files and folders that could not be read, or patterns that match nothing.
    pub missing: Vec<String>,
    /// Lines for the log about what is beside the rules.
    pub remarks: Vec<(Severity, String)>,
    /// How many files were read.
    pub files: usize,
    /// How many of the diagnostics are about files beside the rules; they come first.
    beside: usize,
}

impl RuleReport {
    /// Adds a line for the log.
    pub(crate) fn say(&mut self, severity: Severity, remark: String) {
        self.remarks.push((severity, remark));
    }

    /// Whether something is wrong with a file beside the rules.
    pub fn is_broken_beside(&self) -> bool {
        let beside = self.diagnostics.iter().take(self.beside);
        beside
            .into_iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether the set may take over from another: every file was read, and nothing in them is wrong.
    pub fn is_usable(&self) -> bool {
        self.refused == 0 && self.missing.is_empty()
    }

    /// One line: how many rules are in force, wrong, and left out.
    pub fn totals(&self) -> String {
        let left_out: usize = self.left_out.values().sum();
        format!(
            "{} loaded, {} refused, {left_out} left out",
            self.loaded, self.refused
        )
    }

    /// Takes the texts of the rules, into which the diagnostics of rules point.
    pub(crate) fn take_sources(&mut self, sources: Vec<Source>) {
        let first = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        for diagnostic in self.diagnostics.iter_mut().take(self.beside) {
            diagnostic.source.0 = diagnostic.source.0.saturating_add(first);
        }
        let beside = std::mem::replace(&mut self.sources, sources);
        self.sources.extend(beside);
    }

    /// Notes what is wrong with a file beside the rules; to be done before any rule is compiled.
    pub(crate) fn note(&mut self, source: Source, diagnostics: Vec<Diagnostic>) {
        let id = SourceId(self.sources.len() as u32);
        self.sources.push(source);
        self.diagnostics
            .extend(diagnostics.into_iter().map(|diagnostic| Diagnostic {
                source: id,
                ..diagnostic
            }));
        self.beside = self.diagnostics.len();
    }
}
