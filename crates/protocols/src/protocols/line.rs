//! Lines of protocols that are text.

use memchr::memchr;

/// Cuts one direction of a stream into lines. A line that is too long is given cut, and its rest dropped.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    dropping: bool,
}

/// What stands at the beginning of the data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A line without its end, and how many bytes it takes.
    Line {
        text: &'a [u8],
        used: usize,
        cut: bool,
    },
    /// The rest of a line that was cut.
    Rest(usize),
    /// The line is not all there.
    Wait,
}

impl LineReader {
    pub(super) fn next<'a>(&mut self, data: &'a [u8], limit: usize) -> Piece<'a> {
        let end = memchr(b'\n', data);
        if self.dropping {
            self.dropping = end.is_none();
            return match end.map_or(data.len(), |end| end + 1) {
                0 => Piece::Wait,
                used => Piece::Rest(used),
            };
        }
        match end {
            Some(end) if end <= limit => {
                let text = data.get(..end).unwrap_or_default();
                Piece::Line {
                    text: text.strip_suffix(b"\r").unwrap_or(text),
                    used: end + 1,
                    cut: false,
                }
            }
            None if data.len() <= limit => Piece::Wait,
            _ => {
                self.dropping = end.is_none();
                Piece::Line {
                    text: data.get(..limit).unwrap_or_default(),
                    used: end.map_or(data.len(), |end| end + 1),
                    cut: true,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_and_its_rest_dropped() {
        let mut reader = LineReader::default();
        let cut = Piece::Line {
            text: b"abc",
            used: 5,
            cut: true,
        };
        assert_eq!(reader.next(b"ab", 3), Piece::Wait);
        assert_eq!(reader.next(b"abcde", 3), cut);
        assert_eq!(reader.next(b"f\nx\r\n", 3), Piece::Rest(2));
        let line = Piece::Line {
            text: b"x",
            used: 3,
            cut: false,
        };
        assert_eq!(reader.next(b"x\r\n", 3), line);
    }
}
