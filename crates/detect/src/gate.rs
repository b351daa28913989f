//! The cheapest test of a rule: bits that the packet must show.

use bitflags::bitflags;
use tapir_packet::{Direction, TcpFlags};

use crate::context::{PacketContext, PacketTraits};

bitflags! {
    /// What a packet shows at first sight, and what a rule asks of it.
    ///
    /// Opposites have a bit each, so that one comparison answers everything: a rule passes when all its bits are among
    /// the packet's.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
    pub struct Gate: u16 {
        /// There are bytes to inspect, of the packet or of its stream.
        const PAYLOAD = 1 << 0;
        /// There are none.
        const NO_PAYLOAD = 1 << 1;
        /// The decoder, the TCP engine or a parser found something wrong.
        const EVENTS = 1 << 2;
        /// The packet belongs to a flow.
        const FLOW = 1 << 3;
        /// TCP with SYN, RST or FIN.
        const BEGINS_OR_ENDS = 1 << 4;
        /// TCP with URG, ECE or CWR.
        const UNUSUAL_FLAGS = 1 << 5;
        /// It goes to the server of its flow.
        const TO_SERVER = 1 << 6;
        /// It goes to the client of its flow.
        const TO_CLIENT = 1 << 7;
        /// Its session is established.
        const ESTABLISHED = 1 << 8;
        /// Its session is not established.
        const NOT_ESTABLISHED = 1 << 9;
        /// Put together from fragments.
        const REBUILT = 1 << 10;
        /// As it came.
        const NOT_REBUILT = 1 << 11;
        /// A packet of the wire, not one made up at the end of a stream.
        const REAL = 1 << 12;
    }
}

impl Gate {
    /// The flags of [`Gate::BEGINS_OR_ENDS`].
    pub(crate) const BEGINNING_OR_END: TcpFlags =
        TcpFlags::SYN.union(TcpFlags::RST).union(TcpFlags::FIN);
    /// The flags of [`Gate::UNUSUAL_FLAGS`].
    pub(crate) const UNUSUAL: TcpFlags = TcpFlags::URG.union(TcpFlags::ECE).union(TcpFlags::CWR);

    /// What a packet shows.
    #[inline]
    pub(crate) fn of(context: &PacketContext<'_>) -> Self {
        let traits = context.traits;
        let mut gate = Gate::empty();
        let own =
            !context.payload.is_empty() && !traits.contains(PacketTraits::NO_PAYLOAD_INSPECTION);
        gate |= if own || context.stream.is_some() {
            Gate::PAYLOAD
        } else {
            Gate::NO_PAYLOAD
        };
        gate.set(Gate::EVENTS, context.has_events());
        gate.set(Gate::FLOW, context.flow.is_some());
        gate |= match context.direction {
            Some(Direction::ToServer) => Gate::TO_SERVER,
            Some(Direction::ToClient) => Gate::TO_CLIENT,
            None => Gate::empty(),
        };
        let established = traits.contains(PacketTraits::ESTABLISHED);
        gate |= if established {
            Gate::ESTABLISHED
        } else {
            Gate::NOT_ESTABLISHED
        };
        let rebuilt = traits.contains(PacketTraits::REBUILT);
        gate |= if rebuilt {
            Gate::REBUILT
        } else {
            Gate::NOT_REBUILT
        };
        if !traits.contains(PacketTraits::STREAM_END) {
            gate |= Gate::REAL;
            if let Some(tcp) = context.packet.tcp() {
                let flags = tcp.flags();
                gate.set(
                    Gate::BEGINS_OR_ENDS,
                    flags.intersects(Gate::BEGINNING_OR_END),
                );
                gate.set(Gate::UNUSUAL_FLAGS, flags.intersects(Gate::UNUSUAL));
            }
        }
        gate
    }
}
