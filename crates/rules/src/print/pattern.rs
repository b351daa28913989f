//! Patterns back to text.

use std::fmt::{self, Formatter, Write};

use crate::Dialect;
use crate::keywords::{KeywordId, file, http};
use crate::tree::*;

/// The longest run of letters between binary bytes that is written in hex with them.
const SHORT_RUN: usize = 2;

/// Writes bytes between quotes: text as it is, everything else in hex.
///
/// Blanks beside hex or quotes are hex too, for nobody sees them there, and so are a few letters among binary bytes.
pub(super) fn bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    let mut hex = false;
    for (&byte, is_hex) in bytes.iter().zip(in_hex(bytes)) {
        if is_hex != hex {
            f.write_char('|')?;
            hex = is_hex;
        } else if hex {
            f.write_char(' ')?;
        }
        if is_hex {
            write!(f, "{byte:02x}")?;
        } else {
            f.write_char(char::from(byte))?;
        }
    }
    f.write_str(if hex { "|\"" } else { "\"" })
}

/// Which bytes of a pattern are written in hex.
fn in_hex(bytes: &[u8]) -> Vec<bool> {
    let binary = |byte: &u8| !byte.is_ascii_graphic() && *byte != b' ';
    let special = |byte: &u8| matches!(byte, b'"' | b';' | b':' | b'|' | b'\\');
    let mut hex: Vec<bool> = bytes
        .iter()
        .map(|byte| binary(byte) || special(byte))
        .collect();
    let mut at = 0;
    for run in bytes.chunk_by(|a, b| binary(a) == binary(b)) {
        let end = at + run.len();
        let (first, last) = (at == 0, end == bytes.len());
        if !run.iter().any(binary) && run.len() <= SHORT_RUN && !(first && last) {
            hex[at..end].fill(true);
        }
        at = end;
    }
    let mut at = 0;
    let mut blanks = Vec::new();
    for run in bytes.chunk_by(|a, b| (*a == b' ') == (*b == b' ')) {
        let end = at + run.len();
        let beside = at == 0 || end == bytes.len() || hex[at - 1] || hex[end];
        if run[0] == b' ' && beside {
            blanks.push(at..end);
        }
        at = end;
    }
    for run in blanks {
        hex[run].fill(true);
    }
    hex
}

/// Writes text between quotes with the escapes it needs.
pub(super) fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    escaped(f, text)?;
    f.write_char('"')
}

/// Writes text with a backslash before what would end it.
pub(super) fn escaped(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    for letter in text.chars() {
        if matches!(letter, '"' | ';' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(letter)?;
    }
    Ok(())
}

/// Writes a content after its keyword, and its modifiers in the dialect's way.
pub(super) fn content(
    f: &mut Formatter<'_>,
    content: &Content,
    dialect: Dialect,
    moved: Option<KeywordId>,
) -> fmt::Result {
    let snort3 = dialect == Dialect::Snort3;
    f.write_str(if content.negated {
        "content:!"
    } else {
        "content:"
    })?;
    bytes(f, &content.bytes)?;
    let (before, between) = if snort3 { (",", " ") } else { ("; ", ":") };
    for (written, name) in [
        (content.nocase, "nocase"),
        (content.rawbytes, "rawbytes"),
        (content.startswith, "startswith"),
        (content.endswith, "endswith"),
    ] {
        if written {
            write!(f, "{before}{name}")?;
        }
    }
    let places = [
        ("offset", &content.offset),
        ("depth", &content.depth),
        ("distance", &content.distance),
        ("within", &content.within),
    ];
    for (name, place) in places {
        if let Some(value) = place {
            write!(f, "{before}{name}{between}{value}")?;
        }
    }
    if let Some(modifier) = moved.filter(|_| dialect == Dialect::Snort2) {
        write!(f, "; {}", modifier.name())?;
    }
    match content.fast_pattern {
        FastPattern::Unset => {}
        FastPattern::Preferred => write!(f, "{before}fast_pattern")?,
        FastPattern::Only if snort3 => write!(f, "{before}fast_pattern")?,
        FastPattern::Only => write!(f, "{before}fast_pattern:only")?,
        FastPattern::Chop { offset, len } if snort3 => {
            write!(f, ",fast_pattern_offset {offset},fast_pattern_length {len}")?;
        }
        FastPattern::Chop { offset, len } => write!(f, "{before}fast_pattern:{offset},{len}")?,
    }
    if let Some(replacement) = &content.replace {
        f.write_str("; replace:")?;
        bytes(f, replacement)?;
    }
    Ok(())
}

/// Writes `pcre` or `regex`. An expression that holds slashes does no harm between them: the last one ends it.
pub(super) fn pcre(
    f: &mut Formatter<'_>,
    pcre: &Pcre,
    name: &str,
    moved: Option<KeywordId>,
) -> fmt::Result {
    write!(
        f,
        "{name}:{}\"/{}/",
        if pcre.negated { "!" } else { "" },
        pcre.pattern
    )?;
    let flags = [
        (pcre.caseless, 'i'),
        (pcre.multiline, 'm'),
        (pcre.dotall, 's'),
        (pcre.extended, 'x'),
        (pcre.anchored, 'A'),
        (pcre.dollar_endonly, 'E'),
        (pcre.ungreedy, 'G'),
        (pcre.relative, 'R'),
        (pcre.rawbytes, 'B'),
        (pcre.no_limit, 'O'),
    ];
    for (set, flag) in flags {
        if set {
            f.write_char(flag)?;
        }
    }
    if let Some(flag) = moved.and_then(|modifier| match modifier.row().kind {
        crate::keywords::Kind::BufferModifier(buffer) => buffer_flag(buffer),
        _ => None,
    }) {
        f.write_char(flag)?;
    }
    let listed = pcre.captures.iter().filter(|_| !pcre.captures_by_name);
    for capture in listed {
        let scope = match capture.scope {
            CaptureScope::Nowhere => continue,
            CaptureScope::Flow => "flow",
            CaptureScope::Packet => "pkt",
            CaptureScope::Alert => "alert",
        };
        write!(f, ",{scope}:{}", capture.name)?;
    }
    f.write_char('"')?;
    if pcre.fast_pattern {
        f.write_str(",fast_pattern")
    } else {
        Ok(())
    }
}

/// The flag of `pcre` that names a buffer in Snort 2.
fn buffer_flag(buffer: KeywordId) -> Option<char> {
    Some(match buffer {
        http::URI => 'U',
        http::URI_RAW => 'I',
        http::HEADER => 'H',
        http::HEADER_RAW => 'D',
        http::REQUEST_BODY => 'P',
        http::METHOD => 'M',
        http::COOKIE => 'C',
        http::COOKIE_RAW => 'K',
        http::STAT_CODE => 'S',
        http::STAT_MSG => 'Y',
        file::DATA => 'Q',
        _ => return None,
    })
}
