//! Rules on their way from files to a rule set: finding the files, reading what lies beside them, and
//! reporting what became of each rule.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tapir_detect::{Class, CompileConfig, FirewallConfig, Policy, RuleId, RuleSet};
use tapir_output::RuleMeta;
use tapir_rules::tree::{OptionKind, TargetSide, metadata_pairs};
use tapir_rules::{
    Code, DataSetFiles, Diagnostic, Environment, LoadOptions, RuleFile, Severity, Source, Span,
    sentence,
};

use crate::EngineError;
use crate::companions::Companions;
use crate::rule_report::RuleReport;
use crate::settings::{FirewallSettings, RuleSources, Settings};

/// Features that rules may ask for with `requires`.
const FEATURES: [&str; 4] = ["geoip", "pcre-jit", "ja3", "ja4"];

/// Rules in force, and what is said about them.
pub struct LoadedRules {
    /// The compiled rules.
    pub set: Arc<RuleSet>,
    /// What became of each rule.
    pub report: RuleReport,
    pub(crate) companions: Companions,
    /// The rules as they were written, those refused left out; empty unless the sources keep them.
    pub(crate) trees: Vec<tapir_rules::Rule>,
    /// What outputs show of a rule, made when it first alerts.
    metas: Vec<OnceLock<Arc<RuleMeta>>>,
}

impl LoadedRules {
    /// Reads and compiles rules. `previous` is the set that this one takes over from.
    ///
    /// # Errors
    /// When a file of the configuration that rules depend on cannot be read. What is wrong with rules is in
    /// the report.
    pub fn load(
        sources: &RuleSources,
        settings: &Settings,
        previous: Option<&LoadedRules>,
    ) -> Result<Self, EngineError> {
        let mut report = RuleReport::default();
        let (texts, of_firewall) = if sources.disabled {
            (Vec::new(), 0)
        } else {
            read_sources(sources, settings, &mut report)
        };
        let environment = Environment {
            features: FEATURES.iter().map(|&feature| feature.to_owned()).collect(),
            max_flowbits: settings.detect.max_flowbits,
            data_set_files: DataSetFiles {
                denied: settings.detect.data_sets.deny_write,
                absolute: settings.detect.data_sets.allow_absolute,
            },
            ..Environment::default()
        };
        let options = LoadOptions {
            dialect: sources.dialect,
            environment,
            ..LoadOptions::default()
        };
        let file = tapir_rules::load(texts, &options);
        let companions = Companions::read(&settings.detect, &mut report)?;
        let firewall = settings.firewall.as_ref().filter(|_| !sources.disabled);
        let firewall = firewall.map(|firewall| (firewall, of_firewall));
        let (set, refused) = compile(
            &file,
            settings,
            (&companions, firewall),
            &mut report,
            previous,
        );
        if set.stores_files() && settings.outputs.file_store.is_none() {
            // The words are those that scripts around Suricata look for.
            tracing::warn!(
                "One or more rule(s) depends on the file-store output log which is not enabled. \
                 Enable the output \"file-store\""
            );
        }
        note_unknown_references(&file, &companions, &mut report);
        let trees = if sources.keeps_trees {
            kept(file.rules, &refused)
        } else {
            Vec::new()
        };
        report.take_sources(file.sources);
        let metas = (0..set.len()).map(|_| OnceLock::new()).collect();
        Ok(Self {
            set,
            report,
            companions,
            trees,
            metas,
        })
    }

    /// The rules as they were written, those refused left out; empty unless the sources keep them.
    pub fn trees(&self) -> &[tapir_rules::Rule] {
        &self.trees
    }

    /// What a variable of addresses or ports stands for, as a rule would write it.
    pub fn variable(&self, name: &str) -> Option<String> {
        let variables = &self.companions.variables;
        let addresses = variables.addresses.get(name).map(ToString::to_string);
        addresses.or_else(|| variables.ports.get(name).map(ToString::to_string))
    }

