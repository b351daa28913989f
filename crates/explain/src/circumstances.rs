//! What keeps data of a flow from rules, whatever they ask.

use rustc_hash::FxHashMap;
use tapir_detect::{FlowState, FlowVerdict, PacketContext, PacketTraits, RuleId};
use tapir_flow::tcp::StreamEvent;
use tapir_packet::ip_proto;

/// More flows than this are not remembered.
const MOST_FLOWS: usize = 1 << 18;

/// Generator and signature id of a rule.
pub(crate) type Number = (u32, u32);

/// What is to be known of a flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Circumstances {
    /// Data of a TCP flow came without a session.
    pub(crate) midstream: bool,
    /// Data is missing.
    pub(crate) gap: bool,
    /// The stream is longer than what is put together.
    pub(crate) depth: bool,
    /// The payload is not inspected any more.
    pub(crate) closed: bool,
    /// Segments that do not count for their wrong checksums, and the first of them.
    pub(crate) bad_checksums: Option<(u64, u64)>,
    /// The rule that passed the flow, and with which packet.
    pub(crate) passed_by: Option<(RuleId, u64)>,
    /// Packets that were not looked at because the flow was passed or dropped.
    pub(crate) unseen: u64,
}

/// What is to be known of flows.
#[derive(Debug, Default)]
pub(crate) struct FlowTable {
    flows: FxHashMap<u64, Circumstances>,
    /// With which packet of a flow a rule first matched that sets a flowbit.
    setters: FxHashMap<(u64, Number), u64>,
}

impl FlowTable {
    /// What is known of a flow.
    pub(crate) fn of(&self, flow: Option<u64>) -> Circumstances {
        let known = flow.and_then(|flow| self.flows.get(&flow));
        known.copied().unwrap_or_default()
    }

    /// All flows of which something is known.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Circumstances> {
        self.flows.values()
    }

    fn note(&mut self, flow: u64, change: impl FnOnce(&mut Circumstances)) {
        if self.flows.len() < MOST_FLOWS || self.flows.contains_key(&flow) {
            change(self.flows.entry(flow).or_default());
        }
    }

    /// A rule has passed a packet of a flow.
    pub(crate) fn passed(&mut self, flow: u64, rule: RuleId, packet: u64) {
        self.note(flow, |it| {
            it.passed_by.get_or_insert((rule, packet));
        });
    }

    /// A rule that sets a flowbit has matched in a flow.
    pub(crate) fn set(&mut self, flow: u64, rule: Number, packet: u64) {
        if self.setters.len() < MOST_FLOWS {
            self.setters.entry((flow, rule)).or_insert(packet);
        }
    }

    /// With which packet of a flow a rule first matched that sets a flowbit.
    pub(crate) fn set_by(&self, flow: Option<u64>, rule: Number) -> Option<u64> {
        self.setters.get(&(flow?, rule)).copied()
    }

    /// A packet is inspected.
    pub(crate) fn see(&mut self, context: &PacketContext<'_>, state: &FlowState) {
        let Some(flow) = context.flow else { return };
        let (events, traits) = (context.stream_events, context.traits);
        if events.contains(StreamEvent::ReassemblySeqGap) {
            self.note(flow.id, |it| it.gap = true);
        }
        if events.contains(StreamEvent::ReassemblyDepthReached) {
            self.note(flow.id, |it| it.depth = true);
        }
        if traits.contains(PacketTraits::NO_PAYLOAD_INSPECTION) {
            self.note(flow.id, |it| it.closed = true);
        }
        if state.verdict() != FlowVerdict::Inspect {
            self.note(flow.id, |it| it.unseen = it.unseen.saturating_add(1));
        }
        let of_session = PacketTraits::STREAM_ADDED | PacketTraits::STREAM_ESTABLISHED;
        let is_loose = context.packet.proto == ip_proto::TCP
            && !traits.intersects(of_session | PacketTraits::STREAM_END)
            && !context.packet.payload().is_empty();
        if is_loose {
            self.see_loose(context, flow.id, flow.stream_sizes.is_none());
        }
    }

    /// A segment with data that belongs to no stream.
    fn see_loose(&mut self, context: &PacketContext<'_>, flow: u64, without_session: bool) {
        let (packet, number) = (context.packet, context.number);
        let is_wrong =
            !packet.are_checksums_ignored() && packet.transport_checksum_ok() == Some(false);
        self.note(flow, |it| {
            if is_wrong {
                let (count, _) = it.bad_checksums.get_or_insert((0, number));
                *count = count.saturating_add(1);
            } else if without_session {
                it.midstream = true;
            }
        });
    }
}
