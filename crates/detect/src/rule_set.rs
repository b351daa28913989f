//! The rules in force: immutable, shared by all workers.

use tapir_flow::tcp::StreamEvent;
use tapir_matcher::Seen;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, FileSettings};
use tapir_rules::keywords::KeywordId;

use crate::address_set::AddressSets;
use crate::alert::{Actions, Alert, AlertFlags, PacketVerdict};
use crate::arbiter::{PacketFacts, Ruling};
use crate::condition::Condition;
use crate::context::PacketContext;
use crate::data_set::{DataSetInquiry, DataSets};
use crate::firewall::{Firewall, PacketHook};
use crate::flow_state::{FlowState, FlowVerdict};
use crate::frame;
use crate::gate::Gate;
use crate::host_condition::HostPart;
use crate::ip_only::IpOnly;
use crate::meta::RuleMeta;
use crate::names::Names;
use crate::port_set::PortSets;
use crate::prefilter::Prefilter;
use crate::recorder::{Fate, Recorder};
use crate::rule::{Response, Rule, RuleKind};
use crate::rule_id::RuleId;
use crate::transaction::{self, Test};

/// Compiled rules, in the order in which they are evaluated.
///
/// It never changes: a reload makes another one. Workers share it; what they remember of a flow is in its
/// [`FlowState`].
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) rules: Box<[Rule]>,
    pub(crate) metas: Box<[RuleMeta]>,
    pub(crate) addresses: AddressSets,
    pub(crate) ports: PortSets,
    pub(crate) prefilter: Prefilter,
    pub(crate) transactions: transaction::Prefilter,
    pub(crate) frames: frame::Prefilter,
    pub(crate) ip_only: IpOnly,
    pub(crate) firewall: Option<Box<Firewall>>,
    pub(crate) names: Names,
    pub(crate) data_sets: DataSets,
    pub(crate) host_tagging: Box<[RuleId]>,
    pub(crate) entangled: bool,
    /// Told apart from other rule sets by this number.
    pub(crate) generation: u32,
    /// How many alerts one packet may raise.
    pub(crate) max_alerts: usize,
    /// Whether rules that look at packets name the only transaction there is.
    pub(crate) guess_transactions: bool,
}

