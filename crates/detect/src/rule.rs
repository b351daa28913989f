//! A rule, compiled.

use bitflags::bitflags;
use tapir_protocols::AppProto;
use tapir_rules::tree::Tag;

use crate::alert::Actions;
use crate::arbiter::{Filter, Suppression};
use crate::condition::Condition;
use crate::data_set::DataSets;
use crate::effect::Effect;
use crate::firewall::FirewallRule;
use crate::frame::FramePart;
use crate::gate::Gate;
use crate::head::Head;
use crate::host_condition::HostPart;
use crate::section::Section;
use crate::transaction::TransactionPart;

/// What sort of thing a rule looks at, which says when it is tried and how far its verdict reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// Addresses alone: tried on the first packet of each direction.
    IpOnly,
    /// Addresses alone, some of them negated: tried on every packet.
    LikeIpOnly,
    /// The recognised application protocol alone: matches when recognition ends.
    ProtocolOnly,
    /// Events of the decoder or of the stream engine alone.
    EventOnly,
    /// Single packets.
    Packet,
    /// Payload, in the stream or in the packet.
    PacketStream,
    /// Payload in the stream.
    Stream,
    /// The application protocol, not its transactions.
    AppLayer,
    /// Transactions of an application protocol.
    AppTransaction,
}

impl RuleKind {
    /// The name in an analysis of rules.
    pub fn name(self) -> &'static str {
        match self {
            RuleKind::IpOnly => "ip_only",
            RuleKind::LikeIpOnly => "like_ip_only",
            RuleKind::ProtocolOnly => "pd_only",
            RuleKind::EventOnly => "de_only",
            RuleKind::Packet => "pkt",
            RuleKind::PacketStream => "pkt_stream",
            RuleKind::Stream => "stream",
            RuleKind::AppLayer => "app_layer",
            RuleKind::AppTransaction => "app_tx",
        }
    }

    /// Whether a verdict is for the flow, given whether the match was in a stream.
    pub(crate) fn decides_flow(self, in_stream: bool) -> bool {
        match self {
            RuleKind::EventOnly | RuleKind::Packet => false,
            RuleKind::PacketStream | RuleKind::Stream => in_stream,
            _ => true,
        }
    }
}

bitflags! {
    /// How a rule is to be inspected.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub(crate) struct RuleFlags: u8 {
        /// Payload options look at packets.
        const PACKET = 1 << 0;
        /// Payload options look at the stream.
        const STREAM = 1 << 1;
        /// Payload options look at nothing but the stream.
        const STREAM_ONLY = 1 << 2;
        /// The verdict is for the flow, whatever matched.
        const WHOLE_FLOW = 1 << 3;
    }
}

/// A rule, compiled.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) gate: Gate,
    pub(crate) kind: RuleKind,
    pub(crate) flags: RuleFlags,
    pub(crate) actions: Actions,
    pub(crate) head: Head,
    /// The option whose literal the prefilter looks for.
    pub(crate) prompt: Option<u16>,
    /// The protocol that the flow must have been recognised as.
    pub(crate) app: Option<AppProto>,
    /// Place in the list of what rules say about themselves: the two ways of a `<>` rule share one.
    pub(crate) meta: u32,
    pub(crate) conditions: Box<[Condition]>,
    /// The option that each condition comes from.
    pub(crate) condition_options: Box<[u16]>,
    /// Options that look at the payload; nothing without any.
    pub(crate) payload: Option<Section>,
    /// Options that look at other buffers of a packet.
    pub(crate) buffers: Box<[Section]>,
    /// What it asks of a transaction, of rules about those.
    pub(crate) transaction: Option<Box<TransactionPart>>,
    /// What it asks of a frame, of rules about those.
    pub(crate) frame: Option<Box<FramePart>>,
    pub(crate) effects: Box<[Effect]>,
    /// What it does as a rule of the firewall, if it is one.
    pub(crate) firewall: Option<FirewallRule>,
    /// What the rule asks and changes beyond its flow.
    pub(crate) host: Option<Box<HostPart>>,
    /// What becomes of its alerts.
    pub(crate) response: Option<Box<Response>>,
}

