//! Patterns that cannot occur in the buffer they are looked for in.

use crate::diagnostic::{Code, Problem, Problems};
use crate::keywords::{BufferId, http};
use crate::sentence;
use crate::tree::{Content, Opt, OptionKind, Rule, Transform};

pub(super) fn check(rule: &Rule, problems: &mut Problems) {
    let mut buffer: Option<BufferId> = None;
    let mut transforms: Vec<&Transform> = Vec::new();
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(id) | OptionKind::BufferPart(id, _) => {
                buffer = Some(*id);
                transforms.clear();
            }
            OptionKind::Transform(transform) => transforms.push(transform),
            OptionKind::Content(content) => {
                if let (Some(id), true) = (buffer, transforms.is_empty()) {
                    in_buffer(rule.sid, id, option, content, problems);
                }
                for transform in &transforms {
                    after_transform(transform, option, content, problems);
                }
            }
            _ => {}
        }
    }
}

/// Variables of the payload are not known in the buffers of an application protocol, nor the other way round:
/// those are inspected apart.
pub(super) fn check_variables(rule: &Rule, problems: &mut Problems) {
    let mut in_transaction = false;
    let mut known: Vec<(&str, bool)> = Vec::new();
    for option in &rule.options {
        if let OptionKind::Buffer(id) | OptionKind::BufferPart(id, _) = &option.kind {
            in_transaction = !id.row().protocols.is_empty();
        }
        for name in option.kind.variables() {
            let mut places = known.iter().filter(|(other, _)| *other == name).peekable();
            if places.peek().is_some() && places.all(|(_, place)| *place != in_transaction) {
                problems.push(
                    Problem::new(Code::UnknownName, option.span, format!("the variable `{name}` is set in another buffer"))
                        .help("the payload and the buffers of an application protocol are inspected apart")
                        .says(sentence::unknown_variable(option.keyword.name(), name)),
                );
            }
        }
        match &option.kind {
            OptionKind::ByteExtract(extract) => known.push((&extract.name, in_transaction)),
            OptionKind::ByteMath(math) => known.push((&math.result, in_transaction)),
            _ => {}
        }
    }
}

fn in_buffer(sid: u32, id: BufferId, option: &Opt, content: &Content, problems: &mut Problems) {
    let bytes = &content.bytes;
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let mut unsuitable = |message: &str, help: &str, sentence: String| {
        let problem = Problem::new(Code::UnsuitablePattern, option.span, message);
        problems.push(problem.help(help).says(sentence));
    };
    match id {
        http::HOST if content.nocase => {
            unsuitable(
                "the host is in small letters anyway",
                "take `nocase` away; `http.host.raw` has the host as sent",
                sentence::host_without_case(sid),
            );
        }
        http::HOST if bytes.iter().any(u8::is_ascii_uppercase) => {
            unsuitable(
                "the host is in small letters and has no capitals",
                "write the pattern in small letters, or use `http.host.raw`",
                sentence::host_in_capitals(sid),
            );
        }
        http::METHOD if blank(bytes.first()) || blank(bytes.last()) => {
            unsuitable(
                "a method neither begins nor ends with a blank",
                "take the blank away",
                sentence::method_with_blank(sid, blank(bytes.last())),
            );
        }
        _ => {}
    }
}

fn after_transform(
    transform: &Transform,
    option: &Opt,
    content: &Content,
    problems: &mut Problems,
) {
    let bytes = &content.bytes;
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let message = match transform {
        Transform::StripWhitespace if bytes.iter().any(blank) => "the transform leaves no blanks",
        Transform::CompressWhitespace if bytes.windows(2).any(|pair| pair.iter().all(blank)) => {
            "the transform leaves no two blanks one after the other"
        }
        Transform::Lowercase if bytes.iter().any(u8::is_ascii_uppercase) && !content.nocase => {
            "the transform leaves no capitals"
        }
        Transform::Uppercase if bytes.iter().any(u8::is_ascii_lowercase) && !content.nocase => {
            "the transform leaves no small letters"
        }
        _ => return,
    };
    let name = match transform {
        Transform::StripWhitespace => "strip_whitespace",
        Transform::CompressWhitespace => "compress_whitespace",
        Transform::Lowercase => "to_lowercase",
        _ => "to_uppercase",
    };
    let problem = Problem::new(Code::UnsuitablePattern, option.span, message);
    problems.push(problem.says(sentence::after_transform(bytes, name)));
}
