//! Running cases in Markdown: rules are loaded once for all cases that share them, and cases run side by side.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tapir_config::Config;
use tapir_detect::{Fate, PacketFacts, Recorder, RuleId};
use tapir_engine::{LoadedRules, RuleSources, RunOptions, Session, Settings, Trouble};
use tapir_rules::{Renderer, Severity};

use crate::case::{Case, RuleKey};
use crate::expect::{Alerts, RuleNumber};
use crate::notation::{Traffic, open};
use crate::outcome::{Failure, Outcome, Verdict};
use crate::side_by_side::side_by_side;
use crate::why::why;

/// What cases run with beside their own rules and settings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Name and text of the configuration that they begin with.
    pub config: (String, String),
    /// A file that takes its place.
    pub config_file: Option<std::path::PathBuf>,
    /// Settings that are changed in all cases.
    pub set: Vec<String>,
    /// Files of rules that all cases have.
    pub rules: Vec<String>,
    /// Whether messages have colour.
    pub colour: bool,
    /// How many cases run at once.
    pub jobs: usize,
}

/// Rules and settings, ready for cases.
pub(crate) struct Loaded {
    pub(crate) settings: Arc<Settings>,
    pub(crate) rules: Arc<LoadedRules>,
    known: HashMap<RuleNumber, RuleId>,
}

/// What came of loading: shared by all cases with the same key.
type Slot = Arc<OnceLock<Result<Loaded, String>>>;

/// Runs cases, and tells of each as it is done. Outcomes come in the order of the cases.
pub fn run(cases: &[Case], around: &Surroundings, done: impl Fn(&Outcome) + Sync) -> Vec<Outcome> {
    let mut slots: HashMap<&RuleKey, Slot> = HashMap::new();
    for case in cases {
        slots.entry(&case.rules).or_default();
    }
    side_by_side(cases, around.jobs, |case| {
        let slot = slots.get(&case.rules).cloned().unwrap_or_default();
        let loaded = slot.get_or_init(|| load(&case.rules, around));
        let outcome = one(case, loaded.as_ref(), around);
        done(&outcome);
        outcome
    })
}

/// Loads the rules of a key. What is wrong with them is told as people read it.
pub(crate) fn load(key: &RuleKey, around: &Surroundings) -> Result<Loaded, String> {
    let loaded = load_usable(key, around)?;
    complaints(&loaded.rules, around.colour)?;
    Ok(loaded)
}

/// Loads the rules of a key, those with mistakes left out.
pub(crate) fn load_usable(key: &RuleKey, around: &Surroundings) -> Result<Loaded, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let mut config = match &around.config_file {
        Some(path) => Config::load(path).map_err(|error| told(&error))?,
        None => {
            Config::from_text(&around.config.0, &around.config.1).map_err(|error| told(&error))?
        }
    };
    for assignment in around.set.iter().chain(&key.set) {
        config.set(assignment).map_err(|error| told(&error))?;
    }
    let options = RunOptions {
        workers: Some(1),
        ..RunOptions::default()
    };
    let settings = Settings::new(&config.root, &options).map_err(|error| told(&error))?;
    let text = key.text.iter();
    let sources = RuleSources {
        paths: around.rules.iter().chain(&key.files).cloned().collect(),
        texts: text
            .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
            .collect(),
        keeps_trees: true,
        ..RuleSources::default()
    };
    let rules = LoadedRules::load(&sources, &settings, None).map_err(|error| told(&error))?;
    let ids = (0..rules.set.len()).filter_map(|id| Some(RuleId(u32::try_from(id).ok()?)));
    let known = ids
        .filter_map(|id| rules.set.meta(id).map(|meta| ((meta.gid, meta.sid), id)))
        .collect();
    Ok(Loaded {
        settings: Arc::new(settings),
        rules: Arc::new(rules),
        known,
    })
}

/// What is wrong with rules, as an error.
fn complaints(rules: &LoadedRules, colour: bool) -> Result<(), String> {
    let report = &rules.report;
    if report.is_usable() {
        return Ok(());
    }
    let renderer = Renderer::new(&report.sources)
        .with_colour(colour)
        .with_width(120);
    let errors = report
        .diagnostics
        .iter()
        .filter(|it| it.severity == Severity::Error);
    let missing = report
        .missing
        .iter()
        .map(|name| format!("rules are missing: {name}"));
    let all: Vec<String> = errors
        .map(|it| renderer.render(it))
        .chain(missing)
        .collect();
    Err(all.join("\n"))
}

/// Runs a case.
fn one(case: &Case, loaded: Result<&Loaded, &String>, around: &Surroundings) -> Outcome {
    let begin = Instant::now();
    let mut outcome = Outcome {
        file: case.file.clone(),
        line: case.line,
        name: case.name.clone(),
        verdict: Verdict::Passed,
        alerts: Alerts::new(),
        time: std::time::Duration::ZERO,
    };
    let alerts = loaded.map_err(String::clone).and_then(|loaded| {
        let alerts = alerts(&case.traffic, loaded)?;
        Ok((alerts, loaded))
    });
    match alerts {
        Err(why) => outcome.verdict = Verdict::Broken(why),
        Ok((alerts, loaded)) => {
            let is_loaded = |rule| loaded.known.contains_key(&rule);
            let mut failures = case.expected.judge(&alerts, is_loaded);
            for failure in &mut failures {
                failure.why = missing(failure, &alerts, loaded)
                    .and_then(|rule| why(rule, case, loaded, around.colour));
            }
            if !failures.is_empty() {
                outcome.verdict = Verdict::Failed(failures);
            }
            outcome.alerts = alerts;
        }
    }
    outcome.time = begin.elapsed();
    outcome
}

/// The rule that a failure is about, if it is there and did not alert.
fn missing(failure: &Failure, alerts: &Alerts, loaded: &Loaded) -> Option<RuleNumber> {
    let is_silent =
        |rule: &RuleNumber| loaded.known.contains_key(rule) && !alerts.contains_key(rule);
    failure.rule.filter(is_silent)
}

/// What alerts on traffic.
pub(crate) fn alerts(traffic: &Traffic, loaded: &Loaded) -> Result<Alerts, String> {
    let capture = open(traffic).map_err(|error| error.to_string())?;
    let (settings, rules) = (Arc::clone(&loaded.settings), Arc::clone(&loaded.rules));
    let mut session = Session::new(settings, rules, Raisings::default());
    let trouble = session
        .replay_capture(capture)
        .map_err(|error| error.to_string())?;
    if let Some(trouble) = trouble {
        return Err(match trouble {
            Trouble::Unreadable(error) => error.to_string(),
            Trouble::Cut(how) => how,
        });
    }
    let raised = std::mem::take(&mut session.recorder().0);
    let mut alerts = Alerts::new();
    for (packet, rule) in raised {
        let Some(meta) = loaded.rules.set.meta(rule) else {
            continue;
        };
        let entry = alerts.entry((meta.gid, meta.sid)).or_default();
        if entry.packets.is_empty() {
            entry.msg = meta.msg.to_string();
        }
        entry.packets.push(packet);
    }
    Ok(alerts)
}

/// Keeps packet and rule of each alert.
#[derive(Default)]
struct Raisings(Vec<(u64, RuleId)>);

impl Recorder for Raisings {
    const ENABLED: bool = false;

    fn ruled(&mut self, packet: &PacketFacts, rule: RuleId, fate: Fate) {
        if fate == Fate::Raised {
            self.0.push((packet.number, rule));
        }
    }
}
