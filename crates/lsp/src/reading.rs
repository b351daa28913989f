//! Reading a stretch of rules: what is wrong with them, and what they say that other rules ask for.

use lsp_types::{DiagnosticSeverity, Range};
use tapir_lint::{Finding, Level, Selection, Surroundings, check_within, lints};
use tapir_rules::tree::BitAction;
use tapir_rules::{Code, Dialect, LoadOptions, OptionKind, Rule, Source, Span};

use crate::position::Text;

/// Something to be said of a place.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) range: Range,
    /// First line of the rule that it is about.
    pub(crate) rule_line: u32,
    pub(crate) severity: DiagnosticSeverity,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Text to write instead, and where.
    pub(crate) fix: Option<(Range, String)>,
}

/// A rule, as far as others ask for it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) range: Range,
    /// Where its number stands.
    pub(crate) sid_range: Range,
    pub(crate) gid: u32,
    pub(crate) sid: u32,
    pub(crate) msg: String,
    pub(crate) enabled: bool,
    pub(crate) bits: Vec<Bit>,
}

/// A flowbit that a rule names.
#[derive(Debug, Clone)]
pub(crate) struct Bit {
    pub(crate) name: String,
    pub(crate) range: Range,
    pub(crate) sets: bool,
    pub(crate) checks: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) found: Vec<Found>,
    pub(crate) facts: Vec<Fact>,
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// All: lints that compare rules see the whole stretch.
    Whole,
    /// Each rule by itself.
    Rules,
    /// What others ask for, and nothing about what is wrong.
    Facts,
}

/// What counts over files is told of all files together.
const COUNTED: [&str; 3] = ["R017", "L013", "L014"];

/// Reads the lines of a text from `first` to `last`.
pub(crate) fn read(
    text: &Text,
    (first, last): (u32, u32),
    dialect: Dialect,
    depth: Depth,
    around: &Surroundings,
) -> Read {
    let stretch = text.slice(first, last);
    let start = text.start(first);
    let source = Source::new("rules", stretch.as_bytes()).with_dialect(dialect);
    let options = LoadOptions::default();
    let selection = selection(depth);
    let checked = check_within(vec![source], &options, &selection, around);
    let place = |span: Span| {
        let range = span.range();
        text.range(start + range.start, start + range.end)
    };
    let found = match depth {
        Depth::Facts => Vec::new(),
        _ => checked
            .findings
            .iter()
            .map(|finding| found(finding, &place))
            .collect(),
    };
    let facts = checked.file.rules.iter().map(|rule| fact(rule, &place));
    Read {
        found,
        facts: facts.collect(),
    }
}

fn selection(depth: Depth) -> Selection {
    let mut ignore: Vec<String> = COUNTED.map(str::to_owned).into();
    match depth {
        Depth::Whole => {}
        Depth::Rules => ignore.extend(
            lints::ALL
                .iter()
                .filter(|lint| lint.compares_rules())
                .map(|lint| lint.code.to_owned()),
        ),
        Depth::Facts => ignore.push("L".into()),
    }
    Selection {
        select: Vec::new(),
        ignore,
    }
}

fn found(finding: &Finding, place: &impl Fn(Span) -> Range) -> Found {
    let diagnostic = &finding.diagnostic;
    let range = place(diagnostic.span);
    let help = diagnostic.help.as_deref().map(|help| format!("\n{help}"));
    Found {
        range,
        rule_line: diagnostic.rule.map_or(range, place).start.line,
        severity: match finding.level() {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Hint => DiagnosticSeverity::HINT,
        },
        code: finding.code.to_string(),
        message: diagnostic.message.clone() + help.as_deref().unwrap_or_default(),
        fix: diagnostic
            .fix
            .as_ref()
            .map(|(span, text)| (place(*span), text.clone())),
    }
}

fn fact(rule: &Rule, place: &impl Fn(Span) -> Range) -> Fact {
    let bits = rule.options.iter().filter_map(|option| match &option.kind {
        OptionKind::FlowBits(bits) => Some((option.span, bits)),
        _ => None,
    });
    let named = bits.flat_map(|(span, bits)| {
        bits.names.iter().map(move |name| Bit {
            name: name.to_string(),
            range: place(span),
            sets: matches!(
                bits.action,
                BitAction::Set | BitAction::SetExclusive | BitAction::Toggle
            ),
            checks: matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet),
        })
    });
    let sid = rule
        .options
        .iter()
        .find(|option| matches!(option.kind, OptionKind::Sid(_)));
    Fact {
        range: place(rule.span),
        sid_range: place(sid.map_or(rule.span, |option| option.span)),
        gid: rule.gid,
        sid: rule.sid,
        msg: rule.msg().to_owned(),
        enabled: rule.enabled,
        bits: named.collect(),
    }
}

/// The code of a rule whose number another rule has.
pub(crate) fn duplicate_code() -> String {
    Code::DuplicateRule.to_string()
}
