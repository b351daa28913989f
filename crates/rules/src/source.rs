//! Texts that rules are read from.

use std::sync::{Arc, OnceLock};

use memchr::memchr_iter;

use crate::{Dialect, Span};

/// A file of rules, or a text from elsewhere.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in messages.
    pub name: Arc<str>,
    /// Its bytes. They need not be UTF-8: what is not is taken for Latin-1.
    pub text: Arc<[u8]>,
    /// The dialect, when it is known; otherwise it is recognised by the content.
    pub dialect: Option<Dialect>,
    /// Where its lines begin, once somebody has asked for one: a file may hold as many mistakes as rules.
    lines: OnceLock<Box<[u32]>>,
}

impl Source {
    /// A source of that name, its dialect to be recognised.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<[u8]>>) -> Self {
        Source {
            name: name.into(),
            text: text.into(),
            dialect: None,
            lines: OnceLock::new(),
        }
    }

    /// The same source in a known dialect.
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Its dialect: the one it was given, or the one that its content speaks.
    pub fn spoken(&self) -> Dialect {
        crate::rewrite::dialect_of(self, None)
    }

    /// The bytes of a span; empty when it lies outside.
    pub fn slice(&self, span: Span) -> &[u8] {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text of a span, bytes that are not UTF-8 replaced.
    pub fn text_of(&self, span: Span) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.slice(span))
    }

    /// Line and column of an offset, both counted from one; the column in characters.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let end = (offset as usize).min(self.text.len());
        let lines = self.lines();
        let line = lines.partition_point(|start| *start as usize <= end);
        let start = line.checked_sub(1).and_then(|at| lines.get(at));
        let before = start.and_then(|start| self.text.get(*start as usize..end));
        let column = String::from_utf8_lossy(before.unwrap_or_default())
            .chars()
            .count();
        (line as u32, column as u32 + 1)
    }

    /// Where each line begins, in order.
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let behind = memchr_iter(b'\n', &self.text).map(|at| at as u32 + 1);
            std::iter::once(0).chain(behind).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_letters_from_one() {
        let source = Source::new("a", "one\n\nt\u{e4}st\n".as_bytes());
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(3), (1, 4));
        assert_eq!(source.position(4), (2, 1));
        assert_eq!(source.position(5), (3, 1));
        // Behind a letter of two bytes.
        assert_eq!(source.position(8), (3, 3));
        assert_eq!(source.position(10), (3, 5));
        assert_eq!(source.position(11), (4, 1));
        assert_eq!(source.position(99), (4, 1));
        assert_eq!(Source::new("b", &b""[..]).position(0), (1, 1));
    }
}
