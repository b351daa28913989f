//! The argument of `pcre` and Snort 3's `regex`.

use super::arg::Arg;
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::keywords::{BufferId, file, http};
use crate::tree::{Capture, CaptureScope, Pcre};

/// A regular expression and the buffer that its flags name.
pub(crate) struct Regex {
    pub pcre: Pcre,
    pub buffer: Option<BufferId>,
}

/// Reads what stands in quotes: `/expression/flags, flow:name`.
///
/// Snort also takes `m` and another delimiter, as Perl does.
pub(crate) fn pcre(inner: Arg<'_>, negated: bool, dialect: Dialect) -> Read<Regex> {
    let inner = inner.trim();
    let (open, delimiter) = match (inner.text.as_bytes(), dialect) {
        ([b'/', ..], _) => (1, b'/'),
        ([b'm', delimiter, ..], Dialect::Snort2 | Dialect::Snort3)
            if delimiter.is_ascii_punctuation() =>
        {
            (2, *delimiter)
        }
        _ => {
            return Err(inner
                .problem(
                    Code::BadRegex,
                    "a regular expression stands between slashes",
                )
                .label("expected `/expression/flags`"));
        }
    };
    let body = &inner.text[open..];
    let close = closing_delimiter(body, delimiter).ok_or_else(|| {
        inner
            .problem(Code::BadRegex, "the regular expression has no end")
            .label(format!("expected a closing `{}`", char::from(delimiter)))
    })?;
    let tail = Arg::new(&body[close + 1..], inner.at + (open + close + 1) as u32);
    let mut parts = tail.split(',');
    let flags = parts.next().unwrap_or(tail);
    let mut regex = Regex {
        pcre: Pcre {
            pattern: ascii(&body[..close]).into(),
            negated,
            ..Pcre::default()
        },
        buffer: None,
    };
    for (offset, flag) in flags.text.char_indices() {
        if !set_flag(&mut regex, flag, dialect) {
            let at = Arg::new(
                &flags.text[offset..offset + flag.len_utf8()],
                flags.at + offset as u32,
            );
            return Err(at.problem(
                Code::BadRegex,
                format!("`{flag}` is no flag of a regular expression"),
            ));
        }
    }
    for part in parts {
        regex.pcre.captures.push(capture(part)?);
    }
    if regex.pcre.captures.is_empty() && dialect == Dialect::Suricata {
        regex.pcre.captures = named_captures(&body[..close]);
        regex.pcre.captures_by_name = !regex.pcre.captures.is_empty();
    }
    Ok(regex)
}

/// The groups of an expression that say by their names where they go: `(?P<flow_ua>...)`. The list ends with the last
/// of them; groups before it that go nowhere are in it as well.
fn named_captures(body: &str) -> Vec<Capture> {
    const SCOPES: [(&str, CaptureScope); 3] = [
        ("flow_", CaptureScope::Flow),
        ("pkt_", CaptureScope::Packet),
        ("alert_", CaptureScope::Alert),
    ];
    let (mut captures, mut last) = (Vec::new(), 0);
    let (mut rest, mut in_class) = (body, false);
    while let Some(at) = rest.find(['\\', '[', ']', '(']) {
        let (found, behind) = rest[at..].split_at(1);
        rest = match found {
            "\\" => {
                let escaped = behind.chars().next().map_or(0, char::len_utf8);
                behind.get(escaped..).unwrap_or_default()
            }
            "[" => {
                in_class = true;
                behind
            }
            "]" => {
                in_class = false;
                behind
            }
            _ if in_class => behind,
            _ => {
                let name = behind
                    .strip_prefix("?P<")
                    .and_then(|behind| behind.split_once('>'))
                    .map(|(name, _)| name);
                let is_group = name.is_some() || !behind.starts_with(['?', '*']);
                let known = name.and_then(|name| {
                    let mut known = SCOPES
                        .iter()
                        .filter_map(|(prefix, scope)| Some((*scope, name.strip_prefix(prefix)?)));
                    known.next()
                });
                if let Some((scope, name)) = known {
                    let name = name.into();
                    captures.push(Capture { scope, name });
                    last = captures.len();
                } else if is_group {
                    let (scope, name) = (CaptureScope::Nowhere, "".into());
                    captures.push(Capture { scope, name });
                }
                behind
            }
        };
    }
    captures.truncate(last);
    captures
}

/// The last delimiter that has no backslash before it.
fn closing_delimiter(body: &str, delimiter: u8) -> Option<usize> {
    let bytes = body.as_bytes();
    let escaped = |at: usize| {
        bytes[..at]
            .iter()
            .rev()
            .take_while(|&&byte| byte == b'\\')
            .count()
            % 2
            == 1
    };
    memchr::memrchr_iter(delimiter, bytes).find(|&at| !escaped(at))
}

