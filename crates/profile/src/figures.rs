//! What was counted and measured, by rule, pattern set and part.

use std::collections::BTreeMap;

use tapir_detect::{Part, PatternSetId, RuleId};
use tapir_protocols::AppProto;

use crate::cost::Cost;

/// What was counted and measured.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Frames that were inspected.
    pub frames: u64,
    /// Nanoseconds that one stretch of measuring takes by itself.
    pub clock: u64,
    rules: Vec<RuleFigures>,
    sets: BTreeMap<PatternSetId, SetFigures>,
    protocols: BTreeMap<AppProto, Share>,
    parts: [Share; SHARED.len()],
}

/// How often a part was entered, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    pub(crate) times: u64,
    pub(crate) cost: Cost,
}

/// The parts that are there once, by their place in the figures, and what people call them.
pub(crate) const SHARED: [&str; 9] = [
    "decode",
    "defragment",
    "flow",
    "stream",
    "recognise",
    "prefilter",
    "detection",
    "records",
    "rest",
];

/// What was counted and measured of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleFigures {
    /// Times that its literal was found.
    pub hits: u64,
    /// Hits that led nowhere: the rule was not tried, or did not match.
    pub in_vain: u64,
    /// Times that it was tried.
    pub checks: u64,
    /// Trials in which everything held, before thresholds and suppressions.
    pub matches: u64,
    /// Of its trials.
    pub cost: Cost,
    /// Of those that matched.
    pub of_matches: Cost,
    /// Nanoseconds of the longest trial, with measuring.
    pub longest: u64,
    /// Its literal was found, and it was not tried since.
    pub(crate) is_prompted: bool,
}

/// What was counted and measured of one pattern set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetFigures {
    /// Of making the values it is looked for in.
    pub making: Cost,
    /// Times that its buffer was asked for values.
    pub made: u64,
    /// Of looking for it.
    pub scanning: Cost,
    /// Values that it was looked for in.
    pub scans: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Values in which something was found.
    pub hits: u64,
    /// Rules that were named by what was found.
    pub named: u64,
}

impl Figures {
    /// The figures of a rule.
    pub fn rule(&self, rule: RuleId) -> RuleFigures {
        self.rules.get(rule.index()).copied().unwrap_or_default()
    }

    /// The pattern sets that were looked for, in order.
    pub fn sets(&self) -> impl Iterator<Item = (PatternSetId, &SetFigures)> {
        self.sets.iter().map(|(id, figures)| (*id, figures))
    }

    pub(crate) fn shared(&self) -> impl Iterator<Item = (&'static str, Share)> {
        SHARED.into_iter().zip(self.parts)
    }

    pub(crate) fn protocols(&self) -> impl Iterator<Item = (AppProto, Share)> {
        self.protocols.iter().map(|(proto, share)| (*proto, *share))
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = (RuleId, &RuleFigures)> {
        (0..).map(RuleId).zip(&self.rules)
    }

    /// Adds those of another worker with the same rules.
    pub fn add(&mut self, other: &Self) {
        self.frames = self.frames.saturating_add(other.frames);
        self.clock = self.clock.max(other.clock);
        for (rule, theirs) in other.rules() {
            if let Some(mine) = self.rule_mut(rule) {
                mine.add(theirs);
            }
        }
        for (id, theirs) in &other.sets {
            self.sets.entry(*id).or_default().add(theirs);
        }
        for (proto, theirs) in &other.protocols {
            self.protocols.entry(*proto).or_default().add(*theirs);
        }
        for (mine, theirs) in self.parts.iter_mut().zip(other.parts) {
            mine.add(theirs);
        }
    }

    /// The figures of a rule, made when they are not there.
    pub(crate) fn rule_mut(&mut self, rule: RuleId) -> Option<&mut RuleFigures> {
        let place = rule.index();
        if self.rules.len() <= place {
            self.rules
                .resize(place.saturating_add(1), RuleFigures::default());
        }
        self.rules.get_mut(place)
    }

    pub(crate) fn set_mut(&mut self, id: PatternSetId) -> &mut SetFigures {
        self.sets.entry(id).or_default()
    }

    /// Where the times of a part are kept, but for those of pattern sets.
    fn share_mut(&mut self, part: Part) -> Option<&mut Share> {
        let place = match part {
            Part::Parse(proto) => return Some(self.protocols.entry(proto).or_default()),
            Part::Buffer(_) | Part::Scan(_) => return None,
            Part::Decode => 0,
            Part::Defragment => 1,
            Part::Flow => 2,
            Part::Stream => 3,
            Part::Recognise => 4,
            Part::Prefilter => 5,
            Part::Detection => 6,
            Part::Records => 7,
            Part::Rest => 8,
        };
        self.parts.get_mut(place)
    }

    /// A part was entered.
    pub(crate) fn count(&mut self, part: Part) {
        if part == Part::Decode {
            self.frames = self.frames.saturating_add(1);
        }
        if let Part::Buffer(id) = part {
            let set = self.set_mut(id);
            set.made = set.made.saturating_add(1);
        }
        if let Some(share) = self.share_mut(part) {
            share.times = share.times.saturating_add(1);
        }
    }

    /// Time was spent in a part.
    pub(crate) fn charge(&mut self, part: Part, nanos: u64) {
        match part {
            Part::Buffer(id) => self.set_mut(id).making.add(nanos),
            Part::Scan(id) => self.set_mut(id).scanning.add(nanos),
            _ => {
                if let Some(share) = self.share_mut(part) {
                    share.cost.add(nanos);
                }
            }
        }
    }
}

impl Share {
    fn add(&mut self, other: Self) {
        self.times = self.times.saturating_add(other.times);
        self.cost.merge(other.cost);
    }
}

impl RuleFigures {
    /// Adds those of another worker, or of the same rule the other way around.
    pub(crate) fn add(&mut self, other: &Self) {
        self.hits = self.hits.saturating_add(other.hits);
        self.in_vain = self.in_vain.saturating_add(other.in_vain);
        self.checks = self.checks.saturating_add(other.checks);
        self.matches = self.matches.saturating_add(other.matches);
        self.cost.merge(other.cost);
        self.of_matches.merge(other.of_matches);
        self.longest = self.longest.max(other.longest);
    }
}

impl SetFigures {
    /// Adds those of another worker or set.
    pub(crate) fn add(&mut self, other: &Self) {
        self.making.merge(other.making);
        self.scanning.merge(other.scanning);
        self.made = self.made.saturating_add(other.made);
        self.scans = self.scans.saturating_add(other.scans);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.hits = self.hits.saturating_add(other.hits);
        self.named = self.named.saturating_add(other.named);
    }
}
