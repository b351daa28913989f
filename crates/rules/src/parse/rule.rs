//! One rule: head, options, and what they mean together.

use memchr::memmem;

use super::arg::{Arg, decode};
use super::contents::Building;
use super::split::{FILLER, RawRule};
use super::{header, meta};
use crate::diagnostic::{Code, Problem, Problems, Read, Severity};
use crate::keywords::{self, Grammar, KeywordId, Kind};
use crate::load::Environment;
use crate::tree::Rule;
use crate::{Dialect, SourceId, Span, sentence};

/// The longest rule in bytes.
const MAX_RULE: usize = 1 << 20;

/// What became of the text of a rule.
pub(crate) enum Outcome {
    /// It was read.
    Rule(Box<Rule>),
    /// It has errors.
    Refused,
    /// It asks to be skipped here.
    Skipped,
}

/// Reads rules and collects what is wrong with them.
pub(crate) struct Reader<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) source: SourceId,
    pub(crate) environment: &'a Environment,
    pub(crate) problems: Problems,
}

impl Reader<'_> {
    /// Reads a rule.
    pub(crate) fn read(&mut self, raw: &RawRule<'_>) -> Outcome {
        let before = self.problems.len();
        let whole = Span::of(raw.start..raw.start + raw.text.trim_ascii_end().len());
        if let Err(problem) = check_extent(raw, whole) {
            self.problems.push(problem);
            return Outcome::Refused;
        }
        let Some(open) = open_parenthesis(&raw.text) else {
            self.problems.push(no_options(&raw.text, whole));
            return Outcome::Refused;
        };
        let body = &raw.text[open + 1..];
        let body_at = raw.start + open + 1;
        if let Some(skipped) = self.requirement(body, body_at) {
            return skipped;
        }
        let head_text = decode(&raw.text[..open]);
        let head = header::head(
            Arg::new(&head_text, raw.start as u32),
            self.dialect,
            &mut self.problems,
        );
        let building = self.options(body, body_at);
        let Some(head) = head else {
            return Outcome::Refused;
        };
        if self.problems.has_error_since(before) {
            return Outcome::Refused;
        }
        let rule = Rule {
            source: self.source,
            span: whole,
            line: raw.line,
            dialect: self.dialect,
            enabled: raw.enabled && building.enabled,
            action: head.action,
            scope: head.scope,
            scope_alerts: head.scope_alerts,
            header: head.header,
            sid: building.sid.unwrap_or(0),
            gid: building.gid.unwrap_or(1),
            rev: building.rev.unwrap_or(0),
            options: building.lower(),
        };
        crate::validate::validate(&rule, self.environment, &mut self.problems);
        if self.problems.has_error_since(before) {
            Outcome::Refused
        } else {
            Outcome::Rule(Box::new(rule))
        }
    }

    /// Looks for `requires`, which decides before anything else whether the rule is read at all.
    fn requirement(&mut self, body: &[u8], body_at: usize) -> Option<Outcome> {
        if self.dialect != Dialect::Suricata || memmem::find(body, b"requires").is_none() {
            return None;
        }
        for option in Options::new(body, body_at, self.dialect) {
            if !option.name.eq_ignore_ascii_case(b"requires") {
                continue;
            }
            let Some(value) = option.value else { continue };
            let text = decode(value);
            let arg = Arg::new(&text, option.value_at as u32).trim();
            // An argument that cannot be read is reported with the other options.
            let Ok(requires) = meta::requires(arg) else {
                continue;
            };
            let has_feature =
                |name: &str| self.environment.features.iter().any(|known| known == name);
            if let Some(missing) = requires.unmet(self.environment.version, has_feature) {
                self.problems.push(
                    Problem::new(
                        Code::Skipped,
                        arg.span(),
                        format!("the rule is skipped: it needs {missing}"),
                    )
                    .severity(Severity::Note),
                );
                return Some(Outcome::Skipped);
            }
        }
        None
    }

    /// Reads the options of a body that begins after the parenthesis.
    fn options(&mut self, body: &[u8], body_at: usize) -> Building {
        let mut building = Building::new(self.dialect);
        let mut torn = false;
        for option in Options::new(body, body_at, self.dialect) {
            // What a semicolon tore off a string is no option.
            if torn {
                torn = !option.tears();
                continue;
            }
            if let Err(mut problem) = self.option(&option, &mut building) {
                problem.sentence = problem
                    .sentence
                    .take()
                    .or_else(|| option.sentence(problem.code));
                torn = problem.code == Code::BadQuotes && option.tears();
                self.problems.push(problem);
            }
        }
        building.finish(&mut self.problems, body_at);
        building
    }

    fn option(&mut self, option: &RawOption<'_>, building: &mut Building) -> Read<()> {
        if option.unterminated {
            return Err(
                Problem::new(Code::MissingSemicolon, option.span, "the option has no end")
                    .label("expected `;` after this")
                    .fix(Span::new(option.span.end, option.span.end), ";"),
            );
        }
        let name_span = Span::of(option.name_at..option.name_at + option.name.len());
        let Some(id) = keywords::find(self.dialect, option.name) else {
            return Err(unknown_keyword(option.name, name_span, self.dialect));
        };
        let raw = option.value.unwrap_or_default();
        let clean;
        let raw = if raw.contains(&FILLER) {
            clean = raw
                .iter()
                .copied()
                .filter(|&byte| byte != FILLER)
                .collect::<Vec<u8>>();
            clean.as_slice()
        } else {
            raw
        };
        let start = raw
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let raw = raw.trim_ascii();
        let text = decode(raw);
        let at = if option.value.is_some() {
            option.value_at + start
        } else {
            name_span.end as usize
        };
        let arg = Arg::new(&text, at as u32);
        check_presence(id, arg, name_span, self.dialect)?;
        building.add(
            super::options::Input {
                id,
                span: option.span,
                arg,
                raw,
            },
            &mut self.problems,
        )
    }
}

