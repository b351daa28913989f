//! Explanations on the captures of `pcaps/`.

mod buffers;
mod kinds;
mod parity;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapir_config::Config;
use tapir_engine::{LoadedRules, Replay, RuleSources, RunOptions, Settings};
use tapir_explain::{Explanation, Query, explain};

/// A capture of `pcaps/`.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../pcaps")
        .join(name)
}

/// Every capture below a folder, in order.
fn captures(folder: &Path) -> Vec<PathBuf> {
    tapir_capture::expand(folder)
        .expect("a folder of captures")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains(".pcap"))
        .collect()
}

/// The built-in configuration, as told to differ.
fn settings(changes: &[&str]) -> Settings {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tapir.yaml"))
            .expect("the configuration");
    let mut config = Config::from_text("tapir.yaml", &text).expect("a right configuration");
    for change in changes {
        config.set(change).expect("a right change");
    }
    let mut settings = Settings::new(&config.root, &RunOptions::default()).expect("settings");
    settings.outputs.sinks.clear();
    settings
}

fn load(sources: RuleSources, settings: &Settings) -> LoadedRules {
    let sources = RuleSources {
        keeps_trees: true,
        ..sources
    };
    LoadedRules::load(&sources, settings, None).expect("rules")
}

fn rules_of(text: &str) -> RuleSources {
    RuleSources {
        texts: vec![("local.rules".to_owned(), text.as_bytes().to_vec())],
        ..RuleSources::default()
    }
}

fn replay(file: PathBuf) -> Replay {
    Replay {
        files: vec![file],
        ..Replay::default()
    }
}

/// What is said of rules on a capture.
fn explained(rules: &str, query: &Query, file: PathBuf, changes: &[&str]) -> Explanation {
    let settings = settings(changes);
    let loaded = load(rules_of(rules), &settings);
    let (settings, loaded) = (Arc::new(settings), Arc::new(loaded));
    explain(
        settings,
        loaded,
        &replay(file),
        query,
        |_| {},
        |path, trouble| panic!("{}: {trouble:?}", path.display()),
    )
    .expect("no filter")
}
