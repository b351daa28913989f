//! Trying rules on the transactions of a flow.

use smallvec::SmallVec;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, AppState, Inspection};

use super::{Subject, Test, TransactionPart};
use crate::context::PacketContext;
use crate::recorder::{NO_OPTION, Recorder, Stage, TestOutcome, TestVerdict, TransactionSight};
use crate::rule_id::RuleId;
use crate::section::Looking;

/// The rule has been settled: it matched, or never will.
pub(crate) const SETTLED: u32 = 1 << 31;

/// The bits that rules have set on a transaction.
pub(crate) type Bits = SmallVec<[u32; 4]>;

/// What inspection of transactions needs from the one who tries rules.
pub(crate) trait TransactionWork {
    /// The rules that can match a transaction, in order, each once.
    fn candidates(
        &mut self,
        subject: &Subject<'_>,
        direction: Direction,
        done: u8,
        found: &mut Vec<RuleId>,
    );

    /// This transaction is looked at, or none any more.
    fn look_at(&mut self, seen: Option<TransactionSight<'_>>);

    /// Adds the rules that are to be tried although nothing asks for it; they are tried to no effect.
    fn insist(&mut self, found: &mut Vec<RuleId>);

    /// Tries a rule on a transaction, given the tests that it has passed before.
    fn attempt(
        &mut self,
        rule: RuleId,
        passed: u32,
        subject: &Subject<'_>,
        direction: Direction,
    ) -> Attempt;

    /// The rule matched the transaction of that number; says whether it has files of it kept on disk.
    fn matched(&mut self, rule: RuleId, transaction: u64, bits: &mut Bits) -> bool;

    /// What a rule wants kept on disk that has matched.
    fn part(&self, rule: RuleId) -> Option<&TransactionPart>;
}

/// What came of trying a rule on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It matched.
    Match,
    /// It matched, and will match again when the transaction changes: it asks for nothing but the state that the
    /// transaction is still in.
    Again,
    /// It may match later; these tests have passed.
    Wait(u32),
    /// It does not match.
    Never,
}

impl Attempt {
    /// Whether it matched.
    pub(crate) fn is_match(self) -> bool {
        matches!(self, Self::Match | Self::Again)
    }

    /// What is remembered of it.
    pub(crate) fn remembered(self) -> u32 {
        match self {
            Self::Match | Self::Never => SETTLED,
            Self::Again => 0,
            Self::Wait(passed) => passed,
        }
    }
}

/// A direction of a flow whose transactions are inspected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) proto: AppProto,
    pub(crate) direction: Direction,
    /// Nothing will follow: what is there counts as complete.
    pub(crate) ended: bool,
}

impl Side {
    /// Whether the transaction of a place is to be looked at; if so what has changed counts as seen.
    pub(crate) fn takes(self, state: &mut AppState, place: usize) -> bool {
        let way = self.direction.index();
        let Some(meta) = state.meta_mut(place) else {
            return false;
        };
        if meta.skip[way] || meta.inspection[way].complete || !(meta.updated[way] || self.ended) {
            return false;
        }
        meta.updated[way] = false;
        true
    }

    /// How far the transaction of a place has come.
    pub(crate) fn progress(self, state: &AppState, place: usize) -> [u8; 2] {
        let mut progress = state.meta(place).map_or([0; 2], |meta| {
            [
                meta.progress(Direction::ToServer),
                meta.progress(Direction::ToClient),
            ]
        });
        if self.ended {
            let way = self.direction.index();
            progress[way] = state.complete()[way];
        }
        progress
    }

    /// Leaves the transaction of a place uninspected.
    pub(crate) fn skip(self, state: &mut AppState, place: usize) {
        let way = self.direction.index();
        let is_complete = self.progress(state, place)[way] >= state.complete()[way];
        if let Some(meta) = state.meta_mut(place) {
            meta.inspection[way].complete = is_complete;
        }
        if let Some(transaction) = state.transaction_mut(place) {
            transaction.inspected(self.direction);
        }
    }

