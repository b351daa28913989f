//! Options that a dialect lacks, said by others that mean the same there.

use crate::keywords::{BufferId, Kind, http, meta, payload, voip, windows};
use crate::tree::{
    BitAction, Bsize, Content, FastPattern, FlowBits, IsDataAt, Operand, Pcre, TargetSide, UriLen,
};
use crate::{Dialect, Opt, OptionKind, Rule};

use super::{buffer, made, range};

/// Replaces what a dialect cannot say by what it can.
pub(super) fn replace(rule: &mut Rule, from: Dialect, to: Dialect) {
    let mut work = Work {
        from,
        to,
        buffer: payload::PKT_DATA,
        raw: false,
        apart: Vec::new(),
        facts: Vec::new(),
        done: Vec::with_capacity(rule.options.len()),
    };
    for option in std::mem::take(&mut rule.options) {
        work.take(option);
    }
    work.put_apart();
    work.put_facts();
    rule.options = work.done;
    drop_unused_buffers(&mut rule.options);
    if to == Dialect::Snort2 {
        drop_repeated_buffers(&mut rule.options);
    }
}

struct Work {
    from: Dialect,
    to: Dialect,
    /// The buffer that the options are about.
    buffer: BufferId,
    /// What Snort 3 has a buffer for is said with each content.
    raw: bool,
    /// Tests of a buffer that stand in no order, such as lengths of the URI.
    apart: Vec<(BufferId, Opt)>,
    /// What becomes metadata.
    facts: Vec<String>,
    done: Vec<Opt>,
}

impl Work {
    fn take(&mut self, mut option: Opt) {
        if matches!(
            option.kind,
            OptionKind::Buffer(_) | OptionKind::BufferPart(..)
        ) {
            // Snort 2 says with each content that it is about the payload as it came.
            self.raw = option.keyword == payload::RAW_DATA && self.to == Dialect::Snort2;
            buffer::rename(&mut option, self.to);
            self.buffer = option.keyword;
            return self.done.push(option);
        }
        let span = option.span;
        match &mut option.kind {
            OptionKind::Content(content) => {
                let ends = self.content(content);
                self.done.push(option);
                if ends {
                    let end = OptionKind::IsDataAt(Box::new(nothing_follows()));
                    self.done.push(made(payload::ISDATAAT, span, end));
                }
                return;
            }
            OptionKind::Pcre(pcre) => {
                if self.to != Dialect::Snort3 && std::mem::take(&mut pcre.regex) {
                    pcre.fast_pattern = false;
                    option.keyword = payload::PCRE;
                }
                pcre.rawbytes |= self.raw;
                pcre.pattern = without_delimiters(&pcre.pattern, self.to).into();
            }
            OptionKind::UriLen(_) | OptionKind::Bsize(_) => return self.length(option),
            OptionKind::Integer(test) if option.keyword == payload::DSIZE => {
                **test = range::of_sizes(**test, self.to);
            }
            OptionKind::Integer(test) if self.to == Dialect::Suricata => {
                **test = range::exclusive(**test);
            }
            OptionKind::FlowBits(bits) if self.to == Dialect::Suricata => {
                let single = |kind| made(option.keyword, span, kind);
                let each = one_by_one(bits).into_iter();
                let each = each.map(|bits| single(OptionKind::FlowBits(Box::new(bits))));
                return self.done.extend(each);
            }
            _ => return self.other(option),
        }
        self.done.push(option);
    }

    /// Options about protocols, and about the rule.
    fn other(&mut self, mut option: Opt) {
        let (to, span) = (self.to, option.span);
        match &mut option.kind {
            OptionKind::Target(side) if to != Dialect::Suricata => {
                let side = match side {
                    TargetSide::SrcIp => "src_ip",
                    TargetSide::DestIp => "dest_ip",
                };
                return self.facts.push(format!("target {side}"));
            }
            OptionKind::Text(text) if option.keyword == meta::REM && to != Dialect::Snort3 => {
                let text = text.trim_matches('"').replace([',', ';'], " ");
                return self.facts.push(format!("rem {text}"));
            }
            OptionKind::Text(text) if option.keyword == windows::DCERPC_IFACE => {
                *text = interface(text, to).into();
            }
            OptionKind::Text(text) if to == Dialect::Suricata => {
                let found = match option.keyword {
                    voip::SNORT_SIP_METHOD => Some((voip::SIP_METHOD, methods(text))),
                    voip::SNORT_SIP_STAT_CODE => Some((voip::SIP_STAT_CODE, status_codes(text))),
                    _ => None,
                };
                if let Some((buffer, Some(pattern))) = found {
                    let pcre = Pcre {
                        pattern: pattern.into(),
                        caseless: buffer == voip::SIP_METHOD,
                        ..Pcre::default()
                    };
                    let test = OptionKind::Pcre(Box::new(pcre));
                    return self.apart.push((buffer, made(payload::PCRE, span, test)));
                }
            }
            _ => {}
        }
        self.done.push(option);
    }

    /// Says a content in the way of the dialect; true when it also has to end its buffer.
    fn content(&self, content: &mut Content) -> bool {
        if self.from == Dialect::Snort2 && content.fast_pattern == FastPattern::Only {
            // Snort 2 looks for it in either case.
            content.nocase = true;
        }
        if self.to == Dialect::Suricata {
            let placed =
                content.is_relative() || content.offset.is_some() || content.depth.is_some();
            // Which content to look for first is a hint, and Suricata does not take every one.
            if content.negated && placed || self.buffer == payload::BASE64_DATA {
                content.fast_pattern = FastPattern::Unset;
            }
            return false;
        }
        content.rawbytes |= self.raw;
        if self.to == Dialect::Snort2
            && !content.nocase
            && content.fast_pattern == FastPattern::Only
        {
            content.fast_pattern = FastPattern::Preferred;
        }
        if self.to == Dialect::Snort3 && content.fast_pattern == FastPattern::Only {
            content.fast_pattern = FastPattern::Preferred;
        }
        without_anchors(content)
    }

