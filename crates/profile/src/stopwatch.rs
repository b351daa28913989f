//! Taking times: a recorder that reads the clock at every step it is told of.
//!
//! Between two readings all time belongs to what was entered last. A reading, and what is done about it, takes time
//! by itself; how much is measured once and taken off when figures are shown.

use std::time::Instant;

use tapir_detect::{Part, Recorder, RuleId};

use crate::cost::Cost;
use crate::figures::Figures;

/// Parts that may lie in each other. What is deeper (tunnels in tunnels) is charged to the last part that is not.
const MAX_DEPTH: usize = 64;
/// Rounds of measuring the clock, and stretches in each.
const ROUNDS: u32 = 16;
const STRETCHES: u64 = 256;

/// Listens to a worker and takes the time of what it does.
#[derive(Debug)]
pub struct Stopwatch {
    figures: Figures,
    /// What was entered and not left, the innermost last.
    open: Vec<Part>,
    /// Parts that were entered beyond those.
    beyond: usize,
    /// When the clock was last read.
    last: Instant,
    /// The rule that was tried last, and its trial.
    rule: Option<RuleId>,
    trial: Trial,
}

/// How far the trial of a rule has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// It goes on; it has matched, or not yet.
    Open { matched: bool },
    /// It is over, and took so many nanoseconds. The hit that led to it was noted as one in vain, or not.
    Over { nanos: u64, in_vain: bool },
}

impl Default for Stopwatch {
    fn default() -> Self {
        let mut watch = Self::new();
        watch.figures.clock = clock();
        watch
    }
}

/// Nanoseconds that a stretch with nothing in it takes.
fn clock() -> u64 {
    let round = |_| {
        let mut watch = Stopwatch::new();
        for _ in 0..STRETCHES {
            watch.enter(Part::Rest);
            watch.leave();
        }
        let cost = watch.figures.shared().map(|(_, share)| share.cost);
        let mut sum = Cost::default();
        cost.for_each(|cost| sum.merge(cost));
        sum.measured / STRETCHES
    };
    // Whatever else the processor does makes a round longer, never shorter.
    (0..ROUNDS).map(round).min().unwrap_or(0)
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            figures: Figures::default(),
            open: Vec::with_capacity(MAX_DEPTH),
            beyond: 0,
            last: Instant::now(),
            rule: None,
            trial: Trial::Open { matched: false },
        }
    }

    /// What was measured so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Begins anew, for rules that have other numbers.
    pub fn restart(&mut self) {
        let clock = self.figures.clock;
        *self = Self::new();
        self.figures.clock = clock;
    }

    /// Nanoseconds since the clock was last read.
    #[inline]
    fn read(&mut self) -> u64 {
        let now = Instant::now();
        let elapsed = now.duration_since(self.last).as_nanos();
        self.last = now;
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}

impl Recorder for Stopwatch {
    // The rules are to be tried as they are when nobody listens.
    const ENABLED: bool = false;

    fn enter(&mut self, part: Part) {
        let nanos = self.read();
        if let Some(outer) = self.open.last() {
            self.figures.charge(*outer, nanos);
        }
        self.figures.count(part);
        if self.open.len() < MAX_DEPTH {
            self.open.push(part);
        } else {
            self.beyond += 1;
        }
    }

    fn leave(&mut self) {
        let nanos = self.read();
        let part = match self.beyond {
            0 => self.open.pop(),
            _ => self.open.last().copied(),
        };
        self.beyond = self.beyond.saturating_sub(1);
        if let Some(part) = part {
            self.figures.charge(part, nanos);
        }
    }

    fn abandon(&mut self) {
        self.open.clear();
        self.beyond = 0;
        self.rule = None;
    }

    fn scanned(&mut self, bytes: usize, prompted: &[RuleId]) {
        if let Some(&(Part::Scan(id) | Part::Buffer(id))) = self.open.last() {
            let set = self.figures.set_mut(id);
            set.scans = set.scans.saturating_add(1);
            set.bytes = set.bytes.saturating_add(bytes as u64);
            set.named = set.named.saturating_add(prompted.len() as u64);
            set.hits = set.hits.saturating_add(u64::from(!prompted.is_empty()));
        }
        for rule in prompted {
            if let Some(figures) = self.figures.rule_mut(*rule) {
                figures.hits = figures.hits.saturating_add(1);
                figures.is_prompted = true;
            }
        }
    }

    fn passed_over(&mut self, rule: RuleId) {
        if let Some(figures) = self.figures.rule_mut(rule)
            && std::mem::take(&mut figures.is_prompted)
        {
            figures.in_vain = figures.in_vain.saturating_add(1);
        }
    }

    fn rule(&mut self, rule: RuleId) {
        let nanos = self.read();
        if let Some(outer) = self.open.last() {
            self.figures.charge(*outer, nanos);
        }
        self.rule = Some(rule);
        self.trial = Trial::Open { matched: false };
    }

