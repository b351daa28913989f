//! The evaluator: tries the rules on one packet after another.

mod gatekeeping;
mod judge;
mod trial;

use std::sync::Arc;

use tapir_matcher::Seen;
use tapir_packet::{Direction, ip_proto};
use tapir_protocols::AppState;
use tapir_rules::tree::Tag;

use crate::alert::{Alert, AlertFlags, PacketVerdict};
use crate::arbiter::Arbiter;
use crate::context::{PacketContext, PacketTraits};
use crate::firewall::FirewallDrop;
use crate::flow_state::{FlowState, FlowVerdict, SessionTag};
use crate::frame::{FlowFrames, FrameView};
use crate::gate::Gate;
use crate::part::Part;
use crate::recorder::{NoRecord, Recorder, Stage, TransactionSight};
use crate::rule::{Rule, RuleKind};
use crate::rule_id::RuleId;
use crate::rule_set::RuleSet;
use crate::section::{Looking, SectionScratch};
use crate::tag::RunningTag;
use crate::transaction::{Attempt, Bits, Side, Subject, TransactionPart, TransactionWork};

use gatekeeping::{Gatekeeping, is_dropped};
use judge::{Alone, Deferred, Judge};
use trial::Trial;

/// Tries rules on packets. Each worker has one; what it holds besides the shared rules is memory for the work at hand.
#[derive(Debug)]
pub struct Detector {
    rules: Arc<RuleSet>,
    seen: Seen,
    found: Vec<RuleId>,
    scratch: SectionScratch,
    no_flow: FlowState,
}

