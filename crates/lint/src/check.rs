//! Loads sources and tries the lints on them.

use std::borrow::Cow;

use tapir_rules::{LoadOptions, RuleFile, Source, load};

use crate::allow::Allowed;
use crate::{Finding, Level, Surroundings, lint, lints};

/// Which findings are wanted, by code or by the beginning of a code.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// These alone; all when empty.
    pub select: Vec<String>,
    /// But not these.
    pub ignore: Vec<String>,
}

impl Selection {
    /// Whether findings of the code are wanted.
    pub fn wants(&self, code: &str) -> bool {
        let among = |list: &[String]| list.iter().any(|start| code.starts_with(start.as_str()));
        (self.select.is_empty() || among(&self.select)) && !among(&self.ignore)
    }
}

/// Rules and what was found.
#[derive(Debug)]
pub struct Checked {
    /// The rules, those that are commented out too, and their sources.
    pub file: RuleFile,
    /// What was found, in the order of the sources.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// How many rules are in force.
    pub fn in_force(&self) -> usize {
        self.file.rules.iter().filter(|rule| rule.enabled).count()
    }

    /// How many findings are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level() == level)
            .count()
    }
}

/// Loads sources, and gives what the loader and the lints have to say.
pub fn check(sources: Vec<Source>, options: &LoadOptions, selection: &Selection) -> Checked {
    check_within(sources, options, selection, &Surroundings::default())
}

/// The same where it is known what the rules refer to.
pub fn check_within(
    sources: Vec<Source>,
    options: &LoadOptions,
    selection: &Selection,
    surroundings: &Surroundings,
) -> Checked {
    // Rules that are commented out explain why a bit is never set.
    let options = LoadOptions {
        disabled: true,
        ..options.clone()
    };
    let mut file = load(sources, &options);
    let mut findings: Vec<Finding> = std::mem::take(&mut file.diagnostics)
        .into_iter()
        .map(|diagnostic| Finding {
            code: Cow::Owned(diagnostic.code.to_string()),
            diagnostic,
        })
        .filter(|finding| selection.wants(&finding.code))
        .collect();
    let wanted = lints::ALL.iter().filter(|lint| selection.wants(lint.code));
    let wanted: Vec<_> = wanted.collect();
    lint::run(&wanted, &file, surroundings, &mut findings);
    let allowed: Vec<Allowed> = file.sources.iter().map(Allowed::of).collect();
    findings.retain(|finding| !is_allowed(finding, &file, &allowed));
    findings.sort_by(|one, other| {
        let place =
            |finding: &Finding| (finding.diagnostic.source.0, finding.diagnostic.span.start);
        (place(one), &one.code).cmp(&(place(other), &other.code))
    });
    Checked { file, findings }
}

fn is_allowed(finding: &Finding, file: &RuleFile, allowed: &[Allowed]) -> bool {
    let diagnostic = &finding.diagnostic;
    let Some(codes) = allowed.get(diagnostic.source.0 as usize) else {
        return false;
    };
    let Some(rule) = diagnostic.rule.filter(|_| !codes.is_empty()) else {
        return false;
    };
    file.source(diagnostic.source)
        .is_some_and(|source| codes.has(source.position(rule.start).0, &finding.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "alert tcp any any -> any 80 (flow:to_server; content:\"login\"; sid:1; rev:1; classtype:misc-activity;)\n";

    fn codes(text: &str, selection: &Selection) -> Vec<String> {
        let sources = vec![Source::new("local.rules", text.as_bytes())];
        check(sources, &LoadOptions::default(), selection)
            .findings
            .iter()
            .map(|finding| finding.code.to_string())
            .collect()
    }

    #[test]
    fn a_comment_allows_the_rule_after_it_alone() {
        assert_eq!(codes(RULES, &Selection::default()), ["L001"]);
        let other = RULES.replace("sid:1", "sid:2").replace("login", "other");
        let both = format!("# tapir: allow L001\n{RULES}{other}");
        assert_eq!(codes(&both, &Selection::default()), ["L001"]);
    }

    #[test]
    fn a_name_that_is_meant_to_be_none_is_left_alone() {
        let of_shape = Selection {
            select: vec!["L028".into()],
            ignore: Vec::new(),
        };
        let rule = |pattern: &str| {
            format!(
                "alert tls any any -> any any (msg:\"x\"; tls.sni; content:\"{pattern}\"; sid:1; rev:1;)\n"
            )
        };
        assert_eq!(codes(&rule("|07|example"), &of_shape), ["L028"]);
        assert!(codes(&rule("|5c 00|"), &of_shape).is_empty());
    }

    #[test]
    fn codes_are_chosen_by_their_beginning() {
        let only = Selection {
            select: vec!["R".into()],
            ignore: vec![],
        };
        assert!(codes(RULES, &only).is_empty());
        let without = Selection {
            select: vec![],
            ignore: vec!["L001".into()],
        };
        assert!(codes(RULES, &without).is_empty());
    }
}
