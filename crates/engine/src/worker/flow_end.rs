//! A flow is over: what is left of its stream is inspected, and its record written.

use tapir_detect::Recorder;
use tapir_flow::tcp::Segment;
use tapir_flow::{EndReason, FlowFlags};
use tapir_output::{Body, Event};
use tapir_packet::{Direction, Packet};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::flow_record::record_of;
use super::inspector::Inspector;
use crate::finding::Discovery;

impl<R: Recorder> Inspector<R> {
    /// Ends a flow.
    pub(super) fn end(&mut self, mut flow: FlowOf, reason: EndReason) {
        // What is condemned is not looked at any more.
        let dropped = self.settings.prevention && flow.attachment.detect.is_dropped();
        let inspected =
            !flow.state().is_bypassed() && !flow.flags().contains(FlowFlags::SET_ASIDE) && !dropped;
        if inspected && flow.tcp.is_some() {
            for direction in [Direction::ToServer, Direction::ToClient] {
                self.end_stream(&mut flow, direction);
            }
        }
        if self.needs.flows {
            let envelope = self.enveloper().of_ended(&flow);
            let body = Body::Flow(Box::new(record_of(&flow, reason)));
            let event = Event {
                packet: 0,
                order: self.order(),
                ts: flow.last(),
                envelope,
                body,
            };
            self.find(Discovery::Event(Box::new(event)));
        }
        if let Some(session) = flow.tcp.take() {
            *self
                .own
                .ended_tcp
                .entry(session.state().name())
                .or_default() += 1;
            self.tcp.release(session);
        }
    }

    fn end_stream(&mut self, flow: &mut FlowOf, direction: Direction) {
        let Some(session) = flow.tcp.as_deref() else {
            return;
        };
        let has_frames = flow.attachment.frames.as_deref();
        let is_open = flow.attachment.dialogue.has_open()
            || has_frames.is_some_and(|frames| frames.has_open(direction));
        if !session.needs_end(direction, is_open) {
            return;
        }
        let segment = Segment::end_of(session, direction, flow.last());
        let (client, server) = (
            (flow.client(), flow.client_port()),
            (flow.server(), flow.server_port()),
        );
        let (from, to) = match direction {
            Direction::ToServer => (client, server),
            Direction::ToClient => (server, client),
        };
        let packet = Packet::at_flow_end(flow.last(), flow.protocol(), from, to);
        flow.attachment.app_ended = [false; 2];
        let mut seen = Circumstances {
            direction: Some(direction),
            established: true,
            ..Circumstances::default()
        };
        self.segment(&packet, segment, flow, &mut seen);
        if direction == Direction::ToClient {
            self.transactions(&packet, flow, &seen, true);
        }
    }
}
