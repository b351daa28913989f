//! Reading one line of a block, word by word, with places in the file.

use std::ops::Range;
use std::time::Duration;

use crate::mistake::{Mistake, Read};

/// A line of a block, and how far it is read.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'t> {
    text: &'t str,
    /// Where the line begins in the file.
    start: usize,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// A line that begins at this place of the file.
    pub(crate) fn new(text: &'t str, start: usize) -> Self {
        Self { text, start, at: 0 }
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The place in the file that is read next.
    pub(crate) fn place(&self) -> usize {
        self.start.saturating_add(self.at)
    }

    /// From a place to where reading has come.
    pub(crate) fn since(&self, place: usize) -> Range<usize> {
        place..self.place()
    }

    /// The rest of the line, or its end where nothing is left.
    pub(crate) fn rest_span(&self) -> Range<usize> {
        self.place()..self.place().saturating_add(self.rest().trim_end().len())
    }

    /// The whole line.
    pub(crate) fn line_span(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.text.trim_end().len())
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    pub(crate) fn skip_spaces(&mut self) {
        let spaces = self.rest().len() - self.rest().trim_start().len();
        self.skip(spaces);
    }

    /// Whether nothing but spaces is left.
    pub(crate) fn at_end(&self) -> bool {
        self.rest().trim().is_empty()
    }

    /// Takes this text if it stands here.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.skip(text.len());
        }
        there
    }

    /// The next word; empty at the end of the line.
    pub(crate) fn word(&mut self) -> (&'t str, Range<usize>) {
        self.skip_spaces();
        let (place, rest) = (self.place(), self.rest());
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.skip(length);
        (rest.get(..length).unwrap_or_default(), self.since(place))
    }

    /// The next word, without taking it.
    pub(crate) fn peek(&self) -> &'t str {
        self.clone().word().0
    }

    /// Takes the next word if it is this one.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.peek() == word;
        if is_next {
            self.word();
        }
        is_next
    }

    /// The next word as a number from a range.
    pub(crate) fn number(&mut self, what: &str, range: Range<u64>) -> Read<u64> {
        let (word, span) = self.word();
        let number = word.parse::<u64>().ok();
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let last = range.end.saturating_sub(1);
                Mistake::new(span, format!("{what} is a number"))
                    .label(format!("from {} to {last}", range.start))
            })
    }

    /// The next word as a length of time.
    pub(crate) fn time(&mut self) -> Read<Duration> {
        let (word, span) = self.word();
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = word.split_at(digits);
        let number = number.parse::<u32>().ok();
        let unit = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        match (number, unit) {
            (Some(number), Some(unit)) => Ok(Duration::from_millis(u64::from(number) * unit)),
            _ => Err(Mistake::new(span, "this is no length of time")
                .help("write `500ms`, `5s`, `2m` or `1h`")),
        }
    }

    /// An error unless the line is read to its end.
    pub(crate) fn end(&self) -> Read<()> {
        let mut left = self.clone();
        left.skip_spaces();
        if left.at_end() {
            return Ok(());
        }
        Err(
            Mistake::new(left.rest_span(), "the line goes on where it should end")
                .label("not understood"),
        )
    }
}