    /// Tries rules on the transaction of a place.
    pub(crate) fn inspect(
        self,
        state: &mut AppState,
        place: usize,
        found: &mut Vec<RuleId>,
        work: &mut impl TransactionWork,
    ) {
        let way = self.direction.index();
        let progress = self.progress(state, place);
        let complete = state.complete();
        let Some(meta) = state.meta_mut(place) else {
            return;
        };
        let mut inspection = std::mem::take(&mut meta.inspection[way]);
        let mut bits = std::mem::take(&mut meta.bits);
        let (id, events) = (meta.id(), meta.events.clone());
        let mut store_files = meta.store_files;
        let mut storing: SmallVec<[RuleId; 2]> = SmallVec::new();
        if let Some(transaction) = state.transaction(place) {
            let subject = Subject {
                transaction,
                events: &events,
                bits: &[],
                proto: self.proto,
                progress,
                complete,
            };
            let files = transaction.files(self.direction).len();
            if files > std::mem::replace(&mut inspection.files, files) {
                // What was settled of files was of those before.
                let settled = inspection.rules.iter_mut().filter(|it| it.1 & SETTLED != 0);
                for entry in settled {
                    let part = work.part(RuleId(entry.0));
                    if part.is_some_and(TransactionPart::asks_for_files) {
                        entry.1 = 0;
                    }
                }
            }
            found.clear();
            work.candidates(&subject, self.direction, inspection.done_below, found);
            add_unsettled(&inspection, found);
            work.look_at(Some(TransactionSight {
                number: id,
                proto: self.proto,
                direction: self.direction,
                transaction,
                is_complete: progress[way] >= complete[way],
            }));
            work.insist(found);
            for &rule in found.iter() {
                let subject = Subject {
                    bits: &bits,
                    ..subject
                };
                let Some(now) = try_rule(&mut inspection.rules, rule, |passed| {
                    work.attempt(rule, passed, &subject, self.direction)
                }) else {
                    continue;
                };
                if now.is_match() && work.matched(rule, id, &mut bits) {
                    storing.push(rule);
                }
            }
            work.look_at(None);
        }
        inspection.done_below = progress[way];
        inspection.complete = progress[way] >= complete[way];
        if let Some(transaction) = state.transaction_mut(place) {
            for part in storing.iter().filter_map(|rule| work.part(*rule)) {
                part.store(self.direction, transaction, &mut store_files);
            }
            transaction.inspected(self.direction);
        }
        if let Some(meta) = state.meta_mut(place) {
            meta.store_files = store_files;
            meta.inspection[way] = inspection;
            meta.bits = bits;
        }
    }
}

/// Adds the rules that an earlier inspection left open.
fn add_unsettled(inspection: &Inspection, found: &mut Vec<RuleId>) {
    found.extend(
        inspection
            .rules
            .iter()
            .filter(|(_, passed)| passed & SETTLED == 0)
            .map(|&(rule, _)| RuleId(rule)),
    );
    found.sort_unstable();
    found.dedup();
}

/// What is remembered of a rule.
pub(crate) fn recall(remembered: &[(u32, u32)], rule: RuleId) -> u32 {
    recall_at(remembered, place_of(remembered, rule))
}

/// Where a rule is remembered, or would be.
fn place_of(remembered: &[(u32, u32)], rule: RuleId) -> Result<usize, usize> {
    remembered.binary_search_by_key(&rule.0, |entry| entry.0)
}

fn recall_at(remembered: &[(u32, u32)], place: Result<usize, usize>) -> u32 {
    let known = place.ok().and_then(|at| remembered.get(at));
    known.map_or(0, |entry| entry.1)
}

/// Tries a rule that is not settled, and remembers what came of it; nothing if it is. What is remembered stays in the
/// order of the rules, so that it is found again in few steps where a transaction has settled many.
pub(crate) fn try_rule(
    remembered: &mut Vec<(u32, u32)>,
    rule: RuleId,
    attempt: impl FnOnce(u32) -> Attempt,
) -> Option<Attempt> {
    let known = place_of(remembered, rule);
    let passed = recall_at(remembered, known);
    if passed & SETTLED != 0 {
        return None;
    }
    let now = attempt(passed);
    match known {
        Ok(at) => {
            if let Some(entry) = remembered.get_mut(at) {
                entry.1 = now.remembered();
            }
        }
        Err(at) if now.remembered() != 0 => remembered.insert(at, (rule.0, now.remembered())),
        Err(_) => {}
    }
    Some(now)
}

