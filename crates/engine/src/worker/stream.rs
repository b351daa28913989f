//! A TCP segment: its session, its stream, and the rules on both.

use tapir_detect::{PacketHook, Part, Recorder};
use tapir_flow::FlowFlags;
use tapir_flow::tcp::{DropReason, Segment, SegmentFlags, Session, StreamEvent};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{AppProto, Transport};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::exception::Case;
use super::inspector::Inspector;

impl<R: Recorder> Inspector<R> {
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
            self.recorder.enter(Part::Stream);
            self.tcp.handle(&mut flow.tcp, &segment, &mut self.outcome);
            self.recorder.leave();
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
        // Inline, the receiver gets what was accepted first, and so do the rules.
        let mut bytes = Vec::new();
        let overruled = self
            .outcome
            .is(SegmentFlags::OVERRULED)
            .then(|| packet.with_payload(self.tcp.accepted_data(), &mut bytes));
        let packet = overruled.as_ref().unwrap_or(packet);
        if self.outcome.events.contains(StreamEvent::ReassemblySeqGap) {
            self.own.gaps += 1;
        }
        let failed = seen.parser_failed.then_some(Case::AppLayerError);
        for case in self
            .outcome
            .exception
            .map(Case::Tcp)
            .into_iter()
            .chain(failed)
        {
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
            self.dropped(packet, Some(flow), seen, reason);
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
            self.recorder.enter(Part::Stream);
            if seen.segment.contains(SegmentFlags::ESTABLISHED) {
                session.raw_done(segment.dir, progress);
            }
            self.tcp.prune(session, segment.dir);
            self.recorder.leave();
            if self.needs.alerted_packets {
                keep_evidence(packet, &segment, flow);
            }
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

/// Keeps a segment, which has not alerted, until the rules are done with its data.
fn keep_evidence(packet: &Packet<'_>, segment: &Segment<'_>, flow: &mut FlowOf) {
    if flow.flags().contains(FlowFlags::HAS_ALERTS) {
        return;
    }
    let Some(session) = flow.tcp.as_deref() else {
        return;
    };
    let evidence = flow.attachment.evidence.get_or_insert_default();
    evidence.forget(session);
    let stream = session.stream(segment.dir);
    // Sequence numbers wrap around; what is not ahead of the stream was looked at.
    let ahead = segment.right_edge().wrapping_sub(stream.base_seq()) as i32;
    if let Ok(ahead @ 1..) = u64::try_from(ahead)
        && !segment.is_empty()
    {
        evidence.keep(packet, segment.dir, stream.base() + ahead);
    }
}
