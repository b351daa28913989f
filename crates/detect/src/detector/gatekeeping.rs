//! Asking the firewall about a packet, before and between the rules that find threats.

use std::sync::Arc;

use tapir_protocols::AppState;

use super::judge::{Alone, Deferred, Judge};
use super::trial::Trial;
use super::{Detector, TransactionTrial, Work};
use crate::alert::{Actions, Alert, AlertFlags, PacketVerdict};
use crate::arbiter::Arbiter;
use crate::context::{PacketContext, PacketTraits};
use crate::firewall::{
    FirewallDrop, FirewallReason, FirewallWork, PacketHook, Policy, PolicyAction, Reach,
};
use crate::flow_state::{FlowState, FlowVerdict};
use crate::gate::Gate;
use crate::recorder::{NoRecord, Recorder};
use crate::rule_id::RuleId;
use crate::transaction::{Attempt, Bits, Side, Subject, TransactionWork};

/// What the firewall has still to say about a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gatekeeping {
    /// Nothing: there is none, or it has accepted the packet.
    Over,
    /// It has yet to be asked about transactions.
    Transactions,
    /// It does not let the packet pass.
    Stopped(FirewallDrop),
}

impl Detector {
    /// Asks the firewall about a packet at one of its early hooks; [`inspect`](Self::inspect) asks at the last one by
    /// itself. With one worker, give the arbiter.
    pub fn inspect_at(
        &mut self,
        hook: PacketHook,
        context: &PacketContext<'_>,
        flow: Option<&mut FlowState>,
        arbiter: Option<&mut Arbiter>,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        let rules = Arc::clone(&self.rules);
        let facts = context.facts();
        match arbiter {
            Some(arbiter) => {
                let mut judge = Alone {
                    rules: &rules,
                    arbiter,
                    facts: &facts,
                };
                self.ask_at(hook, context, flow, &mut judge, out)
            }
            None => {
                let mut judge = Deferred {
                    rules: &rules,
                    context,
                };
                self.ask_at(hook, context, flow, &mut judge, out)
            }
        }
    }

    fn ask_at<J: Judge>(
        &mut self,
        hook: PacketHook,
        context: &PacketContext<'_>,
        flow: Option<&mut FlowState>,
        judge: &mut J,
        out: &mut Vec<Alert>,
    ) -> PacketVerdict {
        let rules = Arc::clone(&self.rules);
        let Some(firewall) = &rules.firewall else {
            return PacketVerdict::default();
        };
        let mut without = std::mem::take(&mut self.no_flow);
        let state = flow.unwrap_or(&mut without);
        state.belong_to(rules.generation);
        let mut alerts = Vec::new();
        let mut work = Work {
            rules: &rules,
            context,
            gate: Gate::of(context),
            state,
            judge,
            recorder: &mut NoRecord,
            scratch: &mut self.scratch,
            untracked: false,
            insisted: Vec::new(),
        };
        let mut trial = TransactionTrial {
            work: &mut work,
            seen: &mut self.seen,
            out: &mut alerts,
        };
        let decision = firewall.packet(hook, &mut trial);
        let reason = match hook {
            PacketHook::PreFlow => FirewallReason::PreFlowHook,
            PacketHook::PreStream => FirewallReason::PreStreamHook,
            PacketHook::Filter => FirewallReason::DefaultPacketPolicy,
        };
        let stopped = decision.drop(reason);
        let untracked = work.untracked;
        if decision.policy.reach == Reach::Flow {
            work.state.firewall_decides(match decision.policy.action {
                PolicyAction::Accept => FlowVerdict::Pass,
                PolicyAction::Drop | PolicyAction::Reject => FlowVerdict::Drop,
            });
        }
        let mut verdict = judge.finish(&mut alerts, &mut NoRecord);
        out.append(&mut alerts);
        verdict.firewall = stopped;
        verdict.untracked = untracked;
        self.no_flow = FlowState::default();
        verdict
    }
}

