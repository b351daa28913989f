//! What is known about a packet when rules are tried on it.

use bitflags::bitflags;
use tapir_flow::tcp::StreamEvents;
use tapir_packet::{Direction, Packet, Timestamp, ip_proto};
use tapir_protocols::{AppLayerEvents, AppProto};

use crate::arbiter::PacketFacts;

bitflags! {
    /// Circumstances of a packet that rules ask about.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct PacketTraits: u16 {
        /// The first packet of its flow in its direction.
        const FIRST_IN_DIRECTION = 1 << 0;
        /// Both sides of the flow have been heard, or the TCP session is established (or taken as such midstream).
        const ESTABLISHED = 1 << 1;
        /// The packet belongs to an established TCP session.
        const STREAM_ESTABLISHED = 1 << 2;
        /// The TCP reassembler took the payload: it will be, or was, inspected as part of the stream.
        const STREAM_ADDED = 1 << 3;
        /// No packet of the wire: made up to inspect what is left of a stream when its flow ends.
        const STREAM_END = 1 << 4;
        /// A datagram put together from fragments.
        const REBUILT = 1 << 5;
        /// The payload is not to be inspected (encrypted, for instance).
        const NO_PAYLOAD_INSPECTION = 1 << 6;
        /// Recognition of the application protocol of the way to the server ended on this packet.
        const PROTO_DONE_TO_SERVER = 1 << 7;
        /// Recognition of the application protocol of the way to the client ended on this packet.
        const PROTO_DONE_TO_CLIENT = 1 << 8;
        /// The packet has been tried with an earlier run of its stream: only rules that look at streams are tried.
        const CONTINUED = 1 << 9;
        /// The parser of the flow's protocol has read something that transactions in the packet's direction have not
        /// been inspected for.
        const APP_UPDATED = 1 << 10;
    }
}

/// Reassembled bytes of one direction of a TCP session, offered for inspection together.
#[derive(Debug, Clone, Copy)]
pub struct StreamWindow<'a> {
    /// Place of the first byte in the stream, counted from the session's first data byte.
    pub offset: u64,
    /// The bytes.
    pub data: &'a [u8],
}

/// The application protocols of a flow, as far as they have been recognised.
#[derive(Debug, Clone, Copy)]
pub struct AppProtos {
    /// The protocol the flow is treated as.
    pub flow: AppProto,
    /// What the way to the server looks like.
    pub to_server: AppProto,
    /// What the way to the client looks like.
    pub to_client: AppProto,
    /// The protocol before a change such as STARTTLS or CONNECT.
    pub original: AppProto,
    /// What recognition found wrong, noted on the packet on which it did.
    pub events: AppLayerEvents,
}

/// What rules ask about the flow of a packet, this packet included.
#[derive(Debug, Clone, Copy)]
pub struct FlowView {
    /// The flow's number in the records.
    pub id: u64,
    /// IP protocol of the flow; that of the packet may be another (an ICMP error belongs to the flow it quotes).
    pub protocol: u8,
    /// When the flow began.
    pub start: Timestamp,
    /// Packets to the server and to the client.
    pub packets: [u64; 2],
    /// Bytes on the wire to the server and to the client.
    pub bytes: [u64; 2],
    /// Sequence numbers used since the initial one by the client and by the server of a TCP session.
    pub stream_sizes: Option<[u32; 2]>,
    /// A side of the TCP session has begun to close it, and it is not closed.
    pub closing: bool,
    /// Whether much data goes to the server and to the client.
    pub elephant: [bool; 2],
}

/// A packet and its circumstances: all that header tests, flow conditions and buffer programs look at.
#[derive(Debug, Clone, Copy)]
pub struct PacketContext<'a> {
    /// Number of the packet in its input, counted from 1.
    pub number: u64,
    /// The packet. One made up at the end of a stream has no transport header and an empty payload.
    pub packet: &'a Packet<'a>,
    /// Its transport payload; empty when there is none.
    pub payload: &'a [u8],
    /// Its direction; `None` without a flow.
    pub direction: Option<Direction>,
    /// Its flow; `None` when it belongs to none.
    pub flow: Option<&'a FlowView>,
    /// Circumstances.
    pub traits: PacketTraits,
    /// New data of the stream in this direction, when there is enough to look at.
    pub stream: Option<StreamWindow<'a>>,
    /// What protocols the flow carries.
    pub app: Option<&'a AppProtos>,
    /// What the TCP engine found wrong with this packet.
    pub stream_events: StreamEvents,
}

impl<'a> PacketContext<'a> {
    /// What the arbiter has to know of the packet.
    pub(crate) fn facts(&self) -> PacketFacts {
        PacketFacts::of(self.packet, self.number, self.flow.map(|flow| flow.id))
    }

    /// Whether anything was found wrong with the packet.
    pub(crate) fn has_events(&self) -> bool {
        !self.packet.events.is_empty()
            || !self.stream_events.is_empty()
            || self.app.is_some_and(|app| !app.events.is_empty())
    }

    /// Whether something was found wrong with a packet without a transport header: nothing but that is asked of it.
    pub(crate) fn is_broken(&self) -> bool {
        // What carries another packet that makes no sense is itself whole.
        let is_tunnel = matches!(self.packet.proto, ip_proto::IPV4 | ip_proto::IPV6);
        !self.packet.events.is_empty()
            && (self.packet.is_invalid() || !is_tunnel)
            && self.packet.transport_bytes().is_empty()
            && !self.traits.contains(PacketTraits::STREAM_END)
    }

    /// The payload, as far as it is to be inspected.
    pub(crate) fn inspected_payload(&self) -> &'a [u8] {
        if self.traits.contains(PacketTraits::NO_PAYLOAD_INSPECTION) {
            &[]
        } else {
            self.payload
        }
    }

    /// The protocol that the flow is treated as.
    ///
    /// It counts for a TCP packet only once the session is established.
    pub(crate) fn app_proto(&self) -> AppProto {
        let counts = match self.packet.proto {
            ip_proto::TCP => self.traits.contains(PacketTraits::STREAM_ESTABLISHED),
            ip_proto::SCTP => self.traits.contains(PacketTraits::ESTABLISHED),
            _ => true,
        };
        match self.app {
            Some(app) if counts => app.flow,
            _ => AppProto::Unknown,
        }
    }
}
