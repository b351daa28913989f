//! What came of a query.

use std::sync::Arc;

use tapir_engine::LoadedRules;
use tapir_rules::Rule;

use crate::attempt::Attempt;
use crate::circumstances::{Circumstances, FlowTable};
use crate::subject::Subject;
use crate::trace::{Record, Trace};

/// Flows that are shown of a rule unless all are wanted.
const SHOWN: usize = 3;

/// How far the rules of a query came.
pub struct Explanation {
    pub(crate) loaded: Arc<LoadedRules>,
    /// The rules, in the order of the query.
    pub rules: Vec<RuleExplanation>,
    pub(crate) flows: FlowTable,
}

/// How far one rule came.
#[derive(Debug)]
pub struct RuleExplanation {
    pub(crate) subject: Subject,
    pub(crate) record: Record,
    /// The attempts to show, the furthest first.
    pub(crate) shown: Vec<Attempt>,
    /// Every attempt is among them.
    pub(crate) is_every: bool,
    /// Attempts that came less far, or found no room.
    pub(crate) unshown: u64,
}

/// What can be said of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No file has it.
    Unknown,
    /// It stands in a file as a comment.
    Commented,
    /// It was refused when it was loaded.
    Refused,
    /// It was left out, because it asks for what is not evaluated.
    LeftOut,
    /// It alerted.
    Alerted,
    /// It is in force, and did not alert.
    Silent,
}

impl Explanation {
    pub(crate) fn of(
        loaded: Arc<LoadedRules>,
        subjects: Vec<Subject>,
        mut trace: Trace,
        all: bool,
    ) -> Self {
        trace.finish();
        let records = std::mem::take(&mut trace.records);
        let rules = subjects.into_iter().zip(records);
        Self {
            loaded,
            rules: rules
                .map(|(subject, record)| RuleExplanation::of(subject, record, all))
                .collect(),
            flows: trace.flows,
        }
    }

    /// The rule as it was written.
    pub(crate) fn tree(&self, rule: &RuleExplanation) -> Option<&Rule> {
        self.loaded.trees().get(rule.subject.tree?)
    }

    /// What is to be known of the flow of an attempt.
    pub(crate) fn circumstances(&self, attempt: &Attempt) -> Circumstances {
        self.flows.of(attempt.place.flow)
    }
}

impl RuleExplanation {
    fn of(subject: Subject, mut record: Record, all: bool) -> Self {
        let mut shown: Vec<Attempt> = if all {
            std::mem::take(&mut record.all)
        } else {
            std::mem::take(&mut record.furthest).into_values().collect()
        };
        let mut unshown = record.left_out;
        if !all {
            shown.sort_by(|a, b| {
                let place = |it: &Attempt| (it.place.packet, it.place.transaction);
                b.rank().cmp(&a.rank()).then(place(a).cmp(&place(b)))
            });
            let kept = shown
                .iter()
                .take(SHOWN)
                .take_while(|it| {
                    shown.first().is_some_and(|first| {
                        first.rank().0 == it.rank().0 && first.rank().1 == it.rank().1
                    })
                })
                .count();
            unshown = unshown.saturating_add((shown.len() - kept) as u64);
            shown.truncate(kept);
        }
        if shown.is_empty()
            && let Some((_, (count, attempt))) = record.faults.last_key_value()
        {
            unshown = unshown.saturating_add(count.saturating_sub(1));
            shown.push(attempt.clone());
        }
        Self {
            subject,
            record,
            shown,
            is_every: all,
            unshown,
        }
    }

    /// What can be said of it.
    pub fn standing(&self) -> Standing {
        let subject = &self.subject;
        if !subject.ids.is_empty() {
            return match self.alerts() {
                0 => Standing::Silent,
                _ => Standing::Alerted,
            };
        }
        if !subject.diagnostics.is_empty() {
            Standing::Refused
        } else if subject.tree.is_some() {
            Standing::LeftOut
        } else if subject.comment.is_some() {
            Standing::Commented
        } else {
            Standing::Unknown
        }
    }

    /// The number of its alerts.
    pub fn alerts(&self) -> u64 {
        self.record.alerts.len() as u64
    }

    /// Its signature id.
    pub fn sid(&self) -> u32 {
        self.subject.sid.sid
    }
}
