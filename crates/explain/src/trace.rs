//! The recorder that listens for the rules that are asked about.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tapir_detect::{
    Fate, FlowState, HeadFault, OptionVerdict, PacketContext, PacketFacts, Recorder, RuleId, Stage,
    TestOutcome, TestVerdict, TransactionSight,
};
use tapir_engine::LoadedRules;
use tapir_matcher::Literal;
use tapir_protocols::AppProto;
use tapir_rules::tree::Action;

use crate::Query;
use crate::attempt::{Attempt, Outcome, Place, Step, fault_rank};
use crate::circumstances::{FlowTable, Number};
use crate::excerpt::Excerpt;
use crate::subject::{Subject, literal, setters_for};

/// More flows (or packets without one) than this are not kept for a rule.
const MOST_FLOWS: usize = 4096;

/// More attempts than this are not kept for a rule.
const MOST_ATTEMPTS: usize = 10_000;

/// More transactions than this are not kept half inspected.
const MOST_OPEN: usize = 4096;

/// What was seen of one rule.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Attempts that were made, those among them past the prefilter.
    pub(crate) trials: u64,
    /// Attempts that ended at the head, by what was lacking, each with one for all.
    pub(crate) faults: BTreeMap<u8, (u64, Attempt)>,
    /// The attempt of each flow that came furthest, beyond the head. Of packets without a flow by their number.
    pub(crate) furthest: BTreeMap<(Option<u64>, u64), Attempt>,
    /// Every attempt beyond the head, where they are wanted.
    pub(crate) all: Vec<Attempt>,
    /// Attempts that found no room above.
    pub(crate) left_out: u64,
    /// Packets that alerted, in order.
    pub(crate) alerts: Vec<PacketFacts>,
}

/// Keeps what is asked for of every attempt.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    query: Query,
    /// The rules, in order, and the subject of each.
    wanted: Vec<RuleId>,
    subject_of: Vec<usize>,
    /// Whether each subject looks at transactions or frames.
    of_transactions: Vec<bool>,
    /// The literals of each subject by option, to be found where they were not looked for.
    literals: Vec<FxHashMap<u16, Literal>>,
    /// The rules that pass packets, in order.
    passing: Vec<RuleId>,
    pub(crate) records: Vec<Record>,
    pub(crate) flows: FlowTable,
    place: Option<Place>,
    current: Option<Current>,
    /// The rules that set a flowbit which a subject checks, with their numbers.
    setting: FxHashMap<RuleId, Number>,
    /// The rule on trial, if it may pass the packet.
    passes: Option<RuleId>,
    /// The rule on trial, if it may set such a flowbit.
    sets: Option<Number>,
    /// What held in transactions that wait for more: by subject, flow and transaction.
    open: FxHashMap<(usize, u64, u64), Vec<Step>>,
}

/// The attempt that is being made.
#[derive(Debug)]
struct Current {
    subject: usize,
    place: Place,
    prompted: bool,
    fault: Option<HeadFault>,
    matched: bool,
    /// The steps taken, without those that were taken back.
    path: Vec<Step>,
    /// The path that came furthest.
    best: Vec<Step>,
    /// A step was told since the last test on a transaction.
    told: bool,
    /// What was told of the option that is told next.
    instead: Box<str>,
}

impl Trace {
    pub(crate) fn new(subjects: &[Subject], query: &Query, rules: &LoadedRules) -> Self {
        let mut wanted: Vec<(RuleId, usize)> = subjects
            .iter()
            .enumerate()
            .flat_map(|(place, subject)| subject.ids.iter().map(move |id| (*id, place)))
            .collect();
        wanted.sort_unstable();
        wanted.dedup_by_key(|entry| entry.0);
        let all = || (0..rules.set.len()).map(|place| RuleId(place as u32));
        let setters = setters_for(subjects, rules);
        let setter = |id: RuleId| {
            let meta = rules.set.meta(id)?;
            let number = (meta.gid, meta.sid);
            setters.contains(&number).then_some((id, number))
        };
        let is_pass = |id: &RuleId| {
            let meta = rules.set.meta(*id);
            meta.is_some_and(|meta| meta.action == Action::Pass)
        };
        let literals = subjects.iter().map(|subject| {
            let tree = subject.tree.and_then(|tree| rules.trees().get(tree));
            let options = tree.into_iter().flat_map(|tree| {
                let places = 0..u16::try_from(tree.options.len()).unwrap_or(u16::MAX);
                places.filter_map(move |option| {
                    let content = literal(tree, option)?;
                    Some((option, Literal::new(&content.bytes, content.nocase)))
                })
            });
            options.collect()
        });
        Self {
            query: query.clone(),
            of_transactions: subjects.iter().map(|it| it.is_of_transactions).collect(),
            literals: literals.collect(),
            passing: all().filter(is_pass).collect(),
            setting: all().filter_map(setter).collect(),
            records: subjects.iter().map(|_| Record::default()).collect(),
            subject_of: wanted.iter().map(|entry| entry.1).collect(),
            wanted: wanted.into_iter().map(|entry| entry.0).collect(),
            ..Self::default()
        }
    }

