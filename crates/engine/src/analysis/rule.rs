//! One rule as an object.

use serde_json::{Map, Value, json};
use tapir_packet::TcpFlags;
use tapir_rules::keywords::{Directions, payload, response};
use tapir_rules::tree::{
    Action, AddressExpr, BitAction, IntegerOp, Opt, OptionKind, PortExpr, TargetSide,
};

use super::content::{self, Shape};
use super::dependencies::Dependencies;
use super::engines;
use super::matches::{Notes, matches};
use super::subject::Subject;

/// A rule with all that is known of it.
pub(super) fn rule(
    subject: &Subject<'_>,
    dependencies: &Dependencies<'_>,
    has_file_store: bool,
) -> Value {
    let tree = subject.tree;
    let mut notes = Notes::default();
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    // A rule that goes over several lines is shown in one.
    put(
        "raw",
        subject
            .text
            .replace("\\\r\n", "")
            .replace("\\\n", "")
            .into(),
    );
    put("id", tree.sid.into());
    put("gid", tree.gid.into());
    put("rev", tree.rev.into());
    put("msg", tree.msg().into());
    put("class", class(tree.action, tree.scope.is_some()).into());
    put("app_proto", subject.app.event_name().into());
    put("requirements", requirements(subject).into());
    put("type", subject.kind.name().into());
    put("flags", flags(subject).into());
    put(
        "pkt_engines",
        engines::of_packets(subject, &mut notes).into(),
    );
    put("frame_engines", Value::Array(Vec::new()));
    if subject.is_stateful() {
        put(
            "engines",
            engines::of_transactions(subject, &mut notes).into(),
        );
    }
    put("lists", lists(subject, &mut notes).into());
    if let Some(fast) = subject.fast {
        put("mpm", mpm(subject, fast.buffer, fast.content).into());
    } else if let Some(option) = subject.prefilter {
        put(
            "prefilter",
            json!({"buffer": list_of(subject, option), "name": option.keyword.name()}),
        );
    }
    if let Some(dependencies) = dependencies.json(subject) {
        put("dependencies", dependencies);
    }
    let warnings = warnings(subject, has_file_store);
    if !warnings.is_empty() {
        put("warnings", warnings.into());
    }
    if let Some(notes) = notes.json() {
        put("notes", notes);
    }
    Value::Object(object)
}

fn warnings(subject: &Subject<'_>, has_file_store: bool) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if subject.compiled.is_none() {
        warnings.push("rule is left out: the engine does not evaluate all of its keywords");
    }
    if subject.has(response::FILESTORE) && !has_file_store {
        // The words are those that scripts around Suricata look for.
        warnings.push("Rule requires file-store but the output file-store is not enabled.");
    }
    warnings
}

fn class(action: Action, is_scoped: bool) -> &'static str {
    if action == Action::Accept || is_scoped {
        "firewall"
    } else {
        "threat detection"
    }
}

