//! A source with its rules written anew, and everything between them as it was.

use crate::diagnostic::{Code, Diagnostic, Problem, Problems, Severity};
use crate::load::Environment;
use crate::parse::{Outcome, RawRule, Reader, Rules, recognise};
use crate::{Dialect, Rule, Source, SourceId, Span};

/// A source whose rules were written anew.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The whole text.
    pub text: Vec<u8>,
    /// What became different, in order.
    pub changes: Vec<Change>,
    /// What is wrong with rules that stayed as they were.
    pub diagnostics: Vec<Diagnostic>,
    /// How many rules were read.
    pub rules: usize,
}

/// A text that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stood in the source.
    pub old: std::ops::Range<usize>,
    /// Where what took its place stands in the new text.
    pub new: std::ops::Range<usize>,
}

/// What became of a rule.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// What to write in its place; nothing leaves it as it is.
    pub(crate) text: Option<String>,
    /// What is to be said of it.
    pub(crate) problem: Option<Box<Problem>>,
}

impl Written {
    pub(crate) fn text(text: String) -> Self {
        Self {
            text: Some(text),
            problem: None,
        }
    }
}

/// The dialect of a source: its own, the given one, or the one its content speaks.
pub(crate) fn dialect_of(source: &Source, dialect: Option<Dialect>) -> Dialect {
    source
        .dialect
        .or(dialect)
        .unwrap_or_else(|| recognise(&source.text))
}

/// Reads a text that holds one rule; the first error of one that cannot be read, if it says what is wrong.
pub(crate) fn read_one(text: &str, dialect: Dialect) -> Result<Rule, Option<Box<Problem>>> {
    let environment = Environment::default();
    let mut reader = Reader {
        dialect,
        source: SourceId(0),
        environment: &environment,
        problems: Problems::default(),
    };
    let outcome = Rules::new(text.as_bytes(), dialect, false)
        .next()
        .map(|raw| reader.read(&raw));
    match outcome {
        Some(Outcome::Rule(rule)) => Ok(*rule),
        _ => Err(reader
            .problems
            .drain()
            .find(|problem| problem.severity == Severity::Error)
            .map(Box::new)),
    }
}

/// What becomes of rules that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// They stay as they are.
    Kept,
    /// They become comments.
    CommentedOut,
}

/// Writes each rule of a source anew, also those commented out.
pub(crate) fn rewrite(
    source: &Source,
    dialect: Dialect,
    unread: Unread,
    mut write: impl FnMut(&RawRule<'_>, &Rule) -> Written,
) -> Rewritten {
    let mut result = Rewritten::default();
    if u32::try_from(source.text.len()).is_err() {
        let problem = Problem::new(Code::TooBig, Span::new(0, 0), "the source is too big");
        result.diagnostics.push(problem.in_source(SourceId(0)));
        result.text = source.text.to_vec();
        return result;
    }
    let environment = Environment::default();
    let mut reader = Reader {
        dialect,
        source: SourceId(0),
        environment: &environment,
        problems: Problems::default(),
    };
    let mut done = 0;
    for raw in Rules::new(&source.text, dialect, true) {
        let outcome = reader.read(&raw);
        let whole = Span::of(raw.start..raw.start + raw.text.trim_ascii_end().len());
        let mut problems: Vec<Problem> = reader
            .problems
            .drain()
            .filter(|problem| problem.severity == Severity::Error)
            .collect();
        if let Outcome::Rule(rule) = outcome {
            result.rules += 1;
            let written = write(&raw, &rule);
            if let Some(text) = written.text {
                done = result.replace(source, &raw, &text, done);
            }
            problems.extend(written.problem.map(|problem| *problem));
        } else if unread == Unread::CommentedOut && raw.enabled && !problems.is_empty() {
            let text = String::from_utf8_lossy(&raw.text);
            let words: Vec<&str> = text.split_whitespace().collect();
            done = result.replace(source, &raw, &format!("# {}", words.join(" ")), done);
        }
        if raw.enabled {
            let found = problems.into_iter();
            let found = found.map(|problem| problem.in_source(SourceId(0)).of_rule(whole));
            result.diagnostics.extend(found);
        }
    }
    let rest = source.text.get(done..).unwrap_or_default();
    result.text.extend_from_slice(rest);
    if result.text.last().is_some_and(|byte| *byte != b'\n') {
        let (old, new) = (source.text.len(), result.text.len());
        result.text.push(b'\n');
        let (old, new) = (old..old, new..new + 1);
        result.changes.push(Change { old, new });
    }
    result
}

impl Rewritten {
    /// Puts a text in the place of a rule; gives where the copy of the source goes on.
    fn replace(&mut self, source: &Source, raw: &RawRule<'_>, text: &str, done: usize) -> usize {
        let before = source.text.get(done..raw.start).unwrap_or_default();
        let line = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let blank = |byte: &u8| byte.is_ascii_whitespace() || !raw.enabled && *byte == b'#';
        let from = match before.get(line..) {
            Some(indent) if indent.iter().all(blank) => done + line,
            _ => raw.start,
        };
        let end = raw.start + raw.text.len();
        let old = source.text.get(from..end).unwrap_or_default();
        let kept = source.text.get(done..from).unwrap_or_default();
        self.text.extend_from_slice(kept);
        let ending = if old.ends_with(b"\r") { "\r" } else { "" };
        let new = format!("{}{text}{ending}", if raw.enabled { "" } else { "#" });
        let start = self.text.len();
        self.text.extend_from_slice(new.as_bytes());
        if new.as_bytes() != old {
            let (old, new) = (from..end, start..self.text.len());
            self.changes.push(Change { old, new });
        }
        end
    }
}
