//! Options that a dialect lacks, said by others that mean the same there.

use crate::keywords::{BufferId, Kind, http, meta, payload};
use crate::tree::{
    Bsize, Content, FastPattern, IntegerOp, IntegerTest, IsDataAt, Operand, TargetSide, UriLen,
};
use crate::{Dialect, Opt, OptionKind, Rule};

use super::made;

/// Replaces what a dialect cannot say by what it can.
pub(super) fn replace(rule: &mut Rule, to: Dialect) {
    let mut work = Work {
        to,
        buffer: payload::PKT_DATA,
        lengths: Vec::new(),
        facts: Vec::new(),
        done: Vec::with_capacity(rule.options.len()),
    };
    for option in std::mem::take(&mut rule.options) {
        work.take(option);
    }
    work.put_lengths();
    work.put_facts();
    rule.options = work.done;
    drop_unused_buffers(&mut rule.options);
}

struct Work {
    to: Dialect,
    /// The buffer that the options are about.
    buffer: BufferId,
    /// Lengths of the URI, which stand in no order.
    lengths: Vec<(BufferId, Opt)>,
    /// What becomes metadata.
    facts: Vec<String>,
    done: Vec<Opt>,
}

impl Work {
    fn take(&mut self, mut option: Opt) {
        let snort = self.to != Dialect::Suricata;
        match &mut option.kind {
            OptionKind::Buffer(buffer) | OptionKind::BufferPart(buffer, _) => self.buffer = *buffer,
            OptionKind::Content(content) => {
                let ends = snort && without_anchors(content);
                if self.to == Dialect::Snort3 && content.fast_pattern == FastPattern::Only {
                    // Snort 2 looks for it in either case, and nowhere in particular.
                    content.fast_pattern = FastPattern::Preferred;
                    content.nocase = true;
                }
                let span = option.span;
                self.done.push(option);
                if ends {
                    let end = OptionKind::IsDataAt(Box::new(nothing_follows()));
                    self.done.push(made(payload::ISDATAAT, span, end));
                }
                return;
            }
            OptionKind::UriLen(length) if self.to == Dialect::Snort3 => {
                let buffer = if length.raw { http::URI_RAW } else { http::URI };
                let size = Bsize {
                    test: length.test,
                    variable: None,
                    relative: false,
                };
                let size = made(
                    payload::BSIZE,
                    option.span,
                    OptionKind::Bsize(Box::new(size)),
                );
                return self.lengths.push((buffer, size));
            }
            OptionKind::Bsize(size)
                if self.to == Dialect::Snort2
                    && !size.relative
                    && size.variable.is_none()
                    && [http::URI, http::URI_RAW].contains(&self.buffer) =>
            {
                let length = UriLen {
                    test: size.test,
                    raw: self.buffer == http::URI_RAW,
                };
                let length = OptionKind::UriLen(Box::new(length));
                // It is about no buffer, so it stands before this one.
                let is_buffer = |option: &Opt| matches!(option.kind, OptionKind::Buffer(_));
                let place = self.done.iter().rposition(is_buffer).unwrap_or_default();
                let length = made(http::URILEN, option.span, length);
                return self.done.insert(place, length);
            }
            OptionKind::Bsize(size) if !snort => size.test = exclusive(size.test),
            OptionKind::UriLen(length) if !snort => length.test = exclusive(length.test),
            OptionKind::Target(side) if snort => {
                let side = match side {
                    TargetSide::SrcIp => "src_ip",
                    TargetSide::DestIp => "dest_ip",
                };
                return self.facts.push(format!("target {side}"));
            }
            OptionKind::Text(text) if option.keyword == meta::REM && self.to != Dialect::Snort3 => {
                return self
                    .facts
                    .push(format!("rem {}", text.replace([',', ';'], " ")));
            }
            _ => {}
        }
        self.done.push(option);
    }

    /// Puts lengths behind everything that is about a buffer.
    fn put_lengths(&mut self) {
        let about_packets =
            |option: &Opt| !matches!(option.keyword.row().kind, Kind::Meta | Kind::Response);
        let place = self.done.iter().rposition(about_packets);
        let place = place.map_or(self.done.len(), |last| last + 1);
        let lengths = std::mem::take(&mut self.lengths);
        let options = lengths.into_iter().flat_map(|(buffer, size)| {
            let enter = made(buffer, size.span, OptionKind::Buffer(buffer));
            [enter, size]
        });
        let options: Vec<Opt> = options.collect();
        self.done.splice(place..place, options);
    }

    fn put_facts(&mut self) {
        if self.facts.is_empty() {
            return;
        }
        let facts = self.facts.join(", ");
        for option in &mut self.done {
            if let OptionKind::Metadata(text) = &mut option.kind {
                *text = format!("{text}, {facts}").into();
                return;
            }
        }
        let span = self
            .done
            .last()
            .map(|option| option.span)
            .unwrap_or_default();
        let option = made(meta::METADATA, span, OptionKind::Metadata(facts.into()));
        self.done.push(option);
    }
}

/// Says `startswith` by a depth. Whether the pattern also has to end its buffer, which needs an option of its own.
fn without_anchors(content: &mut Content) -> bool {
    let is_free = content.offset.is_none()
        && content.depth.is_none()
        && content.distance.is_none()
        && content.within.is_none();
    if content.startswith && is_free {
        content.startswith = false;
        content.depth = Some(Operand::Number(content.bytes.len() as i64));
    }
    // That nothing follows a pattern which is not there cannot be said.
    let ends = content.endswith && !content.negated;
    content.endswith &= !ends;
    ends
}

fn nothing_follows() -> IsDataAt {
    IsDataAt {
        negated: true,
        position: Operand::Number(1),
        relative: true,
        rawbytes: false,
    }
}

/// A range that its ends belong to, by one that they do not belong to.
fn exclusive(test: IntegerTest) -> IntegerTest {
    if test.op != IntegerOp::Within {
        return test;
    }
    let (Some(b), a) = (test.b.checked_add(1), test.a.checked_sub(1)) else {
        return test;
    };
    match a {
        Some(a) => IntegerTest {
            op: IntegerOp::Between,
            a,
            b,
            ..test
        },
        None => IntegerTest {
            op: IntegerOp::Less,
            a: b,
            b: 0,
            ..test
        },
    }
}

/// Leaves out buffers that nothing is asked of.
fn drop_unused_buffers(options: &mut Vec<Opt>) {
    let is_about_one = |option: &Opt| {
        let kind = option.keyword.row().kind;
        // Data sets are state.
        matches!(kind, Kind::Payload | Kind::Transform | Kind::State)
    };
    let mut place = options.len();
    let mut is_used = false;
    while let Some(before) = place.checked_sub(1) {
        place = before;
        let Some(option) = options.get(place) else {
            break;
        };
        if matches!(option.kind, OptionKind::Buffer(_)) {
            if !std::mem::take(&mut is_used) {
                options.remove(place);
            }
        } else if is_about_one(option) {
            is_used = true;
        }
    }
}