/// What a packet must show for the rule to be tried on it.
fn requirements(subject: &Subject<'_>) -> Vec<&'static str> {
    let asks = |test: &dyn Fn(&Opt) -> bool| subject.lists.packet.iter().any(|option| test(option));
    let bits = |of: TcpFlags| {
        asks(&|option| {
            matches!(&option.kind, OptionKind::TcpFlags(flags)
                if TcpFlags::from_bits_retain(flags.bits).intersects(of))
        })
    };
    let payload = !subject.lists.payload.is_empty() && !subject.is_stateful();
    let flow = subject.app.is_known()
        || subject.is_stateful()
        || subject.options().any(|option| match &option.kind {
            OptionKind::Flow(_) | OptionKind::FlowInt(_) | OptionKind::AppLayerEvent(_) => true,
            OptionKind::AppLayerProtocol(_) | OptionKind::StreamSize(_) => true,
            OptionKind::FlowBits(bits) => bits.action != BitAction::Set,
            _ => false,
        });
    [
        (payload || asks(&needs_payload), "payload"),
        (asks(&needs_no_payload), "no_payload"),
        (flow, "flow"),
        (
            bits(TcpFlags::SYN | TcpFlags::RST | TcpFlags::FIN),
            "tcp_flags_init_deinit",
        ),
        (
            bits(TcpFlags::URG | TcpFlags::ECE | TcpFlags::CWR),
            "tcp_flags_unusual",
        ),
        (
            asks(&|option| matches!(option.kind, OptionKind::DecodeEvent(_))),
            "engine_event",
        ),
    ]
    .into_iter()
    .filter_map(|(required, word)| required.then_some(word))
    .collect()
}

fn needs_no_payload(option: &Opt) -> bool {
    option.keyword == payload::DSIZE
        && matches!(&option.kind, OptionKind::Integer(test) if test.op == IntegerOp::Equal && test.a == 0)
}

fn needs_payload(option: &Opt) -> bool {
    option.keyword == payload::DSIZE
        && matches!(&option.kind, OptionKind::Integer(test) if !test.holds(0))
}

fn flags(subject: &Subject<'_>) -> Vec<&'static str> {
    let header = &subject.tree.header;
    let asks_flow_state = subject.options().any(|option| {
        matches!(&option.kind, OptionKind::FlowBits(bits) if matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet))
    });
    let target = subject.options().find_map(|option| match option.kind {
        OptionKind::Target(side) => Some(side),
        _ => None,
    });
    let no_alert = subject.options().any(|option| {
        matches!(option.kind, OptionKind::NoAlert) || option.keyword == response::NOALERT
    });
    let (packets, stream) = if subject.is_stateful() {
        (false, false)
    } else {
        subject.payload_looks()
    };
    [
        (header.src == AddressExpr::Any, "src_any"),
        (header.dst == AddressExpr::Any, "dst_any"),
        (header.sport == PortExpr::Any, "sp_any"),
        (header.dport == PortExpr::Any, "dp_any"),
        (no_alert, "noalert"),
        (subject.has(payload::DSIZE), "dsize"),
        (subject.app.is_known(), "applayer"),
        (packets, "need_packet"),
        (stream, "need_stream"),
        (asks_flow_state, "need_flowvar"),
        (subject.has(response::FILESTORE), "filestore"),
        (subject.directions != Directions::ToClient, "toserver"),
        (subject.directions != Directions::ToServer, "toclient"),
        (subject.has(response::TLS_STORE), "tlsstore"),
        (subject.has(response::BYPASS), "bypass"),
        (
            subject.fast.is_some() || subject.prefilter.is_some(),
            "prefilter",
        ),
        (target == Some(TargetSide::SrcIp), "src_is_target"),
        (target == Some(TargetSide::DestIp), "dst_is_target"),
    ]
    .into_iter()
    .filter_map(|(holds, word)| holds.then_some(word))
    .collect()
}

/// The options that look at no buffer. Those about the payload stand with the engines when the rule looks at
/// transactions too.
fn lists(subject: &Subject<'_>, notes: &mut Notes) -> Map<String, Value> {
    let lists = &subject.lists;
    let payload: &[&Opt] = if subject.is_stateful() {
        &[]
    } else {
        &lists.payload
    };
    let mut object = Map::new();
    for (name, options) in [
        ("packet", &lists.packet[..]),
        ("payload", payload),
        ("base64_data", &lists.base64_data),
        ("postmatch", &lists.postmatch),
        ("tag", &lists.tag),
        ("threshold", &lists.threshold),
    ] {
        if !options.is_empty() {
            let found = matches(options, false, subject.fast, notes);
            object.insert(name.to_owned(), json!({"matches": found}));
        }
    }
    object
}

/// The content by which the rule is found.
fn mpm(
    subject: &Subject<'_>,
    buffer: Option<usize>,
    chosen: &tapir_rules::tree::Content,
) -> Map<String, Value> {
    let place = buffer.and_then(|place| subject.buffers.get(place));
    let options = place.map_or(&subject.lists.payload, |place| &place.options);
    let listed = matches(
        options,
        place.is_some(),
        subject.fast,
        &mut Notes::default(),
    );
    let mut object = Map::new();
    let name = place.map_or_else(
        || "payload".to_owned(),
        |place| engines::name(place.keyword),
    );
    object.insert("buffer".into(), name.into());
    let shown = listed
        .into_iter()
        .filter_map(
            |mut entry| match entry.get_mut("content").map(Value::take) {
                Some(Value::Object(content)) => Some(content),
                _ => None,
            },
        )
        .find(|content| content.get("is_mpm") == Some(&Value::Bool(true)));
    object.extend(shown.unwrap_or_else(|| content::json(chosen, Shape::default())));
    object
}

/// The name of the list or buffer that an option is in.
fn list_of(subject: &Subject<'_>, option: &Opt) -> String {
    let is_in = |options: &[&Opt]| options.iter().any(|other| std::ptr::eq(*other, option));
    let buffer = subject.buffers.iter().find(|buffer| is_in(&buffer.options));
    match buffer {
        Some(buffer) => engines::name(buffer.keyword),
        None if is_in(&subject.lists.payload) => "payload".to_owned(),
        None => "packet".to_owned(),
    }
}
