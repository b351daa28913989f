//! Findings written for people and for machines.

use std::fmt::Write;

use serde_json::{Value, json};
use tapir_rules::Renderer;

use crate::{Checked, Finding, Level, lints};

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The text underlined.
    #[default]
    Full,
    /// A line each.
    Concise,
    /// An array of objects.
    Json,
    /// Commands of GitHub's actions, which annotate a change.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

impl Format {
    /// All findings, with a line end; nothing when there are none and the format has no frame.
    pub fn write(self, checked: &Checked, colour: bool) -> String {
        let mut out = String::new();
        match self {
            Format::Full => {
                let renderer = Renderer::new(&checked.file.sources).with_colour(colour);
                for finding in &checked.findings {
                    let drawn = renderer.render_as(&finding.diagnostic, &finding.code);
                    out.push_str(&drawn);
                    out.push_str("\n\n");
                }
            }
            Format::Concise => each(checked, |place, finding| {
                let level = finding.level().name();
                let (code, message) = (&finding.code, &finding.diagnostic.message);
                let Place { name, line, column } = place;
                let _ = writeln!(out, "{name}:{line}:{column}: {level}[{code}] {message}");
            }),
            Format::Github => each(checked, |place, finding| {
                let level = match finding.level() {
                    Level::Hint => "notice",
                    other => other.name(),
                };
                let Place { name, line, column } = place;
                let name = property(name);
                let message = data(&finding.diagnostic.message);
                let code = &finding.code;
                let _ = writeln!(
                    out,
                    "::{level} file={name},line={line},col={column},title={code}::{message}"
                );
            }),
            Format::Json => {
                let mut list = Vec::new();
                each(checked, |place, finding| list.push(object(place, finding)));
                out = Value::Array(list).to_string();
                out.push('\n');
            }
            Format::Sarif => {
                out = sarif(checked).to_string();
                out.push('\n');
            }
        }
        out
    }
}

struct Place<'a> {
    name: &'a str,
    line: u32,
    column: u32,
}

fn each(checked: &Checked, mut write: impl FnMut(Place<'_>, &Finding)) {
    for finding in &checked.findings {
        let Some(source) = checked.file.source(finding.diagnostic.source) else {
            continue;
        };
        let (line, column) = source.position(finding.diagnostic.span.start);
        let name = &source.name;
        write(Place { name, line, column }, finding);
    }
}

/// What a command of GitHub takes after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What it takes as a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn object(place: Place<'_>, finding: &Finding) -> Value {
    let diagnostic = &finding.diagnostic;
    json!({
        "code": finding.code,
        "level": finding.level().name(),
        "file": place.name,
        "line": place.line,
        "column": place.column,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "fix": diagnostic.fix.as_ref().map(|(span, text)| json!({
            "start": span.start, "end": span.end, "text": text,
        })),
    })
}

fn sarif(checked: &Checked) -> Value {
    let rules: Vec<Value> = lints::ALL
        .iter()
        .map(|lint| {
            json!({
                "id": lint.code,
                "name": lint.name,
                "shortDescription": {"text": lint.summary()},
            })
        })
        .collect();
    let mut results = Vec::new();
    each(checked, |place, finding| {
        let level = match finding.level() {
            Level::Hint => "note",
            other => other.name(),
        };
        results.push(json!({
            "ruleId": finding.code,
            "level": level,
            "message": {"text": finding.diagnostic.message},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": place.name},
                "region": {"startLine": place.line, "startColumn": place.column},
            }}],
        }));
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "tapir", "rules": rules}},
            "results": results,
        }],
    })
}
