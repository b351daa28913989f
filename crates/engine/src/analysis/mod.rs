//! What the engine makes of rules, written out for their authors.
//!
//! Three files, in the form of Suricata's `--engine-analysis`: `rules.json` has one object a line for each rule,
//! `patterns.json` the patterns of all rules by buffer, `rule_group.json` the rules by port.

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

/// Writes `rules.json`, `patterns.json` and `rule_group.json` into the folder of the logs. The rules must have been
/// loaded from sources that [keep their trees](crate::RuleSources::keeps_trees).
///
/// # Errors
/// When a file cannot be written.
pub fn write_analysis(rules: &LoadedRules, settings: &Settings) -> Result<(), EngineError> {
    let subjects = subject::subjects(rules);
    let dependencies = Dependencies::of(&subjects);
    let lines = subjects
        .iter()
        .map(|subject| rule::rule(subject, &dependencies));
    let folder = &settings.log_dir;
    write(folder, "rules.json", lines)?;
    write(folder, "patterns.json", [patterns::patterns(&subjects)])?;
    let groups = groups::groups(
        &subjects,
        &rules.companions.variables,
        &settings.detect.grouping,
    );
    write(folder, "rule_group.json", [groups])
}

/// Writes values into a file, one a line.
fn write(
    folder: &Path,
    name: &str,
    values: impl IntoIterator<Item = Value>,
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
