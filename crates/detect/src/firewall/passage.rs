//! How packets and transactions pass the stations.

use tapir_protocols::{AppState, Passage};

use super::{
    Firewall, FirewallDrop, FirewallReason, PacketHook, Policy, PolicyAction, Reach, Station,
};
use crate::rule_id::RuleId;
use crate::transaction::{Attempt, Bits, SETTLED, Side, Subject, recall, try_rule};

/// What the firewall needs from the one who tries rules.
pub(crate) trait FirewallWork {
    /// Tries a rule on the packet; says whether it matched. A match takes effect at once.
    fn on_packet(&mut self, rule: RuleId) -> bool;

    /// Whether head and conditions of a rule hold for the packet.
    fn begins(&mut self, rule: RuleId) -> bool;

    /// Tries a rule on a transaction, given the tests that it has passed before.
    fn on_transaction(
        &mut self,
        rule: RuleId,
        passed: u32,
        subject: &Subject<'_>,
        side: Side,
    ) -> Attempt;

    /// The rule matched the transaction of that number; says whether the match stands.
    fn matched(&mut self, rule: RuleId, transaction: u64, bits: &mut Bits) -> bool;

    /// A policy raises an alert.
    fn raise(&mut self, rule: RuleId, transaction: Option<u64>);

    /// What a rule does.
    fn policy(&self, rule: RuleId) -> Policy;

    /// A rule that does more than its policy says was decisive.
    fn decided_by(&mut self, rule: RuleId);
}

/// What a station decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) policy: Policy,
    /// The rule that decided; nothing for the station's own policy.
    pub(crate) rule: Option<RuleId>,
    /// What an alert of the decision is known by.
    alert: Option<RuleId>,
}

impl Decision {
    /// The drop that it is, given why a policy drops at its station; nothing if it accepts.
    pub(crate) fn drop(self, of_policy: FirewallReason) -> Option<FirewallDrop> {
        let by_hook = matches!(
            of_policy,
            FirewallReason::PreFlowHook | FirewallReason::PreStreamHook
        );
        (self.policy.action != PolicyAction::Accept).then(|| FirewallDrop {
            reason: match self.rule {
                Some(_) if !by_hook => FirewallReason::Rules,
                _ => of_policy,
            },
            rule: self.alert,
            rejects: self.policy.action == PolicyAction::Reject,
        })
    }
}

impl Station {
    /// The station's policy, and its alert.
    fn fall_back(&self, transaction: Option<u64>, work: &mut impl FirewallWork) -> Decision {
        if let Some(rule) = self.policy_alert {
            work.raise(rule, transaction);
        }
        Decision {
            policy: self.policy,
            rule: None,
            alert: self.policy_alert,
        }
    }

    /// Asks the rules about a packet.
    fn ask(&self, work: &mut impl FirewallWork) -> Decision {
        for entry in &self.rules {
            if work.on_packet(entry.rule) {
                work.decided_by(entry.rule);
                return by_rule(entry.rule, work);
            }
        }
        self.fall_back(None, work)
    }

    /// Asks the rules about a transaction. A rule that has matched it before is not tried again, but if no other
    /// matches, it still speaks.
    fn ask_about(
        &self,
        subject: &Subject<'_>,
        side: Side,
        (id, bits): (u64, &mut Bits),
        remembered: &mut Vec<(u32, u32)>,
        work: &mut impl FirewallWork,
    ) -> Decision {
        let mut spoken = None;
        for entry in &self.rules {
            if entry.waves_through {
                if work.begins(entry.rule) {
                    return Decision {
                        policy: Policy::ACCEPT_HOOK,
                        rule: Some(entry.rule),
                        alert: None,
                    };
                }
                continue;
            }
            let now = try_rule(remembered, entry.rule, |passed| {
                let subject = Subject { bits, ..*subject };
                match work.on_transaction(entry.rule, passed, &subject, side) {
                    // What does not match yet is tried again as long as the transaction is here.
                    Attempt::Never => Attempt::Wait(0),
                    other => other,
                }
            });
            match now {
                Some(now) if now.is_match() && work.matched(entry.rule, id, bits) => {
                    work.decided_by(entry.rule);
                    return by_rule(entry.rule, work);
                }
                None if spoken.is_none() && recall(remembered, entry.rule) & SETTLED != 0 => {
                    spoken = Some(entry.rule);
                }
                _ => {}
            }
        }
        match spoken {
            Some(rule) => by_rule(rule, work),
            None => self.fall_back(Some(id), work),
        }
    }
}

fn by_rule(rule: RuleId, work: &impl FirewallWork) -> Decision {
    Decision {
        policy: work.policy(rule),
        rule: Some(rule),
        alert: Some(rule),
    }
}

impl Firewall {
    /// What the rules at a hook say of a packet.
    pub(crate) fn packet(&self, hook: PacketHook, work: &mut impl FirewallWork) -> Decision {
        self.station(hook).ask(work)
    }

    /// Leads the transaction of a place through the states that it has come to on a side. The decision is the last
    /// station's; nothing when there was none to pass.
    pub(crate) fn transaction(
        &self,
        state: &mut AppState,
        place: usize,
        side: Side,
        work: &mut impl FirewallWork,
    ) -> Option<Decision> {
        let progress = side.progress(state, place);
        let complete = state.complete();
        let meta = state.meta_mut(place)?;
        let (id, events) = (meta.id(), meta.events.clone());
        let mut passage = meta.firewall.take().unwrap_or_default();
        let mut bits = std::mem::take(&mut meta.bits);
        let mut decision = None;
        if !passage.accepted
            && let Some(transaction) = state.transaction(place)
        {
            let line = (side.proto, transaction.branch(), side.direction);
            let subject = Subject {
                transaction,
                events: &events,
                bits: &[],
                proto: side.proto,
                progress,
                complete,
            };
            let stations = self.transactions.get(&line).map_or(&[][..], |line| line);
            let journey = Journey { subject, side, id };
            decision = journey.pass(stations, &mut passage, &mut bits, work);
        }
        if let Some(meta) = state.meta_mut(place) {
            meta.firewall = Some(passage);
            meta.bits = bits;
        }
        decision
    }
}

/// A transaction on its way past stations.
struct Journey<'s> {
    subject: Subject<'s>,
    side: Side,
    id: u64,
}

impl Journey<'_> {
    fn pass(
        &self,
        stations: &[Station],
        passage: &mut Passage,
        bits: &mut Bits,
        work: &mut impl FirewallWork,
    ) -> Option<Decision> {
        let way = self.side.direction.index();
        let progress = self.subject.progress[way];
        let mut last = None;
        for station in stations
            .iter()
            .skip_while(|station| station.progress < passage.passed_below[way])
            .take_while(|station| station.progress <= progress)
        {
            let about = (self.id, &mut *bits);
            let decision =
                station.ask_about(&self.subject, self.side, about, &mut passage.rules, work);
            last = Some(decision);
            if decision.policy.action == PolicyAction::Accept {
                match decision.policy.reach {
                    Reach::Hook => continue,
                    Reach::Transaction => passage.accepted = true,
                    Reach::Packet | Reach::Flow => {}
                }
            }
            break;
        }
        passage.passed_below[way] = progress;
        last
    }
}
