//! Patterns in double quotes: text, escapes, and hex between bars.

use crate::diagnostic::{Code, Problem, Read};
use crate::{Dialect, Span};

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 65_535;

/// The bytes that a pattern stands for. `raw` is what lies between the quotes, `at` where that begins.
///
/// Between bars stand bytes in hex, blanks between them ignored. Outside, a backslash makes the next byte
/// an ordinary one; Suricata allows it before `"`, `;`, `:` and `\` alone.
pub(crate) fn decode_pattern(raw: &[u8], at: u32, dialect: Dialect) -> Read<Box<[u8]>> {
    if raw.is_empty() {
        return Err(
            Problem::new(Code::BadArgument, Span::new(at, at), "the pattern is empty")
                .label("expected at least one byte"),
        );
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut position = 0;
    while let Some(&byte) = raw.get(position) {
        match byte {
            b'|' => position = hex_section(raw, position, at, &mut bytes)?,
            b'\\' => {
                let Some(&next) = raw.get(position + 1) else {
                    return Err(wrong(
                        at,
                        position..position + 1,
                        "a backslash at the end escapes nothing",
                    ));
                };
                if dialect == Dialect::Suricata && !matches!(next, b'"' | b';' | b':' | b'\\') {
                    return Err(wrong(at, position..position + 2, "this is no escape")
                        .help("a backslash stands before `\"`, `;`, `:` or `\\`; write other bytes in hex: `|5c|` is a backslash"));
                }
                bytes.push(next);
                position += 2;
            }
            b'"' => {
                return Err(wrong(
                    at,
                    position..position + 1,
                    "a double quote inside a pattern needs a backslash",
                )
                .fix(
                    crate::Span::of(at as usize + position..at as usize + position + 1),
                    "\\\"",
                ));
            }
            _ => {
                bytes.push(byte);
                position += 1;
            }
        }
    }
    if bytes.is_empty() {
        return Err(wrong(at, 0..raw.len(), "the pattern is empty"));
    }
    if bytes.len() > MAX_PATTERN {
        return Err(wrong(at, 0..raw.len(), "the pattern is too long")
            .label(format!("at most {MAX_PATTERN} bytes")));
    }
    Ok(bytes.into_boxed_slice())
}

/// Reads a hex section that begins with the bar at `open`; gives the place after the closing bar.
fn hex_section(raw: &[u8], open: usize, at: u32, bytes: &mut Vec<u8>) -> Read<usize> {
    let mut half: Option<u8> = None;
    for (offset, &byte) in raw[open + 1..].iter().enumerate() {
        let position = open + 1 + offset;
        match byte {
            b'|' if half.is_some() => {
                return Err(wrong(
                    at,
                    position - 1..position,
                    "a byte in hex has two digits",
                ));
            }
            b'|' => return Ok(position + 1),
            b' ' | b'\t' => {}
            _ => {
                let Some(digit) = char::from(byte).to_digit(16) else {
                    return Err(wrong(at, position..position + 1, "this is no hex digit")
                        .help("between bars stand bytes in hex: `|0d 0a|`; a bar itself is written `|7c|`"));
                };
                match half.take() {
                    None => half = Some(digit as u8),
                    Some(high) => bytes.push(high << 4 | digit as u8),
                }
            }
        }
    }
    Err(wrong(at, open..raw.len(), "the hex section is not closed")
        .help("put a `|` after the last byte"))
}

fn wrong(at: u32, range: std::ops::Range<usize>, message: &str) -> Box<Problem> {
    let start = at as usize;
    Problem::new(
        Code::BadEscape,
        Span::of(start + range.start..start + range.end),
        message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(raw: &str) -> Result<Vec<u8>, (Code, Span)> {
        decode_pattern(raw.as_bytes(), 0, Dialect::Suricata)
            .map(Vec::from)
            .map_err(|problem| (problem.code, problem.span))
    }

    #[test]
    fn text_escapes_and_hex() {
        assert_eq!(decode("a\\:b\\\"|0d 0A|c").unwrap(), b"a:b\"\r\nc");
        assert_eq!(decode("|41|b|4344|").unwrap(), b"AbCD");
    }

    #[test]
    fn mistakes_are_pointed_at() {
        assert_eq!(decode("|4|"), Err((Code::BadEscape, Span::new(1, 2))));
        assert_eq!(decode("|41"), Err((Code::BadEscape, Span::new(0, 3))));
        assert_eq!(decode("|4g|"), Err((Code::BadEscape, Span::new(2, 3))));
        assert_eq!(decode("a\\d"), Err((Code::BadEscape, Span::new(1, 3))));
        assert!(decode_pattern(b"a\\d", 0, Dialect::Snort2).is_ok());
    }
}
