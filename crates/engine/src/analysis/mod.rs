//! What the engine makes of rules, written out for their authors.
//!
//! Four files, the first three in the form of Suricata's `--engine-analysis`: `rules.json` has one object a line for each rule,
//! `patterns.json` the patterns of all rules by buffer, `rule_group.json` the rules by port, and
//! `rules_analysis.txt` what is to be said of each rule in words.

mod content;
mod dependencies;
mod engines;
mod groups;
mod matches;
mod patterns;
mod rule;
mod state;
mod subject;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::Value;

use crate::settings::Settings;
use crate::{EngineError, LoadedRules};
use dependencies::Dependencies;

/// Writes `rules.json`, `rules_analysis.txt`, `patterns.json` and `rule_group.json` into the folder of the logs. The rules must have been
/// loaded from sources that [keep their trees](crate::RuleSources::keeps_trees).
///
/// # Errors
/// When a file cannot be written.
pub fn write_analysis(rules: &LoadedRules, settings: &Settings) -> Result<(), EngineError> {
    let subjects = subject::subjects(rules);
    let dependencies = Dependencies::of(&subjects);
    let has_file_store = settings.outputs.file_store.is_some();
    let objects: Vec<Value> = subjects
        .iter()
        .map(|subject| rule::rule(subject, &dependencies, has_file_store))
        .collect();
    let folder = &settings.log_dir;
    write(folder, "rules_analysis.txt", objects.iter().map(in_words))?;
    write(folder, "rules.json", objects)?;
    write(folder, "patterns.json", [patterns::patterns(&subjects)])?;
    let groups = groups::groups(
        &subjects,
        &rules.companions.variables,
        &settings.detect.grouping,
    );
    write(folder, "rule_group.json", [groups])
}

/// What is to be said of a rule, for people.
fn in_words(rule: &Value) -> String {
    let raw = rule["raw"].as_str().unwrap_or_default();
    let mut text = format!("== Sid: {} ==\n{raw}\n", rule["id"]);
    for (key, word) in [("warnings", "Warning"), ("notes", "Note")] {
        let said = rule[key].as_array().into_iter().flatten();
        for sentence in said.filter_map(Value::as_str) {
            text.push_str(&format!("    {word}: {sentence}\n"));
        }
    }
    text
}

/// Writes values into a file, one a line.
fn write(
    folder: &Path,
    name: &str,
    values: impl IntoIterator<Item: std::fmt::Display>,
) -> Result<(), EngineError> {
    let path = folder.join(name);
    let write = || {
        let mut file = BufWriter::new(File::create(&path)?);
        for value in values {
            writeln!(file, "{value}")?;
        }
        file.flush()
    };
    write().map_err(|error: std::io::Error| EngineError::File {
        path: path.display().to_string(),
        message: error.to_string(),
    })
}