    fn subject(&self, rule: RuleId) -> Option<usize> {
        let at = self.wanted.binary_search(&rule).ok()?;
        self.subject_of.get(at).copied()
    }

    /// The attempt at hand is over.
    pub(crate) fn finish(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let (subject, place) = (current.subject, current.place.clone());
        let mut attempt = current.into_attempt();
        let looked = |step: &Step| !step.buffer.is_empty() || step.direction.is_some();
        attempt.is_begun_only = self.of_transactions.get(subject) == Some(&true)
            && place.transaction.is_none()
            && attempt
                .steps
                .iter()
                .all(|step| step.outcome == Outcome::Held && !looked(step));
        self.join_open(subject, &mut attempt);
        if !self.query.takes(place.packet, place.flow) {
            return;
        }
        let every = self.query.all;
        if let Some(record) = self.records.get_mut(subject) {
            record.add(attempt, every);
        }
    }

    /// What held before of the same transaction belongs to the attempt.
    fn join_open(&mut self, subject: usize, attempt: &mut Attempt) {
        let (Some(flow), Some(transaction)) = (attempt.place.flow, attempt.place.transaction)
        else {
            return;
        };
        if !attempt.prompted || attempt.fault.is_some() {
            return;
        }
        let key = (subject, flow, transaction);
        let mut steps = self.open.remove(&key).unwrap_or_default();
        steps.retain(|step| attempt.steps.iter().all(|it| it.option != step.option));
        steps.append(&mut attempt.steps);
        attempt.steps = steps;
        if !attempt.matched && self.open.len() < MOST_OPEN {
            let held = attempt
                .steps
                .iter()
                .filter(|step| step.outcome == Outcome::Held);
            self.open.insert(key, held.cloned().collect());
        }
    }

    fn elsewhere(&self, subject: usize, verdict: &OptionVerdict<'_>) -> Option<u64> {
        let found = self
            .literals
            .get(subject)?
            .get(&verdict.option)?
            .find(verdict.data)?;
        Some(verdict.base.saturating_add(found as u64))
    }
}

impl Recorder for Trace {
    const ENABLED: bool = true;

    fn insists_on(&self) -> &[RuleId] {
        &self.wanted
    }

    fn packet(&mut self, context: &PacketContext<'_>, state: &FlowState) {
        self.finish();
        self.flows.see(context, state);
        let packet = context.packet;
        self.place = Some(Place {
            packet: context.number,
            flow: context.flow.map(|flow| flow.id),
            transaction: None,
            direction: context.direction,
            ip_version: packet.ip_version,
            proto: packet.proto,
            source: (packet.src, packet.sport),
            destination: (packet.dst, packet.dport),
            app: context.app.map_or(AppProto::Unknown, |app| app.flow),
        });
    }

    fn transaction(&mut self, seen: Option<TransactionSight<'_>>) {
        self.finish();
        if let Some(place) = &mut self.place {
            place.transaction = seen.map(|seen| seen.number);
        }
    }

    fn rule(&mut self, rule: RuleId) {
        self.finish();
        self.passes = self.passing.binary_search(&rule).is_ok().then_some(rule);
        self.sets = self.setting.get(&rule).copied();
        let (Some(subject), Some(place)) = (self.subject(rule), &self.place) else {
            return;
        };
        self.current = Some(Current {
            subject,
            place: place.clone(),
            prompted: true,
            fault: None,
            matched: false,
            path: Vec::new(),
            best: Vec::new(),
            told: false,
            instead: Box::default(),
        });
    }

    fn stage(&mut self, stage: Stage, passed: bool) {
        if stage != Stage::Prefilter {
            return;
        }
        if let Some(current) = &mut self.current {
            current.prompted = passed;
        }
        // What is tried for the explanation alone sets nothing.
        self.sets = self.sets.filter(|_| passed);
    }

    fn head(&mut self, fault: HeadFault) {
        if let Some(current) = &mut self.current {
            current.fault = Some(fault);
        }
    }