    /// The lines of the threshold file that limit the alerts of a rule, or suppress them: file and line of each.
    pub fn limits_on(&self, gid: u32, sid: u32, suppressing: bool) -> Vec<String> {
        let places = self.companions.limit_places.iter();
        let about =
            places.filter(|place| place.suppresses == suppressing && place.is_about(gid, sid));
        about.map(ToString::to_string).collect()
    }

    /// What outputs show of a rule.
    pub(crate) fn meta(&self, rule: RuleId) -> Arc<RuleMeta> {
        let make = || Arc::new(self.make_meta(rule));
        match self.metas.get(rule.index()) {
            Some(slot) => Arc::clone(slot.get_or_init(make)),
            None => make(),
        }
    }

    fn make_meta(&self, rule: RuleId) -> RuleMeta {
        let Some(meta) = self.set.meta(rule) else {
            return RuleMeta::default();
        };
        let mut pairs: Vec<(String, Vec<String>)> = Vec::new();
        for (key, value) in meta.metadata.iter().flat_map(|text| metadata_pairs(text)) {
            match pairs.iter_mut().find(|(known, _)| known == key) {
                Some((_, values)) => values.push(value.to_owned()),
                None => pairs.push((key.to_owned(), vec![value.to_owned()])),
            }
        }
        RuleMeta {
            gid: meta.gid,
            sid: meta.sid,
            rev: meta.rev,
            msg: meta.msg.to_string(),
            classification: self
                .companions
                .classes
                .get(&meta.classtype)
                .map_or("", |class| class.description())
                .to_owned(),
            priority: meta.priority,
            references: meta
                .references
                .iter()
                .map(|(system, id)| {
                    // An address that says its scheme stands for itself.
                    let whole = system.eq_ignore_ascii_case("url") && id.contains("://");
                    let prefix = self.companions.references.prefix(system);
                    format!("{}{id}", prefix.filter(|_| !whole).unwrap_or(""))
                })
                .collect(),
            metadata: pairs,
            target: meta.target.map(|side| match side {
                TargetSide::SrcIp => tapir_output::event::Target::Source,
                TargetSide::DestIp => tapir_output::event::Target::Destination,
            }),
            text: meta.text.to_string(),
            action: meta.action.name().to_owned(),
        }
    }
}

/// Reads every file that the sources name: files, folders of `*.rules`, patterns. Rules of the firewall come first;
/// how many sources have them is said as well.
fn read_sources(
    sources: &RuleSources,
    settings: &Settings,
    report: &mut RuleReport,
) -> (Vec<Source>, usize) {
    let mut texts = Vec::new();
    if let Some(firewall) = &settings.firewall {
        let paths = sources.firewall.as_ref().unwrap_or(&firewall.rule_files);
        read_files(paths, &mut texts, report);
    }
    let of_firewall = texts.len();
    let inline = sources.texts.iter();
    texts.extend(inline.map(|(name, text)| Source::new(name.as_str(), text.as_slice())));
    read_files(&sources.paths, &mut texts, report);
    (texts, of_firewall)
}

fn read_files(paths: &[String], texts: &mut Vec<Source>, report: &mut RuleReport) {
    for name in paths {
        let files = matching(name);
        if files.is_empty() {
            report.missing.push(format!("{name}: no such rule file"));
        }
        for file in files {
            match std::fs::read(&file) {
                Ok(bytes) => {
                    report.files += 1;
                    texts.push(Source::new(file.display().to_string(), bytes));
                }
                Err(e) => report.missing.push(format!("{}: {e}", file.display())),
            }
        }
    }
}

/// The files that a name stands for, in the order of their names.
fn matching(name: &str) -> Vec<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let pattern = if path.is_dir() {
        format!("{}/*.rules", glob::Pattern::escape(name))
    } else {
        name.to_owned()
    };
    glob::glob(&pattern)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|path| !path.is_dir())
        .collect()
}

