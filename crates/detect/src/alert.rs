//! What detection hands on: alerts, and what their rules do to the traffic.

use bitflags::bitflags;

use crate::firewall::FirewallDrop;
use crate::flow_state::FlowVerdict;
use crate::rule_id::RuleId;

bitflags! {
    /// What a rule does to what it matches.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Actions: u8 {
        /// An alert is raised.
        const ALERT = 1 << 0;
        /// The packet is dropped.
        const DROP = 1 << 1;
        /// The source is told that it was rejected.
        const REJECT_SRC = 1 << 2;
        /// The destination is told that it was rejected.
        const REJECT_DST = 1 << 3;
        /// The packet passes, and rules after this one are not asked.
        const PASS = 1 << 4;
        /// The rule steers the engine and is never seen.
        const CONFIG = 1 << 5;
    }
}

impl Actions {
    /// Whether the packet does not go on.
    pub fn blocks(self) -> bool {
        self.intersects(Actions::DROP | Actions::REJECT_SRC | Actions::REJECT_DST)
    }
}

bitflags! {
    /// How a rule came to match.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct AlertFlags: u8 {
        /// In reassembled stream data, not in the packet.
        const STREAM = 1 << 0;
        /// Its verdict is for the whole flow.
        const APPLIES_TO_FLOW = 1 << 1;
        /// Its action was changed by a `rate_filter`.
        const RATE_FILTERED = 1 << 2;
        /// The transaction is a guess: the rule looked at the stream.
        const GUESSED = 1 << 3;
    }
}

/// A rule that matched a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The rule.
    pub rule: RuleId,
    /// What is done about it.
    pub actions: Actions,
    /// How it matched.
    pub flags: AlertFlags,
    /// Number of the flow's transaction that it matched, if one.
    pub transaction: Option<u64>,
    /// What the rule took from buffers: variables to show, values for data sets. Mostly nothing.
    pub evidence: Option<Box<Evidence>>,
}

/// What a rule took from the buffers it matched in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Variables of the packet and of the alert, by name, as `pcre` captured them.
    pub variables: Vec<(Box<str>, Box<[u8]>)>,
    /// Values that data sets are asked about, in the order of the rule's data set options.
    pub(crate) values: Vec<Box<[u8]>>,
    /// What data sets know about the values found in them: key and JSON text.
    pub context: Vec<(Box<str>, Box<str>)>,
    /// The frame that the rule matched: its number among those of its direction.
    pub frame: Option<u64>,
}

/// What became of a packet after all its alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PacketVerdict {
    /// The actions of the rules that were carried out, together.
    pub actions: Actions,
    /// What the rules decided for the rest of the flow.
    pub flow: FlowVerdict,
    /// The rule that dropped or rejected the packet first.
    pub dropped_by: Option<RuleId>,
    /// Alerts that are not shown: suppressed, silenced by a threshold, or of rules that raise none.
    pub suppressed: u32,
    /// Alerts beyond the number that one packet may raise.
    pub discarded: u32,
    /// Whether the packet is to be logged because of a `tag`.
    pub tagged: bool,
    /// The firewall does not let it pass.
    pub firewall: Option<FirewallDrop>,
    /// The firewall wants it not to be tracked as part of a flow.
    pub untracked: bool,
}
