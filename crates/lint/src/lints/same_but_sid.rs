//! Two rules that test the same.
//!
//! # What it does
//! Looks, over all files given, for rules with the same action, header and tests, whatever they say about themselves.
//!
//! # Why is this bad?
//! Everything they find is alerted on twice, at twice the cost.
//!
//! # Example
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"login"; sid:2; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp any any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! alert tcp any any -> any 80 (msg:"y"; content:"logout"; sid:2; rev:1;)
//! ```

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use tapir_rules::{OptionKind, Rule, RuleFile};
use tapir_rules::keywords::{self, KeywordId, Kind};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L015",
    name: "same-but-sid",
    level: Level::Warning,
    mends: false,
    text: include_str!("same_but_sid.rs"),
    check: Check::Set(check),
};

fn check(file: &RuleFile, report: &mut Report<'_>) {
    let mut first: FxHashMap<u64, Vec<&Rule>> = FxHashMap::default();
    for rule in file.rules.iter().filter(|rule| rule.enabled) {
        let alike = first.entry(glance(rule)).or_default();
        match alike.iter().find(|other| tests_the_same(rule, other)) {
            Some(other) => {
                let message = format!("rule {}:{} tests the same", other.gid, other.sid);
                report.say(rule, rule.header.span, message, "keep one of them");
            }
            // What looks alike and is not stays short, so that the search does.
            None if alike.len() < 16 => alike.push(rule),
            None => {}
        }
    }
}

/// The options that decide whether the rule matches, or what comes of it.
fn tests(rule: &Rule) -> impl Iterator<Item = (KeywordId, &OptionKind)> {
    let options = rule.options.iter();
    options
        .filter(|option| decides(option.keyword))
        .map(|option| (option.keyword, &option.kind))
}

/// Whether it is more than a word about the rule. A service is a part of the header that stands in the options.
fn decides(keyword: KeywordId) -> bool {
    keyword == keywords::meta::SERVICE || keyword.row().kind != Kind::Meta
}

/// A number that is the same for rules that test the same.
fn glance(rule: &Rule) -> u64 {
    let mut hasher = FxHasher::default();
    rule.action.hash(&mut hasher);
    for option in &rule.options {
        if decides(option.keyword) {
            option.keyword.hash(&mut hasher);
        }
        match &option.kind {
            OptionKind::Content(content) => content.bytes.hash(&mut hasher),
            OptionKind::Pcre(pcre) => pcre.pattern.hash(&mut hasher),
            OptionKind::FlowBits(bits) => bits.names.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

fn tests_the_same(one: &Rule, other: &Rule) -> bool {
    let (a, b) = (&one.header, &other.header);
    one.action == other.action
        && one.scope == other.scope
        && one.scope_alerts == other.scope_alerts
        && (&a.protocol, &a.src, &a.sport, a.direction, &a.dst, &a.dport)
            == (&b.protocol, &b.src, &b.sport, b.direction, &b.dst, &b.dport)
        && tests(one).eq(tests(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::trial;

    #[test]
    fn keywords_of_one_shape_differ() {
        let text = "alert ip any any -> any any (ttl:1; sid:1;)\nalert ip any any -> any any (dsize:1; sid:2;)";
        assert_eq!(trial::spans(&LINT, text), [""; 0]);
        let text = "alert icmp any any -> any any (itype:1; sid:1;)\nalert icmp any any -> any any (icode:1; sid:2;)";
        assert_eq!(trial::spans(&LINT, text), [""; 0]);
    }
}
