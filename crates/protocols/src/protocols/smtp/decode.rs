//! Encodings of message bodies (RFC 2045, section 6).

/// Decodes one part, piece by piece.
#[derive(Debug, Default)]
pub(super) enum Decoder {
    /// Bytes are what they are.
    #[default]
    Plain,
    /// Four letters stand for three bytes; with what has come of four.
    Base64 { bits: u32, letters: u8 },
    /// Hexadecimal escapes; with what of an escape has come.
    Quoted { escape: Vec<u8> },
    /// An encoding that is not to be undone: nothing comes of it.
    Off,
}

impl Decoder {
    pub(super) fn named(name: &[u8]) -> Self {
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"base64") {
            Self::Base64 {
                bits: 0,
                letters: 0,
            }
        } else if name.eq_ignore_ascii_case(b"quoted-printable") {
            Self::Quoted { escape: Vec::new() }
        } else {
            Self::Plain
        }
    }

    /// Decodes a line or a piece of one, with what ended the line; says whether it was well-formed.
    pub(super) fn decode(&mut self, line: &[u8], end: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Self::Plain => {
                out.extend_from_slice(line);
                out.extend_from_slice(end);
                true
            }
            Self::Base64 { bits, letters } => {
                for &byte in line {
                    base64_letter(byte, bits, letters, out);
                }
                true
            }
            Self::Off => true,
            Self::Quoted { escape } => quoted(line, end, escape, out),
        }
    }

    /// The part is over: gives what is left of it.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if let Self::Base64 { bits, letters } = self {
            base64_end(bits, letters, out);
        }
    }
}

/// Takes a letter. What is none is skipped (RFC 2045, section 6.8).
fn base64_letter(byte: u8, bits: &mut u32, letters: &mut u8, out: &mut Vec<u8>) {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => return base64_end(bits, letters, out),
        _ => return,
    };
    *bits = *bits << 6 | u32::from(value);
    *letters += 1;
    if *letters == 4 {
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(&bytes);
        (*bits, *letters) = (0, 0);
    }
}

/// Fewer than four letters are the end.
fn base64_end(bits: &mut u32, letters: &mut u8, out: &mut Vec<u8>) {
    if *letters > 1 {
        let [_, first, second, _] = (*bits << (6 * (4 - u32::from(*letters)))).to_be_bytes();
        out.push(first);
        if *letters == 3 {
            out.push(second);
        }
    }
    (*bits, *letters) = (0, 0);
}

fn quoted(line: &[u8], end: &[u8], escape: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    let mut good = true;
    for &byte in line {
        if escape.is_empty() {
            if byte == b'=' {
                escape.push(byte);
            } else {
                out.push(byte);
            }
            continue;
        }
        escape.push(byte);
        if let [_, high, low] = escape[..] {
            let digits = (hex(high), hex(low));
            if let (Some(high), Some(low)) = digits {
                out.push(high << 4 | low);
            } else {
                good = false;
                out.extend_from_slice(escape);
            }
            escape.clear();
        }
    }
    if !end.is_empty() {
        // A lone sign at the end joins the next line to this one.
        match escape.len() {
            0 => out.extend_from_slice(end),
            1 => {}
            _ => good = false,
        }
        escape.clear();
    }
    good
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(name: &str, lines: &[&str]) -> (Vec<u8>, bool) {
        let (mut decoder, mut out, mut good) = (Decoder::named(name.as_bytes()), Vec::new(), true);
        for line in lines {
            good &= decoder.decode(line.as_bytes(), b"\r\n", &mut out);
        }
        (out, good)
    }

    #[test]
    fn both_encodings() {
        assert_eq!(
            decoded("BASE64", &["aGVs", "bG8="]),
            (b"hello".into(), true)
        );
        assert_eq!(
            decoded("base64", &["aGV !*", "sbG8="]),
            (b"hello".into(), true)
        );
        let text = decoded("quoted-printable", &["a=3Db=", "c"]);
        assert_eq!(text, (b"a=bc\r\n".into(), true));
        assert!(!decoded("quoted-printable", &["=zz"]).1);
    }
}
