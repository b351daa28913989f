//! What became of the rules, for people.

use tapir_engine::RuleReport;
use tapir_rules::{Renderer, Severity};

use crate::logging::RULES;

/// Prints every mistake with its text underlined, then what was left out, by keyword.
pub(crate) fn rules(report: &RuleReport, colour: bool, quiet: bool) {
    let renderer = Renderer::new(&report.sources).with_colour(colour);
    for diagnostic in &report.diagnostics {
        if diagnostic.severity == Severity::Error || !quiet {
            eprintln!("{}", renderer.render(diagnostic));
        }
    }
    log(report);
    for missing in &report.missing {
        eprintln!("error: {missing}");
    }
    let left_out: usize = report.left_out.values().sum();
    if left_out == 0 || quiet {
        return;
    }
    let mut keywords: Vec<(&str, usize)> = report
        .left_out
        .iter()
        .map(|(keyword, &count)| (keyword.as_str(), count))
        .collect();
    keywords.sort_by_key(|&(keyword, count)| (std::cmp::Reverse(count), keyword));
    let list: Vec<String> = keywords
        .iter()
        .map(|(keyword, count)| format!("{keyword} {count}"))
        .collect();
    eprintln!(
        "{left_out} rules are left out for keywords that this version does not evaluate: {}",
        list.join(", ")
    );
}

/// Says that `--strict` ends the run.
pub(crate) fn strict_failure(report: &RuleReport) {
    let wrong = report.refused.max(1);
    eprintln!("error: {wrong} of the rules cannot be used, and --strict is given");
    tracing::error!(target: RULES, "Loading signatures failed: {wrong} of the rules cannot be used");
}

/// The same as [`rules`] for log files, a line each.
fn log(report: &RuleReport) {
    for diagnostic in report
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
    {
        tracing::error!(target: RULES, "{}", diagnostic.message);
        if let Some(source) = report.sources.get(diagnostic.source.0 as usize) {
            let (line, _) = source.position(diagnostic.span.start);
            let text = source
                .text
                .split(|&byte| byte == b'\n')
                .nth(line as usize - 1)
                .unwrap_or_default();
            let text = String::from_utf8_lossy(text);
            tracing::error!(target: RULES, "error parsing signature \"{}\" from file {} at line {line}", text.trim(), source.name);
        }
    }
    tracing::info!(
        target: RULES,
        "{} rule files processed. {} rules successfully loaded, {} rules failed, {} rules skipped",
        report.files, report.loaded, report.refused, report.skipped
    );
}
