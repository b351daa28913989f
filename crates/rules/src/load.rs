//! Sources in, rules and diagnostics out.

use rustc_hash::FxHashMap;

use crate::diagnostic::{Code, Diagnostic, Problem, Problems, Severity};
use crate::parse::{Outcome, Reader, Rules, recognise};
use crate::tree::Rule;
use crate::{Dialect, Source, SourceId, Span, sentence};

/// What rules may require of the engine.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The version of Suricata whose behaviour counts.
    pub version: (u8, u8, u8),
    /// Names of features that `requires: feature` may name.
    pub features: Vec<String>,
    /// How many flowbits a rule may have; `None` for any number.
    pub max_flowbits: Option<u32>,
    /// Which files rules may write data sets to.
    pub data_set_files: DataSetFiles,
}

/// Which files rules may write data sets to.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataSetFiles {
    /// None at all.
    pub denied: bool,
    /// Also those with an absolute name.
    pub absolute: bool,
}

impl Default for Environment {
    fn default() -> Self {
        Environment {
            version: (9, 0, 0),
            features: Vec::new(),
            max_flowbits: None,
            data_set_files: DataSetFiles::default(),
        }
    }
}

/// How rules are loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The dialect of every source that does not say its own; recognised by the content when `None`.
    pub dialect: Option<Dialect>,
    /// Also read rules that are commented out; they come with [`Rule::enabled`] false.
    pub disabled: bool,
    /// What `requires` is checked against.
    pub environment: Environment,
}

/// Rules read from sources, and what was wrong.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    /// The sources, at the places that [`SourceId`] names.
    pub sources: Vec<Source>,
    /// The rules that can be loaded, in the order of the sources.
    pub rules: Vec<Rule>,
    /// What was found, in the order of the sources.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of rules refused because of an error.
    pub refused: usize,
    /// Number of rules that asked to be skipped (`requires`).
    pub skipped: usize,
}

impl RuleFile {
    /// The source of a rule or diagnostic.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// The text of a rule as it was written.
    pub fn text(&self, rule: &Rule) -> std::borrow::Cow<'_, str> {
        self.source(rule.source)
            .map(|source| source.text_of(rule.span))
            .unwrap_or_default()
    }

    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads the rules of all sources. Nothing stops it: what cannot be read is refused and said.
pub fn load(sources: Vec<Source>, options: &LoadOptions) -> RuleFile {
    let mut file = RuleFile {
        sources,
        ..RuleFile::default()
    };
    let mut ids = FxHashMap::default();
    for place in 0..file.sources.len() {
        let source = file.sources[place].clone();
        let id = SourceId(u32::try_from(place).unwrap_or(u32::MAX));
        read_source(&source, id, options, &mut file, &mut ids);
    }
    file.rules.retain(|rule| rule.line != SUPERSEDED);
    file
}

/// The line of a rule that a newer revision has taken the place of. Lines are counted from one.
const SUPERSEDED: u32 = 0;

fn read_source(
    source: &Source,
    id: SourceId,
    options: &LoadOptions,
    file: &mut RuleFile,
    ids: &mut FxHashMap<(u32, u32), usize>,
) {
    if u32::try_from(source.text.len()).is_err() {
        let problem = Problem::new(Code::TooBig, Span::new(0, 0), "the source is too big")
            .label("at most 4 GiB");
        file.diagnostics.push(problem.in_source(id));
        return;
    }
    let dialect = source
        .dialect
        .or(options.dialect)
        .unwrap_or_else(|| recognise(&source.text));
    let mut reader = Reader {
        dialect,
        source: id,
        environment: &options.environment,
        problems: Problems::default(),
    };
    for raw in Rules::new(&source.text, dialect, options.disabled) {
        let outcome = reader.read(&raw);
        for problem in reader.problems.drain() {
            if raw.enabled {
                let whole = Span::of(raw.start..raw.start + raw.text.trim_ascii_end().len());
                file.diagnostics.push(problem.in_source(id).of_rule(whole));
            }
        }
        match outcome {
            Outcome::Rule(rule) => keep(*rule, file, ids),
            Outcome::Refused => file.refused += usize::from(raw.enabled),
            Outcome::Skipped => file.skipped += usize::from(raw.enabled),
        }
    }
}

