//! What a rule asks about the packet and its flow beyond its head: the conditions that look at no buffer.

mod seen;

use tapir_packet::{DecodeEvent, Direction};
use tapir_rules::tree::{
    AppLayerMode, FlowIntOp, IntegerOp, IntegerTest, StreamSide, StreamSize, TcpPhase,
};

use crate::context::{FlowView, PacketContext, PacketTraits};
use crate::flow_state::FlowState;
use crate::header::HeaderTest;
use crate::names::NameId;
use tapir_flow::tcp::StreamEvent;
use tapir_protocols::{AppLayerEvent, AppProto};

/// Which way a count is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
    /// One of the two is enough.
    Either,
    /// Neither may fail.
    Both,
}

/// The right side of a `flowint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntValue {
    Number(u32),
    /// Another number of the flow; 0 when it is not set.
    Variable(NameId),
}

impl IntValue {
    pub(crate) fn get(self, state: &FlowState) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Variable(name) => state.int(name).unwrap_or(0),
        }
    }
}

/// One condition of a rule.
#[derive(Debug)]
pub(crate) enum Condition {
    /// Bits that are set, or not set: any of them is enough, unless all are asked for.
    FlowBits {
        names: Box<[NameId]>,
        set: bool,
        all: bool,
    },
    /// A number of the flow.
    FlowInt {
        name: NameId,
        op: FlowIntOp,
        value: IntValue,
    },
    /// Seconds since the flow began.
    FlowAge(Box<IntegerTest>),
    /// Packets of the flow.
    FlowPackets(Way, Box<IntegerTest>),
    /// Bytes of the flow.
    FlowBytes(Way, Box<IntegerTest>),
    /// The first packet of the flow in its direction.
    FlowStart,
    /// Phases of the TCP session, one of which it is in.
    TcpSession(TcpPhase),
    /// Whether much data goes that way.
    Elephant(Way),
    /// Sequence numbers used.
    StreamSize(Box<StreamSize>),
    /// Application protocols, one of which is meant.
    AppProtocol(Box<AppProtocolTest>),
    /// Something that the decoder found.
    DecodeEvent(DecodeEvent),
    /// Something that the TCP engine found.
    StreamEvent(StreamEvent),
    /// Something that recognition of the application protocol found.
    AppEvent(AppLayerEvent),
    /// A field of a header.
    Header(HeaderTest),
}

/// `app-layer-protocol`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppProtocolTest {
    pub(crate) protocols: Box<[AppProto]>,
    pub(crate) negated: bool,
    pub(crate) mode: AppLayerMode,
    /// Holds only at the moment at which recognition ends, because the rule asks about nothing else.
    pub(crate) once: bool,
}

impl Condition {
    /// Whether it holds for a packet.
    #[inline]
    pub(crate) fn holds(&self, context: &PacketContext<'_>, state: Option<&FlowState>) -> bool {
        match self {
            Self::FlowBits { names, set, all } => state.is_some_and(|state| {
                let mut passing = names.iter().map(|&name| state.has_bit(name) == *set);
                if *all {
                    passing.all(|pass| pass)
                } else {
                    passing.any(|pass| pass)
                }
            }),
            Self::FlowInt { name, op, value } => {
                state.is_some_and(|state| flow_int(state, *name, *op, *value))
            }
            Self::FlowAge(test) => context.flow.is_some_and(|flow| {
                test.holds(context.packet.ts.secs().saturating_sub(flow.start.secs()))
            }),
            Self::FlowPackets(way, test) => context
                .flow
                .is_some_and(|flow| way.test(flow.packets, test)),
            Self::FlowBytes(way, test) => {
                context.flow.is_some_and(|flow| way.test(flow.bytes, test))
            }
            Self::FlowStart => context.traits.contains(PacketTraits::FIRST_IN_DIRECTION),
            Self::TcpSession(phases) => context.flow.is_some_and(|flow| {
                let established = context.traits.contains(PacketTraits::ESTABLISHED);
                let mut found = match established {
                    true => TcpPhase::ESTABLISHED,
                    false => TcpPhase::SETUP,
                };
                found.set(TcpPhase::CLOSING, flow.closing);
                found.intersects(*phases)
            }),
            Self::Elephant(way) => context.flow.is_some_and(|flow| match way {
                Way::ToServer => flow.elephant[0],
                Way::ToClient => flow.elephant[1],
                Way::Either => flow.elephant[0] || flow.elephant[1],
                Way::Both => flow.elephant[0] && flow.elephant[1],
            }),
            Self::StreamSize(test) => context.flow.is_some_and(|flow| stream_size(flow, test)),
            Self::AppProtocol(test) => test.holds(context),
            Self::DecodeEvent(event) => context.packet.events.contains(*event),
            Self::StreamEvent(event) => context.stream_events.contains(*event),
            Self::AppEvent(event) => context.app.is_some_and(|app| app.events.contains(*event)),
            Self::Header(test) => test.matches(context),
        }
    }
}

