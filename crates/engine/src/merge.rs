//! Findings of all workers in the order of the capture: the arbiter has its say, outputs get their events.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapir_detect::{
    Actions, Alert, AlertFlags, Arbiter, ArbiterLimits, FirewallDrop, PacketVerdict, RuleId,
};
use tapir_output::event::{AlertAction, AlertEngine, DropRecord, RejectTarget, Verdict};
use tapir_output::{Body, Event, Needs, Outputs, RuleCount};
use tapir_packet::Timestamp;

use crate::finding::{AlertSubject, Alerted, Discovery, Finding, Place};
use crate::rules::LoadedRules;

/// Order of a packet's drop record and tagged packet among its events: after its alerts.
const AFTER_ALERTS: u32 = u32::MAX - 1;

/// Merges findings and writes them.
pub(crate) struct Merger {
    rules: Arc<LoadedRules>,
    arbiter: Arbiter,
    outputs: Outputs,
    prevention: bool,
    alerts: BTreeMap<(u32, u32), RuleCount>,
    totals: MergeTotals,
}

/// What was counted while merging.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MergeTotals {
    pub(crate) alerts: u64,
    pub(crate) suppressed: u64,
    pub(crate) discarded: u64,
    pub(crate) drops: u64,
    /// Packets dropped as `rate_filter` says.
    pub(crate) rate_drops: u64,
    pub(crate) rejects: u64,
}

/// What an expression of the rule has captured into variables of the packet.
fn captured(alert: &Alert) -> Vec<(Arc<str>, Box<[u8]>)> {
    let Some(evidence) = &alert.evidence else {
        return Vec::new();
    };
    let variables = evidence.variables.iter();
    variables
        .map(|(name, value)| (Arc::from(&**name), value.clone()))
        .collect()
}

/// Why a packet is dropped that `rate_filter` has taken the place of a rule's action for.
pub(crate) const RATE_FILTERED: &str = "threshold detection_filter";

impl Merger {
    pub(crate) fn new(rules: Arc<LoadedRules>, outputs: Outputs, prevention: bool) -> Self {
        let arbiter = Arbiter::new(Arc::clone(&rules.set), ArbiterLimits::default());
        Self {
            rules,
            arbiter,
            outputs,
            prevention,
            alerts: BTreeMap::new(),
            totals: MergeTotals::default(),
        }
    }

    /// What the arbiter keeps.
    pub(crate) fn arbiter_counters(&self) -> tapir_detect::ArbiterCounters {
        self.arbiter.counters()
    }

    /// A new input begins: hosts and thresholds start anew.
    pub(crate) fn begin(&mut self) {
        self.arbiter = Arbiter::new(Arc::clone(&self.rules.set), ArbiterLimits::default());
    }

    pub(crate) fn reload(&mut self, rules: Arc<LoadedRules>) {
        self.arbiter.reload(Arc::clone(&rules.set));
        self.rules = rules;
    }

    pub(crate) fn outputs(&mut self) -> &mut Outputs {
        &mut self.outputs
    }

    pub(crate) fn needs(&self) -> &Needs {
        self.outputs.needs()
    }

    pub(crate) fn totals(&self) -> MergeTotals {
        self.totals
    }

    /// Alerts by rule so far.
    pub(crate) fn counts(&self) -> Vec<RuleCount> {
        self.alerts.values().cloned().collect()
    }

    /// Closes the outputs; says how many records could not be delivered.
    pub(crate) fn finish(self) -> u64 {
        self.outputs.finish()
    }

    /// Writes what the workers found, in order. Empties `findings`.
    pub(crate) fn merge(&mut self, findings: &mut Vec<Finding>, now: Option<Timestamp>) {
        findings.sort_by_key(|finding| finding.place);
        for finding in findings.drain(..) {
            match finding.what {
                Discovery::Event(event) => self.outputs.emit(&event),
                Discovery::Content(content) => self.outputs.store(&content),
                Discovery::Alerted(alerted) => self.alerted(*alerted, finding.place),
            }
        }
        if let Some(now) = now {
            self.outputs.tick(now);
        }
    }

