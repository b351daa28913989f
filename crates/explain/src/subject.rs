//! The rules that are asked about.

use rustc_hash::FxHashSet;
use tapir_detect::{RuleId, RuleKind};
use tapir_engine::LoadedRules;
use tapir_rules::tree::{BitAction, Content};
use tapir_rules::{Diagnostic, OptionKind, Rule, Source, SourceId, Span};

use crate::Sid;
use crate::circumstances::Number;

/// Numbers of other rules that are named at most.
const NAMED: usize = 5;

/// A rule that is asked about.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) sid: Sid,
    /// The rule as the rule set knows it; a rule for both ways is there twice.
    pub(crate) ids: Vec<RuleId>,
    /// It looks at transactions or frames.
    pub(crate) is_of_transactions: bool,
    /// Place of its tree among those of the rule set.
    pub(crate) tree: Option<usize>,
    /// What was said against it when it was loaded.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Where it stands as a comment: source and offset.
    pub(crate) comment: Option<(SourceId, u32)>,
    /// Rules with numbers near to one that no rule has.
    pub(crate) near: Vec<u32>,
}

impl Subject {
    /// Finds a rule.
    pub(crate) fn find(sid: Sid, rules: &LoadedRules) -> Self {
        let is_meant =
            |gid: u32, number: u32| number == sid.sid && sid.gid.is_none_or(|it| it == gid);
        let all = (0..rules.set.len()).map(|place| RuleId(place as u32));
        let ids: Vec<RuleId> = all
            .filter(|id| {
                let meta = rules.set.meta(*id);
                meta.is_some_and(|meta| is_meant(meta.gid, meta.sid))
            })
            .collect();
        let tree = rules
            .trees()
            .iter()
            .position(|tree| is_meant(tree.gid, tree.sid));
        let first = ids.first().and_then(|id| rules.set.kind(*id));
        let mut subject = Self {
            sid,
            is_of_transactions: first == Some(RuleKind::AppTransaction),
            ids,
            tree,
            diagnostics: Vec::new(),
            comment: None,
            near: Vec::new(),
        };
        if subject.ids.is_empty() {
            subject.search_texts(rules);
        }
        subject
    }

    /// A rule that is not in force: what was said of it, or where it is commented out, or what else may be meant.
    fn search_texts(&mut self, rules: &LoadedRules) {
        let sources = &rules.report.sources;
        let says_sid = |source: &Source, span: Span| {
            numbers(source.slice(span)).any(|(_, it)| it == self.sid.sid)
        };
        self.diagnostics = rules
            .report
            .diagnostics
            .iter()
            .filter(|diagnostic| {
                let source = sources.get(diagnostic.source.0 as usize);
                let about = diagnostic.rule.unwrap_or(diagnostic.span);
                source.is_some_and(|source| says_sid(source, about))
            })
            .cloned()
            .collect();
        if self.tree.is_some() || !self.diagnostics.is_empty() {
            return;
        }
        for (place, source) in sources.iter().enumerate() {
            let mut there = numbers(&source.text).filter(|(_, it)| *it == self.sid.sid);
            if let Some((offset, _)) = there.next() {
                self.comment = Some((SourceId(place as u32), offset as u32));
                return;
            }
        }
        let mut known: Vec<u32> = rules.trees().iter().map(|tree| tree.sid).collect();
        known.sort_unstable_by_key(|it| (it.abs_diff(self.sid.sid), *it));
        known.truncate(NAMED);
        known.sort_unstable();
        self.near = known;
    }
}

/// The numbers behind `sid:` in a text, each with its place.
fn numbers(text: &[u8]) -> impl Iterator<Item = (usize, u32)> + '_ {
    memchr::memmem::find_iter(text, b"sid:").filter_map(|at| {
        let behind = text.get(at + 4..)?.trim_ascii_start();
        let length = behind
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let number = std::str::from_utf8(behind.get(..length)?).ok()?;
        Some((at, number.parse().ok()?))
    })
}

/// The literal of an option, if it is one.
pub(crate) fn literal(tree: &Rule, option: u16) -> Option<&Content> {
    match &tree.options.get(usize::from(option))?.kind {
        OptionKind::Content(content) => Some(content),
        _ => None,
    }
}

/// Generator and number of the rules that set a flowbit which one of the subjects asks for.
pub(crate) fn setters_for(subjects: &[Subject], rules: &LoadedRules) -> FxHashSet<Number> {
    let trees = subjects.iter().filter_map(|it| rules.trees().get(it.tree?));
    let options = trees.flat_map(|tree| &tree.options);
    let mut bits: Vec<&str> = options
        .filter_map(|option| match &option.kind {
            OptionKind::FlowBits(bits) if bits.action == BitAction::IsSet => Some(&bits.names),
            _ => None,
        })
        .flatten()
        .map(|name| &**name)
        .collect();
    bits.sort_unstable();
    bits.dedup();
    let found = bits.into_iter().flat_map(|bit| setters(rules, bit));
    found.map(|tree| (tree.gid, tree.sid)).collect()
}

/// The rules that set a bit.
pub(crate) fn setters<'r>(
    rules: &'r LoadedRules,
    bit: &'r str,
) -> impl Iterator<Item = &'r Rule> + 'r {
    let sets = move |tree: &&Rule| {
        tree.options.iter().any(|option| match &option.kind {
            OptionKind::FlowBits(bits) => {
                let sets = matches!(
                    bits.action,
                    BitAction::Set | BitAction::Toggle | BitAction::SetExclusive
                );
                sets && bits.names.iter().any(|name| **name == *bit)
            }
            _ => false,
        })
    };
    rules.trees().iter().filter(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_behind_sid() {
        let found: Vec<(usize, u32)> =
            numbers(b"sid:12; # sid: 7;gid:9;sid:x;sid:99999999999;").collect();
        assert_eq!(found, [(0, 12), (10, 7)]);
    }
}
