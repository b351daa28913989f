//! Patterns as objects.

use std::fmt::Write;

use serde_json::{Map, Value};
use tapir_rules::tree::{Content, FastPattern, Operand};

use super::matches::Notes;

/// What is known of a content from where it stands in its rule.
#[derive(Clone, Copy, Default)]
pub(super) struct Shape {
    /// No match comes before it: what counts from there counts from the beginning.
    pub(super) from_beginning: bool,
    /// The next option counts from it.
    pub(super) next_is_relative: bool,
    /// The rule is found by it.
    pub(super) is_fast: bool,
}

/// A content with all that limits it.
pub(super) fn json(content: &Content, shape: Shape) -> Map<String, Value> {
    let Limits {
        offset,
        depth,
        distance,
        within,
    } = Limits::of(content, shape);
    let alone = offset.is_none()
        && depth.is_none()
        && distance.is_none()
        && within.is_none()
        && !content.startswith
        && !shape.next_is_relative
        && !matches!(content.fast_pattern, FastPattern::Chop { .. });
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("pattern", shown(&content.bytes).into());
    put("length", content.bytes.len().into());
    put("nocase", content.nocase.into());
    put("negated", content.negated.into());
    put("starts_with", content.startswith.into());
    put("ends_with", content.endswith.into());
    put("is_mpm", shape.is_fast.into());
    put("no_double_inspect", (shape.is_fast && alone).into());
    for (key, limit) in [
        ("offset", offset),
        ("depth", depth),
        ("distance", distance),
        ("within", within),
    ] {
        match limit {
            Some(Operand::Number(number)) => put(key, (*number).into()),
            Some(Operand::Variable(name)) => put(key, (&**name).into()),
            None => {}
        }
    }
    put(
        "fast_pattern",
        (content.fast_pattern != FastPattern::Unset).into(),
    );
    put("relative_next", shape.next_is_relative.into());
    object
}

/// Where a content may lie.
struct Limits<'c> {
    offset: Option<&'c Operand>,
    depth: Option<&'c Operand>,
    distance: Option<&'c Operand>,
    within: Option<&'c Operand>,
}

impl<'c> Limits<'c> {
    fn of(content: &'c Content, shape: Shape) -> Self {
        let [offset, depth, distance, within] = [
            content.offset.as_ref(),
            content.depth.as_ref(),
            content.distance.as_ref(),
            content.within.as_ref(),
        ];
        if !shape.from_beginning {
            return Self {
                offset,
                depth,
                distance,
                within,
            };
        }
        let nothing = |operand: &&Operand| operand.number() == Some(&0);
        Self {
            offset: offset.or(distance.filter(|distance| !nothing(distance))),
            depth: depth.or(within),
            distance: None,
            within: None,
        }
    }
}

/// Remarks on a content.
pub(super) fn remark(content: &Content, shape: Shape, notes: &mut Notes) {
    if content.fast_pattern == FastPattern::Only {
        notes.add(
            "'fast_pattern:only' option is silently ignored and is interpreted as regular 'fast_pattern'",
        );
    }
    let begins = |word: &&[u8]| content.bytes.starts_with(word);
    let requests: [&[u8]; 4] = [b"GET /", b"POST /", b"HEAD /", b"PUT /"];
    if requests.iter().any(begins) {
        notes.add(
            "pattern looks like it inspects HTTP, use http.request_line or http.method and http.uri instead for improved performance",
        );
    }
    let agents: [&[u8]; 2] = [b"User-Agent: ", b"\nUser-Agent: "];
    if agents.iter().any(begins) {
        notes.add(
            "pattern looks like it inspects HTTP, use http.user_agent or http.header for improved performance",
        );
    }
    if shape.from_beginning && content.within.is_some() && content.depth.is_none() {
        notes.add("'within' option for pattern w/o previous content was converted to 'depth'");
    }
    if shape.from_beginning && content.offset.is_none() && content.distance.is_some() {
        notes.add("'distance' option for pattern w/o previous content was converted to 'offset'");
    }
}

/// A pattern as rules write it: what is neither letter, digit nor harmless sign in hexadecimal between bars.
pub(super) fn shown(pattern: &[u8]) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut in_hex = false;
    for &byte in pattern {
        let plain = byte.is_ascii_graphic() && !matches!(byte, b'"' | b';' | b':' | b'|' | b'\\');
        if plain {
            if in_hex {
                text.push('|');
            }
            text.push(char::from(byte));
        } else {
            text.push(if in_hex { ' ' } else { '|' });
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02X}");
        }
        in_hex = !plain;
    }
    if in_hex {
        text.push('|');
    }
    text
}
