//! Bytes as they are written: `"text\r\n" |00 ff| "A"*20 @file.bin`.

use std::path::{Path, PathBuf};

use super::scanner::Scanner;
use crate::mistake::{Mistake, Read};

/// Bytes that the traffic of one case may have.
pub(crate) const MOST: usize = 16 << 20;

/// Whether bytes begin here rather than a word.
pub(crate) fn begins(text: &str) -> bool {
    text.starts_with(['"', '|', '@'])
}

/// Reads bytes up to the end of the line, or to a word.
pub(crate) fn payload(line: &mut Scanner<'_>, folder: &Path) -> Read<Vec<u8>> {
    let mut bytes = Vec::new();
    line.skip_spaces();
    if !begins(line.rest()) {
        return Err(Mistake::new(line.rest_span(), "here bytes are to be said")
            .help("write text in double quotes and hex between bars: `\"GET /\\r\\n\" |00 ff|`"));
    }
    loop {
        line.skip_spaces();
        if !begins(line.rest()) {
            return Ok(bytes);
        }
        let place = line.place();
        let part = part(line, folder)?;
        let times = if line.take("*") { repetition(line)? } else { 1 };
        let more = part.len().saturating_mul(times);
        if more > MOST.saturating_sub(bytes.len()) {
            return Err(Mistake::new(line.since(place), "too many bytes")
                .label(format!("a case has at most {} MiB", MOST >> 20)));
        }
        bytes.extend(part.repeat(times));
    }
}

fn part(line: &mut Scanner<'_>, folder: &Path) -> Read<Vec<u8>> {
    match line.rest().as_bytes().first() {
        Some(b'"') => quoted(line),
        Some(b'|') => hex(line),
        _ => file(line, folder),
    }
}

fn repetition(line: &mut Scanner<'_>) -> Read<usize> {
    let place = line.place();
    let digits = line.rest().len()
        - line
            .rest()
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let number = line.rest().get(..digits).unwrap_or_default().parse().ok();
    line.skip(digits.max(1));
    number.ok_or_else(|| {
        Mistake::new(line.since(place), "behind `*` stands how often").help("as in `\"A\"*200`")
    })
}

fn quoted(line: &mut Scanner<'_>) -> Read<Vec<u8>> {
    let opening = line.place();
    line.skip(1);
    let mut bytes = Vec::new();
    loop {
        let place = line.place();
        let mut letters = line.rest().chars();
        let Some(letter) = letters.next() else {
            return Err(Mistake::new(line.since(opening), "the text does not end")
                .label("this quote is not closed")
                .help("close it with `\"`; a quote inside is written `\\\"`"));
        };
        line.skip(letter.len_utf8());
        match letter {
            '"' => return Ok(bytes),
            '\\' => {
                let byte = escape(line);
                bytes.push(byte.ok_or_else(|| {
                    Mistake::new(line.since(place), "there is no such escape")
                        .help("there are `\\r`, `\\n`, `\\t`, `\\0`, `\\\\`, `\\\"` and `\\x41`")
                })?);
            }
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What follows a backslash.
fn escape(line: &mut Scanner<'_>) -> Option<u8> {
    let letter = line.rest().chars().next()?;
    line.skip(letter.len_utf8());
    Some(match letter {
        'r' => b'\r',
        'n' => b'\n',
        't' => b'\t',
        '0' => 0,
        '\\' => b'\\',
        '"' => b'"',
        'x' => {
            let digits = line.rest().get(..2)?;
            let byte = byte(digits.as_bytes())?;
            line.skip(2);
            byte
        }
        _ => return None,
    })
}

/// The byte of two hex digits.
fn byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(*high)? << 4 | value(*low)?).ok()
}

fn hex(line: &mut Scanner<'_>) -> Read<Vec<u8>> {
    let opening = line.place();
    line.skip(1);
    let Some(length) = line.rest().find('|') else {
        return Err(
            Mistake::new(opening..line.rest_span().end, "the hex bytes do not end")
                .help("close them with `|`"),
        );
    };
    let inside = line.rest().get(..length).unwrap_or_default();
    let place = line.place();
    line.skip(length.saturating_add(1));
    let digits: Vec<u8> = inside
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    digits
        .chunks(2)
        .map(byte)
        .collect::<Option<_>>()
        .ok_or_else(|| {
            Mistake::new(
                place..place.saturating_add(length),
                "these are no hex bytes",
            )
            .help("two hex digits a byte, as in `|0d 0a|`")
        })
}

fn file(line: &mut Scanner<'_>, folder: &Path) -> Read<Vec<u8>> {
    let place = line.place();
    line.skip(1);
    let (name, _) = line.word();
    let path = beside(folder, name);
    let read = std::fs::read(&path);
    read.map_err(|error| {
        Mistake::new(line.since(place), format!("{}: {error}", path.display()))
            .help("the path begins in the folder of this file")
    })
}

/// A path that a file names, seen from the file's folder.
pub(crate) fn beside(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<u8>, String> {
        let read = payload(&mut Scanner::new(text, 0), Path::new("."));
        read.map_err(|mistake| format!("{:?} {}", mistake.span, mistake.message))
    }

    #[test]
    fn text_hex_and_repetition() {
        assert_eq!(read(r#""a\r\n\x41\"\\""#), Ok(b"a\r\nA\"\\".to_vec()));
        assert_eq!(read("|00 ff|\"b\"*3 |0 1|"), Ok(b"\0\xffbbb\x01".to_vec()));
        assert_eq!(read("\"\u{e9}\""), Ok("\u{e9}".as_bytes().to_vec()));
        assert_eq!(read("\"\""), Ok(Vec::new()));
    }

    #[test]
    fn mistakes_point_at_their_place() {
        assert_eq!(
            read(r#""ab\q""#),
            Err("3..5 there is no such escape".to_owned())
        );
        assert_eq!(read("\"ab"), Err("0..3 the text does not end".to_owned()));
        assert_eq!(read("|0g|"), Err("1..3 these are no hex bytes".to_owned()));
        assert_eq!(read("|012|"), Err("1..4 these are no hex bytes".to_owned()));
        assert_eq!(read("|01"), Err("0..3 the hex bytes do not end".to_owned()));
        assert_eq!(
            read("GET"),
            Err("0..3 here bytes are to be said".to_owned())
        );
        assert_eq!(
            read("\"A\"*x"),
            Err("4..5 behind `*` stands how often".to_owned())
        );
        assert_eq!(
            read("\"A\"*99999999999"),
            Err("0..15 too many bytes".to_owned())
        );
    }
}