impl Detector {
    /// A detector for a rule set.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let scratch = SectionScratch::default();
        Self {
            rules,
            seen: Seen::new(),
            found: Vec::new(),
            scratch,
            no_flow: FlowState::default(),
        }
    }

    /// The rules it tries.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Goes over to another rule set. What flows remember of the old one is forgotten flow by flow.
    pub fn reload(&mut self, rules: Arc<RuleSet>) {
        self.rules = rules;
    }

    /// Tries all rules on a packet of one worker among several. `flow` is what detection remembers of the packet's
    /// flow, if it has one.
    ///
    /// Alerts are added to `out` in the order of the rules; [`Arbiter::settle`] has the last word on them, once those
    /// of all workers are in packet order. The verdict holds already: rules whose verdict hangs on the arbiter make
    /// the rule set [entangled](RuleSet::is_entangled), and it must then be evaluated with
    /// [`inspect_alone`](Self::inspect_alone).
    pub fn inspect(
        &mut self,
        context: &PacketContext<'_>,
        flow: Option<FlowSubject<'_>>,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        self.inspect_recorded(context, flow, None, &mut NoRecord, out)
    }

    /// Tries all rules on a packet where there is but one worker, asking the arbiter at once. What is added to `out`
    /// is to be shown.
    pub fn inspect_alone(
        &mut self,
        context: &PacketContext<'_>,
        flow: Option<FlowSubject<'_>>,
        arbiter: &mut Arbiter,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        self.inspect_recorded(context, flow, Some(arbiter), &mut NoRecord, out)
    }

    /// The one or the other, as there is an arbiter to ask or not, telling `recorder` of every step.
    pub fn inspect_recorded<R: Recorder>(
        &mut self,
        context: &PacketContext<'_>,
        flow: Option<FlowSubject<'_>>,
        arbiter: Option<&mut Arbiter>,
        recorder: &mut R,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        let rules = Arc::clone(&self.rules);
        let Some(arbiter) = arbiter else {
            let mut judge = Deferred {
                rules: &rules,
                context,
            };
            return self.run(context, flow, &mut judge, recorder, out);
        };
        let facts = context.facts();
        let mut judge = Alone {
            rules: &rules,
            arbiter,
            facts: &facts,
        };
        let mut verdict = self.run(context, flow, &mut judge, recorder, out);
        if !context.traits.contains(PacketTraits::STREAM_END) {
            verdict.tagged |= arbiter.is_tagged(&facts);
        }
        verdict
    }

    fn run<J: Judge, R: Recorder>(
        &mut self,
        context: &PacketContext<'_>,
        flow: Option<FlowSubject<'_>>,
        judge: &mut J,
        recorder: &mut R,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        let rules = Arc::clone(&self.rules);
        let mut without = std::mem::take(&mut self.no_flow);
        let has_flow = flow.is_some() && context.flow.is_some();
        let (state, app, frames) = match flow {
            Some(subject) => (subject.state, subject.app, subject.frames),
            None => (&mut without, None, None),
        };
        state.belong_to(rules.generation);
        recorder.enter(Part::Detection);
        recorder.packet(context, state);
        let before = out.len();
        let stopped = match (state.verdict(), &rules.firewall) {
            (FlowVerdict::Inspect, _) | (FlowVerdict::Pass, Some(_)) => {
                self.try_rules(&rules, context, (state, app, frames), judge, recorder, out)
            }
            _ => None,
        };
        let mut verdict = PacketVerdict::default();
        if out.len() > before {
            let mut alerts = out.split_off(before);
            verdict = judge.finish(&mut alerts, recorder);
            if has_flow {
                decide(&rules, context, state, &verdict, &alerts);
            }
            out.append(&mut alerts);
        }
        verdict.firewall = stopped;
        if has_flow && state.has_tags() && !context.traits.contains(PacketTraits::STREAM_END) {
            verdict.tagged |= see_tags(state, context);
        }
        self.no_flow = FlowState::default();
        recorder.leave();
        verdict
    }

    /// Tries the rules; says when the firewall does not let the packet pass.
    fn try_rules<J: Judge, R: Recorder>(
        &mut self,
        rules: &RuleSet,
        context: &PacketContext<'_>,
        (state, app, frames): (&mut FlowState, Option<FlowApp<'_>>, Option<FlowFrames<'_>>),
        judge: &mut J,
        recorder: &mut R,
        out: &mut Vec<Alert>,
    ) -> Option<FirewallDrop> {
        let mut found = std::mem::take(&mut self.found);
        let before = out.len();
        let mut work = Work {
            rules,
            context,
            gate: Gate::of(context),
            state,
            judge,
            recorder,
            scratch: &mut self.scratch,
            untracked: false,
            insisted: Vec::new(),
        };
        let mut trial = TransactionTrial {
            work: &mut work,
            seen: &mut self.seen,
            out,
        };
        let mut gatekeeping = trial.pass_packet();
        let between = trial.out.len();
        let looks_for_threats = !matches!(gatekeeping, Gatekeeping::Stopped(_))
            && trial.work.state.verdict() == FlowVerdict::Inspect;
        if looks_for_threats {
            trial.try_packet(&mut found);
            if let (Some(app), Some(new)) = (&app, trial.out.get_mut(between..)) {
                attribute(rules, context, app.state, new);
            }
            if let Some(frames) = frames {
                trial.try_frames(frames, &mut found);
            }
        }
        let after_packet = trial.out.len();
        // With a firewall, what is dropped already is not looked into further.
        let goes_on =
            rules.firewall.is_none() || !is_dropped(trial.out.get(between..).unwrap_or_default());
        if let (Some(app), true) = (app, goes_on) {
            gatekeeping = trial.try_transactions(app, gatekeeping, looks_for_threats, &mut found);
        }
        let mixed = between > before || after_packet > between;
        if (mixed || out.len() > after_packet)
            && let Some(new) = out.get_mut(before..)
        {
            new.sort_by_key(|alert| alert.rule);
        }
        self.found = found;
        match gatekeeping {
            Gatekeeping::Stopped(stopped) => Some(stopped),
            Gatekeeping::Over | Gatekeeping::Transactions => None,
        }
    }
}

