//! The firewall: rules that decide, in the order in which they stand, what may pass.
//!
//! Beside the rules that find threats there can be rules of a firewall. They come first, and what none of them accepts
//! is treated as the policy of its hook says. A *station* is a hook with its rules and its policy: three stations look
//! at packets, the others at the states of transactions, one after the other.

mod passage;
mod policy;

use rustc_hash::FxHashMap;
use tapir_packet::Direction;
use tapir_protocols::AppProto;

pub(crate) use passage::FirewallWork;
pub use policy::{FirewallConfig, PacketHook, Policy, PolicyAction, Reach};

use crate::rule_id::RuleId;

/// Why the firewall dropped a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FirewallReason {
    /// A rule said so.
    Rules,
    /// No rule about packets accepted it.
    DefaultPacketPolicy,
    /// No rule about a state of a transaction accepted it.
    DefaultAppPolicy,
    /// A rule that is asked before the flow is known, or the policy there, said so.
    PreFlowHook,
    /// The same for rules that are asked before the stream is followed.
    PreStreamHook,
}

impl FirewallReason {
    /// The name in statistics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::DefaultPacketPolicy => "default_packet_policy",
            Self::DefaultAppPolicy => "default_app_policy",
            Self::PreFlowHook => "pre_flow_hook",
            Self::PreStreamHook => "pre_stream_hook",
        }
    }

    /// The words in records.
    pub fn text(self) -> &'static str {
        match self {
            Self::Rules => "firewall rules",
            Self::DefaultPacketPolicy => "firewall default packet policy",
            Self::DefaultAppPolicy => "firewall default app policy",
            Self::PreFlowHook => "firewall pre flow hook",
            Self::PreStreamHook => "firewall pre stream hook",
        }
    }
}

/// The firewall lets a packet not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirewallDrop {
    /// Why.
    pub reason: FirewallReason,
    /// The rule, or the policy that raises an alert.
    pub rule: Option<RuleId>,
    /// Its sender is told.
    pub rejects: bool,
}

/// What a rule of the firewall does, and where.
#[derive(Debug)]
pub(crate) struct FirewallRule {
    pub(crate) policy: Policy,
    /// What it accepts passes threat detection as well.
    pub(crate) passes: bool,
    /// The packet is not to be tracked as part of a flow.
    pub(crate) untracks: bool,
    pub(crate) place: HookPlace,
    /// The hook in records: `packet:filter`, `http:request_line`.
    pub(crate) hook: Box<str>,
}

/// The hook at which a rule of the firewall is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookPlace {
    Packet(PacketHook),
    /// A state of transactions; with `before` the states before it on the same side are accepted as well.
    App {
        proto: AppProto,
        hook: tapir_protocols::Hook,
        before: bool,
    },
}

/// A hook with its rules and its policy.
#[derive(Debug)]
pub(crate) struct Station {
    /// The progress of a transaction at which it is passed; 0 for packets.
    pub(crate) progress: u8,
    /// The rules in their order.
    pub(crate) rules: Vec<Stationed>,
    pub(crate) policy: Policy,
    /// What the policy raises as an alert.
    pub(crate) policy_alert: Option<RuleId>,
}

/// A rule at a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stationed {
    pub(crate) rule: RuleId,
    /// The rule belongs to a later station and lets everything pass here that its head is about.
    pub(crate) waves_through: bool,
}

/// Stations that look at one side of transactions, in the order in which these pass them.
pub(crate) type Line = (AppProto, u8, Direction);

/// The firewall's rules and policies.
#[derive(Debug)]
pub(crate) struct Firewall {
    pub(crate) packets: [Station; PacketHook::ALL.len()],
    pub(crate) transactions: FxHashMap<Line, Box<[Station]>>,
}

impl Firewall {
    pub(crate) fn station(&self, hook: PacketHook) -> &Station {
        let [pre_flow, pre_stream, filter] = &self.packets;
        match hook {
            PacketHook::PreFlow => pre_flow,
            PacketHook::PreStream => pre_stream,
            PacketHook::Filter => filter,
        }
    }

    /// Whether nothing is asked and all accepted at a hook.
    pub(crate) fn is_idle(&self, hook: PacketHook) -> bool {
        let station = self.station(hook);
        station.rules.is_empty()
            && station.policy.action == PolicyAction::Accept
            && !station.policy.alert
    }
}
