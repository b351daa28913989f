//! Hooks: where in the header a rule says when it is tried, and what the firewall's rules do there.

use std::cmp::Ordering;
use std::ops::Range;

use rustc_hash::FxHashMap;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, Hook};
use tapir_rules::Rule as Tree;
use tapir_rules::tree::{Action, ActionScope, Opt, OptionKind, ProtocolName};

use super::rule::Parts;
use super::{CompileConfig, app_proto};
use crate::alert::Actions;
use crate::condition::Condition;
use crate::error::CompileError;
use crate::firewall::{
    Firewall, FirewallConfig, FirewallRule, HookPlace, PacketHook, Policy, PolicyAction, Reach,
    Station, Stationed,
};
use crate::gate::Gate;
use crate::meta::RuleMeta;
use crate::rule::Rule;
use crate::rule_id::RuleId;
use crate::transaction::Test;

/// The signature ids of the alerts that policies raise.
const PACKET_POLICY_SID: u32 = 2_201_000;
const APP_POLICY_SID: u32 = 2_201_001;

impl Parts {
    /// Takes the hook of a rule's header. A rule of the firewall must have one.
    pub(super) fn take_hook(
        &mut self,
        tree: &Tree,
        config: &CompileConfig<'_>,
    ) -> Result<(), CompileError> {
        let refused = |message: String| CompileError::refused(tree.header.span.range(), message);
        let is_firewall = is_of_firewall(tree, config);
        if is_firewall && (tree.scope.is_none() || tree.header.protocol.hook.is_none()) {
            return Err(refused(
                "a rule of the firewall says how far it reaches and at which hook it is tried, as in \
                 `accept:hook tcp:all`"
                    .into(),
            ));
        }
        if tree.action == Action::Accept && !is_firewall {
            return Err(refused("only rules of the firewall accept".into()));
        }
        let Some(hook) = tree.header.protocol.hook.as_deref() else {
            return Ok(());
        };
        let place = match tree.header.protocol.name {
            ProtocolName::App(_) => self.take_app_hook(tree, hook, is_firewall)?,
            _ => {
                let place = self.take_packet_hook(hook, is_firewall).ok_or_else(|| {
                    refused(format!(
                        "`{hook}` is no hook for packets; those are `all`, `flow_start`, `pre_flow` and `pre_stream`"
                    ))
                })?;
                HookPlace::Packet(place)
            }
        };
        if is_firewall {
            self.firewall = Some(firewall_rule(tree, place)?);
        }
        Ok(())
    }

    fn take_packet_hook(&mut self, hook: &str, is_firewall: bool) -> Option<PacketHook> {
        match hook {
            "all" => Some(PacketHook::Filter),
            "flow_start" => {
                self.gate |= Gate::FLOW;
                self.conditions.push(Condition::FlowStart);
                Some(PacketHook::Filter)
            }
            "pre_flow" if is_firewall => Some(PacketHook::PreFlow),
            "pre_stream" if is_firewall => Some(PacketHook::PreStream),
            _ => None,
        }
    }

    fn take_app_hook(
        &mut self,
        tree: &Tree,
        written: &str,
        is_firewall: bool,
    ) -> Result<HookPlace, CompileError> {
        let refused = |message: String| CompileError::refused(tree.header.span.range(), message);
        let (name, before) = match written.split_once('<') {
            Some((branch, state)) => (format!("{branch}{state}"), true),
            None => (written.to_owned(), false),
        };
        let (proto, hook) = known_hook(tree, &name, tree.header.span.range())?;
        if before && !is_firewall {
            return Err(refused(
                "only rules of the firewall accept the states before their hook".into(),
            ));
        }
        self.turn_to(hook.direction);
        self.tests.push(Test::Hook(proto, hook));
        Ok(HookPlace::App {
            proto,
            hook,
            before,
        })
    }

    /// Takes `app-layer-state`: a state is a hook; `<` and `>` before it compare the progress with that of the state.
    pub(super) fn take_app_state(&mut self, tree: &Tree, option: &Opt) -> Result<(), CompileError> {
        let written = match &option.kind {
            OptionKind::Text(text) => text.trim(),
            _ => "",
        };
        let (order, name) = match written.split_at_checked(1) {
            Some(("<", name)) => (Some(Ordering::Less), name),
            Some((">", name)) => (Some(Ordering::Greater), name),
            _ => (None, written),
        };
        let (proto, hook) = known_hook(tree, name, option.span.range())?;
        self.turn_to(hook.direction);
        self.tests.push(match order {
            None => Test::Hook(proto, hook),
            Some(order) => Test::Progress(proto, hook, order),
        });
        Ok(())
    }

