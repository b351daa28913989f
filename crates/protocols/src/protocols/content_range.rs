//! `Content-Range` (RFC 9110, section 14.4): which part of a file a response is.

use crate::file::FileRange;

/// What the header says; what it leaves open is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// First and last byte.
    pub(crate) part: Option<(u64, u64)>,
    /// Size of the whole.
    pub(crate) size: Option<u64>,
}

impl ContentRange {
    /// Reads `bytes first-last/size`, where the part or the size may be `*`.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?.trim();
        // Numbers are those that fit into an offset of a file.
        let number = |digits: &str| digits.parse::<i64>().ok()?.try_into().ok();
        let (_, range) = text.split_once(' ')?;
        let (part, size) = range.trim_start().split_once('/')?;
        let part = match part {
            "*" => None,
            part => {
                let (first, last) = part.split_once('-')?;
                Some((number(first)?, number(last)?))
            }
        };
        let size = match size {
            "*" if part.is_some() => None,
            size => Some(number(size)?),
        };
        Some(Self { part, size })
    }

    /// The part of a larger file that it is; nothing when it is all of it or when too little is known.
    ///
    /// # Errors
    /// It contradicts itself.
    pub(crate) fn of_file(self) -> Result<Option<FileRange>, Contradiction> {
        let (Some((start, end)), Some(size)) = (self.part, self.size) else {
            return Ok(None);
        };
        if end == 0 || size == 0 || (start == 0 && end.checked_add(1) == Some(size)) {
            return Ok(None);
        }
        if start > end || end >= size {
            return Err(Contradiction);
        }
        Ok(Some(FileRange { start, end, size }))
    }
}

/// The parts of a range contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contradiction;

/// The part of a larger file that a header says; an error when it says nonsense.
pub(crate) fn part_of(value: &[u8]) -> Result<Option<FileRange>, Contradiction> {
    ContentRange::read(value)
        .ok_or(Contradiction)
        .and_then(ContentRange::of_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_parts_of_files() {
        let part = |start, end, size| Ok(Some(FileRange { start, end, size }));
        assert_eq!(part_of(b"bytes 500-999/1000"), part(500, 999, 1000));
        assert_eq!(part_of(b"bytes 0-999/1000"), Ok(None));
        assert_eq!(part_of(b"bytes 0-9/*"), Ok(None));
        assert_eq!(part_of(b"bytes */1000"), Ok(None));
        for nonsense in [
            &b"bytes 5-4/10"[..],
            b"bytes 5-10/10",
            b"bytes */*",
            b"bytes",
            b"x y-z/1",
        ] {
            assert_eq!(part_of(nonsense), Err(Contradiction));
        }
    }
}
