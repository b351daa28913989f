//! A flow changes its protocol: what was said before is inspected to its end.

use tapir_detect::Recorder;
use tapir_flow::tcp::SegmentFlags;
use tapir_packet::{Direction, Packet};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;

impl<R: Recorder> Inspector<R> {
    /// Tries the rules once more on both sides of what was said before an announced change.
    pub(super) fn close_dialogue(&mut self, packet: &Packet<'_>, flow: &mut FlowOf) {
        let client = (flow.client(), flow.client_port());
        let server = (flow.server(), flow.server_port());
        for direction in [Direction::ToServer, Direction::ToClient] {
            let (from, to) = match direction {
                Direction::ToServer => (client, server),
                Direction::ToClient => (server, client),
            };
            let made_up = Packet::at_flow_end(packet.ts, flow.protocol(), from, to);
            let seen = Circumstances {
                direction: Some(direction),
                established: true,
                segment: SegmentFlags::STREAM_END | SegmentFlags::ESTABLISHED,
                ..Circumstances::default()
            };
            self.detect(&made_up, Some(flow), &seen, None);
        }
    }
}