/// Finds the transactions that alerts of packets are about: the one that is inspected next, where the rule is for an
/// application protocol and the packet a datagram or the match in the stream; else the only one, if guesses are wanted.
fn attribute(rules: &RuleSet, context: &PacketContext<'_>, app: &AppState, alerts: &mut [Alert]) {
    let Some(way) = context.direction.map(Direction::index) else {
        return;
    };
    let is_datagram = context.packet.udp().is_some();
    for alert in alerts
        .iter_mut()
        .filter(|alert| alert.transaction.is_none())
    {
        let in_stream = alert.flags.contains(AlertFlags::STREAM);
        let for_app = rules
            .rule(alert.rule)
            .is_some_and(|rule| rule.app.is_some());
        if !(in_stream || for_app && is_datagram) {
            continue;
        }
        let next = (0..app.len())
            .filter_map(|place| app.meta(place))
            .find(|meta| !meta.skip[way] && !meta.inspection[way].complete);
        let known = match next {
            Some(meta) if for_app => Some(meta),
            _ if !for_app && rules.guess_transactions && app.len() == 1 => app.meta(0),
            _ => None,
        };
        if let Some(meta) = known {
            alert.transaction = Some(meta.id());
            alert.flags.set(AlertFlags::GUESSED, !is_datagram);
        }
    }
}

/// What is known of the flow of a packet, and remembered.
#[derive(Debug)]
pub struct FlowSubject<'f> {
    /// What detection remembers of it.
    pub state: &'f mut FlowState,
    /// Its application protocol.
    pub app: Option<FlowApp<'f>>,
    /// Frames that have come in the packet's direction, where rules look at such.
    pub frames: Option<FlowFrames<'f>>,
}

/// The application protocol of a flow.
#[derive(Debug)]
pub struct FlowApp<'f> {
    /// Its parser, with the transactions.
    pub state: &'f mut AppState,
    /// Nothing will follow in the packet's direction: what is there of its transactions counts as complete.
    pub ended: bool,
}

impl<'f> From<&'f mut FlowState> for FlowSubject<'f> {
    fn from(state: &'f mut FlowState) -> Self {
        Self {
            state,
            app: None,
            frames: None,
        }
    }
}

/// Whether transactions are inspected with a packet: with the first run of its stream, in an established session in
/// which the parser has read something new.
fn counts_for_transactions(context: &PacketContext<'_>) -> bool {
    let traits = context.traits;
    !traits.contains(PacketTraits::CONTINUED)
        && (context.packet.proto != ip_proto::TCP
            || traits.contains(PacketTraits::STREAM_ESTABLISHED | PacketTraits::APP_UPDATED))
}

/// Whether rules about addresses alone are to be tried: once for each direction of a flow.
fn asks_addresses(rules: &RuleSet, context: &PacketContext<'_>) -> bool {
    rules.ip_only.len() > 0
        && context.packet.ip_version != 0
        && !context.traits.contains(PacketTraits::CONTINUED)
        && (context.flow.is_none() || context.traits.contains(PacketTraits::FIRST_IN_DIRECTION))
}

/// Everything needed to try rules on one packet.
struct Work<'w, 'p, J, R> {
    rules: &'w RuleSet,
    context: &'w PacketContext<'p>,
    gate: Gate,
    state: &'w mut FlowState,
    judge: &'w mut J,
    recorder: &'w mut R,
    scratch: &'w mut SectionScratch,
    /// A rule of the firewall wants the packet not to be tracked.
    untracked: bool,
    /// Rules that are tried only because the recorder insists on it, in order.
    insisted: Vec<RuleId>,
}