    fn rule_done(&mut self) {
        let nanos = self.read();
        let Some(figures) = self.rule.and_then(|rule| self.figures.rule_mut(rule)) else {
            return;
        };
        let matched = self.trial == Trial::Open { matched: true };
        figures.checks = figures.checks.saturating_add(1);
        figures.cost.add(nanos);
        figures.longest = figures.longest.max(nanos);
        let in_vain = std::mem::take(&mut figures.is_prompted) && !matched;
        figures.in_vain = figures.in_vain.saturating_add(u64::from(in_vain));
        if matched {
            figures.of_matches.add(nanos);
        }
        self.trial = Trial::Over { nanos, in_vain };
    }

    fn matched(&mut self) {
        let Some(figures) = self.rule.and_then(|rule| self.figures.rule_mut(rule)) else {
            return;
        };
        figures.matches = figures.matches.saturating_add(1);
        match &mut self.trial {
            Trial::Open { matched } => *matched = true,
            Trial::Over { nanos, in_vain } => {
                figures.of_matches.add(*nanos);
                if std::mem::take(in_vain) {
                    figures.in_vain = figures.in_vain.saturating_sub(1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tapir_detect::PatternSetId;

    use super::*;

    const SET: PatternSetId = PatternSetId::Payload(0);

    #[test]
    fn time_belongs_to_what_was_entered_last() {
        let mut watch = Stopwatch::new();
        watch.enter(Part::Decode);
        watch.enter(Part::Prefilter);
        watch.enter(Part::Scan(SET));
        watch.scanned(10, &[RuleId(1), RuleId(3)]);
        watch.leave();
        watch.leave();
        watch.leave();
        let figures = watch.figures();
        assert_eq!(figures.frames, 1);
        let stretches: Vec<u64> = figures.shared().map(|(_, it)| it.cost.stretches).collect();
        // Before and after what lies within.
        assert_eq!(stretches, [2, 0, 0, 0, 0, 2, 0, 0, 0]);
        let (id, set) = figures.sets().next().unwrap();
        assert_eq!(
            (id, set.scans, set.bytes, set.hits, set.named),
            (SET, 1, 10, 1, 2)
        );
        assert_eq!(set.scanning.stretches, 1);
    }

    #[test]
    fn hits_are_in_vain_when_their_rule_does_not_match() {
        let mut watch = Stopwatch::new();
        let (silent, matching, late, over) = (RuleId(0), RuleId(1), RuleId(2), RuleId(3));
        watch.scanned(4, &[silent, matching, late, over]);
        watch.rule(silent);
        watch.rule_done();
        watch.rule(matching);
        watch.matched();
        watch.rule_done();
        // A match in a transaction is told after its trial.
        watch.rule(late);
        watch.rule_done();
        watch.matched();
        watch.passed_over(over);
        // Tried without a hit.
        watch.rule(silent);
        watch.rule_done();
        let of = |rule| {
            let it = watch.figures().rule(rule);
            (
                it.hits,
                it.in_vain,
                it.checks,
                it.matches,
                it.of_matches.stretches,
            )
        };
        assert_eq!(of(silent), (1, 1, 2, 0, 0));
        assert_eq!(of(matching), (1, 0, 1, 1, 1));
        assert_eq!(of(late), (1, 0, 1, 1, 1));
        assert_eq!(of(over), (1, 1, 0, 0, 0));
    }

    #[test]
    fn what_failed_leaves_nothing_open() {
        let mut watch = Stopwatch::new();
        watch.enter(Part::Decode);
        watch.rule(RuleId(0));
        watch.abandon();
        watch.rule_done();
        watch.leave();
        watch.matched();
        assert_eq!(watch.figures().rule(RuleId(0)).checks, 0);
        assert!(watch.open.is_empty());
    }

    #[test]
    fn depth_is_bounded() {
        let mut watch = Stopwatch::new();
        for _ in 0..1000 {
            watch.enter(Part::Flow);
        }
        for _ in 0..1000 {
            watch.leave();
        }
        assert!(watch.open.is_empty());
        assert_eq!(watch.beyond, 0);
        let flow = watch.figures().shared().nth(2).unwrap().1;
        assert_eq!((flow.times, flow.cost.stretches), (1000, 1999));
    }

    #[test]
    fn workers_add_up() {
        let mut one = Stopwatch::new();
        one.scanned(0, &[RuleId(5)]);
        one.rule(RuleId(5));
        one.rule_done();
        let mut sum = Figures::default();
        sum.add(one.figures());
        sum.add(one.figures());
        let rule = sum.rule(RuleId(5));
        assert_eq!((rule.hits, rule.in_vain, rule.checks), (2, 2, 2));
        assert_eq!(
            rule.cost.measured,
            one.figures().rule(RuleId(5)).cost.measured * 2
        );
    }
}
