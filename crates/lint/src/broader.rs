//! Which rule of a set finds all that another finds.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

use tapir_rules::keywords::{Kind, meta};
use tapir_rules::{Opt, OptionKind, Rule, RuleFile};

/// More rules than this with one test in common are not compared: the test says too little.
const MANY: usize = 64;

/// Rules by their tests. A rule is filed under that of its tests which the fewest others have.
pub(crate) struct Broader<'a> {
    file: &'a RuleFile,
    by_test: FxHashMap<u64, Vec<(&'a Rule, Vec<u64>)>>,
}

impl<'a> Broader<'a> {
    /// The rules in force that are wanted, and that no threshold holds back.
    pub(crate) fn among(file: &'a RuleFile, wanted: impl Fn(&Rule) -> bool) -> Self {
        let rules = file
            .rules
            .iter()
            .filter(|rule| rule.enabled && wanted(rule));
        let rules: Vec<_> = rules.map(|rule| (rule, tests(file, rule))).collect();
        let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
        for test in rules.iter().flat_map(|(_, tests)| tests) {
            *counts.entry(*test).or_default() += 1;
        }
        let mut by_test: FxHashMap<u64, Vec<_>> = FxHashMap::default();
        for (rule, tests) in rules {
            let rarest = tests.iter().min_by_key(|test| (counts.get(test), **test));
            let (Some(rarest), false) = (rarest, is_limited(rule)) else {
                continue;
            };
            let filed = by_test.entry(*rarest).or_default();
            if filed.len() < MANY {
                filed.push((rule, tests));
            }
        }
        Broader { file, by_test }
    }

    /// A rule with some of the tests of this one and no other tests.
    pub(crate) fn than(&self, rule: &Rule) -> Option<&'a Rule> {
        let own = tests(self.file, rule);
        let candidates = own
            .iter()
            .filter_map(|test| self.by_test.get(test))
            .flatten();
        let broader = |(other, tests): &&(&'a Rule, Vec<u64>)| {
            tests.len() < own.len()
                && (other.gid, other.sid) != (rule.gid, rule.sid)
                && tests.iter().all(|test| own.binary_search(test).is_ok())
        };
        candidates
            .filter(broader)
            .map(|(other, _)| *other)
            .min_by_key(|other| (other.gid, other.sid))
    }
}

/// Whether the rule leaves out some of what it matches on, or looks at more than one match.
fn is_limited(rule: &Rule) -> bool {
    rule.options.iter().any(|option| {
        let kind = option.keyword.row().kind;
        kind == Kind::Response || option.keyword == meta::SERVICE || changes_state(option)
    })
}

/// Whether the option does something that other rules see.
fn changes_state(option: &Opt) -> bool {
    matches!(
        option.kind,
        OptionKind::XBits(_)
            | OptionKind::HostBits(_)
            | OptionKind::FlowInt(_)
            | OptionKind::Dataset(_)
    )
}

/// A number for each test of a rule and the header, in order. Two tests have the same number when they ask the same of
/// the same buffer; one that goes on from a match takes that in.
fn tests(file: &RuleFile, rule: &Rule) -> Vec<u64> {
    let Some(source) = file.source(rule.source) else {
        return Vec::new();
    };
    let header = hash(source.slice(rule.header.span));
    let (mut buffer, mut before) = (header, 0);
    let mut numbers = Vec::with_capacity(8);
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(_) | OptionKind::BufferPart(..) => {
                (buffer, before) = (
                    hash((header, option.keyword, source.slice(option.value))),
                    0,
                );
                continue;
            }
            OptionKind::Transform(_) => {
                buffer = hash((buffer, option.keyword, source.slice(option.value)));
                continue;
            }
            _ if matches!(option.keyword.row().kind, Kind::Meta | Kind::Response) => continue,
            _ => {}
        }
        let from = if option.kind.is_relative() { before } else { 0 };
        let own = match &option.kind {
            OptionKind::Content(content) => {
                let shape = (
                    content.negated,
                    content.nocase,
                    content.startswith,
                    content.endswith,
                );
                let places = [
                    &content.offset,
                    &content.depth,
                    &content.distance,
                    &content.within,
                ];
                let places = places.map(|place| format!("{place:?}"));
                hash((&content.bytes, shape, places))
            }
            _ => hash(source.slice(option.value)),
        };
        before = hash((buffer, option.keyword, from, own));
        numbers.push(before);
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
