//! How far each rule came: a recorder that keeps counts instead of steps.

use std::collections::BTreeMap;

use crate::arbiter::PacketFacts;
use crate::recorder::{Fate, Recorder, Stage};
use crate::rule_id::RuleId;

/// What came of all trials of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Trials that were begun: the prefilter left the rule to be looked at.
    pub trials: u64,
    /// Trials in which everything held, before thresholds and suppressions.
    pub matches: u64,
    /// Matches that are shown as alerts.
    pub alerts: u64,
    /// Trials that failed at a stage, in the order of the stages.
    pub failures: BTreeMap<Stage, u64>,
}

/// Counts for every rule that was tried, in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct Tallies {
    rules: BTreeMap<RuleId, Tally>,
    current: Option<RuleId>,
}

impl Tallies {
    /// The counts of a rule, if it was tried at all.
    pub fn of(&self, rule: RuleId) -> Option<&Tally> {
        self.rules.get(&rule)
    }

    /// All rules that were tried.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Tally)> {
        self.rules.iter().map(|(rule, tally)| (*rule, tally))
    }

    fn current(&mut self) -> Option<&mut Tally> {
        self.rules.get_mut(&self.current?)
    }
}

impl Recorder for Tallies {
    const ENABLED: bool = true;

    fn rule(&mut self, rule: RuleId) {
        self.current = Some(rule);
        let tally = self.rules.entry(rule).or_default();
        tally.trials = tally.trials.saturating_add(1);
    }

    fn stage(&mut self, stage: Stage, passed: bool) {
        if let (Some(tally), false) = (self.current(), passed) {
            let count = tally.failures.entry(stage).or_default();
            *count = count.saturating_add(1);
        }
    }

    fn ruled(&mut self, _: &PacketFacts, rule: RuleId, fate: Fate) {
        if let (Some(tally), Fate::Raised) = (self.rules.get_mut(&rule), fate) {
            tally.alerts = tally.alerts.saturating_add(1);
        }
    }

    fn matched(&mut self) {
        if let Some(tally) = self.current() {
            tally.matches = tally.matches.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_matches_belong_to_the_rule_that_was_begun() {
        let mut record = Tallies::default();
        record.stage(Stage::Header, false);
        record.rule(RuleId(4));
        record.stage(Stage::Header, true);
        record.stage(Stage::Payload, false);
        record.rule(RuleId(2));
        record.stage(Stage::Header, true);
        record.matched();
        record.rule(RuleId(4));
        record.stage(Stage::Header, false);

        let rules: Vec<RuleId> = record.iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, [RuleId(2), RuleId(4)]);
        let matching = record.of(RuleId(2)).expect("was tried");
        assert_eq!((matching.trials, matching.matches), (1, 1));
        assert!(matching.failures.is_empty());
        let failing = record.of(RuleId(4)).expect("was tried");
        assert_eq!((failing.trials, failing.matches), (2, 0));
        let failures: Vec<(Stage, u64)> = failing.failures.clone().into_iter().collect();
        assert_eq!(failures, [(Stage::Header, 1), (Stage::Payload, 1)]);
        assert_eq!(record.of(RuleId(3)), None);
    }
}
