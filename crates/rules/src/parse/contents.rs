//! The options of a rule as they come: modifiers folded into their content, buffers followed, and what
//! Suricata forbids among them.

use super::arg::Arg;
use super::bytes::operand;
use super::modifier::{modify, raw_between_quotes, unquoted};
use super::options::{self, Input, PAYLOAD};
use super::pattern::decode_pattern;
use super::regex;
use crate::Dialect;
use crate::diagnostic::{Code, Problem, Problems, Read};
use crate::keywords::{BufferId, Kind, file, flow, http, meta, payload, response};
use crate::sentence;
use crate::tree::*;

/// The greatest distance a content may be moved by.
const FAR: i64 = 1024 * 1024;

/// The options of a rule while they are being read.
pub(crate) struct Building {
    dialect: Dialect,
    options: Vec<Opt>,
    /// Contents and expressions that a modifier or flag moved to a buffer, by their place in `options`.
    moved: Vec<(usize, BufferId)>,
    /// The sticky buffer in force.
    sticky: Option<BufferId>,
    last_content: Option<usize>,
    /// Variables of `byte_extract` and `byte_math`.
    variables: Vec<Box<str>>,
    pub(crate) sid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) rev: Option<u32>,
    pub(crate) enabled: bool,
}

impl Building {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Building {
            dialect,
            options: Vec::with_capacity(24),
            moved: Vec::new(),
            sticky: None,
            last_content: None,
            variables: Vec::new(),
            sid: None,
            gid: None,
            rev: None,
            enabled: true,
        }
    }

    /// Takes an option in.
    pub(crate) fn add(&mut self, input: Input<'_>, problems: &mut Problems) -> Read<()> {
        match (input.id, input.id.row().kind) {
            (payload::CONTENT, _) => self.content(input),
            (payload::URICONTENT, _) => {
                self.content(input)?;
                self.moved.push((self.options.len() - 1, http::URI));
                Ok(())
            }
            (payload::PCRE | payload::REGEX, _) => self.regex(input),
            (_, Kind::Buffer) => self.buffer(input),
            (_, Kind::BufferModifier(buffer)) => self.move_content(input, buffer),
            (payload::HASH | payload::LENGTH | flow::BIDIR_TOSERVER | flow::BIDIR_TOCLIENT, _) => {
                self.other(input)
            }
            (_, Kind::Modifier) => self.modifier(input, problems),
            _ => self.other(input),
        }
    }

    fn suricata(&self) -> bool {
        self.dialect == Dialect::Suricata
    }

    fn push(&mut self, input: Input<'_>, kind: OptionKind) {
        self.options.push(Opt {
            keyword: input.id,
            span: input.span,
            value: input.arg.span(),
            kind,
        });
    }

    fn other(&mut self, input: Input<'_>) -> Read<()> {
        let kind = options::option(input, self.dialect)?;
        let needs_buffer = matches!(
            kind,
            OptionKind::Transform(_)
                | OptionKind::Bsize(_)
                | OptionKind::Dataset(_)
                | OptionKind::Datarep(_)
                | OptionKind::Absent(_)
        );
        if needs_buffer && self.suricata() && self.sticky.is_none() {
            return Err(Problem::new(
                Code::BufferMisuse,
                input.span,
                format!("`{}` needs a sticky buffer before it", input.id.name()),
            )
            .help("name the buffer first, as in `http.uri;`"));
        }
        self.once(input, &kind)?;
        self.check_variables(input, &kind)?;
        match &kind {
            OptionKind::ByteExtract(extract) => self.variables.push(extract.name.clone()),
            OptionKind::ByteMath(math) => self.variables.push(math.result.clone()),
            _ => {}
        }
        if input.id == meta::ENABLE {
            self.enabled = input.arg.text != "no";
        }
        // `flowbits:noalert` says the same as `noalert`.
        let id = if kind == OptionKind::NoAlert {
            response::NOALERT
        } else {
            input.id
        };
        self.push(Input { id, ..input }, kind);
        Ok(())
    }

    /// Refuses what can stand in a rule only once, and keeps the numbers of the rule.
    fn once(&mut self, input: Input<'_>, kind: &OptionKind) -> Read<()> {
        let limit = |option: &&Opt| {
            matches!(
                option.kind,
                OptionKind::Threshold(_) | OptionKind::DetectionFilter(_)
            )
        };
        let before = self.options.iter().find(limit);
        let again = match kind {
            OptionKind::Sid(sid) => self.sid.replace(*sid).is_some(),
            OptionKind::Gid(gid) => self.gid.replace(*gid).is_some(),
            OptionKind::Rev(rev) => self.rev.replace(*rev).is_some(),
            // Suricata notices the second only where no sticky buffer is in force; rules rely on that, and both count.
            OptionKind::Threshold(_) | OptionKind::DetectionFilter(_) => {
                before.is_some() && !(self.suricata() && self.sticky.is_some())
            }
            _ => false,
        };
        if !again {
            return Ok(());
        }
        let limits = matches!(
            kind,
            OptionKind::Threshold(_) | OptionKind::DetectionFilter(_)
        );
        let message = match limits {
            true => "the rule has a limit already".into(),
            false => format!("the rule has a `{}` already", input.id.name()),
        };
        let problem = Problem::new(Code::Repeated, input.span, message);
        Err(if limits {
            let before = before.map_or("", |option| option.keyword.name());
            problem.says(sentence::repeated_limit(input.id.name(), before)).help("one of `threshold` and `detection_filter` is allowed, once; put the other into threshold.config")
        } else {
            problem
        })
    }

    /// The buffer of the last option that inspects one.
    fn last_place(&self) -> Option<BufferId> {
        let last = self
            .options
            .iter()
            .rposition(|option| options::inspects_buffer(&option.kind))?;
        self.moved_to(last).or(self.sticky)
    }

    fn moved_to(&self, place: usize) -> Option<BufferId> {
        self.moved
            .iter()
            .rev()
            .find(|(moved, _)| *moved == place)
            .map(|(_, buffer)| *buffer)
    }

    fn check_variables(&self, input: Input<'_>, kind: &OptionKind) -> Read<()> {
        kind.variables()
            .try_for_each(|name| self.check_variable(input.id.name(), input.arg, name))
    }

    /// Refuses a variable that nothing before sets.
    fn check_variable(&self, keyword: &str, arg: Arg<'_>, name: &str) -> Read<()> {
        if self.variables.iter().any(|known| **known == *name) {
            return Ok(());
        }
        let problem = arg
            .problem(
                Code::UnknownName,
                format!("nothing sets the variable `{name}` before this"),
            )
            .says(sentence::unknown_variable(keyword, name));
        Err(
            match crate::suggest::nearest(name, self.variables.iter().map(|known| &**known)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("`byte_extract` and `byte_math` set variables"),
            },
        )
    }

    fn content(&mut self, input: Input<'_>) -> Read<()> {
        let (quoted, modifiers) = self.content_argument(input)?;
        let (negated, pattern) = quoted.negation();
        let from = (pattern.at - input.arg.at) as usize;
        let Some(inner) = pattern.unquoted() else {
            return Err(unquoted(pattern, self.dialect));
        };
        // The bytes themselves, not the text: a pattern may hold bytes of any encoding.
        let raw = match input.raw.len() == input.arg.text.len() {
            true => input
                .raw
                .get(from + 1..from + 1 + inner.text.len())
                .unwrap_or_default(),
            false => raw_between_quotes(input.raw),
        };
        let bytes = decode_pattern(raw, inner.at, self.dialect)?;
        let content = Content {
            bytes,
            negated,
            ..Content::default()
        };
        self.last_content = Some(self.options.len());
        let id = payload::CONTENT;
        self.push(
            Input { id, ..input },
            OptionKind::Content(Box::new(content)),
        );
        let mut chop = None;
        for modifier in modifiers {
            self.snort3_modifier(modifier, &mut chop)?;
        }
        Ok(())
    }

    /// The pattern of a content, and in Snort 3 what follows it after commas.
    fn content_argument<'a>(&self, input: Input<'a>) -> Read<(Arg<'a>, Vec<Arg<'a>>)> {
        if self.dialect != Dialect::Snort3 {
            return Ok((input.arg, Vec::new()));
        }
        let mut parts = input.arg.split_outside_quotes();
        let pattern = if parts.is_empty() {
            input.arg
        } else {
            parts.remove(0)
        };
        Ok((pattern, parts))
    }

    fn snort3_modifier(&mut self, arg: Arg<'_>, chop: &mut Option<(u16, u16)>) -> Read<()> {
        let (word, value) = arg.word();
        let Some(content) = self.current_content() else {
            return Ok(());
        };
        match word.text {
            "nocase" => content.nocase = true,
            "rawbytes" => content.rawbytes = true,
            "fast_pattern" => content.fast_pattern = FastPattern::Preferred,
            "fast_pattern_offset" | "fast_pattern_length" => {
                let number = value.u16()?;
                let whole = u16::try_from(content.bytes.len()).unwrap_or(u16::MAX);
                let (offset, len) = chop.unwrap_or((0, 0));
                let (offset, len) = if word.text == "fast_pattern_offset" {
                    (number, len)
                } else {
                    (offset, number)
                };
                *chop = Some((offset, len));
                let len = if len == 0 {
                    whole.saturating_sub(offset)
                } else {
                    len
                };
                if usize::from(offset) + usize::from(len) > content.bytes.len() || len == 0 {
                    return Err(
                        arg.problem(Code::BadFastPattern, "the part lies outside the pattern")
                    );
                }
                content.fast_pattern = FastPattern::Chop { offset, len };
            }
            "offset" | "depth" | "distance" | "within" => {
                let value = operand(value, -FAR, FAR)?;
                if let Operand::Variable(name) = &value {
                    self.check_variable(word.text, arg, name)?;
                }
                let Some(content) = self.current_content() else {
                    return Ok(());
                };
                let slot = match word.text {
                    "offset" => &mut content.offset,
                    "depth" => &mut content.depth,
                    "distance" => &mut content.distance,
                    _ => &mut content.within,
                };
                *slot = Some(value);
            }
            _ => {
                return Err(arg.expected(
                    "`nocase`, `rawbytes`, `offset`, `depth`, `distance`, `within`, `fast_pattern`, `fast_pattern_offset` or `fast_pattern_length`",
                ));
            }
        }
        Ok(())
    }

    fn current_content(&mut self) -> Option<&mut Content> {
        match &mut self.options.get_mut(self.last_content?)?.kind {
            OptionKind::Content(content) => Some(content),
            _ => None,
        }
    }

    fn regex(&mut self, input: Input<'_>) -> Read<()> {
        let snort3_regex = input.id == payload::REGEX;
        let (quoted, flags) = match snort3_regex {
            true => {
                let mut parts = input.arg.split_outside_quotes();
                (parts.remove(0), parts)
            }
            false => (input.arg, Vec::new()),
        };
        let (negated, quoted) = quoted.negation();
        // The quotes may be left out, but not one of them.
        let inner = match quoted.unquoted() {
            Some(inner) => inner,
            None if quoted.text.contains('"') => return Err(unquoted(quoted, self.dialect)),
            None => quoted,
        };
        let mut read = regex::pcre(inner, negated, self.dialect)?;
        read.pcre.regex = snort3_regex;
        for flag in flags {
            match flag.text {
                "fast_pattern" => read.pcre.fast_pattern = true,
                "nocase" => read.pcre.caseless = true,
                _ => return Err(flag.expected("`fast_pattern` or `nocase`")),
            }
        }
        if let Some(buffer) = read.buffer {
            if self.suricata()
                && self
                    .sticky
                    .is_some_and(|sticky| !same_buffer(sticky, buffer))
            {
                return Err(input
                    .arg
                    .problem(
                        Code::BufferMisuse,
                        "a flag names a buffer, and a sticky buffer is in force",
                    )
                    .says(sentence::expression_in_sticky_buffer(buffer))
                    .help(format!(
                        "write `{};` before the expression, without the flag",
                        buffer.name()
                    )));
            }
            self.moved.push((self.options.len(), buffer));
        } else if self.dialect == Dialect::Snort2 && read.pcre.relative {
            // Snort 2 goes on where the last match was, whatever buffer that is.
            if let Some(buffer) = self
                .last_place()
                .filter(|buffer| Some(*buffer) != self.sticky)
            {
                self.moved.push((self.options.len(), buffer));
            }
        }
        self.push(input, OptionKind::Pcre(Box::new(read.pcre)));
        Ok(())
    }

    fn buffer(&mut self, input: Input<'_>) -> Read<()> {
        let id = input.id;
        self.sticky = (id != PAYLOAD).then_some(id);
        if id == payload::BASE64_DATA && self.suricata() {
            let decoded = self
                .options
                .iter()
                .any(|option| matches!(option.kind, OptionKind::Base64Decode(_)));
            if !decoded {
                return Err(Problem::new(
                    Code::BufferMisuse,
                    input.span,
                    "nothing is decoded before `base64_data`",
                )
                .help("write `base64_decode;` before it"));
            }
        }
        let part = input.arg.text;
        let kind = match part {
            "" => OptionKind::Buffer(id),
            // Snort 2 tells mail bodies from others here; the buffer is the same.
            "mime" if id == file::DATA => OptionKind::Buffer(id),
            _ => OptionKind::BufferPart(id, part.into()),
        };
        self.push(input, kind);
        Ok(())
    }

    /// `http_uri` and its kind: the content before it is in that buffer.
    fn move_content(&mut self, input: Input<'_>, buffer: BufferId) -> Read<()> {
        let Some(place) = self.last_content else {
            return Err(nothing_to_modify(input));
        };
        if self.suricata() && self.sticky.is_some() {
            return Err(Problem::new(
                Code::BufferMisuse,
                input.span,
                format!(
                    "`{}` changes a content that is in a sticky buffer",
                    input.id.name()
                ),
            )
            .help(format!(
                "write `{};` before the content, or `pkt_data;` to leave the sticky buffer",
                buffer.name()
            )));
        }
        if let Some(OptionKind::Content(content)) =
            self.options.get(place).map(|option| &option.kind)
            && content.rawbytes
            && self.suricata()
        {
            return Err(Problem::new(
                Code::Contradiction,
                input.span,
                "`rawbytes` and a buffer exclude each other",
            ));
        }
        self.moved.push((place, buffer));
        let relative = matches!(&self.options[place].kind, OptionKind::Content(content) if content.is_relative());
        if self.suricata() && relative {
            self.check_relative_to(input, place)?;
        }
        Ok(())
    }

    fn modifier(&mut self, input: Input<'_>, problems: &mut Problems) -> Read<()> {
        let Some(place) = self.last_content else {
            return Err(nothing_to_modify(input));
        };
        let suricata = self.suricata();
        if input.id == payload::FAST_PATTERN {
            self.check_only_fast_pattern(input, place)?;
        }
        if matches!(input.id, payload::DISTANCE | payload::WITHIN) && suricata {
            self.check_relative_to(input, place)?;
        }
        let value = match input.id {
            payload::DEPTH | payload::OFFSET | payload::DISTANCE | payload::WITHIN => {
                let arg = input.arg.unquoted().unwrap_or(input.arg).trim();
                let least = if matches!(input.id, payload::DEPTH | payload::OFFSET) && suricata {
                    0
                } else {
                    -FAR
                };
                let most = if matches!(input.id, payload::DEPTH | payload::OFFSET) && suricata {
                    65_535
                } else {
                    FAR
                };
                let value = operand(arg, least, most)?;
                if let Operand::Variable(name) = &value {
                    self.check_variable(input.id.name(), arg, name)?;
                }
                Some(value)
            }
            _ => None,
        };
        let dialect = self.dialect;
        match self.current_content() {
            Some(content) => modify(content, input, value, dialect, problems),
            None => Err(nothing_to_modify(input)),
        }
    }

    /// Suricata allows one `fast_pattern` among the contents of the payload, and none in decoded base64.
    fn check_only_fast_pattern(&self, input: Input<'_>, place: usize) -> Read<()> {
        if !self.suricata() {
            return Ok(());
        }
        if self.sticky == Some(payload::BASE64_DATA) {
            return Err(Problem::new(
                Code::BadFastPattern,
                input.span,
                "what base64 decodes cannot be searched first",
            )
            .says(sentence::no_fast_pattern_in(payload::BASE64_DATA.name())));
        }
        if !input.arg.is_empty() {
            return Ok(());
        }
        // Contents in buffers are not counted, as Suricata does not.
        let mut sticky = false;
        for (at, option) in self.options.iter().enumerate() {
            match &option.kind {
                OptionKind::Buffer(id) => sticky = *id != PAYLOAD,
                OptionKind::Content(content)
                    if at != place
                        && !sticky
                        && self.moved_to(at).is_none()
                        && content.fast_pattern != FastPattern::Unset =>
                {
                    return Err(Problem::new(
                        Code::BadFastPattern,
                        input.span,
                        "another content is the fast pattern already",
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A content that is searched for only by the prefilter leaves no place to go on from.
    fn check_relative_to(&self, input: Input<'_>, place: usize) -> Read<()> {
        let here = self.moved_to(place).or(self.sticky);
        let before = self.options[..place]
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, option)| match &option.kind {
                OptionKind::Content(content) if self.moved_to(at).or(self.sticky) == here => {
                    Some(content)
                }
                _ => None,
            });
        match before {
            Some(content) if content.fast_pattern == FastPattern::Only => Err(Problem::new(
                Code::BadFastPattern,
                input.span,
                "the content before is `fast_pattern:only`, and nothing can be relative to it",
            )),
            _ => Ok(()),
        }
    }

    /// Checks what can be told only at the end of a rule.
    pub(crate) fn finish(&mut self, problems: &mut Problems, body_at: usize) {
        if self.sid.is_none() {
            let span = crate::Span::of(body_at.saturating_sub(1)..body_at);
            problems.push(
                Problem::new(Code::MissingSid, span, "the rule has no sid")
                    .label("expected `sid:NUMBER;` among the options"),
            );
        }
    }

    /// The options with each moved content in its buffer: what modifiers and flags said becomes sticky buffers.
    pub(crate) fn lower(mut self) -> Vec<Opt> {
        if self.moved.is_empty() {
            self.options.shrink_to_fit();
            return self.options;
        }
        let mut moves: Vec<Option<BufferId>> = vec![None; self.options.len()];
        for (place, buffer) in &self.moved {
            if let Some(slot) = moves.get_mut(*place) {
                *slot = Some(*buffer);
            }
        }
        let mut lowered = Vec::with_capacity(self.options.len() + self.moved.len() + 1);
        let (mut sticky, mut current) = (PAYLOAD, PAYLOAD);
        for (option, moved) in self.options.into_iter().zip(moves) {
            if let OptionKind::Buffer(id) | OptionKind::BufferPart(id, _) = option.kind {
                (sticky, current) = (id, id);
            } else if options::inspects_buffer(&option.kind) {
                let follows = option.kind.is_relative()
                    && !matches!(option.kind, OptionKind::Content(_) | OptionKind::Pcre(_));
                let wanted = match moved {
                    Some(buffer) => buffer,
                    None if follows => current,
                    None => sticky,
                };
                if wanted != current {
                    let kind = OptionKind::Buffer(wanted);
                    lowered.push(Opt {
                        keyword: wanted,
                        span: option.span,
                        value: crate::Span::new(option.span.end, option.span.end),
                        kind,
                    });
                    current = wanted;
                }
            }
            lowered.push(option);
        }
        lowered
    }
}

/// Whether two names stand for one buffer: the response body is inspected as a file.
fn same_buffer(a: BufferId, b: BufferId) -> bool {
    let file = |id| matches!(id, http::RESPONSE_BODY | file::DATA);
    a == b || file(a) && file(b)
}

fn nothing_to_modify(input: Input<'_>) -> Box<Problem> {
    Problem::new(
        Code::NothingToModify,
        input.span,
        format!("`{}` needs a content before it", input.id.name()),
    )
}