    /// The rule is tried in one direction of flows.
    fn turn_to(&mut self, direction: Direction) {
        self.gate |= Gate::FLOW
            | match direction {
                Direction::ToServer => Gate::TO_SERVER,
                Direction::ToClient => Gate::TO_CLIENT,
            };
    }
}

/// The hook of a name that the rule's protocol has.
fn known_hook(
    tree: &Tree,
    name: &str,
    place: Range<usize>,
) -> Result<(AppProto, Hook), CompileError> {
    let proto = app_proto(tree)?.unwrap_or_default();
    match proto.hook(name) {
        Some(hook) => Ok((proto, hook)),
        None => {
            let known: Vec<String> = proto.hooks().into_iter().map(|(_, name)| name).collect();
            let message = match &*known {
                [] => "states of transactions are asked of rules for an application protocol that has some".into(),
                _ => format!(
                    "{} has no hook `{name}`; it has {}",
                    proto.name(),
                    known.join(", ")
                ),
            };
            Err(CompileError::refused(place, message))
        }
    }
}

/// Whether a rule stands in a source of the firewall's rules.
pub(super) fn is_of_firewall(tree: &Tree, config: &CompileConfig<'_>) -> bool {
    config
        .firewall
        .as_ref()
        .is_some_and(|firewall| (tree.source.0 as usize) < firewall.sources)
}

fn firewall_rule(tree: &Tree, place: HookPlace) -> Result<FirewallRule, CompileError> {
    let refused =
        |message: &str| CompileError::refused(tree.header.span.range(), message.to_owned());
    let untracks = tree.options.iter().any(|option| {
        matches!(&option.kind, OptionKind::Config(config) if &*config.subsystem == "tracking")
    });
    let action = match tree.action {
        Action::Accept => PolicyAction::Accept,
        Action::Drop => PolicyAction::Drop,
        Action::Reject | Action::RejectDst | Action::RejectBoth => PolicyAction::Reject,
        Action::Config if untracks => PolicyAction::Accept,
        _ => {
            return Err(refused(
                "a rule of the firewall accepts, drops or rejects; `alert` and `pass` go beside that, as in \
                 `accept:hook,alert`",
            ));
        }
    };
    let reach = match tree.scope {
        Some(ActionScope::Flow | ActionScope::FlowPass) => Reach::Flow,
        Some(ActionScope::Hook) => Reach::Hook,
        Some(ActionScope::Tx) => Reach::Transaction,
        _ if untracks => Reach::Hook,
        _ => Reach::Packet,
    };
    let alert = tree.scope_alerts
        || tree
            .options
            .iter()
            .any(|option| option.keyword == tapir_rules::keywords::response::ALERT);
    let policy = Policy {
        action,
        reach,
        alert,
    };
    if !policy.suits(matches!(place, HookPlace::Packet(_))) {
        return Err(refused("the action does not reach so far at this hook"));
    }
    let hook = match place {
        HookPlace::Packet(hook) => hook.name().into(),
        HookPlace::App { proto, .. } => {
            let hook = tree.header.protocol.hook.as_deref().unwrap_or_default();
            format!("{}:{}", proto.event_name(), hook.replace('<', "")).into()
        }
    };
    Ok(FirewallRule {
        policy,
        passes: tree.scope == Some(ActionScope::FlowPass),
        untracks,
        place,
        hook,
    })
}

/// What a decision of the firewall shows as an alert.
pub(super) fn actions_of(policy: Policy) -> Actions {
    if !policy.alert {
        return Actions::empty();
    }
    match policy.action {
        PolicyAction::Accept => Actions::ALERT,
        PolicyAction::Drop => Actions::ALERT | Actions::DROP,
        PolicyAction::Reject => Actions::ALERT | Actions::DROP | Actions::REJECT_SRC,
    }
}

/// The firewall while its rules are collected.
pub(super) struct FirewallBuilder<'b, 'c> {
    config: &'b FirewallConfig<'c>,
    rules: Vec<(RuleId, HookPlace)>,
}

