//! What an explanation says of a rule is what the engine does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapir_engine::{Engine, LoadedRules, Replay, RuleSources, Settings, Signals};
use tapir_explain::{Query, Sid, explain, summarise};

use crate::{captures, load, replay, settings};

type Counts = BTreeMap<u32, u64>;

/// The folder of more captures (`pcaps`) and rules (`rules`).
const CORPUS: &str = "TAPIR_CORPUS";

/// Alerts of the engine on captures, together.
fn engine_alerts(sources: &RuleSources, files: &[PathBuf]) -> Counts {
    let settings = settings(&[]);
    let rules = load(sources.clone(), &settings);
    let engine = Engine::new(
        Arc::new(settings),
        sources.clone(),
        rules,
        Signals::default(),
    );
    let mut engine = engine.expect("an engine");
    let replay = Replay {
        files: files.to_vec(),
        ..Replay::default()
    };
    engine
        .replay(&replay, |_| {}, |_, _| {})
        .expect("no filter");
    let alerts = engine.finish().alerts;
    alerts.iter().map(|rule| (rule.sid, rule.count)).collect()
}

fn explained_alerts(
    settings: &Arc<Settings>,
    rules: &Arc<LoadedRules>,
    sids: &[u32],
    file: &Path,
) -> Counts {
    let query = Query {
        sids: sids.iter().map(|&sid| Sid { gid: None, sid }).collect(),
        ..Query::default()
    };
    let (settings, rules) = (Arc::clone(settings), Arc::clone(rules));
    let replay = replay(file.to_owned());
    let explanation = explain(settings, rules, &replay, &query, |_| {}, |_, _| {});
    let rules = explanation.expect("no filter").rules;
    let counted = rules.iter().map(|rule| (rule.sid(), rule.alerts()));
    counted.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn rules_alert_in_an_explanation_as_in_the_engine() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = RuleSources {
        paths: vec![top.join("rules").display().to_string()],
        ..RuleSources::default()
    };
    let settings = Arc::new(settings(&[]));
    let rules = Arc::new(load(sources.clone(), &settings));
    let mut sids: Vec<u32> = rules.trees().iter().map(|tree| tree.sid).collect();
    sids.dedup();
    for file in captures(&top.join("pcaps")) {
        let explained = explained_alerts(&settings, &rules, &sids, &file);
        let name = file.display().to_string();
        assert_eq!(explained, engine_alerts(&sources, &[file]), "{name}");
    }
}

#[test]
fn and_on_a_corpus_where_there_is_one() {
    let Some(corpus) = std::env::var_os(CORPUS).map(PathBuf::from) else {
        eprintln!("skipped: {CORPUS} names no folder with pcaps and rules");
        return;
    };
    let rules = corpus.join("rules/**/*.rules");
    let sources = RuleSources {
        paths: vec![rules.display().to_string()],
        ..RuleSources::default()
    };
    let files = captures(&corpus.join("pcaps"));
    let settings = Arc::new(settings(&[]));
    let rules = Arc::new(load(sources.clone(), &settings));
    let mut explained = Counts::new();
    for file in &files {
        // Each rule that alerts is tried on each packet; all rules on all captures would take days.
        let alerting = alerting(&settings, &rules, file);
        for (sid, count) in explained_alerts(&settings, &rules, &alerting, file) {
            *explained.entry(sid).or_default() += count;
        }
    }
    assert_eq!(explained, engine_alerts(&sources, &files));
    eprintln!(
        "{} captures, {} rules alerted",
        files.len(),
        explained.len()
    );
}

/// The rules that alert on a capture, as the summary of all rules says.
fn alerting(settings: &Arc<Settings>, rules: &Arc<LoadedRules>, file: &Path) -> Vec<u32> {
    let (settings, rules) = (Arc::clone(settings), Arc::clone(rules));
    let replay = replay(file.to_owned());
    let summary = summarise(settings, rules, &replay, |_| {}, |_, _| {}).expect("no filter");
    let json = summary.json();
    let rules = json.as_array().expect("an array").iter();
    let alerted = rules.filter(|rule| rule["alerts"].as_u64() > Some(0));
    let sids = alerted.filter_map(|rule| u32::try_from(rule["sid"].as_u64()?).ok());
    sids.collect()
}
