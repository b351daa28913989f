//! The binary, end to end, on the captures of `pcaps/` and the rules of `rules/`.

mod alerts;
mod captures_on_call;
mod command_line;
mod determinism;
mod dialects;
mod exceptions;
mod explain;
mod frames;
mod live;
mod profile;
mod rewriting;
mod rule_tests;
mod shipped_rules;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary under test, quiet about colour and locale.
fn tapir() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapir"));
    command
        .env("TZ", "UTC")
        .env("NO_COLOR", "1")
        .env_remove("TAPIR_LOG");
    command
}

/// A path below the top of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Every capture of `pcaps/`, in order.
fn captures() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(project("pcaps"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .contains(".pcap")
        })
        .collect();
    found.sort();
    assert!(found.len() > 30, "the captures are missing");
    found
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
