//! Bytes in the notation of traffic.

/// Bytes of hex on a line.
const HEX: usize = 32;
/// Letters on a line.
const LETTERS: usize = 100;

/// Writes bytes as the notation has them: text in quotes, a line for each line of it, all else in hex between bars.
pub(super) fn written(bytes: &[u8]) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for run in bytes.chunk_by(|a, b| is_text(*a) == is_text(*b)) {
        if run.first().copied().is_some_and(is_text) {
            for piece in run.split_inclusive(|byte| *byte == b'\n') {
                for part in piece.chunks(LETTERS) {
                    add(&mut line, &quoted(part));
                    if part.ends_with(b"\n") || part.len() == LETTERS {
                        lines.push(std::mem::take(&mut line));
                    }
                }
            }
        } else {
            for part in run.chunks(HEX) {
                let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
                add(&mut line, &format!("|{}|", hex.join(" ")));
                if part.len() == HEX {
                    lines.push(std::mem::take(&mut line));
                }
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines.join("\n  ")
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t')
}

fn add(line: &mut String, part: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(part);
}

fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            other => out.push(char::from(*other)),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_hex_take_turns() {
        assert_eq!(
            written(b"GET /\r\nHost: a\r\n\r\n"),
            "\"GET /\\r\\n\"\n  \"Host: a\\r\\n\"\n  \"\\r\\n\""
        );
        assert_eq!(written(b"a\"\\\x00\xffb"), "\"a\\\"\\\\\" |00 ff| \"b\"");
        assert_eq!(written(&[0; 33]).lines().count(), 2);
        assert_eq!(written(b""), "");
    }
}