impl<'b, 'c> FirewallBuilder<'b, 'c> {
    pub(super) fn new(config: &'b FirewallConfig<'c>) -> Self {
        Self {
            config,
            rules: Vec::new(),
        }
    }

    /// Adds a rule, after those before it.
    pub(super) fn add(&mut self, id: RuleId, rule: &FirewallRule) {
        self.rules.push((id, rule.place));
    }

    /// The firewall. Alerts of policies become rules of their own at the end of `rules`.
    pub(super) fn build(self, rules: &mut Vec<Rule>, metas: &mut Vec<RuleMeta>) -> Firewall {
        let mut alerts = PolicyAlerts::default();
        let packets = PacketHook::ALL.map(|hook| {
            let policy = self.config.packets[hook as usize];
            Station {
                progress: 0,
                rules: self
                    .rules
                    .iter()
                    .filter(|(_, place)| *place == HookPlace::Packet(hook))
                    .map(|(rule, _)| Stationed {
                        rule: *rule,
                        waves_through: false,
                    })
                    .collect(),
                policy,
                policy_alert: alerts.add(
                    policy,
                    HookPlace::Packet(hook),
                    hook.name(),
                    (rules, metas),
                ),
            }
        });
        let mut transactions: FxHashMap<_, Vec<Station>> = FxHashMap::default();
        for &proto in AppProto::ALL {
            for (hook, name) in proto.hooks() {
                let policy = (self.config.transactions)(proto, &name);
                let place = HookPlace::App {
                    proto,
                    hook,
                    before: false,
                };
                let shown = format!("{}:{name}", proto.event_name());
                let station = Station {
                    progress: hook.progress,
                    rules: self.stationed_at(proto, hook),
                    policy,
                    policy_alert: alerts.add(policy, place, &shown, (rules, metas)),
                };
                let line = (proto, hook.branch, hook.direction);
                transactions.entry(line).or_default().push(station);
            }
        }
        Firewall {
            packets,
            transactions: transactions
                .into_iter()
                .map(|(line, stations)| (line, stations.into()))
                .collect(),
        }
    }

    fn stationed_at(&self, proto: AppProto, at: Hook) -> Vec<Stationed> {
        let stationed = |&(rule, place): &(RuleId, HookPlace)| {
            let HookPlace::App {
                proto: wanted,
                hook,
                before,
            } = place
            else {
                return None;
            };
            let same_line = (wanted == proto || wanted.covers(proto))
                && (hook.branch, hook.direction) == (at.branch, at.direction);
            let here = hook.progress == at.progress;
            let passes_here = before && at.progress < hook.progress;
            (same_line && (here || passes_here)).then_some(Stationed {
                rule,
                waves_through: !here,
            })
        };
        self.rules.iter().filter_map(stationed).collect()
    }
}

/// Alerts of policies, as rules that nothing but a policy raises.
#[derive(Default)]
struct PolicyAlerts {
    /// Places of what the alerts say, of those about packets and those about transactions.
    metas: [Option<u32>; 2],
}

impl PolicyAlerts {
    fn add(
        &mut self,
        policy: Policy,
        place: HookPlace,
        hook: &str,
        (rules, metas): (&mut Vec<Rule>, &mut Vec<RuleMeta>),
    ) -> Option<RuleId> {
        if !policy.alert {
            return None;
        }
        let about_packets = matches!(place, HookPlace::Packet(_));
        let known = &mut self.metas[usize::from(!about_packets)];
        let meta = *known.get_or_insert_with(|| {
            metas.push(policy_meta(about_packets));
            metas.len() as u32 - 1
        });
        let id = RuleId(rules.len() as u32);
        let firewall = FirewallRule {
            policy,
            passes: false,
            untracks: false,
            place,
            hook: hook.into(),
        };
        rules.push(Rule::of_policy(actions_of(policy), meta, firewall));
        Some(id)
    }
}

fn policy_meta(about_packets: bool) -> RuleMeta {
    let (sid, msg) = if about_packets {
        (PACKET_POLICY_SID, "SURICATA FW default packet policy")
    } else {
        (APP_POLICY_SID, "SURICATA FW default app policy")
    };
    RuleMeta {
        gid: 1,
        sid,
        rev: 1,
        priority: 3,
        action: Action::Accept,
        target: None,
        msg: msg.into(),
        classtype: "".into(),
        references: Box::default(),
        metadata: Box::default(),
        text: "".into(),
    }
}