impl<'p, J: Judge, R: Recorder> Work<'_, 'p, J, R> {
    /// Tries rules in the order given; matches take effect at once.
    fn try_each(&mut self, found: &[RuleId], out: &mut Vec<Alert>) {
        for &id in found {
            let Some(rule) = self.rules.rule(id) else {
                continue;
            };
            if !self.gate.contains(rule.gate) && !R::ENABLED {
                self.recorder.passed_over(id);
                continue;
            }
            self.recorder.rule(id);
            self.try_rule(id, rule, out);
            self.recorder.rule_done();
        }
    }

    fn try_rule(&mut self, id: RuleId, rule: &Rule, out: &mut Vec<Alert>) {
        let prompted = !self.is_insisted(id);
        self.recorder.stage(Stage::Prefilter, prompted);
        if !prompted && (rule.transaction.is_some() || rule.frame.is_some()) {
            self.trial(rule).begins();
            return;
        }
        let alert = self.trial(rule).run(id);
        if let Some(alert) = alert.filter(|_| prompted) {
            self.conclude(rule, alert, out);
        }
    }

    /// Adds the rules to `found` that the recorder insists on, of those that fit.
    fn insist(&mut self, found: &mut Vec<RuleId>, fits: impl Fn(&Rule) -> bool) {
        if !R::ENABLED {
            return;
        }
        let rules = self.rules;
        self.insisted.clear();
        let wanted = self.recorder.insists_on().iter().filter(|id| {
            let rule = rules.rule(**id).filter(|rule| rule.firewall.is_none());
            rule.is_some_and(&fits) && found.binary_search(id).is_err()
        });
        self.insisted.extend(wanted);
        found.extend_from_slice(&self.insisted);
        found.sort_unstable();
    }

    /// Whether a rule is tried only because the recorder insists on it.
    #[inline]
    fn is_insisted(&self, id: RuleId) -> bool {
        R::ENABLED && self.insisted.binary_search(&id).is_ok()
    }

    fn trial<'t>(&'t mut self, rule: &'t Rule) -> Trial<'t, 'p, R> {
        Trial {
            rules: self.rules,
            rule,
            context: self.context,
            gate: self.gate,
            looking: Looking {
                state: &*self.state,
                sets: &self.rules.data_sets,
                scratch: &mut *self.scratch,
                recorder: &mut *self.recorder,
            },
        }
    }

    /// Tries a rule on a transaction, given the tests that it has passed before.
    fn attempt(
        &mut self,
        rule: &Rule,
        part: &TransactionPart,
        passed: u32,
        subject: &Subject<'_>,
        direction: Direction,
    ) -> Attempt {
        let context = self.context;
        let mut trial = self.trial(rule);
        if passed == 0 && !trial.begins() {
            return Attempt::Wait(0);
        }
        trial.looking.scratch.begin();
        if !trial.passes_packet_part() {
            return Attempt::Wait(passed);
        }
        part.attempt(passed, subject, direction, context, &mut trial.looking)
    }

    /// A rule matched as far as its flow goes; says whether the match stands.
    fn conclude(&mut self, rule: &Rule, mut alert: Alert, out: &mut Vec<Alert>) -> bool {
        if let Some(part) = &rule.host {
            let holds = self.judge.host_part(part, &mut alert);
            self.recorder.stage(Stage::HostState, holds);
            if !holds {
                return false;
            }
        }
        self.recorder.matched();
        for effect in &rule.effects {
            effect.apply(self.state);
        }
        self.scratch.keep_captures(self.state);
        // A rule of the firewall mostly decides in silence.
        if rule.firewall.is_none() || !alert.actions.is_empty() || rule.needs_arbiter() {
            out.push(alert);
        }
        true
    }
}

/// Tries rules on a packet and on the transactions of its flow.
struct TransactionTrial<'t, 'w, 'p, J, R> {
    work: &'t mut Work<'w, 'p, J, R>,
    seen: &'t mut Seen,
    out: &'t mut Vec<Alert>,
}

