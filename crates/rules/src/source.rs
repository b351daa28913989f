//! Texts that rules are read from.

use std::sync::Arc;

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
}

impl Source {
    /// A source of that name, its dialect to be recognised.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<[u8]>>) -> Self {
        Source {
            name: name.into(),
            text: text.into(),
            dialect: None,
        }
    }

    /// The same source in a known dialect.
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
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
        let before = self.text.get(..end).unwrap_or_default();
        let line = memchr_iter(b'\n', before).count();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default())
            .chars()
            .count();
        (line as u32 + 1, column as u32 + 1)
    }
}
