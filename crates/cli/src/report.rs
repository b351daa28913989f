//! What became of the rules, for people.

use tapir_engine::RuleReport;
use tapir_rules::{Renderer, Severity};

/// Prints every mistake with its text underlined, then what was left out, by keyword.
pub(crate) fn rules(report: &RuleReport, colour: bool, quiet: bool) {
    let renderer = Renderer::new(&report.sources).with_colour(colour);
    for diagnostic in &report.diagnostics {
        if diagnostic.severity == Severity::Error || !quiet {
            eprintln!("{}", renderer.render(diagnostic));
        }
    }
    for missing in &report.missing {
        eprintln!("error: {missing}");
    }
    let left_out: usize = report.left_out.values().sum();
    if left_out == 0 || quiet {
        return;
    }
    let mut keywords: Vec<(&str, usize)> =
        report.left_out.iter().map(|(keyword, &count)| (keyword.as_str(), count)).collect();
    keywords.sort_by_key(|&(keyword, count)| (std::cmp::Reverse(count), keyword));
    let list: Vec<String> = keywords.iter().map(|(keyword, count)| format!("{keyword} {count}")).collect();
    eprintln!("{left_out} rules are left out for keywords that this version does not evaluate: {}", list.join(", "));
}