fn set_flag(regex: &mut Regex, flag: char, dialect: Dialect) -> bool {
    let snort = dialect != Dialect::Suricata;
    let pcre = &mut regex.pcre;
    match flag {
        'i' => pcre.caseless = true,
        'm' => pcre.multiline = true,
        's' => pcre.dotall = true,
        'x' => pcre.extended = true,
        'A' => pcre.anchored = true,
        'E' => pcre.dollar_endonly = true,
        'G' => pcre.ungreedy = true,
        'R' => pcre.relative = true,
        'B' => pcre.rawbytes = true,
        'O' => pcre.no_limit = true,
        _ => {
            regex.buffer = Some(match flag {
                'U' => http::URI,
                'I' => http::URI_RAW,
                'H' => http::HEADER,
                'D' => http::HEADER_RAW,
                'P' => http::REQUEST_BODY,
                'M' => http::METHOD,
                'C' => http::COOKIE,
                'S' => http::STAT_CODE,
                'Y' => http::STAT_MSG,
                'K' if snort => http::COOKIE_RAW,
                'Q' if !snort => file::DATA,
                'V' if !snort => http::USER_AGENT,
                'W' if !snort => http::HOST,
                'Z' if !snort => http::HOST_RAW,
                _ => return false,
            });
        }
    }
    true
}

fn capture(arg: Arg<'_>) -> Read<Capture> {
    let expected = || arg.expected("`flow:name`, `pkt:name` or `alert:name`");
    let (scope, name) = arg.split_once(':').ok_or_else(expected)?;
    let scope = match scope.text {
        "flow" => CaptureScope::Flow,
        "pkt" => CaptureScope::Packet,
        "alert" => CaptureScope::Alert,
        _ => return Err(expected()),
    };
    if name.is_empty() {
        return Err(expected());
    }
    Ok(Capture {
        scope,
        name: name.owned(),
    })
}

/// The expression with bytes beyond ASCII written in hex, which matches the same and is text in any encoding.
pub(crate) fn ascii(pattern: &str) -> String {
    if pattern.is_ascii() {
        return pattern.to_owned();
    }
    let mut written = String::with_capacity(pattern.len() + 16);
    let (mut quoting, mut rest) = (false, pattern);
    while let Some(letter) = rest.chars().next() {
        if rest.starts_with("\\Q") || (quoting && rest.starts_with("\\E")) {
            quoting = rest.starts_with("\\Q");
            written.push_str(&rest[..2]);
            rest = &rest[2..];
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        if letter.is_ascii() {
            written.push(letter);
            if letter == '\\' && !quoting {
                match rest.chars().next() {
                    Some(next) if next.is_ascii() => {
                        written.push(next);
                        rest = &rest[1..];
                    }
                    // A backslash before a byte beyond ASCII says nothing.
                    _ => {
                        written.pop();
                    }
                }
            }
            continue;
        }
        let mut buffer = [0; 4];
        if quoting {
            written.push_str("\\E");
        }
        for byte in letter.encode_utf8(&mut buffer).bytes() {
            written.push_str(&format!("\\x{byte:02x}"));
        }
        if quoting {
            written.push_str("\\Q");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> Result<Regex, Code> {
        pcre(Arg::new(text, 0), false, dialect).map_err(|problem| problem.code)
    }

    #[test]
    fn flags_name_buffers() {
        let regex = read("/a\\/b/Ri", Dialect::Suricata).unwrap();
        assert_eq!(&*regex.pcre.pattern, "a\\/b");
        assert!(regex.pcre.relative && regex.pcre.caseless);
        assert_eq!(
            read("/a/Ui", Dialect::Suricata).unwrap().buffer,
            Some(http::URI)
        );
        assert_eq!(read("/a/W", Dialect::Snort2).err(), Some(Code::BadRegex));
    }

    #[test]
    fn captures_and_delimiters() {
        let regex = read("/(.*)/i, flow:name,pkt:other", Dialect::Suricata).unwrap();
        assert_eq!(regex.pcre.captures.len(), 2);
        assert_eq!(
            &*read("m|a/b|i", Dialect::Snort2).unwrap().pcre.pattern,
            "a/b"
        );
        assert_eq!(
            read("m|a/b|i", Dialect::Suricata).err(),
            Some(Code::BadRegex)
        );
        assert_eq!(read("/abc", Dialect::Suricata).err(), Some(Code::BadRegex));
    }

    #[test]
    fn bytes_beyond_ascii_become_hex() {
        assert_eq!(ascii("a\u{e9}"), "a\\xc3\\xa9");
        assert_eq!(ascii("\\Q\u{e9}.\\E."), "\\Q\\E\\xc3\\xa9\\Q.\\E.");
    }
}