    fn alerted(&mut self, mut alerted: Alerted, place: Place) {
        let verdict = match alerted.settled.take() {
            Some(verdict) => verdict,
            None => self.arbiter.settle(&alerted.facts, &mut alerted.alerts),
        };
        self.totals.suppressed += u64::from(verdict.suppressed);
        self.totals.discarded += u64::from(verdict.discarded);
        let alerts = std::mem::take(&mut alerted.alerts);
        let mut culprit = None;
        for (order, alert) in alerts.iter().enumerate() {
            let record = self.record(alert, &alerted, &verdict);
            if verdict.dropped_by == Some(alert.rule) && alerted.firewall.is_none() {
                culprit = Some(Box::new(record.clone()));
            }
            self.totals.alerts += 1;
            self.count(alert.rule);
            let body = Body::Alert(Box::new(record));
            let about = (&alerted, alert.transaction);
            self.emit_with(place, order as u32, about, captured(alert), body);
        }
        if let Some(stopped) = alerted.firewall.filter(|_| self.prevention) {
            self.stopped(place, &alerted, stopped);
        } else if self.prevention && verdict.actions.blocks() {
            // A rule that raises no alert is named by its drop all the same.
            let culprit = culprit.or_else(|| {
                let (rule, actions) = (verdict.dropped_by?, verdict.actions);
                let unseen = unseen_alert(rule, actions);
                Some(Box::new(self.record(&unseen, &alerted, &verdict)))
            });
            let rated = alerts.iter().any(|alert| {
                alert.flags.contains(AlertFlags::RATE_FILTERED) && alert.actions.blocks()
            });
            self.dropped(place, &alerted, (&verdict, rated), culprit);
        }
        if (verdict.tagged || alerted.tagged)
            && let Some(packet) = &alerted.packet
        {
            let body = Body::Tagged(Arc::clone(packet));
            self.emit(place, AFTER_ALERTS, (&alerted, None), body);
        }
    }

    fn emit(&mut self, place: Place, order: u32, about: (&Alerted, Option<u64>), body: Body) {
        self.emit_with(place, order, about, Vec::new(), body);
    }

    /// The same with variables of the packet.
    fn emit_with(
        &mut self,
        place: Place,
        order: u32,
        (alerted, transaction): (&Alerted, Option<u64>),
        captured: Vec<(Arc<str>, Box<[u8]>)>,
        body: Body,
    ) {
        let mut event = Event {
            packet: place.packet,
            order,
            ts: alerted.facts.ts,
            envelope: tapir_output::Envelope {
                tx_id: transaction,
                ..alerted.envelope.clone()
            },
            body,
        };
        if !captured.is_empty() {
            let variables = event.envelope.variables.get_or_insert_default();
            variables.pktvars.extend(captured);
        }
        self.outputs.emit(&event);
    }

    /// The firewall does not let a packet pass.
    fn stopped(&mut self, place: Place, alerted: &Alerted, stopped: FirewallDrop) {
        let Some(headers) = &alerted.headers else {
            return;
        };
        let alert = stopped.rule.map(|rule| {
            let actions = Actions::DROP;
            let unseen = unseen_alert(rule, actions);
            Box::new(self.record(&unseen, alerted, &PacketVerdict::default()))
        });
        let verdict = if stopped.rejects {
            Verdict::Reject {
                to: RejectTarget::Client,
                dropped: true,
            }
        } else {
            Verdict::Drop
        };
        let body = Body::Drop(Box::new(DropRecord {
            headers: (**headers).clone(),
            reason: stopped.reason.text(),
            alert,
            verdict,
            first: true,
        }));
        self.emit(place, AFTER_ALERTS, (alerted, None), body);
    }