impl<J: Judge, R: Recorder> TransactionTrial<'_, '_, '_, J, R> {
    /// Tries the rules that look at packets and streams.
    fn try_packet(&mut self, found: &mut Vec<RuleId>) {
        let (rules, context) = (self.work.rules, self.work.context);
        found.clear();
        // Rules about addresses alone go first, whatever their place: what they set is there for all others.
        if asks_addresses(rules, context) {
            self.work.recorder.enter(Part::Prefilter);
            rules
                .ip_only
                .collect(context.packet.src, context.packet.dst, found);
            found.sort_unstable();
            self.work.recorder.leave();
            self.work
                .insist(found, |rule| rule.kind == RuleKind::IpOnly);
            self.work.try_each(found, self.out);
            found.clear();
        }
        self.work.recorder.enter(Part::Prefilter);
        let memory = (&mut *self.seen, &mut *self.work.recorder);
        rules.candidates(context, self.work.gate, memory, found);
        self.work.recorder.leave();
        self.work
            .insist(found, |rule| rule.kind != RuleKind::IpOnly);
        self.work.try_each(found, self.out);
    }

    /// Tries the rules that look at frames.
    fn try_frames(&mut self, frames: FlowFrames<'_>, found: &mut Vec<RuleId>) {
        let (rules, context) = (self.work.rules, self.work.context);
        let proto = context.app_proto();
        for view in frames.views {
            self.work.recorder.enter(Part::Prefilter);
            let recorder = &mut *self.work.recorder;
            let memory = (&mut *self.seen, &mut *self.work.scratch, recorder);
            rules
                .frames
                .collect(proto, view, self.work.gate, memory, found);
            self.work.recorder.leave();
            self.work.insist(found, |rule| {
                let part = rule.frame.as_deref();
                part.is_some_and(|part| part.proto == proto && part.kind == view.kind)
            });
            for &id in found.iter() {
                let known = (view.id, id);
                if frames.matched.contains(&known) {
                    continue;
                }
                let Some(rule) = rules.rule(id) else {
                    continue;
                };
                self.work.recorder.rule(id);
                if self.try_on_frame(id, rule, view) {
                    frames.matched.push(known);
                }
                self.work.recorder.rule_done();
            }
        }
    }

    /// Tries a rule on a frame; says whether a match stands.
    fn try_on_frame(&mut self, id: RuleId, rule: &Rule, view: &FrameView<'_>) -> bool {
        let Some(part) = rule.frame.as_deref() else {
            return false;
        };
        let prompted = !self.work.is_insisted(id);
        self.work.recorder.stage(Stage::Prefilter, prompted);
        if !self.work.trial(rule).passes_frame(part, view) || !prompted {
            return false;
        }
        let mut evidence = self.work.scratch.take_evidence().unwrap_or_default();
        evidence.frame = Some(view.id);
        let alert = Alert {
            rule: id,
            actions: rule.actions,
            flags: AlertFlags::empty(),
            transaction: view.transaction,
            evidence: Some(evidence),
        };
        self.work.conclude(rule, alert, self.out)
    }

    /// Tries the rules that look at transactions, those of the firewall before each.
    fn try_transactions(
        &mut self,
        app: FlowApp<'_>,
        mut gatekeeping: Gatekeeping,
        looks_for_threats: bool,
        found: &mut Vec<RuleId>,
    ) -> Gatekeeping {
        let (rules, context) = (self.work.rules, self.work.context);
        let proto = context.app_proto();
        let Some(direction) = context
            .direction
            .filter(|_| counts_for_transactions(context))
        else {
            return gatekeeping;
        };
        let asks_firewall = gatekeeping == Gatekeeping::Transactions;
        let has_rules = looks_for_threats
            && (R::WATCHES_TRANSACTIONS || rules.transactions.has_rules(proto, direction));
        if !(asks_firewall || has_rules) || matches!(gatekeeping, Gatekeeping::Stopped(_)) {
            return gatekeeping;
        }
        let side = Side {
            proto,
            direction,
            ended: app.ended,
        };
        for place in 0..app.state.len() {
            if !side.takes(app.state, place) {
                continue;
            }
            if gatekeeping == Gatekeeping::Transactions {
                gatekeeping = self.pass_transaction(app.state, place, side);
            }
            if let Gatekeeping::Stopped(_) = gatekeeping {
                break;
            }
            if looks_for_threats && self.work.state.verdict() == FlowVerdict::Inspect {
                side.inspect(app.state, place, found, self);
            } else {
                side.skip(app.state, place);
            }
        }
        gatekeeping
    }

    /// A rule matched a transaction; says whether the match stands.
    fn conclude(&mut self, id: RuleId, transaction: u64, bits: &mut Bits) -> bool {
        let Some(rule) = self.work.rules.rule(id) else {
            return false;
        };
        let alert = Alert {
            rule: id,
            actions: rule.actions,
            flags: AlertFlags::empty(),
            transaction: Some(transaction),
            evidence: self.work.scratch.take_evidence(),
        };
        let stands = self.work.conclude(rule, alert, self.out);
        if stands {
            for change in rule.transaction.iter().flat_map(|part| &part.bits) {
                change.apply(bits);
            }
        }
        stands
    }
}

