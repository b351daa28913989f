//! Places in a text: bytes here, lines and UTF-16 units in the protocol.

use lsp_types::{Position, Range};

/// The part of its length that a text has room to grow by.
const SLACK: usize = 16;

/// A text with the places of its lines.
#[derive(Debug, Default)]
pub(crate) struct Text {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

/// The lines that a change took the place of, and how many lines the text grew by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) first: u32,
    /// The last line, before the change.
    pub(crate) last: u32,
    /// Line ends in what was put there.
    pub(crate) added: u32,
    pub(crate) growth: i64,
}

impl Text {
    pub(crate) fn new(mut text: String) -> Self {
        let mut starts: Vec<usize> = std::iter::once(0).chain(ends(&text, 0)).collect();
        // Room for what is typed, so that the first change of a long text does not move all of it.
        text.reserve(text.len() / SLACK);
        starts.reserve(starts.len() / SLACK);
        Self { text, starts }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// How many lines there are; one more than line ends.
    pub(crate) fn lines(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// Where a line begins; the end of the text for one behind the last.
    pub(crate) fn start(&self, line: u32) -> usize {
        let start = self.starts.get(line as usize).copied();
        start.unwrap_or(self.text.len())
    }

    /// A line without its end.
    pub(crate) fn line(&self, line: u32) -> &str {
        let end = self.start(line.saturating_add(1));
        let text = self.text.get(self.start(line)..end).unwrap_or_default();
        text.trim_end_matches(['\n', '\r'])
    }

    /// Lines with their ends.
    pub(crate) fn slice(&self, first: u32, last: u32) -> &str {
        let end = self.start(last.saturating_add(1));
        self.text.get(self.start(first)..end).unwrap_or_default()
    }

    /// The byte of a position; positions behind the end of a line are at its end.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = self.line(position.line);
        let mut units = 0;
        let within = line.char_indices().find_map(|(at, letter)| {
            if units >= position.character as usize {
                return Some(at);
            }
            units += letter.len_utf16();
            None
        });
        self.start(position.line) + within.unwrap_or(line.len())
    }

    /// The line of a byte.
    pub(crate) fn line_of(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The position of a byte.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.start(line);
        let before = self.text.get(start..offset).unwrap_or_default();
        let units: usize = match before.is_ascii() {
            true => before.len(),
            false => before.chars().map(char::len_utf16).sum(),
        };
        Position::new(line, units as u32)
    }

    pub(crate) fn range(&self, from: usize, to: usize) -> Range {
        Range::new(self.position(from), self.position(to))
    }

    /// Puts a text in the place of a range.
    pub(crate) fn replace(&mut self, range: Range, new: &str) -> Changed {
        let from = self.offset(range.start);
        let to = self.offset(range.end).max(from);
        let (first, last) = (self.position(from).line, self.position(to).line);
        self.text.replace_range(from..to, new);
        let before = self.starts.len();
        let behind = (last as usize + 1).min(before);
        self.starts
            .splice(first as usize + 1..behind, ends(new, from));
        let growth = self.starts.len() as i64 - before as i64;
        let added = (growth + i64::from(last - first)) as usize;
        for start in self.starts.iter_mut().skip(first as usize + 1 + added) {
            *start = *start - (to - from) + new.len();
        }
        Changed {
            first,
            last,
            added: u32::try_from(added).unwrap_or(u32::MAX),
            growth,
        }
    }
}

/// The places behind the line ends of a text that stands at an offset.
fn ends(text: &str, offset: usize) -> impl Iterator<Item = usize> + '_ {
    text.match_indices('\n').map(move |(at, _)| offset + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_utf16() {
        let text = Text::new("a\u{1f980}b\nc".into());
        assert_eq!(text.offset(Position::new(0, 3)), 5);
        assert_eq!(text.position(5), Position::new(0, 3));
        assert_eq!(text.offset(Position::new(0, 99)), 6);
        assert_eq!(text.offset(Position::new(1, 0)), 7);
        assert_eq!(text.offset(Position::new(9, 9)), 8);
    }

    #[test]
    fn a_letter_moves_no_long_text() {
        let mut text = Text::new("a line of a long text\n".repeat(1000));
        let before = (text.text.as_ptr(), text.starts.as_ptr());
        let begin = Position::new(500, 0);
        text.replace(Range::new(begin, begin), "x\n");
        assert_eq!((text.text.as_ptr(), text.starts.as_ptr()), before);
        assert_eq!(text.line(500), "x");
        assert_eq!(text.line(501), "a line of a long text");
        assert_eq!(text.lines(), 1002);
    }

    #[test]
    fn lines_follow_changes() {
        let mut text = Text::new("one\ntwo\nthree\n".into());
        let range = Range::new(Position::new(0, 3), Position::new(1, 1));
        let changed = text.replace(range, "\nx\ny");
        assert_eq!(
            changed,
            Changed {
                first: 0,
                last: 1,
                added: 2,
                growth: 1
            }
        );
        assert_eq!(text.as_str(), "one\nx\nywo\nthree\n");
        let fresh = Text::new(text.as_str().into());
        assert_eq!(text.starts, fresh.starts);
        let lines: Vec<&str> = (0..text.lines()).map(|line| text.line(line)).collect();
        assert_eq!(lines, ["one", "x", "ywo", "three", ""]);
    }
}