impl<J: Judge, R: Recorder> TransactionTrial<'_, '_, '_, J, R> {
    /// Asks the firewall about the packet.
    pub(super) fn pass_packet(&mut self) -> Gatekeeping {
        let rules = self.work.rules;
        let Some(firewall) = &rules.firewall else {
            return Gatekeeping::Over;
        };
        let continued = self.work.context.traits.contains(PacketTraits::CONTINUED);
        if continued || self.work.state.firewall() != FlowVerdict::Inspect {
            return Gatekeeping::Over;
        }
        let decision = firewall.packet(PacketHook::Filter, self);
        self.settle(
            decision.policy,
            decision.drop(FirewallReason::DefaultPacketPolicy),
        )
    }

    /// Asks the firewall about the transaction of a place.
    pub(super) fn pass_transaction(
        &mut self,
        state: &mut AppState,
        place: usize,
        side: Side,
    ) -> Gatekeeping {
        let rules = self.work.rules;
        let Some(firewall) = &rules.firewall else {
            return Gatekeeping::Over;
        };
        match firewall.transaction(state, place, side, self) {
            Some(decision) => {
                // Where the policy accepts whole flows, nobody is asked about threats either.
                let by_policy = decision.rule.is_none() && decision.policy.reach == Reach::Flow;
                if by_policy && decision.policy.action == PolicyAction::Accept {
                    self.work.state.decide(FlowVerdict::Pass);
                }
                self.settle(
                    decision.policy,
                    decision.drop(FirewallReason::DefaultAppPolicy),
                )
            }
            None => Gatekeeping::Transactions,
        }
    }

    fn settle(&mut self, policy: Policy, stopped: Option<FirewallDrop>) -> Gatekeeping {
        let flow = policy.reach == Reach::Flow;
        if let Some(stopped) = stopped {
            if flow {
                self.work.state.firewall_decides(FlowVerdict::Drop);
            }
            return Gatekeeping::Stopped(stopped);
        }
        if flow {
            self.work.state.firewall_decides(FlowVerdict::Pass);
        }
        match policy.reach {
            Reach::Flow | Reach::Packet => Gatekeeping::Over,
            Reach::Hook | Reach::Transaction => Gatekeeping::Transactions,
        }
    }

    fn trial(&mut self, id: RuleId) -> Option<Trial<'_, '_, R>> {
        let work = &mut *self.work;
        Some(work.trial(work.rules.rule(id)?))
    }
}

impl<J: Judge, R: Recorder> FirewallWork for TransactionTrial<'_, '_, '_, J, R> {
    fn on_packet(&mut self, id: RuleId) -> bool {
        let Some(rule) = self.work.rules.rule(id) else {
            return false;
        };
        if !self.work.gate.contains(rule.gate) {
            return false;
        }
        self.work.recorder.rule(id);
        let alert = self.trial(id).and_then(|trial| trial.run(id));
        let stands = alert.is_some_and(|alert| self.work.conclude(rule, alert, self.out));
        self.work.recorder.rule_done();
        stands
    }

    fn begins(&mut self, id: RuleId) -> bool {
        self.work.recorder.rule(id);
        let begins = self.trial(id).is_some_and(|mut trial| trial.begins());
        self.work.recorder.rule_done();
        begins
    }

    fn on_transaction(
        &mut self,
        rule: RuleId,
        passed: u32,
        subject: &Subject<'_>,
        side: Side,
    ) -> Attempt {
        self.attempt(rule, passed, subject, side.direction)
    }

    fn matched(&mut self, id: RuleId, transaction: u64, bits: &mut Bits) -> bool {
        self.conclude(id, transaction, bits)
    }

    fn raise(&mut self, id: RuleId, transaction: Option<u64>) {
        if let Some(rule) = self.work.rules.rule(id) {
            self.out.push(Alert {
                rule: id,
                actions: rule.actions,
                flags: AlertFlags::empty(),
                transaction,
                evidence: None,
            });
        }
    }

    fn policy(&self, rule: RuleId) -> Policy {
        self.work
            .rules
            .rule(rule)
            .and_then(|rule| rule.firewall.as_ref())
            .map_or(Policy::DROP_PACKET, |part| part.policy)
    }

    fn decided_by(&mut self, rule: RuleId) {
        let part = self
            .work
            .rules
            .rule(rule)
            .and_then(|rule| rule.firewall.as_ref());
        if let Some(part) = part {
            self.work.untracked |= part.untracks;
            if part.passes {
                self.work.state.decide(FlowVerdict::Pass);
            }
        }
    }
}

/// Whether a rule that finds threats has dropped the packet.
pub(super) fn is_dropped(alerts: &[Alert]) -> bool {
    alerts.iter().any(|alert| {
        alert.actions.contains(Actions::DROP) || alert.actions.contains(Actions::REJECT_SRC)
    })
}