impl RuleSet {
    /// How many rules there are; a rule for both ways counts twice.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is nothing to be asked about packets.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.firewall.is_none()
    }

    /// Whether there is a firewall.
    pub fn has_firewall(&self) -> bool {
        self.firewall.is_some()
    }

    /// Whether the firewall is to be asked about packets at a hook.
    pub fn asks_at(&self, hook: PacketHook) -> bool {
        self.firewall
            .as_ref()
            .is_some_and(|firewall| !firewall.is_idle(hook))
    }

    /// The hook and the policy of a rule of the firewall, as records show them.
    pub fn firewall_part(&self, rule: RuleId) -> Option<(&str, &'static str)> {
        let part = self.rule(rule)?.firewall.as_ref()?;
        Some((&part.hook, part.policy.text()))
    }

    /// What a rule says about itself.
    pub fn meta(&self, rule: RuleId) -> Option<&RuleMeta> {
        self.metas.get(self.rule(rule)?.meta as usize)
    }

    /// Whether a rule is for flows of an application protocol only.
    pub fn names_protocol(&self, rule: RuleId) -> bool {
        self.rule(rule).is_some_and(|rule| rule.app.is_some())
    }

    /// The option whose literal the prefilter looks for before it asks for a rule.
    pub fn prompt(&self, rule: RuleId) -> Option<u16> {
        self.rule(rule)?.prompt
    }

    /// What sort of thing a rule looks at.
    pub fn kind(&self, rule: RuleId) -> Option<RuleKind> {
        Some(self.rule(rule)?.kind)
    }

    /// Whether a rule's changes to its flow depend on what crosses flows, so that only one worker, asking the arbiter
    /// at once, evaluates it right.
    pub fn is_entangled(&self) -> bool {
        self.entangled
    }

    /// Whether rules look at transactions of a protocol in a direction.
    pub fn looks_at_transactions(&self, proto: AppProto, direction: Direction) -> bool {
        self.firewall.is_some() || self.transactions.has_rules(proto, direction)
    }

    /// Whether a rule asks for one of these keywords of transactions.
    pub fn asks_for(&self, keywords: &[KeywordId]) -> bool {
        let parts = self
            .rules
            .iter()
            .filter_map(|rule| rule.transaction.as_deref());
        parts
            .flat_map(|part| &part.tests)
            .filter_map(Test::keyword)
            .any(|keyword| keywords.contains(&keyword))
    }

    /// Whether a rule waits for an event of TCP sessions.
    pub fn waits_for(&self, event: StreamEvent) -> bool {
        self.rules
            .iter()
            .flat_map(|rule| &rule.conditions)
            .any(|condition| matches!(condition, Condition::StreamEvent(of) if *of == event))
    }

    /// Whether rules look at frames.
    pub fn looks_at_frames(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Whether a rule has files kept on disk.
    pub fn stores_files(&self) -> bool {
        self.rules.iter().any(Rule::stores_files)
    }

    /// Whether a rule asks for the type of files.
    pub fn asks_for_types(&self) -> bool {
        let parts = self
            .rules
            .iter()
            .filter_map(|rule| rule.transaction.as_deref());
        parts.flat_map(|part| &part.tests).any(Test::asks_for_types)
    }

    /// What the rules ask of files, added to `settings`.
    pub fn ask_of_files(&self, settings: &mut FileSettings) {
        let parts = self
            .rules
            .iter()
            .filter_map(|rule| rule.transaction.as_deref());
        for test in parts.flat_map(|part| &part.tests) {
            test.ask_of_files(settings);
        }
    }

    /// The bits of a flow that are set, by name.
    pub fn flow_bits<'s>(&'s self, state: &'s FlowState) -> impl Iterator<Item = &'s str> {
        state.bits().iter().map(|&bit| self.names.name(bit))
    }

    /// The numbers of a flow, by name.
    pub fn flow_ints<'s>(&'s self, state: &'s FlowState) -> impl Iterator<Item = (&'s str, u32)> {
        state
            .ints()
            .iter()
            .map(|&(name, value)| (self.names.name(name), value))
    }

    /// What `pcre` captured from a flow, by name.
    pub fn flow_texts<'s>(
        &'s self,
        state: &'s FlowState,
    ) -> impl Iterator<Item = (&'s str, &'s [u8])> {
        state
            .texts()
            .iter()
            .map(|(name, value)| (self.names.name(*name), &**value))
    }

    #[inline]
    pub(crate) fn rule(&self, rule: RuleId) -> Option<&Rule> {
        self.rules.get(rule.index())
    }

    pub(crate) fn host_part(&self, rule: RuleId) -> Option<&HostPart> {
        self.rule(rule)?.host.as_deref()
    }

    pub(crate) fn response(&self, rule: RuleId) -> Option<&Response> {
        self.rule(rule)?.response.as_deref()
    }

    pub(crate) fn data_sets(&self) -> &DataSets {
        &self.data_sets
    }

    pub(crate) fn host_tagging_rules(&self) -> &[RuleId] {
        &self.host_tagging
    }

    /// Whether another set gives every name the number that this one gives it.
    pub(crate) fn has_same_names(&self, other: &RuleSet) -> bool {
        self.names.is_prefix_of(&other.names) || other.names.is_prefix_of(&self.names)
    }

    /// The rules that can match a packet, in order, each once.
    pub(crate) fn candidates<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        gate: Gate,
        memory: (&mut Seen, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        self.prefilter.collect(context, gate, memory, found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// Carries out the alerts of a packet in their order: `judge` says what becomes of each. What is not to be shown
    /// is taken out of `alerts`.
    pub(crate) fn finish<R: Recorder>(
        &self,
        packet: &PacketFacts,
        alerts: &mut Vec<Alert>,
        recorder: &mut R,
        mut judge: impl FnMut(&mut Alert) -> Ruling,
    ) -> PacketVerdict {
        let mut verdict = PacketVerdict::default();
        let mut shown = 0;
        let mut passed = None;
        alerts.retain_mut(|alert| {
            if let Some(by) = passed {
                recorder.ruled(packet, alert.rule, Fate::Passed(by));
                return false;
            }
            let ruling = judge(alert);
            if ruling != Ruling::Nothing {
                self.carry_out(alert, &mut verdict);
                passed = self.ends_here(alert).then_some(alert.rule);
            }
            let fate = if matches!(ruling, Ruling::Nothing | Ruling::Silent) {
                self.silence(packet, alert.rule)
            } else if !alert.actions.contains(Actions::ALERT) {
                Fate::Unseen
            } else if shown >= self.max_alerts {
                Fate::Crowded
            } else {
                Fate::Raised
            };
            recorder.ruled(packet, alert.rule, fate);
            match fate {
                Fate::Raised => shown += 1,
                Fate::Crowded => verdict.discarded += 1,
                _ => verdict.suppressed += 1,
            }
            fate == Fate::Raised
        });
        verdict
    }

    /// Why the arbiter does not show a match.
    fn silence(&self, packet: &PacketFacts, rule: RuleId) -> Fate {
        let suppressions = self.response(rule).map(|response| &response.suppressions);
        let mut all = suppressions.into_iter().flatten();
        match all.any(|suppression| suppression.covers(packet)) {
            true => Fate::Suppressed,
            false => Fate::Held,
        }
    }

    /// Whether rules after this alert are not to be asked. A `pass` ends the packet also when a rule before it has
    /// dropped it already.
    pub(crate) fn ends_here(&self, alert: &Alert) -> bool {
        alert.actions.contains(Actions::PASS)
    }

    /// Whether the arbiter, or anybody, has to see an alert.
    pub(crate) fn is_for_arbiter(&self, alert: &Alert) -> bool {
        alert.actions.intersects(Actions::all() - Actions::CONFIG)
            || self
                .rule(alert.rule)
                .is_some_and(|rule| rule.needs_arbiter())
    }

    /// A data set by its name and the name of its type, for an operator to ask and change.
    pub fn data_set(&self, name: &str, kind: &str) -> Option<DataSetInquiry<'_>> {
        self.data_sets.inquire(name, kind)
    }

    /// Writes the data sets that are to be kept. The errors say which could not be written.
    pub fn save_data_sets(&self) -> Vec<String> {
        self.data_sets.save()
    }

    pub(crate) fn carry_out(&self, alert: &mut Alert, verdict: &mut PacketVerdict) {
        // What the firewall decided is carried out already.
        let Some(rule) = self.rule(alert.rule).filter(|rule| rule.firewall.is_none()) else {
            return;
        };
        let whole_flow = alert.flags.contains(AlertFlags::APPLIES_TO_FLOW)
            || rule.decides_flow(alert.flags.contains(AlertFlags::STREAM));
        let blocks = alert.actions.blocks();
        if blocks && verdict.dropped_by.is_none() {
            verdict.dropped_by = Some(alert.rule);
        }
        if alert.actions.contains(Actions::PASS) && verdict.actions.blocks() {
            return;
        }
        verdict.actions |= alert.actions;
        if whole_flow && (blocks || alert.actions.contains(Actions::PASS)) {
            alert.flags |= AlertFlags::APPLIES_TO_FLOW;
            if verdict.flow == FlowVerdict::Inspect {
                verdict.flow = if blocks {
                    FlowVerdict::Drop
                } else {
                    FlowVerdict::Pass
                };
            }
        }
    }
}
