//! Modifiers of a content, and what Suricata forbids among them.

use super::arg::Arg;
use super::options::Input;
use super::pattern::decode_pattern;
use crate::Dialect;
use crate::diagnostic::{Code, Problem, Problems, Read, Severity};
use crate::keywords::{KeywordId, payload};
use crate::sentence;
use crate::tree::{Content, FastPattern, Operand};

/// A pattern without its quotes: forgotten ones, or a semicolon that ended it too early or too late.
pub(super) fn unquoted(arg: Arg<'_>, dialect: Dialect) -> Box<Problem> {
    let opened = arg.text.starts_with('"');
    if opened && let Some(close) = arg.text[1..].find('"') {
        let end = arg.at + close as u32 + 2;
        return Problem::new(
            Code::MissingSemicolon,
            crate::Span::new(end, arg.span().end),
            "this does not belong to the pattern",
        )
        .label("expected `;` before this")
        .fix(crate::Span::new(end, end), ";");
    }
    let problem = arg.problem(Code::BadQuotes, "the argument stands in double quotes");
    if opened && dialect != Dialect::Snort3 {
        return problem.help("a semicolon inside is written `\\;` or `|3b|`");
    }
    problem.fix(arg.span(), format!("\"{}\"", arg.text.trim_matches('"')))
}

/// What lies between the first and the last double quote.
pub(super) fn raw_between_quotes(raw: &[u8]) -> &[u8] {
    let open = memchr::memchr(b'"', raw).map_or(0, |at| at + 1);
    let close = memchr::memrchr(b'"', raw).unwrap_or(raw.len());
    raw.get(open..close).unwrap_or_default()
}

/// Lets a modifier change its content, as far as Suricata lets it.
pub(super) fn modify(
    content: &mut Content,
    input: Input<'_>,
    value: Option<Operand>,
    dialect: Dialect,
    problems: &mut Problems,
) -> Read<()> {
    let suricata = dialect == Dialect::Suricata;
    if suricata {
        check_modifier(content, input)?;
        check_room(content, input, &value)?;
    }
    match input.id {
        payload::NOCASE => {
            if std::mem::replace(&mut content.nocase, true) && suricata {
                problems.push(
                    Problem::new(Code::Repeated, input.span, "`nocase` is said already")
                        .severity(Severity::Warning),
                );
            }
        }
        payload::RAWBYTES => content.rawbytes = true,
        payload::STARTSWITH => content.startswith = true,
        payload::ENDSWITH => content.endswith = true,
        payload::DEPTH => content.depth = value,
        payload::OFFSET => content.offset = value,
        payload::DISTANCE => content.distance = value,
        payload::WITHIN => content.within = value,
        payload::FAST_PATTERN => content.fast_pattern = fast_pattern(content, input)?,
        payload::REPLACE => content.replace = Some(replacement(content, input, dialect)?),
        _ => {
            let message = format!("`{}` changes no content", input.id.name());
            return Err(Problem::new(Code::BufferMisuse, input.span, message));
        }
    }
    Ok(())
}

/// What is to be put in place of a content: as many bytes, in Suricata.
fn replacement(content: &Content, input: Input<'_>, dialect: Dialect) -> Read<Box<[u8]>> {
    let inner = input
        .arg
        .unquoted()
        .ok_or_else(|| unquoted(input.arg, dialect))?;
    let bytes = decode_pattern(raw_between_quotes(input.raw), inner.at, dialect)?;
    if bytes.len() != content.bytes.len() && dialect == Dialect::Suricata {
        return Err(input.arg.problem(
            Code::BadArgument,
            "what is replaced and what replaces it are not of one length",
        ));
    }
    Ok(bytes)
}

/// A content must fit into its `depth` and `within`.
fn check_room(content: &Content, input: Input<'_>, value: &Option<Operand>) -> Read<()> {
    let len = content.bytes.len() as i64;
    let bounded = matches!(input.id, payload::DEPTH | payload::WITHIN);
    match value.as_ref().and_then(Operand::number) {
        Some(&room) if bounded && room < len => Err(Problem::new(
            Code::NeverMatches,
            input.span,
            format!(
                "the content is longer ({len} bytes) than `{}` allows",
                input.id.name()
            ),
        )),
        _ => Ok(()),
    }
}