    fn instead(&mut self, seen: &dyn Fn() -> String) {
        if let Some(current) = &mut self.current {
            current.instead = seen().into();
        }
    }

    fn option(&mut self, verdict: OptionVerdict<'_>) {
        let Some(subject) = self.current.as_ref().map(|current| current.subject) else {
            return;
        };
        let elsewhere = (!verdict.matched)
            .then(|| self.elsewhere(subject, &verdict))
            .flatten();
        if let Some(current) = &mut self.current {
            let place = |at: usize| verdict.base.saturating_add(at as u64);
            let excerpt = (!verdict.buffer.is_empty())
                .then(|| Excerpt::around(verdict.data, verdict.base, verdict.offset));
            current.told = true;
            let instead = std::mem::take(&mut current.instead);
            current.take(Step {
                option: verdict.option,
                outcome: if verdict.matched {
                    Outcome::Held
                } else {
                    Outcome::Failed
                },
                buffer: verdict.buffer.into(),
                range: (place(verdict.offset), place(verdict.end)),
                elsewhere,
                excerpt,
                instead,
                direction: None,
            });
        }
    }

    fn test(&mut self, verdict: TestVerdict) {
        let Some(current) = &mut self.current else {
            return;
        };
        let told = std::mem::take(&mut current.told);
        let outcome = match verdict.outcome {
            // The options have said it better.
            TestOutcome::Holds | TestOutcome::Fails if told => return,
            TestOutcome::Holds => Outcome::Held,
            TestOutcome::Fails if verdict.value.is_some() => Outcome::Absent,
            TestOutcome::Fails => Outcome::Failed,
            TestOutcome::Waits => Outcome::Waited,
            TestOutcome::Never => Outcome::Never,
        };
        current.take(Step {
            option: verdict.option,
            outcome,
            buffer: verdict.value.map_or("", |value| value.name()).into(),
            range: (0, 0),
            elsewhere: None,
            excerpt: None,
            instead: Box::default(),
            direction: Some(verdict.direction),
        });
    }

    fn matched(&mut self) {
        if let Some(current) = &mut self.current {
            current.matched = true;
        }
        let Some((flow, packet)) = self
            .place
            .as_ref()
            .and_then(|it| Some((it.flow?, it.packet)))
        else {
            return;
        };
        if let Some(rule) = self.passes {
            self.flows.passed(flow, rule, packet);
        }
        if let Some(rule) = self.sets {
            self.flows.set(flow, rule, packet);
        }
    }

    fn ruled(&mut self, packet: &PacketFacts, rule: RuleId, fate: Fate) {
        self.finish();
        let Some(subject) = self.subject(rule) else {
            return;
        };
        if !self.query.takes(packet.number, packet.flow) {
            return;
        }
        if let Some(record) = self.records.get_mut(subject) {
            record.settle(packet, fate);
        }
    }
}

impl Current {
    /// Takes a step. One that was taken before is taken anew, and all after it are taken back.
    fn take(&mut self, step: Step) {
        let known = self.path.iter().position(|it| it.option == step.option);
        self.path.truncate(known.unwrap_or(self.path.len()));
        self.path.push(step);
        let held = |steps: &[Step]| {
            let held = steps.iter().filter(|step| step.outcome == Outcome::Held);
            held.count()
        };
        let (now, before) = (held(&self.path), held(&self.best));
        let goes_on = self.best.iter().all(|step| step.outcome == Outcome::Held)
            || self.path.len() > self.best.len();
        if now > before || (now == before && goes_on) {
            self.best.clone_from(&self.path);
        }
    }

    fn into_attempt(self) -> Attempt {
        Attempt {
            place: self.place,
            prompted: self.prompted,
            fault: self.fault,
            // What matched took the last path, whatever was tried before.
            steps: if self.matched { self.path } else { self.best },
            is_begun_only: false,
            matched: self.matched,
            fates: Vec::new(),
        }
    }
}

impl Record {
    fn add(&mut self, attempt: Attempt, every: bool) {
        self.trials = self.trials.saturating_add(1);
        if let Some(fault) = attempt.fault {
            let entry = self.faults.entry(fault_rank(fault)).or_insert((0, attempt));
            entry.0 = entry.0.saturating_add(1);
            return;
        }
        if every {
            if self.all.len() < MOST_ATTEMPTS {
                self.all.push(attempt.clone());
            } else {
                self.left_out = self.left_out.saturating_add(1);
            }
        }
        let key = key_of(attempt.place.flow, attempt.place.packet);
        let has_room = self.furthest.len() < MOST_FLOWS;
        match self.furthest.get_mut(&key) {
            Some(known) if known.rank() < attempt.rank() => {
                let fates = std::mem::take(&mut known.fates);
                *known = Attempt { fates, ..attempt };
            }
            Some(_) => {}
            None if has_room => drop(self.furthest.insert(key, attempt)),
            None => self.left_out = self.left_out.saturating_add(1),
        }
    }

