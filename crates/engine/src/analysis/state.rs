//! Options about headers, flows and other state as objects.

use serde_json::{Map, Value, json};
use tapir_protocols::AppProto;
use tapir_rules::keywords::flow;
use tapir_rules::tree::{
    AppLayerMode, AppLayerProtocol, BitAction, FlowBits, FlowFlags, FlowInt, FlowIntOp, HostTrack,
    IpOption, Operand, Opt, OptionKind, StreamSide, TcpPhase, Track, XBits,
};

use super::matches::integer;

/// What an option about headers or state says: the key of the object, and the object.
pub(super) fn detail(option: &Opt) -> Option<(&'static str, Value)> {
    Some(match &option.kind {
        OptionKind::IpOption(ip_option) => {
            ("ipopts", json!({"option": ip_option_name(*ip_option)}))
        }
        OptionKind::FlowBits(bits) => ("flowbits", flow_bits(bits)),
        OptionKind::FlowInt(int) => ("flowint", flow_int(int)),
        OptionKind::XBits(bits) => ("xbits", x_bits(bits)),
        OptionKind::HostBits(bits) => (
            "hostbits",
            json!({
                "cmd": command(bits.action),
                "name": bits.name,
                "track": match bits.track {
                    HostTrack::Src => "src",
                    HostTrack::Dst => "dst",
                    HostTrack::Both => "both",
                },
            }),
        ),
        OptionKind::Flow(flags) => ("flow", json!({"flags": flow_words(*flags)})),
        OptionKind::TcpSession(phases) => ("tcp_session", json!({"phases": phase_words(*phases)})),
        OptionKind::FlowCounter(counter) => (
            if option.keyword == flow::FLOW_PKTS {
                "flow_pkts"
            } else {
                "flow_bytes"
            },
            with_side(counter.side, integer(&counter.test)),
        ),
        OptionKind::AppLayerProtocol(asked) => ("app_layer_protocol", app_protocol(asked)),
        OptionKind::Text(word) if option.keyword == flow::FLOW_ELEPHANT => {
            ("flow_elephant", json!({"dir": word}))
        }
        OptionKind::DecodeEvent(name)
        | OptionKind::StreamEvent(name)
        | OptionKind::AppLayerEvent(name) => ("event", json!(name)),
        _ => return None,
    })
}

fn ip_option_name(option: IpOption) -> &'static str {
    match option {
        IpOption::RecordRoute => "rr",
        IpOption::EndOfList => "eol",
        IpOption::Nop => "nop",
        IpOption::Timestamp => "ts",
        IpOption::Security => "sec",
        IpOption::ExtendedSecurity => "esec",
        IpOption::LooseSourceRoute => "lsrr",
        IpOption::LooseSourceRouteE => "lsrre",
        IpOption::StrictSourceRoute => "ssrr",
        IpOption::StreamId => "satid",
        IpOption::RouterAlert => "rtralt",
        IpOption::Any => "any",
    }
}

fn command(action: BitAction) -> &'static str {
    match action {
        BitAction::Set => "set",
        BitAction::Unset => "unset",
        BitAction::Toggle => "toggle",
        BitAction::IsSet => "isset",
        BitAction::IsNotSet => "isnotset",
        BitAction::SetExclusive => "setx",
        BitAction::Reset => "reset",
    }
}

fn flow_bits(bits: &FlowBits) -> Value {
    let mut object = Map::new();
    object.insert("cmd".into(), command(bits.action).into());
    object.insert("names".into(), json!(bits.names));
    if bits.names.len() > 1 {
        let operator = if bits.all { "and" } else { "or" };
        object.insert("operator".into(), operator.into());
    }
    if let Some(group) = &bits.group {
        object.insert("group".into(), json!(group));
    }
    Value::Object(object)
}

