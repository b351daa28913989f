//! What an explanation says of a rule is what the engine does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapir_engine::{Engine, LoadedRules, Replay, RuleSources, Settings, Signals};
use tapir_explain::{Query, Sid, explain};

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

/// Compares both; of each rule, or of those that alert and every `step`-th.
fn compare(sources: &RuleSources, files: &[PathBuf], step: usize) {
    let settings = Arc::new(settings(&[]));
    let rules = Arc::new(load(sources.clone(), &settings));
    let alerts = engine_alerts(sources, files);
    let all = rules.trees().iter().map(|tree| tree.sid);
    let mut sids: Vec<u32> = all.step_by(step).chain(alerts.keys().copied()).collect();
    sids.sort_unstable();
    sids.dedup();
    let mut explained = Counts::new();
    for file in files {
        for (sid, count) in explained_alerts(&settings, &rules, &sids, file) {
            *explained.entry(sid).or_default() += count;
        }
    }
    assert_eq!(explained, alerts);
}

#[test]
fn rules_alert_in_an_explanation_as_in_the_engine() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = RuleSources {
        paths: vec![top.join("rules").display().to_string()],
        ..RuleSources::default()
    };
    for file in captures(&top.join("pcaps")) {
        compare(&sources, &[file], 1);
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
    // Some of them: each rule that alerts is tried on each packet of all.
    let files: Vec<PathBuf> = captures(&corpus.join("pcaps"))
        .into_iter()
        .step_by(13)
        .collect();
    compare(&sources, &files, 997);
}
