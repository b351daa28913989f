//! `docs/lints.md`, made from the heads of the lints' files.

use std::fmt::Write;

use crate::lints;

/// The whole page.
pub fn page() -> String {
    let mut out = String::from(
        "# Lints\n\nWhat `tapir check` says of rules that load. `tapir list lints --markdown` writes this page.\n",
    );
    for lint in lints::ALL {
        let (code, name, level) = (lint.code, lint.name, lint.level.name());
        let _ = write!(out, "\n## {code} {name} ({level})\n\n");
        for line in lint.page() {
            // Headings of a lint stand below that of its code.
            let deeper = if line.starts_with('#') { "##" } else { "" };
            let _ = writeln!(out, "{deeper}{line}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lints.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == page(),
            "write it anew: UPDATE_DOCS=1 cargo test -p tapir-lint"
        );
    }

    #[test]
    fn every_lint_has_its_headings_and_a_code_of_its_own() {
        let headings = ["What it does", "Why is this bad?", "Example", "Use instead"];
        for (place, lint) in lints::ALL.iter().enumerate() {
            for heading in headings {
                assert!(
                    lint.page().any(|line| line == format!("# {heading}")),
                    "{}: {heading}",
                    lint.name
                );
            }
            assert_eq!(lint.code, format!("L{:03}", place + 1));
        }
    }
}