/// A rule must end, and be of a bearable length.
fn check_extent(raw: &RawRule<'_>, whole: Span) -> Read<()> {
    if raw.unfinished {
        let end = Span::new(whole.end.saturating_sub(1), whole.end);
        return Err(Problem::new(
            Code::Unfinished,
            end,
            "the file ends in the middle of a rule",
        ));
    }
    if raw.text.len() > MAX_RULE {
        let start = Span::new(whole.start, whole.start + 1);
        return Err(Problem::new(Code::TooBig, start, "the rule is too long")
            .label(format!("at most {MAX_RULE} bytes")));
    }
    Ok(())
}

/// The first parenthesis; those in front of it would be no part of a header.
fn open_parenthesis(text: &[u8]) -> Option<usize> {
    memchr::memchr(b'(', text)
}

fn no_options(text: &[u8], whole: Span) -> Box<Problem> {
    const DIRECTIVES: [&[u8]; 11] = [
        b"include",
        b"var",
        b"ipvar",
        b"portvar",
        b"config",
        b"preprocessor",
        b"output",
        b"ruletype",
        b"suppress",
        b"event_filter",
        b"rate_filter",
    ];
    let word = text
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let problem = Problem::new(Code::BadForm, whole, "this is no rule");
    if DIRECTIVES.contains(&word) {
        return problem
            .label(format!("`{}` belongs into a configuration", String::from_utf8_lossy(word)))
            .help("variables, includes and preprocessors are read from a snort.conf or tapir.yaml, thresholds from threshold.config");
    }
    problem.label("expected `action protocol source port -> destination port (options)`")
}

fn check_presence(id: KeywordId, arg: Arg<'_>, name: Span, dialect: Dialect) -> Read<()> {
    let row = id.row();
    match row.argument {
        Grammar::None if arg.is_empty() => Ok(()),
        // Snort's buffers choose a part of themselves by an argument.
        Grammar::None if dialect != Dialect::Suricata && row.kind == Kind::Buffer => Ok(()),
        Grammar::None => Err(arg
            .problem(
                Code::UnexpectedArgument,
                format!("`{}` takes no argument", row.name),
            )
            .fix(Span::new(name.end, arg.span().end), "")),
        Grammar::Optional => Ok(()),
        Grammar::Own
            if matches!(
                id,
                keywords::payload::FAST_PATTERN
                    | keywords::payload::BASE64_DECODE
                    | keywords::payload::ABSENT
                    | keywords::transform::GUNZIP
                    | keywords::transform::ZLIB_DEFLATE
            ) =>
        {
            Ok(())
        }
        _ if arg.is_empty() => Err(Problem::new(
            Code::MissingArgument,
            name,
            format!("`{}` needs an argument", row.name),
        )
        .label(format!("expected `{}:...`", row.name))
        .help(row.help)),
        _ => Ok(()),
    }
}