fn flow_int(int: &FlowInt) -> Value {
    let command = match int.op {
        FlowIntOp::Set => "set",
        FlowIntOp::Add => "add",
        FlowIntOp::Subtract => "sub",
        FlowIntOp::Less => "lt",
        FlowIntOp::LessOrEqual => "lte",
        FlowIntOp::Equal => "eq",
        FlowIntOp::NotEqual => "ne",
        FlowIntOp::GreaterOrEqual => "gte",
        FlowIntOp::Greater => "gt",
        FlowIntOp::IsSet => "isset",
        FlowIntOp::IsNotSet => "isnotset",
    };
    let mut object = Map::new();
    object.insert("cmd".into(), command.into());
    object.insert("var".into(), json!(int.name));
    match &int.value {
        Some(Operand::Number(number)) => {
            object.insert("value".into(), (*number).into());
        }
        Some(Operand::Variable(name)) => {
            object.insert("value".into(), json!(name));
        }
        None => {}
    }
    Value::Object(object)
}

fn x_bits(bits: &XBits) -> Value {
    let track = match bits.track {
        Track::BySrc => "ip_src",
        Track::ByDst => "ip_dst",
        Track::Tx => "tx",
        Track::IpPair | Track::ByBoth | Track::ByRule | Track::ByFlow | Track::ByEither => {
            "ip_pair"
        }
    };
    let mut object = Map::new();
    object.insert("cmd".into(), command(bits.action).into());
    object.insert("name".into(), json!(bits.name));
    object.insert("track".into(), track.into());
    if matches!(bits.action, BitAction::Set | BitAction::Toggle) {
        object.insert("expire".into(), bits.expire.into());
    }
    Value::Object(object)
}

fn flow_words(flags: FlowFlags) -> Vec<&'static str> {
    [
        (FlowFlags::TO_SERVER, "to_server"),
        (FlowFlags::TO_CLIENT, "to_client"),
        (FlowFlags::ESTABLISHED, "established"),
        (FlowFlags::NOT_ESTABLISHED, "not_established"),
        (FlowFlags::STATELESS, "stateless"),
        (FlowFlags::ONLY_STREAM, "only_stream"),
        (FlowFlags::NO_STREAM, "no_stream"),
        (FlowFlags::ONLY_FRAG, "only_frag"),
        (FlowFlags::NO_FRAG, "no_frag"),
    ]
    .into_iter()
    .filter_map(|(flag, word)| flags.contains(flag).then_some(word))
    .collect()
}

fn phase_words(phases: TcpPhase) -> Vec<&'static str> {
    [
        (TcpPhase::SETUP, "setup"),
        (TcpPhase::ESTABLISHED, "established"),
        (TcpPhase::CLOSING, "closing"),
    ]
    .into_iter()
    .filter_map(|(phase, word)| phases.contains(phase).then_some(word))
    .collect()
}

fn with_side(side: StreamSide, mut test: Value) -> Value {
    let word = match side {
        StreamSide::Client => "toserver",
        StreamSide::Server => "toclient",
        StreamSide::Both => "both",
        StreamSide::Either => "either",
    };
    if let Value::Object(object) = &mut test {
        object.insert("dir".into(), word.into());
    }
    test
}

/// The protocols asked for and those that they stand for, in the order of their numbers.
fn app_protocol(asked: &AppLayerProtocol) -> Value {
    let mut protocols: Vec<AppProto> = Vec::new();
    for name in &asked.names {
        let Some(protocol) = AppProto::from_name(name) else {
            continue;
        };
        protocols.push(protocol);
        match protocol {
            AppProto::Http => protocols.extend([AppProto::Http1, AppProto::Http2]),
            AppProto::Dns => protocols.push(AppProto::Doh2),
            _ => {}
        }
    }
    protocols.sort_unstable();
    protocols.dedup();
    let names: Vec<&str> = protocols.into_iter().map(AppProto::event_name).collect();
    let mode = match asked.mode {
        AppLayerMode::Direction => "direction",
        AppLayerMode::Final => "final",
        AppLayerMode::Original => "original",
        AppLayerMode::Either => "either",
        AppLayerMode::ToServer => "to_server",
        AppLayerMode::ToClient => "to_client",
    };
    json!({"protocols": names, "mode": mode, "negated": asked.negated})
}