    fn dropped(
        &mut self,
        place: Place,
        alerted: &Alerted,
        (verdict, rated): (&PacketVerdict, bool),
        alert: Option<Box<tapir_output::Alert>>,
    ) {
        if verdict
            .actions
            .intersects(Actions::REJECT_SRC | Actions::REJECT_DST)
        {
            self.totals.rejects += 1;
        } else if rated {
            self.totals.rate_drops += 1;
        } else {
            self.totals.drops += 1;
        }
        let Some(headers) = &alerted.headers else {
            return;
        };
        let body = Body::Drop(Box::new(DropRecord {
            headers: (**headers).clone(),
            reason: if rated { RATE_FILTERED } else { "rules" },
            alert,
            verdict: verdict_of(verdict.actions, self.prevention),
            first: alerted.first_drop,
        }));
        self.emit(place, AFTER_ALERTS, (alerted, None), body);
    }

    fn record(
        &self,
        alert: &Alert,
        alerted: &Alerted,
        verdict: &PacketVerdict,
    ) -> tapir_output::Alert {
        let mut record = tapir_output::Alert::new(self.rules.meta(alert.rule));
        let blocks = alert.actions.blocks();
        let rejects = alert
            .actions
            .intersects(Actions::REJECT_SRC | Actions::REJECT_DST);
        if rejects || (blocks && self.prevention) {
            record.action = AlertAction::Blocked;
        }
        record.flow = alerted.flow;
        record.tx_guessed = alert.flags.contains(AlertFlags::GUESSED);
        record.packet.clone_from(&alerted.packet);
        record.headers.clone_from(&alerted.headers);
        record.verdict = match (alerted.firewall, self.rules.set.has_firewall()) {
            (Some(_), _) => Verdict::Drop,
            (None, true) if verdict.actions.intersection(!Actions::ALERT).is_empty() => {
                Verdict::Accept
            }
            _ => verdict_of(verdict.actions, self.prevention),
        };
        record.engine =
            self.rules
                .set
                .has_firewall()
                .then(|| match self.rules.set.firewall_part(alert.rule) {
                    Some((hook, policy)) => AlertEngine::Firewall {
                        hook: hook.into(),
                        policy,
                    },
                    None => AlertEngine::ThreatDetection,
                });
        record.payload = match &alerted.stream {
            Some(stream) if alert.flags.contains(AlertFlags::STREAM) => Some(stream.clone()),
            _ => alerted.payload.clone(),
        };
        record.transaction = alerted
            .subjects
            .iter()
            .find(|(subject, _)| *subject == AlertSubject::of(alert))
            .map(|(_, members)| Arc::clone(members));
        record.xff = alerted
            .forwarded
            .iter()
            .find(|(id, _)| Some(*id) == alert.transaction)
            .map(|(_, address)| address.clone());
        if let Some(evidence) = &alert.evidence
            && !evidence.context.is_empty()
        {
            let parts: Vec<String> = evidence
                .context
                .iter()
                .map(|(key, json)| format!("\"{key}\":{json}"))
                .collect();
            record.context = Some(parts.join(",").into());
        }
        record
    }

    fn count(&mut self, rule: RuleId) {
        let meta = self.rules.meta(rule);
        self.alerts
            .entry((meta.gid, meta.sid))
            .or_insert_with(|| RuleCount::of(&meta, 0))
            .count += 1;
    }
}

/// An alert of a rule that raised none but is to be named.
fn unseen_alert(rule: RuleId, actions: Actions) -> Alert {
    Alert {
        rule,
        actions,
        flags: AlertFlags::empty(),
        transaction: None,
        evidence: None,
    }
}

fn verdict_of(actions: Actions, prevention: bool) -> Verdict {
    let (src, dst) = (
        actions.contains(Actions::REJECT_SRC),
        actions.contains(Actions::REJECT_DST),
    );
    let to = match (src, dst) {
        (true, true) => Some(RejectTarget::Both),
        (true, false) => Some(RejectTarget::Client),
        (false, true) => Some(RejectTarget::Server),
        (false, false) => None,
    };
    match to {
        Some(to) => Verdict::Reject {
            to,
            dropped: prevention,
        },
        None if prevention && actions.contains(Actions::DROP) => Verdict::Drop,
        None if actions.contains(Actions::PASS) => Verdict::Pass,
        None => Verdict::Alert,
    }
}