/// A keyword that the dialect does not have: another dialect's, or a misspelt one.
fn unknown_keyword(name: &[u8], span: Span, dialect: Dialect) -> Box<Problem> {
    let shown = String::from_utf8_lossy(name);
    for other in [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3] {
        let Some(id) = keywords::find(other, name) else {
            continue;
        };
        let problem = Problem::new(
            Code::OtherDialect,
            span,
            format!("`{shown}` is a keyword of {}", other.name()),
        )
        .label(format!("{} has none of this name", dialect.name()));
        return match id.row().name_in(dialect) {
            Some(own) => problem
                .help(format!("{} writes `{own}`", dialect.name()))
                .fix(span, own),
            None => problem.help(format!(
                "{}; or read the file as rules of {}",
                id.row().help,
                other.name()
            )),
        };
    }
    let names = keywords::all().flat_map(|(_, row)| row.names(dialect));
    let problem = Problem::new(
        Code::UnknownKeyword,
        span,
        format!("`{shown}` is no keyword"),
    );
    match crate::suggest::nearest(&shown, names) {
        Some(near) => problem
            .help(format!("did you mean `{near}`?"))
            .fix(span, near),
        None => problem,
    }
}

/// An option before its argument is read.
pub(super) struct RawOption<'a> {
    pub(super) name: &'a [u8],
    name_at: usize,
    value: Option<&'a [u8]>,
    value_at: usize,
    pub(super) span: Span,
    /// Behind its semicolon.
    pub(super) end: u32,
    unterminated: bool,
}

impl RawOption<'_> {
    /// What a log says of a mistake in the option.
    fn sentence(&self, code: Code) -> Option<String> {
        let value = decode(self.value.unwrap_or_default());
        sentence::of_option(code, &decode(self.name), value.trim())
    }

    /// Whether a string begins or ends in the option without ending or beginning there.
    fn tears(&self) -> bool {
        let quotes = |text: &[u8]| {
            let escaped = |at: usize| {
                text[..at]
                    .iter()
                    .rev()
                    .take_while(|&&byte| byte == b'\\')
                    .count()
                    % 2
                    == 1
            };
            memchr::memchr_iter(b'"', text)
                .filter(|&at| !escaped(at))
                .count()
        };
        (quotes(self.name) + self.value.map_or(0, quotes)) % 2 == 1
    }
}

/// The options of a body, cut at the semicolons that no backslash stands before.
pub(super) struct Options<'a> {
    body: &'a [u8],
    at: usize,
    offset: usize,
    dialect: Dialect,
}

impl<'a> Options<'a> {
    pub(super) fn new(body: &'a [u8], offset: usize, dialect: Dialect) -> Self {
        let mut end = body.len();
        while end > 0 && (body[end - 1].is_ascii_whitespace() || body[end - 1] == b')') {
            end -= 1;
        }
        Options {
            body: &body[..end],
            at: 0,
            offset,
            dialect,
        }
    }

    /// The semicolon that ends the option at the current place.
    fn end(&self) -> Option<usize> {
        let rest = &self.body[self.at..];
        if self.dialect == Dialect::Snort3 {
            let (mut quoted, mut escaped) = (false, false);
            return rest.iter().position(|&byte| {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => quoted = !quoted,
                    b';' if !quoted => return true,
                    _ => {}
                }
                false
            });
        }
        memchr::memchr_iter(b';', rest).find(|&end| end == 0 || rest[end - 1] != b'\\')
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = RawOption<'a>;

    fn next(&mut self) -> Option<RawOption<'a>> {
        while self.body.get(self.at).is_some_and(|byte| {
            byte.is_ascii_whitespace() || (*byte == b';' && self.dialect != Dialect::Suricata)
        }) {
            self.at += 1;
        }
        if self.at >= self.body.len() {
            return None;
        }
        let (end, unterminated) = match self.end() {
            Some(end) => (self.at + end, false),
            None => (self.body.len(), self.dialect == Dialect::Suricata),
        };
        let from = self.at;
        self.at = end + 1;
        let text = &self.body[from..end];
        let (name, value) = match memchr::memchr(b':', text) {
            Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
            None => (text, None),
        };
        let value_at = self.offset + from + name.len() + 1;
        let name = name.trim_ascii_end();
        let last = from + text.trim_ascii_end().len();
        let span = Span::of(self.offset + from..self.offset + last);
        Some(RawOption {
            name,
            name_at: self.offset + from,
            value,
            value_at,
            span,
            end: u32::try_from(self.offset + self.at).unwrap_or(u32::MAX),
            unterminated,
        })
    }
}
