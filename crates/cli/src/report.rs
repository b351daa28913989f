//! What became of the rules, for people.

use tapir_engine::RuleReport;
use tapir_rules::{Renderer, Severity, sentence};

use crate::logging::{BESIDE, RULES};

/// Prints every mistake with its text underlined.
pub(crate) fn mistakes(report: &RuleReport, colour: bool, quiet: bool) {
    let renderer = Renderer::new(&report.sources).with_colour(colour);
    for diagnostic in &report.diagnostics {
        if diagnostic.severity == Severity::Error || !quiet {
            eprintln!("{}", renderer.render(diagnostic));
        }
    }
}

/// Prints what could not be read, and what was left out, by keyword.
pub(crate) fn left_out(report: &RuleReport, quiet: bool) {
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
    tracing::error!(target: RULES, "Loading signatures failed.");
}

/// The same as [`mistakes`] for logs: of each rule the first thing that is wrong, and the rule.
pub(crate) fn log(report: &RuleReport) {
    for (severity, remark) in &report.remarks {
        match severity {
            Severity::Error => tracing::error!(target: BESIDE, "{remark}"),
            _ => tracing::warn!(target: BESIDE, "{remark}"),
        }
    }
    let mut last = None;
    for diagnostic in &report.diagnostics {
        match diagnostic.severity {
            Severity::Hint => continue,
            Severity::Warning => {
                tracing::warn!(target: RULES, "{}", diagnostic.log_line());
                continue;
            }
            Severity::Error => {}
        }
        let rule = diagnostic.rule.map(|rule| (diagnostic.source, rule.start));
        if rule.is_some() && rule == last {
            continue;
        }
        last = rule;
        if rule.is_none() {
            tracing::error!(target: BESIDE, "{}", diagnostic.log_line());
            continue;
        }
        tracing::error!(target: RULES, "{}", diagnostic.log_line());
        if let (Some(span), Some(source)) = (
            diagnostic.rule,
            report.sources.get(diagnostic.source.0 as usize),
        ) {
            let (line, _) = source.position(span.start);
            let text = source
                .text_of(span)
                .replace("\\\r\n", "")
                .replace("\\\n", "");
            let line = sentence::signature(text.trim(), &source.name, line);
            tracing::error!(target: RULES, "{line}");
        }
    }
    if report.loaded == 0 && report.files > 0 {
        let files = report.files;
        tracing::warn!(target: RULES, "{files} rule files specified, but no rules were loaded!");
        return;
    }
    tracing::info!(
        target: RULES,
        "{} rule files processed. {} rules successfully loaded, {} rules failed, {} rules skipped",
        report.files, report.loaded, report.refused, report.skipped
    );
    tracing::info!(target: RULES, "{} signatures processed", report.loaded);
}