fn compile(
    file: &RuleFile,
    settings: &Settings,
    (companions, firewall): (&Companions, Option<(&FirewallSettings, usize)>),
    report: &mut RuleReport,
    previous: Option<&LoadedRules>,
) -> (Arc<RuleSet>, BTreeSet<usize>) {
    let variables = &companions.variables;
    let directories: Vec<Option<&Path>> = file
        .sources
        .iter()
        .map(|source| Path::new(&*source.name).parent())
        .collect();
    let texts: Vec<std::borrow::Cow<'_, str>> = file
        .sources
        .iter()
        .map(|source| String::from_utf8_lossy(&source.text))
        .collect();
    let policy = |proto, hook: &str| {
        firewall.map_or(Policy::DROP_FLOW, |(firewall, _)| {
            firewall.policy(proto, hook)
        })
    };
    let config = CompileConfig {
        addresses: &|name| variables.addresses.get(name),
        ports: &|name| variables.ports.get(name),
        class: &|name| {
            let class = companions.classes.get(name)?;
            Some(Class {
                description: class.description(),
                priority: class.priority(),
            })
        },
        source: &|id| texts.get(id.0 as usize).map_or("", |text| text),
        directory: &|id| directories.get(id.0 as usize).copied().flatten(),
        action_order: settings.detect.action_order,
        max_alerts: settings.detect.max_alerts,
        guess_transactions: settings.detect.guess_transactions,
        data_sets: settings.detect.data_sets.clone(),
        thresholds: &companions.thresholds,
        known: &companions.known,
        features: &FEATURES,
        firewall: firewall.map(|(firewall, sources)| FirewallConfig {
            sources,
            packets: firewall.packets,
            transactions: &policy,
        }),
        previous: previous.map(|loaded| &*loaded.set),
    };
    let (set, compiled) = RuleSet::compile(&file.rules, &config);
    report.loaded = compiled.loaded;
    report.skipped = file.skipped + compiled.skipped;
    report.left_out = compiled.left_out;
    report.refused = file.refused + compiled.refused.len();
    report.diagnostics.extend(file.diagnostics.iter().cloned());
    let refused = compiled.refused.iter().map(|(place, _)| *place).collect();
    for (place, error) in compiled.refused {
        if let Some(rule) = file.rules.get(place) {
            report.diagnostics.push(refusal(rule, error));
        }
    }
    if let Some(error) = compiled.data_set_error {
        report.missing.push(error);
    }
    (set, refused)
}

/// Says which systems of references no file knows, each once.
fn note_unknown_references(file: &RuleFile, companions: &Companions, report: &mut RuleReport) {
    let mut unknown = BTreeSet::new();
    for option in file.rules.iter().flat_map(|rule| &rule.options) {
        if let OptionKind::Reference(reference) = &option.kind
            && companions.references.prefix(&reference.system).is_none()
        {
            unknown.insert(&*reference.system);
        }
    }
    for system in unknown {
        report.say(Severity::Warning, sentence::unknown_reference(system));
    }
}

/// The rules in force, and those that are left out for want of a keyword.
fn kept(rules: Vec<tapir_rules::Rule>, refused: &BTreeSet<usize>) -> Vec<tapir_rules::Rule> {
    rules
        .into_iter()
        .enumerate()
        .filter(|(place, rule)| rule.enabled && !refused.contains(place))
        .map(|(_, rule)| rule)
        .collect()
}

/// A rule that the compiler refuses, as the parser would say it.
fn refusal(rule: &tapir_rules::Rule, error: tapir_detect::CompileError) -> Diagnostic {
    let span = error.span.map_or(rule.span, |bytes| {
        Span::new(bytes.start as u32, bytes.end as u32)
    });
    Diagnostic {
        code: Code::BadArgument,
        severity: Severity::Error,
        source: rule.source,
        span,
        message: error.message,
        label: String::new(),
        help: None,
        fix: None,
        sentence: error.sentence,
        rule: Some(rule.span),
    }
}
