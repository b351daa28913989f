//! Sizes that leave no room for the contents.

use crate::diagnostic::{Code, Problem, Problems};
use crate::keywords::{BufferId, http, payload};
use crate::sentence;
use crate::tree::{Content, IntegerOp, IntegerTest, Operand, Opt, OptionKind, Rule};

/// One stretch of options about the same buffer.
struct Stretch<'a> {
    buffer: Option<BufferId>,
    options: Vec<&'a Opt>,
}

pub(super) fn check(rule: &Rule, problems: &mut Problems) {
    let sized = rule.options.iter().any(|option| {
        matches!(option.kind, OptionKind::Bsize(_) | OptionKind::UriLen(_))
            || option.keyword == payload::DSIZE
    });
    if !sized {
        return;
    }
    let stretches = stretches(rule);
    for option in &rule.options {
        match &option.kind {
            OptionKind::Integer(test) if option.keyword == payload::DSIZE => {
                let payload = stretches.iter().find(|stretch| stretch.buffer.is_none());
                check_room(option, test, payload, problems);
            }
            OptionKind::UriLen(length) => {
                let uri = if length.raw { http::URI_RAW } else { http::URI };
                let stretch = stretches.iter().find(|stretch| stretch.buffer == Some(uri));
                check_longest(option, &length.test, stretch, problems);
            }
            _ => {}
        }
    }
    for stretch in &stretches {
        check_bsize(stretch, problems);
    }
}

/// The options by buffer. A buffer that is named again goes on, unless it has several values.
fn stretches(rule: &Rule) -> Vec<Stretch<'_>> {
    let mut stretches = vec![Stretch {
        buffer: None,
        options: Vec::new(),
    }];
    let mut current = 0;
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(id) | OptionKind::BufferPart(id, _) => {
                let buffer = (*id != payload::PKT_DATA).then_some(*id);
                let again = stretches
                    .iter()
                    .rposition(|stretch| stretch.buffer == buffer && !id.row().multi);
                current = again.unwrap_or_else(|| {
                    stretches.push(Stretch {
                        buffer,
                        options: Vec::new(),
                    });
                    stretches.len() - 1
                });
            }
            // What a transform makes of a buffer is another buffer.
            OptionKind::Transform(_) => {
                let buffer = stretches[current].buffer;
                stretches.push(Stretch {
                    buffer,
                    options: Vec::new(),
                });
                current = stretches.len() - 1;
            }
            _ => stretches[current].options.push(option),
        }
    }
    stretches
}

/// The greatest size that a comparison lets pass, as Suricata reckons it: the number of `<` and the upper end
/// of a range count in.
fn upper_bound(test: &IntegerTest) -> Option<u64> {
    match test.op {
        IntegerOp::Equal | IntegerOp::Less => Some(test.a),
        IntegerOp::Between => Some(test.b),
        _ => None,
    }
}

fn contents<'a>(stretch: &'a Stretch<'a>) -> impl Iterator<Item = &'a Content> {
    stretch
        .options
        .iter()
        .filter_map(|option| match &option.kind {
            OptionKind::Content(content) if !content.negated => Some(&**content),
            _ => None,
        })
}

/// The least size that holds the contents: each where its offset puts it, and those relative to the one before
/// at their distance from it.
fn needed(stretch: &Stretch<'_>) -> u64 {
    let number = |operand: &Option<Operand>| {
        let number = operand
            .as_ref()
            .and_then(|operand| operand.number())
            .copied()
            .unwrap_or(0);
        u64::try_from(number).unwrap_or(0)
    };
    let (mut needed, mut end) = (0u64, 0u64);
    for content in contents(stretch) {
        let start = if content.is_relative() {
            end.saturating_add(number(&content.distance))
        } else {
            number(&content.offset)
        };
        end = start.saturating_add(content.bytes.len() as u64);
        needed = needed.max(end);
    }
    needed
}

fn check_room(
    option: &Opt,
    test: &IntegerTest,
    stretch: Option<&Stretch<'_>>,
    problems: &mut Problems,
) {
    let (Some(most), Some(stretch)) = (upper_bound(test), stretch) else {
        return;
    };
    let needed = needed(stretch);
    if needed > most {
        problems.push(
            Problem::new(
                Code::NeverMatches,
                option.span,
                format!("the contents need {needed} bytes, and this allows {most}"),
            )
            .label("no room for the contents")
            .says(sentence::no_room(option.keyword.name(), needed, most)),
        );
    }
}

fn check_longest(
    option: &Opt,
    test: &IntegerTest,
    stretch: Option<&Stretch<'_>>,
    problems: &mut Problems,
) {
    let (Some(most), Some(stretch)) = (upper_bound(test), stretch) else {
        return;
    };
    if let Some(longest) = contents(stretch)
        .map(|content| content.bytes.len() as u64)
        .find(|&length| length > most)
    {
        problems.push(Problem::new(
            Code::NeverMatches,
            option.span,
            format!("a content has {longest} bytes, and this allows {most}"),
        ));
    }
}

/// Whether all `bsize` of a buffer can hold at once, and leave room for the contents.
fn check_bsize(stretch: &Stretch<'_>, problems: &mut Problems) {
    let (mut low, mut high) = (0u64, u64::MAX);
    let mut tightest: Option<(&Opt, IntegerTest, u64)> = None;
    for option in &stretch.options {
        let OptionKind::Bsize(size) = &option.kind else {
            continue;
        };
        let test = size.test;
        let (least, most) = match test.op {
            IntegerOp::Equal => (test.a, test.a),
            IntegerOp::Less => (0, test.a.saturating_sub(1)),
            IntegerOp::LessOrEqual => (0, test.a),
            IntegerOp::Greater => (test.a.saturating_add(1), u64::MAX),
            IntegerOp::GreaterOrEqual => (test.a, u64::MAX),
            IntegerOp::Between => (test.a.saturating_add(1), test.b.saturating_sub(1)),
            _ => (0, u64::MAX),
        };
        (low, high) = (low.max(least), high.min(most));
        if low > high {
            problems.push(Problem::new(
                Code::NeverMatches,
                option.span,
                "no size passes all `bsize` of this buffer",
            ));
            return;
        }
        if let Some(bound) = upper_bound(&test)
            && tightest.is_none_or(|(_, _, known)| bound < known)
        {
            tightest = Some((option, test, bound));
        }
    }
    if let Some((option, test, _)) = tightest {
        check_room(option, &test, Some(stretch), problems);
    }
}
