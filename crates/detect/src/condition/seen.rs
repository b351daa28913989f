//! What a packet and its flow have where a condition looks, in words.

use tapir_rules::tree::{StreamSide, StreamSize};

use super::{AppProtocolTest, Condition, Way};
use crate::context::{FlowView, PacketContext, PacketTraits};
use crate::flow_state::FlowState;

impl Condition {
    /// What is there; empty where whoever knows the names of flowbits and flowints says it better.
    pub(crate) fn seen(&self, context: &PacketContext<'_>, state: Option<&FlowState>) -> String {
        if let Self::Header(test) = self {
            return test.seen(context);
        }
        match self {
            Self::FlowBits { .. } => return String::new(),
            Self::DecodeEvent(_) => return "the decoder did not find that".to_owned(),
            Self::StreamEvent(_) => {
                return "the stream had no such event with this packet".to_owned();
            }
            Self::AppEvent(_) => return "there was no such event with this packet".to_owned(),
            _ => {}
        }
        let Some(flow) = context.flow else {
            return "the packet belongs to no flow".to_owned();
        };
        match self {
            Self::FlowInt { name, .. } => match state.and_then(|state| state.int(*name)) {
                Some(number) => format!("the flow's is {number}"),
                None => "it is not set in the flow".to_owned(),
            },
            Self::FlowAge(_) => {
                let age = context.packet.ts.secs().saturating_sub(flow.start.secs());
                format!("the flow is {age} seconds old")
            }
            Self::FlowPackets(way, _) => way.seen(flow.packets, "packets"),
            Self::FlowBytes(way, _) => way.seen(flow.bytes, "bytes"),
            Self::FlowStart => "it is not the first packet of its direction".to_owned(),
            Self::TcpSession(_) => of_session(context, flow),
            Self::Elephant(_) => "no such direction carries that much".to_owned(),
            Self::StreamSize(test) => of_streams(flow, test),
            Self::AppProtocol(test) => test.seen(context),
            _ => String::new(),
        }
    }
}

impl Way {
    fn seen(self, [to_server, to_client]: [u64; 2], unit: &str) -> String {
        match self {
            Self::ToServer => format!("{to_server} {unit} went to the server"),
            Self::ToClient => format!("{to_client} {unit} went to the client"),
            Self::Either | Self::Both => {
                format!("{to_server} {unit} went to the server, {to_client} to the client")
            }
        }
    }
}

fn of_session(context: &PacketContext<'_>, flow: &FlowView) -> String {
    let established = context.traits.contains(PacketTraits::ESTABLISHED);
    match (flow.closing, established) {
        (true, _) => "the session is being closed",
        (false, true) => "the session is established",
        (false, false) => "the session is being set up",
    }
    .to_owned()
}

fn of_streams(flow: &FlowView, test: &StreamSize) -> String {
    let Some([client, server]) = flow.stream_sizes else {
        return "the flow has no TCP session".to_owned();
    };
    match test.side {
        StreamSide::Client => format!("the client's stream has {client} bytes"),
        StreamSide::Server => format!("the server's stream has {server} bytes"),
        StreamSide::Both | StreamSide::Either => {
            format!("the streams have {client} and {server} bytes, the client's first")
        }
    }
}

impl AppProtocolTest {
    fn seen(&self, context: &PacketContext<'_>) -> String {
        let ends = PacketTraits::PROTO_DONE_TO_SERVER | PacketTraits::PROTO_DONE_TO_CLIENT;
        let proto = context.app_proto();
        if !proto.is_known() {
            return "no application protocol was recognised in the flow by then".to_owned();
        }
        if self.once && !context.traits.intersects(ends) {
            return format!(
                "the flow was recognised as {} with another packet, the only one that counts",
                proto.name()
            );
        }
        format!("the flow was recognised as {}", proto.name())
    }
}