/// Keeps a rule unless another has its number; of two revisions the newer one stays.
fn keep(rule: Rule, file: &mut RuleFile, ids: &mut FxHashMap<(u32, u32), usize>) {
    if !rule.enabled {
        file.rules.push(rule);
        return;
    }
    let place = file.rules.len();
    let Some(known) = ids.insert((rule.gid, rule.sid), place) else {
        file.rules.push(rule);
        return;
    };
    let before = &file.rules[known];
    let name = file
        .sources
        .get(before.source.0 as usize)
        .map_or("", |source| &*source.name);
    let same = format!(
        "{name}:{} has {}:{} too",
        before.line, before.gid, before.sid
    );
    let newer = rule.rev > before.rev;
    // Suricata refuses the later of two equal revisions, Snort takes it.
    let replaces = newer || rule.dialect != Dialect::Suricata && rule.rev == before.rev;
    if replaces {
        let problem = Problem::new(
            Code::Superseded,
            sid_span(&rule),
            format!("this rule takes the place of an older one: {same}"),
        )
        .severity(Severity::Warning);
        let diagnostic = problem.in_source(rule.source).of_rule(rule.span);
        file.diagnostics.push(diagnostic);
        file.rules[known].line = SUPERSEDED;
        file.rules.push(rule);
        return;
    }
    ids.insert((rule.gid, rule.sid), known);
    let severity = if rule.dialect == Dialect::Suricata {
        Severity::Error
    } else {
        Severity::Warning
    };
    let problem = Problem::new(
        Code::DuplicateRule,
        sid_span(&rule),
        format!("another rule has this number: {same}"),
    )
    .help("give the rule a sid of its own, or a greater rev if it is to take the other's place")
    .severity(severity)
    .says(sentence::duplicate(&file.text(&rule)));
    let diagnostic = problem.in_source(rule.source).of_rule(rule.span);
    file.diagnostics.push(diagnostic);
    file.refused += 1;
}

/// Where the rule says its number.
fn sid_span(rule: &Rule) -> Span {
    rule.options
        .iter()
        .find(|option| matches!(option.kind, crate::tree::OptionKind::Sid(_)))
        .map_or(rule.span, |option| option.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> RuleFile {
        load(
            vec![Source::new("test.rules", text.as_bytes())],
            &LoadOptions {
                dialect: Some(Dialect::Suricata),
                ..LoadOptions::default()
            },
        )
    }

    fn rule(sid: u32, rev: u32) -> String {
        format!("alert tcp any any -> any any (msg:\"m{rev}\"; sid:{sid}; rev:{rev};)\n")
    }

    #[test]
    fn the_newer_revision_stays() {
        let file = load_text(&(rule(1, 1) + &rule(2, 1) + &rule(1, 2)));
        assert_eq!(
            file.rules
                .iter()
                .map(|rule| (rule.sid, rule.rev))
                .collect::<Vec<_>>(),
            [(2, 1), (1, 2)]
        );
        assert_eq!(
            (file.refused, file.diagnostics[0].code),
            (0, Code::Superseded)
        );
    }

    #[test]
    fn an_equal_revision_is_refused() {
        let file = load_text(&(rule(1, 1) + &rule(1, 1)));
        assert_eq!(
            (file.rules.len(), file.refused, file.diagnostics[0].code),
            (1, 1, Code::DuplicateRule)
        );
    }

    #[test]
    fn all_errors_of_a_file_are_reported() {
        let file = load_text(
            "alert tcp any -> any any (sid:1;)\nalert tcp any any -> any any (msg:\"a\"; contnet:\"b\"; dsize:x; sid:2;)\n",
        );
        assert_eq!(
            file.diagnostics
                .iter()
                .map(|diagnostic| diagnostic.code)
                .collect::<Vec<_>>(),
            [Code::BadForm, Code::UnknownKeyword, Code::BadArgument]
        );
        assert_eq!(file.refused, 2);
    }

    #[test]
    fn what_a_rule_requires_decides_before_its_errors() {
        let file = load_text(
            "alert asdf any any -> any any (foo:1; requires: version >= 10; sid:1;)\n\
             alert tcp any any -> any any (requires: version >= 7.0.3 < 8 | >= 8.0.1; sid:2;)\n",
        );
        assert_eq!((file.rules.len(), file.skipped, file.refused), (1, 1, 0));
    }
}