impl Way {
    fn test(self, [to_server, to_client]: [u64; 2], test: &IntegerTest) -> bool {
        match self {
            Self::ToServer => test.holds(to_server),
            Self::ToClient => test.holds(to_client),
            Self::Either => test.holds(to_server) || test.holds(to_client),
            Self::Both => test.holds(to_server) && test.holds(to_client),
        }
    }
}

fn flow_int(state: &FlowState, name: NameId, op: FlowIntOp, value: IntValue) -> bool {
    let current = state.int(name);
    match op {
        FlowIntOp::IsSet => return current.is_some(),
        FlowIntOp::IsNotSet => return current.is_none(),
        FlowIntOp::Set | FlowIntOp::Add | FlowIntOp::Subtract => return true,
        _ => {}
    }
    let Some(current) = current else { return false };
    let value = value.get(state);
    match op {
        FlowIntOp::Less => current < value,
        FlowIntOp::LessOrEqual => current <= value,
        FlowIntOp::Equal => current == value,
        FlowIntOp::NotEqual => current != value,
        FlowIntOp::GreaterOrEqual => current >= value,
        FlowIntOp::Greater => current > value,
        _ => true,
    }
}

fn stream_size(flow: &FlowView, test: &StreamSize) -> bool {
    let Some([client, server]) = flow.stream_sizes else {
        return false;
    };
    let holds = |size: u32| {
        let whole = match test.op {
            IntegerOp::Between | IntegerOp::NotBetween | IntegerOp::Within => test.upper,
            _ => 0,
        };
        IntegerTest::new(test.op, test.value.into(), whole.into()).holds(size.into())
    };
    match test.side {
        StreamSide::Client => holds(client),
        StreamSide::Server => holds(server),
        StreamSide::Both => holds(client) && holds(server),
        StreamSide::Either => holds(client) || holds(server),
    }
}

impl AppProtocolTest {
    fn holds(&self, context: &PacketContext<'_>) -> bool {
        let ends = PacketTraits::PROTO_DONE_TO_SERVER | PacketTraits::PROTO_DONE_TO_CLIENT;
        if self.once && !context.traits.intersects(ends) {
            return false;
        }
        let Some(app) = context.app else { return false };
        match self.mode {
            AppLayerMode::Direction if context.direction == Some(Direction::ToClient) => {
                self.asks(&[app.to_client])
            }
            AppLayerMode::Direction | AppLayerMode::ToServer => self.asks(&[app.to_server]),
            AppLayerMode::ToClient => self.asks(&[app.to_client]),
            AppLayerMode::Final => self.asks(&[app.flow]),
            AppLayerMode::Original => self.asks(&[app.original]),
            AppLayerMode::Either => self.asks(&[app.to_server, app.to_client]),
        }
    }

    /// What is not recognised yet fails either way, unless the rule asks for just that.
    fn asks(&self, seen: &[AppProto]) -> bool {
        let known = |protocol: &&AppProto| **protocol != AppProto::Unknown;
        let wants_unknown = self.protocols.contains(&AppProto::Unknown);
        if seen.iter().find(known).is_none() && !wants_unknown {
            return false;
        }
        let found = seen
            .iter()
            .any(|&seen| self.protocols.iter().any(|&wanted| carries(wanted, seen)));
        found != self.negated
    }
}

/// Whether a flow of protocol `flow` answers to rules for `wanted`: protocols inside others count.
pub(crate) fn carries(wanted: AppProto, flow: AppProto) -> bool {
    wanted == flow || wanted.covers(flow)
}