impl<J: Judge, R: Recorder> TransactionWork for TransactionTrial<'_, '_, '_, J, R> {
    fn candidates(
        &mut self,
        subject: &Subject<'_>,
        direction: Direction,
        done: u8,
        found: &mut Vec<RuleId>,
    ) {
        let (rules, gate) = (self.work.rules, self.work.gate);
        self.work.recorder.enter(Part::Prefilter);
        let recorder = &mut *self.work.recorder;
        let memory = (&mut *self.seen, &mut *self.work.scratch, recorder);
        rules
            .transactions
            .collect(subject, direction, (done, gate), memory, found);
        self.work.recorder.leave();
    }

    fn look_at(&mut self, seen: Option<TransactionSight<'_>>) {
        self.work.recorder.transaction(seen);
    }

    fn insist(&mut self, found: &mut Vec<RuleId>) {
        self.work.insist(found, |rule| rule.transaction.is_some());
    }

    fn attempt(
        &mut self,
        id: RuleId,
        passed: u32,
        subject: &Subject<'_>,
        direction: Direction,
    ) -> Attempt {
        let work = &mut *self.work;
        let Some(rule) = work.rules.rule(id) else {
            return Attempt::Never;
        };
        let Some(part) = rule.transaction.as_deref() else {
            return Attempt::Never;
        };
        work.recorder.rule(id);
        let prompted = !work.is_insisted(id);
        work.recorder.stage(Stage::Prefilter, prompted);
        let attempt = work.attempt(rule, part, passed, subject, direction);
        work.recorder.rule_done();
        if prompted {
            attempt
        } else {
            Attempt::Wait(passed)
        }
    }

    fn matched(&mut self, id: RuleId, transaction: u64, bits: &mut Bits) -> bool {
        let stands = self.conclude(id, transaction, bits);
        stands && self.part(id).is_some_and(TransactionPart::keeps)
    }

    fn part(&self, id: RuleId) -> Option<&TransactionPart> {
        self.work.rules.rule(id)?.transaction.as_deref()
    }
}

/// What the packet's alerts decide for its flow.
fn decide(
    rules: &RuleSet,
    context: &PacketContext<'_>,
    state: &mut FlowState,
    verdict: &PacketVerdict,
    alerts: &[Alert],
) {
    if verdict.flow != FlowVerdict::Inspect {
        state.decide(verdict.flow);
    }
    for alert in alerts {
        let tag = rules
            .response(alert.rule)
            .and_then(|response| response.session_tag);
        if let Some(tag) = tag {
            set_tag(state, alert.rule, &tag, context);
        }
    }
}

/// More tags than this at a time are not kept for one flow.
const MAX_SESSION_TAGS: usize = 50;

fn set_tag(state: &mut FlowState, rule: RuleId, tag: &Tag, context: &PacketContext<'_>) {
    let tags = state.tags_mut();
    if tags.len() < MAX_SESSION_TAGS && !tags.iter().any(|known| known.rule == rule) {
        tags.push(SessionTag {
            rule,
            running: RunningTag::start(tag, context.number, context.packet.ts),
        });
    }
}

fn see_tags(state: &mut FlowState, context: &PacketContext<'_>) -> bool {
    let mut tagged = false;
    let bytes = context.packet.data.len() as u64;
    state.tags_mut().retain(|tag| {
        match tag.running.see(context.number, bytes, context.packet.ts) {
            Some(log) => {
                tagged |= log;
                true
            }
            None => false,
        }
    });
    tagged
}