    /// Says the length of a buffer in the way of the dialect.
    fn length(&mut self, mut option: Opt) {
        match &mut option.kind {
            OptionKind::UriLen(length) if self.to == Dialect::Snort3 => {
                let buffer = if length.raw { http::URI_RAW } else { http::URI };
                let size = Bsize {
                    test: length.test,
                    variable: None,
                    relative: false,
                };
                let size = OptionKind::Bsize(Box::new(size));
                let size = made(payload::BSIZE, option.span, size);
                return self.apart.push((buffer, size));
            }
            OptionKind::Bsize(size)
                if self.to == Dialect::Snort2
                    && !size.relative
                    && size.variable.is_none()
                    && [http::URI, http::URI_RAW].contains(&self.buffer) =>
            {
                let length = UriLen {
                    test: range::of_sizes(size.test, self.to),
                    raw: self.buffer == http::URI_RAW,
                };
                let length = OptionKind::UriLen(Box::new(length));
                // It is about no buffer, so it stands before this one.
                let is_buffer = |option: &Opt| matches!(option.kind, OptionKind::Buffer(_));
                let place = self.done.iter().rposition(is_buffer).unwrap_or_default();
                let length = made(http::URILEN, option.span, length);
                return self.done.insert(place, length);
            }
            OptionKind::Bsize(size) => size.test = range::of_sizes(size.test, self.to),
            OptionKind::UriLen(length) => length.test = range::of_sizes(length.test, self.to),
            _ => {}
        }
        self.done.push(option);
    }

    /// Puts tests that stand apart behind everything that is about a buffer.
    fn put_apart(&mut self) {
        let about_packets =
            |option: &Opt| !matches!(option.keyword.row().kind, Kind::Meta | Kind::Response);
        let is_message = |option: &Opt| option.keyword == meta::MSG;
        let last = self.done.iter().rposition(about_packets);
        let last = last.or_else(|| self.done.iter().rposition(is_message));
        let place = last.map_or(0, |last| last + 1);
        let apart = std::mem::take(&mut self.apart);
        let options = apart.into_iter().flat_map(|(buffer, test)| {
            let enter = made(buffer, test.span, OptionKind::Buffer(buffer));
            [enter, test]
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

/// Bits one by one, where a dialect sets or tests only one at a time. Alternatives of a test stay together.
fn one_by_one(bits: &FlowBits) -> Vec<FlowBits> {
    let test = matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet);
    let plain = matches!(bits.action, BitAction::Set | BitAction::Unset);
    let together = bits.names.len() > 1 && test && !bits.all;
    if together || !(test || plain) || bits.names.is_empty() {
        return vec![bits.clone()];
    }
    let one = |name: &str| FlowBits {
        action: bits.action,
        names: vec![name.into()],
        all: false,
        // Who asks for a whole group is another rule.
        group: None,
    };
    bits.names.iter().map(|name| one(name)).collect()
}

/// An expression in which nothing ends the string or the option that it stands in.
fn without_delimiters(pattern: &str, to: Dialect) -> String {
    let ends = |letter| letter == '"' || letter == ';' && to != Dialect::Snort3;
    if !pattern.contains(ends) || pattern.contains("\\Q") {
        return pattern.to_owned();
    }
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut escaped = false;
    for letter in pattern.chars() {
        if ends(letter) {
            if escaped {
                out.pop();
            }
            out.push_str(if letter == '"' { "\\x22" } else { "\\x3b" });
            escaped = false;
        } else {
            out.push(letter);
            escaped = letter == '\\' && !escaped;
        }
    }
    out
}

/// The interface of DCE/RPC: Snort 3 names each part of it.
fn interface(text: &str, to: Dialect) -> String {
    let part = |(place, part): (usize, &str)| {
        let part = part.trim();
        let bare = part.strip_prefix("uuid").or(part.strip_prefix("version"));
        let bare = bare.unwrap_or(part).trim();
        match (to, place) {
            (Dialect::Snort3, 0) => format!("uuid {bare}"),
            (Dialect::Snort3, _) if bare != "any_frag" => format!("version {bare}"),
            _ => bare.to_owned(),
        }
    };
    let parts: Vec<String> = text.split(',').enumerate().map(part).collect();
    parts.join(",")
}

/// An expression for methods in a list; nothing where one is excluded.
fn methods(text: &str) -> Option<String> {
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphabetic());
    let all = names.iter().all(is_name);
    all.then(|| format!("^(?:{})$", names.join("|")))
}

/// An expression for status codes in a list, where one digit stands for a class.
fn status_codes(text: &str) -> Option<String> {
    let code = |code: &str| match code.trim().as_bytes() {
        [class @ b'1'..=b'9'] => Some(format!("{}\\d\\d", char::from(*class))),
        [b'1'..=b'9', rest @ ..] if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit) => {
            Some(code.trim().to_owned())
        }
        _ => None,
    };
    let codes: Option<Vec<String>> = text.split(',').map(code).collect();
    codes.map(|codes| format!("^(?:{})$", codes.join("|")))
}

/// Leaves out buffers that are in force already: nothing but contents says where it is in Snort 2.
fn drop_repeated_buffers(options: &mut Vec<Opt>) {
    let mut current = payload::PKT_DATA;
    options.retain(|option| match option.kind {
        OptionKind::Buffer(buffer) => std::mem::replace(&mut current, buffer) != buffer,
        _ => true,
    });
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
