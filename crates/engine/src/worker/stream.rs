//! A TCP segment: its session, its stream, and the rules on both.

use tapir_flow::tcp::{Segment, SegmentFlags};
use tapir_packet::Packet;

use super::FlowOf;
use super::circumstances::Circumstances;
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
        if self.tcp.accepts_checksum(packet, &mut self.outcome) {
            self.tcp.handle(&mut flow.tcp, &segment, &mut self.outcome);
            if self.outcome.is(SegmentFlags::REVERSED) {
                flow.swap();
                flow.attachment.app.swap();
                segment.dir = segment.dir.reverse();
                seen.direction = Some(segment.dir);
            }
            if let Some(state) = self.outcome.flow_state {
                flow.set_state(state);
            }
            self.recognise_stream(flow, &mut segment, seen);
        }
        seen.segment = self.outcome.flags;
        seen.events = self.outcome.events;
        seen.established |= self.outcome.flags.intersects(SegmentFlags::ESTABLISHED | SegmentFlags::FLOW_ESTABLISHED);
        let progress = self.detect(packet, Some(flow), seen, Some(&segment));
        if let Some(session) = flow.tcp.as_deref_mut() {
            if seen.segment.contains(SegmentFlags::ESTABLISHED) {
                session.raw_done(segment.dir, progress);
            }
            self.tcp.prune(session, segment.dir);
        }
    }
}