fn fast_pattern(content: &Content, input: Input<'_>) -> Read<FastPattern> {
    let arg = input.arg;
    if arg.is_empty() {
        return Ok(FastPattern::Preferred);
    }
    if arg.text == "only" {
        return Ok(FastPattern::Only);
    }
    let (offset, len) = arg
        .split_once(',')
        .ok_or_else(|| arg.expected("`only`, or offset and length: `2,8`"))?;
    let (offset, len) = (offset.u16()?, len.u16()?);
    if usize::from(offset) + usize::from(len) > content.bytes.len() {
        return Err(arg
            .problem(Code::BadFastPattern, "the part lies outside the pattern")
            .label(format!("the pattern has {} bytes", content.bytes.len())));
    }
    Ok(FastPattern::Chop { offset, len })
}

/// What Suricata forbids a modifier on a content that has others already.
fn check_modifier(content: &Content, input: Input<'_>) -> Read<()> {
    let name = input.id.name();
    if is_repeated(content, input) {
        let message = format!("the content has a `{name}` already");
        return Err(Problem::new(Code::Repeated, input.span, message)
            .says(sentence::repeated_modifier(name)));
    }
    if let Some(other) = excluded_by(content, input.id) {
        let message = format!("`{name}` does not go with the {other} of the same content");
        return Err(
            Problem::new(Code::Contradiction, input.span, message).says(sentence::mixed_places())
        );
    }
    if input.id == payload::FAST_PATTERN {
        return check_fast_pattern(content, input);
    }
    let places = matches!(
        input.id,
        payload::DEPTH
            | payload::OFFSET
            | payload::DISTANCE
            | payload::WITHIN
            | payload::STARTSWITH
    );
    if places && content.negated && content.fast_pattern != FastPattern::Unset {
        let message = format!("a negated fast pattern cannot have a `{name}`");
        return Err(Problem::new(Code::BadFastPattern, input.span, message)
            .says(sentence::negated_fast_pattern()));
    }
    if places && content.fast_pattern == FastPattern::Only {
        let message = format!("a `fast_pattern:only` content cannot have a `{name}`");
        return Err(Problem::new(Code::BadFastPattern, input.span, message)
            .says(sentence::placed_fast_pattern_only()));
    }
    Ok(())
}

fn is_repeated(content: &Content, input: Input<'_>) -> bool {
    match input.id {
        payload::DEPTH => content.depth.is_some(),
        payload::OFFSET => content.offset.is_some(),
        payload::DISTANCE => content.distance.is_some(),
        payload::WITHIN => content.within.is_some(),
        payload::STARTSWITH => content.startswith,
        payload::ENDSWITH => content.endswith,
        payload::FAST_PATTERN => input.arg.is_empty() && content.fast_pattern != FastPattern::Unset,
        _ => false,
    }
}

/// The modifiers of a content that exclude another one: a place is counted from the beginning, or from the
/// match before.
fn excluded_by(content: &Content, id: KeywordId) -> Option<&'static str> {
    let absolute = content.offset.is_some() || content.depth.is_some() || content.startswith;
    match id {
        payload::DISTANCE | payload::WITHIN if absolute => {
            Some("`offset`, `depth` or `startswith`")
        }
        payload::DEPTH | payload::OFFSET | payload::STARTSWITH if content.is_relative() => {
            Some("`distance` or `within`")
        }
        payload::DEPTH if content.startswith => Some("`startswith`"),
        payload::STARTSWITH if content.depth.is_some() => Some("`depth`"),
        _ => None,
    }
}

fn check_fast_pattern(content: &Content, input: Input<'_>) -> Read<()> {
    let placed = content.is_relative() || content.offset.is_some() || content.depth.is_some();
    let only = input.arg.text == "only";
    if !(placed && (content.negated || only) || content.negated && only) {
        return Ok(());
    }
    let (help, sentence) = match only {
        true => (
            "`fast_pattern:only` is for a content without position or negation",
            sentence::placed_fast_pattern_only(),
        ),
        false => (
            "a negated content with a position cannot be the fast pattern",
            sentence::negated_fast_pattern(),
        ),
    };
    Err(Problem::new(
        Code::BadFastPattern,
        input.span,
        "this content cannot be the fast pattern",
    )
    .says(sentence)
    .help(help))
}