    /// What became of a match.
    fn settle(&mut self, packet: &PacketFacts, fate: Fate) {
        if fate == Fate::Raised {
            self.alerts.push(*packet);
        }
        let key = key_of(packet.flow, packet.number);
        let of_all = self.all.iter_mut().filter(|attempt| {
            attempt.matched
                && attempt.place.packet == packet.number
                && attempt.place.flow == packet.flow
        });
        for attempt in self.furthest.get_mut(&key).into_iter().chain(of_all) {
            let is_news = attempt.fates.iter().all(|(_, known)| *known != fate);
            if is_news || attempt.place.packet == packet.number {
                attempt.fates.push((packet.number, fate));
            }
        }
    }
}

fn key_of(flow: Option<u64>, packet: u64) -> (Option<u64>, u64) {
    (flow, if flow.is_some() { 0 } else { packet })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tapir_packet::Timestamp;

    use super::*;

    fn place(packet: u64) -> Place {
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Place {
            packet,
            flow: Some(7),
            transaction: None,
            direction: None,
            ip_version: 4,
            proto: 6,
            source: (host, 1),
            destination: (host, 2),
            app: AppProto::Unknown,
        }
    }

    fn current() -> Current {
        Current {
            subject: 0,
            place: place(1),
            prompted: true,
            fault: None,
            matched: false,
            path: Vec::new(),
            best: Vec::new(),
            told: false,
            instead: Box::default(),
        }
    }

    fn step(option: u16, outcome: Outcome, from: u64) -> Step {
        Step {
            option,
            outcome,
            buffer: "payload".into(),
            range: (from, from),
            elsewhere: None,
            excerpt: None,
            instead: Box::default(),
            direction: None,
        }
    }

    fn places(steps: &[Step]) -> Vec<(u16, Outcome, u64)> {
        steps
            .iter()
            .map(|step| (step.option, step.outcome, step.range.0))
            .collect()
    }

    #[test]
    fn of_an_attempt_that_goes_back_the_furthest_path_is_kept() {
        use Outcome::{Failed, Held};
        let mut current = current();
        for (option, outcome, from) in [
            (1, Held, 3),
            (2, Failed, 4),
            // The first is tried at its next place, and more holds.
            (1, Held, 9),
            (2, Held, 12),
            (3, Failed, 14),
            // There is no other place.
            (1, Failed, 10),
        ] {
            current.take(step(option, outcome, from));
        }
        let kept = current.into_attempt().steps;
        assert_eq!(
            places(&kept),
            [(1, Held, 9), (2, Held, 12), (3, Failed, 14)]
        );
    }

    #[test]
    fn of_a_match_the_last_path_is_kept() {
        use Outcome::{Failed, Held};
        let mut current = current();
        current.take(step(1, Held, 3));
        current.take(step(2, Failed, 4));
        current.take(step(1, Held, 9));
        current.take(step(2, Held, 12));
        current.matched = true;
        let kept = current.into_attempt().steps;
        assert_eq!(places(&kept), [(1, Held, 9), (2, Held, 12)]);
    }

    #[test]
    fn the_furthest_attempt_of_a_flow_is_kept_and_learns_its_fate() {
        let attempt = |packet: u64, matched: bool, held: u16| Attempt {
            place: place(packet),
            prompted: true,
            fault: None,
            steps: (0..held)
                .map(|option| step(option, Outcome::Held, 0))
                .collect(),
            is_begun_only: false,
            matched,
            fates: Vec::new(),
        };
        let mut record = Record::default();
        record.add(attempt(1, false, 2), false);
        record.add(attempt(2, true, 3), false);
        record.add(attempt(3, false, 1), false);
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let facts = PacketFacts {
            number: 2,
            ts: Timestamp::ZERO,
            ip_version: 4,
            src: host,
            dst: host,
            sport: 1,
            dport: 2,
            flow: Some(7),
            bytes: 60,
        };
        record.settle(&facts, Fate::Suppressed);
        assert_eq!(record.trials, 3);
        assert_eq!(record.furthest.len(), 1);
        let kept = record.furthest.values().next().expect("one");
        assert_eq!(kept.place.packet, 2);
        assert_eq!(kept.fates, [(2, Fate::Suppressed)]);
        assert!(record.alerts.is_empty());
    }
}
