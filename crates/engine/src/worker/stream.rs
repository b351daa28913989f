//! A TCP segment: its session, its stream, and the rules on both.

use tapir_detect::PacketHook;
use tapir_flow::tcp::{DropReason, Segment, SegmentFlags, Session, StreamEvent};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{AppProto, Transport};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::exception::Case;
use super::inspector::Inspector;

impl Inspector {
    /// Follows a segment, recognises the protocol of what became readable, tries the rules, and lets go what
    /// nobody needs any more.
    pub(super) fn segment(
        &mut self,
        packet: &Packet<'_>,
        mut segment: Segment<'_>,
        flow: &mut FlowOf,
        seen: &mut Circumstances,
    ) {
        if !seen.is_stream_end()
            && !self
                .at_hook(PacketHook::PreStream, packet, Some(flow), seen)
                .goes_on
        {
            return;
        }
        if self.tcp.accepts_checksum(packet, &mut self.outcome) {
            self.tcp.handle(&mut flow.tcp, &segment, &mut self.outcome);
            if self.outcome.is(SegmentFlags::REVERSED) {
                flow.swap();
                flow.attachment.app.swap();
                flow.attachment.dialogue.swap();
                segment.dir = segment.dir.reverse();
                seen.direction = Some(segment.dir);
            }
            if let Some(state) = self.outcome.flow_state {
                flow.set_state(state);
            }
            if flow.attachment.app.flow() == AppProto::Unknown && !self.expectations.is_empty() {
                self.meet_expectation(packet, flow);
            }
            self.recognise_stream(packet, flow, &mut segment, seen);
        }
        seen.segment = self.outcome.flags;
        if self.outcome.events.contains(StreamEvent::ReassemblySeqGap) {
            self.own.gaps += 1;
        }
        let failed = seen.parser_failed.then_some(Case::AppLayerError);
        for case in self.outcome.exception.map(Case::Tcp).into_iter().chain(failed) {
            if self.except(packet, flow, seen, case) {
                return;
            }
        }
        if let Some(reason) = self.outcome.drop
            && self.settings.prevention
        {
            let reason = match reason {
                DropReason::Invalid => "stream error",
                DropReason::Urgent => "stream urgent",
            };
            self.dropped(packet, flow, seen, reason);
            seen.events = self.outcome.events;
            return self.stream_record(packet, flow, seen, Some(reason));
        }
        seen.events = self.outcome.events;
        // The segment that ends the handshake belongs to what is not established, unless it brings data.
        seen.established |= self.outcome.flags.contains(SegmentFlags::FLOW_ESTABLISHED);
        let progress = self.detect(packet, Some(flow), seen, Some(&segment));
        self.transactions(packet, flow, seen, false);
        if self.settings.bypass_beyond_depth
            && flow.tcp.as_deref().is_some_and(Session::is_beyond_depth)
        {
            flow.attachment.detect.request_bypass();
        }
        if let Some(session) = flow.tcp.as_deref_mut() {
            if seen.segment.contains(SegmentFlags::ESTABLISHED) {
                session.raw_done(segment.dir, progress);
            }
            self.tcp.prune(session, segment.dir);
        }
        self.stream_record(packet, flow, seen, None);
    }

    /// A flow that another has announced is known by that. It may have begun before the announcement was read.
    fn meet_expectation(&mut self, packet: &Packet<'_>, flow: &mut FlowOf) {
        let Some(expected) = self.expectations.take(flow, packet.ts) else {
            return;
        };
        let before = flow.attachment.app.flow();
        flow.attachment.app.assume(expected.proto);
        flow.attachment.dialogue.begin(&expected, &self.parsers);
        self.count_flow(expected.proto, before, Transport::Tcp);
        if let Some(session) = flow.tcp.as_deref_mut() {
            session.set_recognised(Direction::ToServer);
            session.set_recognised(Direction::ToClient);
        }
    }
}