/// What becomes of the alerts of a rule: thresholds, suppressions, tags.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) filters: Vec<Filter>,
    pub(crate) suppressions: Vec<Suppression>,
    pub(crate) session_tag: Option<Tag>,
    pub(crate) host_tags: Vec<HostTag>,
}

/// A `tag:host`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostTag {
    pub(crate) tag: Tag,
    /// The source's packets, or those of the destination.
    pub(crate) of_source: bool,
}

impl Response {
    pub(crate) fn host_tags(&self) -> impl Iterator<Item = &HostTag> {
        self.host_tags.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.filters.is_empty()
            && self.suppressions.is_empty()
            && self.session_tag.is_none()
            && self.host_tags.is_empty()
    }
}

impl Rule {
    /// Whether a match has files kept on disk.
    pub(crate) fn stores_files(&self) -> bool {
        let of_flow = |effect: &Effect| matches!(effect, Effect::StoreFiles(_));
        let part = self.transaction.as_deref();
        part.is_some_and(|part| part.store.is_some()) || self.effects.iter().any(of_flow)
    }

    /// What a policy of the firewall raises: it is never tried.
    pub(crate) fn of_policy(actions: Actions, meta: u32, firewall: FirewallRule) -> Self {
        Self {
            gate: Gate::empty(),
            kind: RuleKind::Packet,
            flags: RuleFlags::empty(),
            actions,
            head: Head::ANY,
            prompt: None,
            app: None,
            meta,
            conditions: Box::default(),
            condition_options: Box::default(),
            payload: None,
            buffers: Box::default(),
            transaction: None,
            frame: None,
            effects: Box::default(),
            firewall: Some(firewall),
            host: None,
            response: None,
        }
    }

    /// Whether a verdict of the rule is for the flow.
    pub(crate) fn decides_flow(&self, in_stream: bool) -> bool {
        self.flags.contains(RuleFlags::WHOLE_FLOW) || self.kind.decides_flow(in_stream)
    }

    /// Leaves to the arbiter only the data sets that rules change; the others are asked on the spot.
    pub(crate) fn settle_data_sets(&mut self, sets: &DataSets) {
        let Some(host) = &mut self.host else { return };
        host.data_sets = host
            .data_sets
            .iter()
            .filter(|used| used.is_changing(sets))
            .cloned()
            .collect();
        if host.data_sets.is_empty() && host.bits.is_empty() {
            self.host = None;
        }
    }

    /// Whether the arbiter has a say in whether the rule matches or alerts.
    pub(crate) fn needs_arbiter(&self) -> bool {
        self.host.is_some()
            || self.response.as_ref().is_some_and(|response| {
                !response.filters.is_empty()
                    || !response.suppressions.is_empty()
                    || !response.host_tags.is_empty()
            })
    }

    /// Whether what the rule does to its flow depends on what only the arbiter knows.
    pub(crate) fn is_entangled(&self) -> bool {
        let blocks_or_passes = self.actions.blocks()
            || self.actions.contains(Actions::PASS)
            || self.firewall.is_some();
        let session_tag = self
            .response
            .as_ref()
            .is_some_and(|response| response.session_tag.is_some());
        let conditional = self.host.as_ref().is_some_and(|host| host.is_conditional());
        let counted = self.response.as_ref().is_some_and(|response| {
            response
                .filters
                .iter()
                .any(|filter| filter.can_silence_actions())
        });
        let host_tags = self
            .response
            .as_ref()
            .is_some_and(|response| !response.host_tags.is_empty());
        host_tags
            || (conditional && (blocks_or_passes || session_tag || !self.effects.is_empty()))
            || (counted && (blocks_or_passes || session_tag))
            || self.response.as_ref().is_some_and(|response| {
                response
                    .filters
                    .iter()
                    .any(|filter| filter.can_change_actions())
            })
    }
}
