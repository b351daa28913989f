//! Commands about the rules in force.

use serde_json::{Map, Value, json};
use tapir_control::Reply;
use tapir_output::LocalTime;
use tapir_rules::Severity;

use crate::engine::Engine;
use crate::rings::Rings;

pub(super) fn reload(
    engine: &mut Engine,
    rings: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    match engine.reload(rings) {
        Ok(()) => Reply::done("done"),
        Err(why) => Reply::refused(why),
    }
}

pub(super) fn reload_later(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    engine.signals().ask_for_reload();
    Reply::done("Reloading rules")
}

pub(super) fn reload_time(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    let mut time = Vec::new();
    LocalTime::system().push_iso(&mut time, engine.rules_loaded_at());
    let time = String::from_utf8_lossy(&time);
    Reply::done(json!([{ "id": 0, "last_reload": time }]))
}

pub(super) fn stats(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let report = &engine.rules().report;
    Reply::done(json!([{
        "id": 0,
        "rules_loaded": report.loaded,
        "rules_failed": report.refused,
        "rules_skipped": report.skipped,
    }]))
}

/// The rules that were refused, with where they stand and what is wrong with them.
pub(super) fn failed(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let report = &engine.rules().report;
    let of_rules = report
        .diagnostics
        .iter()
        .filter(|it| it.severity == Severity::Error);
    let rows = of_rules.filter_map(|diagnostic| {
        let source = report.sources.get(diagnostic.source.0 as usize)?;
        let rule = diagnostic.rule?;
        let (line, _) = source.position(rule.start);
        Some(json!({
            "tenant_id": 0,
            "rule": source.text_of(rule),
            "filename": &*source.name,
            "line": line,
            "error": diagnostic.message,
        }))
    });
    Reply::done(rows.collect::<Vec<Value>>())
}
