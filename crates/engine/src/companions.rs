//! Files that rules depend on: classes, references, thresholds, reputations, countries; and variables.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tapir_detect::{
    Actions, AddressKnowledge, ConfiguredKind, ConfiguredThreshold, CountryDatabase, Reputation,
    ReputationError,
};
use tapir_rules::side::{
    Classifications, Limit, LimitKind, References, SHIPPED_CLASSES, SHIPPED_REFERENCES,
    parse_thresholds,
};
use tapir_rules::tree::{Action, AddressExpr, PortExpr};
use tapir_rules::{Diagnostic, Severity, Source};

use crate::EngineError;
use crate::rule_report::RuleReport;
use crate::settings::DetectSettings;

/// All that rules depend on besides their own text.
pub(crate) struct Companions {
    pub(crate) classes: Classifications,
    pub(crate) references: References,
    pub(crate) thresholds: Vec<ConfiguredThreshold>,
    pub(crate) limit_places: Vec<LimitPlace>,
    pub(crate) known: AddressKnowledge,
    pub(crate) variables: Variables,
}

/// Where the threshold file says something about the alerts of rules.
pub(crate) struct LimitPlace {
    gid: Option<u32>,
    sid: Option<u32>,
    /// It silences them, rather than limits how many there are.
    pub(crate) suppresses: bool,
    file: Arc<str>,
    line: u32,
}

impl LimitPlace {
    fn of(limit: &Limit, file: &Arc<str>) -> Self {
        Self {
            gid: limit.gid,
            sid: limit.sid,
            suppresses: matches!(limit.kind, LimitKind::Suppress(_)),
            file: Arc::clone(file),
            line: limit.line,
        }
    }

    /// Whether it is about a rule.
    pub(crate) fn is_about(&self, gid: u32, sid: u32) -> bool {
        self.gid.is_none_or(|it| it == gid) && self.sid.is_none_or(|it| it == sid)
    }
}

impl std::fmt::Display for LimitPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Variables by name.
#[derive(Default)]
pub(crate) struct Variables {
    pub(crate) addresses: BTreeMap<String, AddressExpr>,
    pub(crate) ports: BTreeMap<String, PortExpr>,
}

impl Companions {
    /// Reads the files that the configuration names. One that is not there is told, and what comes with Tapir, or
    /// nothing, takes its place.
    ///
    /// # Errors
    /// When a variable is no list of addresses or ports.
    pub(crate) fn read(
        settings: &DetectSettings,
        report: &mut RuleReport,
    ) -> Result<Self, EngineError> {
        let classes = source("classification-file", settings.classification.as_deref());
        let classes = classes
            .unwrap_or_else(|| Source::new("classification.config", SHIPPED_CLASSES.as_bytes()));
        let (classifications, diagnostics) = Classifications::parse(&classes);
        let broken = has_error(&diagnostics).then(|| classes.name.clone());
        report.note(classes, diagnostics);
        if let Some(name) = broken {
            report.say(
                Severity::Error,
                format!("Error loading classification configuration from {name}"),
            );
        }
        let references = source("reference-config-file", settings.reference.as_deref());
        let references = references
            .unwrap_or_else(|| Source::new("reference.config", SHIPPED_REFERENCES.as_bytes()));
        let (prefixes, diagnostics) = References::parse(&references);
        let broken = has_error(&diagnostics).then(|| references.name.clone());
        report.note(references, diagnostics);
        if let Some(name) = broken {
            report.say(
                Severity::Error,
                format!("Error loading reference configuration from {name}"),
            );
        }
        let (mut thresholds, mut limit_places) = (Vec::new(), Vec::new());
        if let Some(limits) = source("threshold-file", settings.threshold.as_deref()) {
            let (found, diagnostics) = parse_thresholds(&limits);
            let file: Arc<str> = Arc::from(&*limits.name);
            report.note(limits, diagnostics);
            tracing::info!(target: "threshold-config", "Threshold config parsed: {} rule(s) found", found.len());
            limit_places.extend(found.iter().map(|limit| LimitPlace::of(limit, &file)));
            thresholds = found.into_iter().map(configured).collect();
        }
        Ok(Self {
            classes: classifications,
            references: prefixes,
            thresholds,
            limit_places,
            known: AddressKnowledge {
                reputation: reputation(settings),
                countries: countries(settings),
            },
            variables: variables(settings)?,
        })
    }
}

fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// A file that the configuration names under a key.
fn source(key: &str, path: Option<&Path>) -> Option<Source> {
    let path = path?;
    match std::fs::read(path) {
        Ok(bytes) => Some(Source::new(path.display().to_string(), bytes)),
        Err(e) => {
            tracing::warn!("{key}: {}: {e}", path.display());
            None
        }
    }
}

fn configured(limit: Limit) -> ConfiguredThreshold {
    let what = match limit.kind {
        LimitKind::Threshold(threshold) => ConfiguredKind::Threshold(threshold),
        LimitKind::Suppress(of) => ConfiguredKind::Suppress(of),
        LimitKind::Rate(rate) => ConfiguredKind::Rate {
            track: rate.track,
            count: rate.count,
            seconds: rate.seconds,
            actions: match rate.new_action {
                Action::Drop | Action::SilentDrop | Action::Block => Actions::ALERT | Actions::DROP,
                Action::Reject => Actions::ALERT | Actions::DROP | Actions::REJECT_SRC,
                Action::Pass => Actions::PASS,
                _ => Actions::ALERT,
            },
            timeout: rate.timeout,
        },
    };
    ConfiguredThreshold {
        gid: limit.gid,
        sid: limit.sid,
        what,
    }
}

fn countries(settings: &DetectSettings) -> Option<Arc<CountryDatabase>> {
    match CountryDatabase::open(settings.geoip_database.as_deref()?) {
        Ok(database) => Some(Arc::new(database)),
        Err(message) => {
            tracing::warn!("geoip-database: {message}");
            None
        }
    }
}

fn variables(settings: &DetectSettings) -> Result<Variables, EngineError> {
    let mut variables = Variables::default();
    for (name, text) in &settings.addresses {
        let expr = text
            .parse()
            .map_err(|e| EngineError::Variable(name.clone(), e))?;
        variables.addresses.insert(name.clone(), expr);
    }
    for (name, text) in &settings.ports {
        let expr = text
            .parse()
            .map_err(|e| EngineError::Variable(name.clone(), e))?;
        variables.ports.insert(name.clone(), expr);
    }
    Ok(variables)
}

fn reputation(settings: &DetectSettings) -> Option<Arc<Reputation>> {
    let categories = settings.reputation_categories.as_deref()?;
    let mut reputation = Reputation::new();
    let mut add =
        |path: &Path, add: fn(&mut Reputation, &str) -> Vec<ReputationError>| match std::fs::read(
            path,
        ) {
            Ok(bytes) => {
                for error in add(&mut reputation, &String::from_utf8_lossy(&bytes)) {
                    tracing::warn!("{}:{}: {}", path.display(), error.line, error.message);
                }
            }
            Err(e) => tracing::warn!("{}: {e}", path.display()),
        };
    add(categories, Reputation::add_categories);
    for file in &settings.reputation_files {
        tracing::info!(target: "reputation", "Loading reputation file: {}", file.display());
        add(file, Reputation::add_list);
    }
    Some(Arc::new(reputation))
}
