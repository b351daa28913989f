//! What is known of a packet beside itself.

use tapir_detect::{AppProtos, FlowView, PacketTraits};
use tapir_flow::FlowFlags;
use tapir_flow::tcp::{SegmentFlags, State, StreamEvents};
use tapir_packet::Direction::{ToClient, ToServer};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{AppLayerEvents, Recogniser};

use super::FlowOf;

/// What tracking, the stream and recognition said of a packet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Circumstances {
    pub(super) direction: Option<Direction>,
    /// The first packet of its flow in its direction.
    pub(super) first: bool,
    pub(super) established: bool,
    /// What the TCP engine said of the segment.
    pub(super) segment: SegmentFlags,
    pub(super) events: StreamEvents,
    pub(super) app_events: AppLayerEvents,
    /// The parser of the protocol gave up on what this packet brought.
    pub(super) parser_failed: bool,
}

impl Circumstances {
    /// Whether the packet was made up at the end of a flow.
    pub(super) fn is_stream_end(&self) -> bool {
        self.segment.contains(SegmentFlags::STREAM_END)
    }

    /// As detection wants it.
    pub(super) fn traits(&self, packet: &Packet<'_>, flow: Option<&FlowOf>) -> PacketTraits {
        let mut traits = PacketTraits::empty();
        let segment = |flags| self.segment.contains(flags);
        let closed =
            flow.is_some_and(|flow| flow.flags().contains(FlowFlags::NO_PAYLOAD_INSPECTION));
        let ended = flow.map_or([false; 2], |flow| flow.attachment.app_ended);
        for (it, holds) in [
            (PacketTraits::FIRST_IN_DIRECTION, self.first),
            (PacketTraits::ESTABLISHED, self.established),
            (
                PacketTraits::STREAM_ESTABLISHED,
                segment(SegmentFlags::ESTABLISHED),
            ),
            (PacketTraits::STREAM_ADDED, segment(SegmentFlags::ADDED)),
            (PacketTraits::STREAM_END, self.is_stream_end()),
            (PacketTraits::REBUILT, packet.is_reassembled()),
            (
                PacketTraits::NO_PAYLOAD_INSPECTION,
                closed || segment(SegmentFlags::NO_PAYLOAD_INSPECTION),
            ),
            (
                PacketTraits::APP_UPDATED,
                self.is_stream_end()
                    || flow.is_some_and(|flow| {
                        let way = self.direction.unwrap_or(ToServer).index();
                        flow.attachment.app_read || flow.attachment.app_updated[way]
                    }),
            ),
            (PacketTraits::PROTO_DONE_TO_SERVER, ended[ToServer.index()]),
            (PacketTraits::PROTO_DONE_TO_CLIENT, ended[ToClient.index()]),
        ] {
            traits.set(it, holds);
        }
        traits
    }
}

/// What rules may ask about a flow.
pub(super) fn view_of(flow: &FlowOf) -> FlowView {
    let (to_server, to_client) = (flow.counts(ToServer), flow.counts(ToClient));
    let flags = flow.flags();
    FlowView {
        id: flow.id(),
        protocol: flow.protocol(),
        start: flow.start(),
        packets: [to_server.packets, to_client.packets],
        bytes: [to_server.bytes, to_client.bytes],
        stream_sizes: flow.tcp.as_ref().map(|session| {
            [
                session.stream(ToServer).size(),
                session.stream(ToClient).size(),
            ]
        }),
        closing: flow.tcp.as_ref().is_some_and(|session| {
            State::FinWait1 <= session.state() && session.state() < State::Closed
        }),
        elephant: [
            flags.contains(FlowFlags::ELEPHANT_TO_SERVER),
            flags.contains(FlowFlags::ELEPHANT_TO_CLIENT),
        ],
    }
}

/// What rules may ask about a flow's protocol.
pub(super) fn protos_of(app: &Recogniser, events: AppLayerEvents) -> AppProtos {
    AppProtos {
        flow: app.flow(),
        to_server: app.to_server(),
        to_client: app.to_client(),
        original: app.original(),
        events,
    }
}