impl TransactionPart {
    /// Tries the tests that have not passed before.
    pub(crate) fn attempt<R: Recorder>(
        &self,
        mut passed: u32,
        subject: &Subject<'_>,
        direction: Direction,
        context: &PacketContext<'_>,
        looking: &mut Looking<'_, R>,
    ) -> Attempt {
        let mut waits = false;
        for (number, test) in self.tests.iter().enumerate() {
            let bit = 1_u32.checked_shl(number as u32).unwrap_or(0) & !SETTLED;
            if passed & bit != 0 {
                continue;
            }
            let told = |direction, outcome| TestVerdict {
                option: self.options.get(number).copied().unwrap_or(NO_OPTION),
                value: test.keyword(),
                direction,
                outcome,
            };
            let Some((way, place)) = self.place_of(test, subject.proto, direction) else {
                looking.recorder.test(told(direction, TestOutcome::Never));
                return Attempt::Never;
            };
            let progress = subject.progress[way.index()];
            if progress < place {
                looking.recorder.test(told(way, TestOutcome::Waits));
                waits = true;
                continue;
            }
            let is_complete = progress >= subject.complete[way.index()];
            let can_change = matches!(test, Test::Bit(..));
            let comes_later = can_change || matches!(test, Test::Progress(..));
            let is_final = is_complete || (progress > place && !comes_later);
            let holds = test.holds(subject, way, is_final, context, looking);
            let outcome = if holds {
                TestOutcome::Holds
            } else {
                TestOutcome::Fails
            };
            looking.recorder.test(told(way, outcome));
            looking.recorder.stage(Stage::Buffer, holds);
            if holds && can_change {
                continue;
            }
            if holds {
                passed |= bit;
            } else if is_final {
                return Attempt::Never;
            } else {
                waits = true;
            }
        }
        if waits {
            Attempt::Wait(passed)
        } else if self.matches_again(subject, direction) {
            Attempt::Again
        } else {
            Attempt::Match
        }
    }

    /// The direction in which a test is tried, and from which progress on.
    fn place_of(
        &self,
        test: &Test,
        proto: AppProto,
        direction: Direction,
    ) -> Option<(Direction, u8)> {
        let here = test.place(proto, direction).map(|place| (direction, place));
        here.or_else(|| {
            let other = direction.reverse();
            let place = self.both_ways.then(|| test.place(proto, other))??;
            Some((other, place))
        })
    }

    /// Whether nothing but a state is asked for, and the transaction is still in it.
    fn matches_again(&self, subject: &Subject<'_>, direction: Direction) -> bool {
        let progress = subject.progress[direction.index()];
        self.tests.iter().all(|test| match test {
            Test::Hook(_, hook) => hook.progress == progress,
            Test::Bit(..) => true,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_not_tried_again() {
        let mut remembered = Vec::new();
        let mut tried = Vec::new();
        let mut attempt = |rule: u32, comes: Attempt| {
            try_rule(&mut remembered, RuleId(rule), |passed| {
                tried.push((rule, passed));
                comes
            })
        };
        assert_eq!(attempt(7, Attempt::Never), Some(Attempt::Never));
        assert_eq!(attempt(3, Attempt::Wait(2)), Some(Attempt::Wait(2)));
        assert_eq!(attempt(5, Attempt::Wait(0)), Some(Attempt::Wait(0)));
        assert_eq!(attempt(7, Attempt::Match), None);
        assert_eq!(attempt(3, Attempt::Match), Some(Attempt::Match));
        assert_eq!(attempt(3, Attempt::Match), None);
        assert_eq!(attempt(5, Attempt::Again), Some(Attempt::Again));
        assert_eq!(tried, [(7, 0), (3, 0), (5, 0), (3, 2), (5, 0)]);
        // In the order of the rules; what has passed nothing is not kept.
        assert_eq!(remembered, [(3, SETTLED), (7, SETTLED)]);
        assert_eq!(recall(&remembered, RuleId(7)), SETTLED);
        assert_eq!(recall(&remembered, RuleId(5)), 0);
    }
}
