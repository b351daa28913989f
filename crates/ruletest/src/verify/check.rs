//! The checks of a case, on what its run wrote.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::filter::{all_hold, holds, lookup};
use super::requires::unmet;
use crate::outcome::Failure;

/// What a run wrote, read when it is first asked for.
pub(super) struct Output<'c> {
    pub(super) case: &'c Path,
    pub(super) folder: &'c Path,
    events: HashMap<PathBuf, Result<Rc<[Value]>, String>>,
}

/// What came of all checks.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// What does not hold.
    pub(super) failures: Vec<Failure>,
    /// Why some were not made.
    pub(super) refused: Vec<String>,
    /// How many hold.
    pub(super) held: usize,
}

impl<'c> Output<'c> {
    pub(super) fn new(case: &'c Path, folder: &'c Path) -> Self {
        Self {
            case,
            folder,
            events: HashMap::new(),
        }
    }

    /// Makes the checks of a case.
    pub(super) fn check(&mut self, checks: &[Value]) -> Checked {
        let mut checked = Checked::default();
        for (kind, spec) in checks.iter().filter_map(Value::as_object).flatten() {
            if kind != "stats" && unmet(spec.get("requires")).is_some() {
                continue;
            }
            let failure = match kind.as_str() {
                "filter" => self.filter(spec),
                "stats" => self.stats(spec),
                "file-compare" => self.compare(spec),
                "shell" => {
                    checked
                        .refused
                        .push("a check is a command of a shell".to_owned());
                    continue;
                }
                other => {
                    checked
                        .refused
                        .push(format!("checks `{other}` are unknown"));
                    continue;
                }
            };
            match failure {
                None => checked.held += 1,
                Some(failure) => checked.failures.push(failure),
            }
        }
        checked
    }

    /// The records of a file, a JSON object a line.
    fn events(&mut self, name: &str) -> Result<Rc<[Value]>, String> {
        let path = self.folder.join(name);
        let read = |path: &PathBuf| {
            let text = std::fs::read(path).map_err(|_| format!("{name} was not written"))?;
            let lines = text
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.trim_ascii().is_empty());
            let events = lines.map(|line| {
                serde_json::from_slice(line).map_err(|error| format!("{name}: {error}"))
            });
            events.collect()
        };
        self.events.entry(path).or_insert_with_key(read).clone()
    }

    fn filter(&mut self, spec: &Value) -> Option<Failure> {
        let name = spec
            .get("filename")
            .and_then(Value::as_str)
            .unwrap_or("eve.json");
        let none = Map::new();
        let wanted = spec
            .get("match")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let count = spec.get("count").unwrap_or(&Value::Null);
        let expected = format!("{count} records of {name} with {}", described(wanted));
        let found = match self.events(name) {
            Ok(events) => events
                .iter()
                .filter(|event| all_hold(wanted, event))
                .count(),
            Err(why) => return Some(failure(expected, why)),
        };
        (count.as_u64() != Some(found as u64)).then(|| failure(expected, found.to_string()))
    }

    fn stats(&mut self, spec: &Value) -> Option<Failure> {
        let spec = spec.as_object()?;
        let last = self.events("eve.json").ok().and_then(|events| {
            let mut stats = events.iter().rev();
            let last =
                stats.find(|event| event.get("event_type").is_some_and(|it| it == "stats"))?;
            last.get("stats").cloned()
        });
        let last = last.unwrap_or(Value::Null);
        let (key, want) = spec.iter().find(|(key, want)| !holds(key, want, &last))?;
        let found = lookup(key, &last).map_or("nothing".to_owned(), |it| it.to_string());
        Some(failure(format!("the counter {key}: {want}"), found))
    }

    fn compare(&self, spec: &Value) -> Option<Failure> {
        let name = |key| spec.get(key).and_then(Value::as_str).unwrap_or_default();
        let (expected, written) = (name("expected"), name("filename"));
        let same = match (
            std::fs::read(self.case.join(expected)),
            std::fs::read(self.folder.join(written)),
        ) {
            (Ok(expected), Ok(written)) => expected == written,
            _ => false,
        };
        (!same).then(|| {
            failure(
                format!("{written} is the same as {expected}"),
                "it is not".to_owned(),
            )
        })
    }
}

fn failure(expected: String, found: String) -> Failure {
    Failure {
        expected,
        found,
        ..Failure::default()
    }
}

/// What is wanted of a record, in a line.
fn described(wanted: &Map<String, Value>) -> String {
    let parts: Vec<String> = wanted
        .iter()
        .map(|(path, want)| format!("{path}: {want}"))
        .collect();
    parts.join(", ")
}
