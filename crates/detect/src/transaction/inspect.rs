//! Trying rules on the transactions of a flow.

use tapir_packet::Direction;
use tapir_protocols::{AppProto, AppState};

use super::{Subject, TransactionPart};
use crate::context::PacketContext;
use crate::recorder::{Recorder, Stage};
use crate::rule_id::RuleId;
use crate::section::Looking;

/// The rule has been settled: it matched, or never will.
const SETTLED: u32 = 1 << 31;

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

    /// Tries a rule on a transaction, given the tests that it has passed before.
    fn attempt(
        &mut self,
        rule: RuleId,
        passed: u32,
        subject: &Subject<'_>,
        direction: Direction,
    ) -> Attempt;

    /// The rule matched the transaction of that number.
    fn matched(&mut self, rule: RuleId, transaction: u64);
}

/// What came of trying a rule on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It matched.
    Match,
    /// It may match later; these tests have passed.
    Wait(u32),
    /// It does not match.
    Never,
}

/// Tries rules on the transactions of a flow that have changed. `ended`: directions in which nothing will follow.
pub(crate) fn inspect(
    state: &mut AppState,
    proto: AppProto,
    direction: Direction,
    ended: bool,
    found: &mut Vec<RuleId>,
    work: &mut impl TransactionWork,
) {
    let complete = state.complete();
    let way = direction.index();
    for place in 0..state.len() {
        let Some(meta) = state.meta_mut(place) else {
            return;
        };
        if meta.skip[way] || meta.inspection[way].complete || !(meta.updated[way] || ended) {
            continue;
        }
        meta.updated[way] = false;
        let mut inspection = std::mem::take(&mut meta.inspection[way]);
        let (id, events) = (meta.id(), meta.events.clone());
        let mut progress = [
            meta.progress(Direction::ToServer),
            meta.progress(Direction::ToClient),
        ];
        if ended {
            progress[way] = complete[way];
        }
        if let Some(transaction) = state.transaction(place) {
            let subject = Subject {
                transaction,
                events: &events,
                proto,
                progress,
                complete,
            };
            found.clear();
            work.candidates(&subject, direction, inspection.done_below, found);
            found.extend(
                inspection
                    .rules
                    .iter()
                    .filter(|(_, passed)| passed & SETTLED == 0)
                    .map(|&(rule, _)| RuleId(rule)),
            );
            found.sort_unstable();
            found.dedup();
            for &rule in found.iter() {
                let known = inspection.rules.iter().position(|entry| entry.0 == rule.0);
                let passed = known
                    .and_then(|at| inspection.rules.get(at))
                    .map_or(0, |entry| entry.1);
                if passed & SETTLED != 0 {
                    continue;
                }
                let now = match work.attempt(rule, passed, &subject, direction) {
                    Attempt::Match => {
                        work.matched(rule, id);
                        SETTLED
                    }
                    Attempt::Wait(passed) => passed,
                    Attempt::Never => SETTLED,
                };
                match known.and_then(|at| inspection.rules.get_mut(at)) {
                    Some(entry) => entry.1 = now,
                    None if now != 0 => inspection.rules.push((rule.0, now)),
                    None => {}
                }
            }
        }
        inspection.done_below = progress[way];
        inspection.complete = progress[way] >= complete[way];
        if let Some(transaction) = state.transaction_mut(place) {
            transaction.inspected(direction);
        }
        if let Some(meta) = state.meta_mut(place) {
            meta.inspection[way] = inspection;
        }
    }
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
            let (way, place) = match test.place(subject.proto, direction) {
                Some(place) => (direction, place),
                None if self.both_ways => {
                    let other = direction.reverse();
                    match test.place(subject.proto, other) {
                        Some(place) => (other, place),
                        None => return Attempt::Never,
                    }
                }
                None => return Attempt::Never,
            };
            let progress = subject.progress[way.index()];
            if progress < place {
                waits = true;
                continue;
            }
            let is_final = progress > place || progress >= subject.complete[way.index()];
            let holds = test.holds(subject, way, is_final, context, looking);
            looking.recorder.stage(Stage::Buffer, holds);
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
        } else {
            Attempt::Match
        }
    }
}
