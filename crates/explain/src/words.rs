//! Sentences about what a part of a rule found.

use tapir_detect::{Fate, Gate, HeadFault, RuleId};
use tapir_engine::LoadedRules;
use tapir_packet::{Direction, ip_proto};
use tapir_protocols::AppProto;
use tapir_rules::tree::{AddressExpr, BitAction, Content, PortExpr, RuleDirection};
use tapir_rules::{Opt, OptionKind, Rule};

use crate::attempt::{Outcome, Place, Step};
use crate::circumstances::Circumstances;
use crate::explanation::Explanation;
use crate::subject::{literal, setters};

/// Rules that set a bit are named up to this many.
const NAMED: usize = 5;

/// What the packet lacked.
pub(crate) fn of_fault(
    fault: HeadFault,
    place: &Place,
    tree: &Rule,
    loaded: &LoadedRules,
) -> String {
    let header = &tree.header;
    let either = header.direction == RuleDirection::Either;
    let address = |side: &str, host: std::net::IpAddr, wanted: &AddressExpr| match either {
        true => format!(
            "the addresses fit neither way: {} {} {}",
            header.src,
            arrow(tree),
            header.dst
        ),
        false => format!(
            "{side} {host} is not in {}",
            meaning(wanted.to_string(), loaded)
        ),
    };
    let port = |side: &str, port: u16, wanted: &PortExpr| match either {
        true => format!(
            "the ports fit neither way: {} {} {}",
            header.sport,
            arrow(tree),
            header.dport
        ),
        false => format!(
            "{side} port {port} is not in {}",
            meaning(wanted.to_string(), loaded)
        ),
    };
    let (source, destination) = (place.source, place.destination);
    match fault {
        HeadFault::Broken => {
            "the packet is broken, and the rule asks for more than what is wrong with it".to_owned()
        }
        HeadFault::Protocol => format!(
            "the packet is {}, the rule is for another protocol",
            protocol(place)
        ),
        HeadFault::Source => address("the source", source.0, &header.src),
        HeadFault::SourcePort => port("the source", source.1, &header.sport),
        HeadFault::Destination => address("the destination", destination.0, &header.dst),
        HeadFault::DestinationPort => port("the destination", destination.1, &header.dport),
        HeadFault::Gate(lacking) => of_gate(lacking, place),
        HeadFault::AppProtocol(AppProto::Unknown) => {
            "no application protocol was recognised in the flow by then".to_owned()
        }
        HeadFault::AppProtocol(AppProto::Failed) => {
            "what the flow carries was recognised as no application protocol".to_owned()
        }
        HeadFault::AppProtocol(proto) => format!(
            "the flow was recognised as {}, the rule is for another application protocol",
            proto.name()
        ),
    }
}

fn arrow(tree: &Rule) -> &'static str {
    match tree.header.direction {
        RuleDirection::ToRight => "->",
        RuleDirection::Either => "<>",
        RuleDirection::Transaction => "=>",
    }
}

/// What is written, and what a variable stands for.
fn meaning(written: String, loaded: &LoadedRules) -> String {
    let name = written.trim_start_matches('!').strip_prefix('$');
    match name.and_then(|name| loaded.variable(name)) {
        Some(value) => format!("{written}, where ${} is {value}", name.unwrap_or_default()),
        None => written,
    }
}

/// The protocol of a packet.
pub(crate) fn protocol(place: &Place) -> String {
    let name = match place.proto {
        _ if place.ip_version == 0 => "no IP",
        ip_proto::TCP => "TCP",
        ip_proto::UDP => "UDP",
        ip_proto::ICMP => "ICMP",
        ip_proto::ICMPV6 => "ICMPv6",
        ip_proto::SCTP => "SCTP",
        other => return format!("IP protocol {other}"),
    };
    name.to_owned()
}

fn of_gate(lacking: Gate, place: &Place) -> String {
    let signs = [
        (Gate::FLOW, "the packet belongs to no flow"),
        (Gate::TO_SERVER, "the packet goes to the client"),
        (Gate::TO_CLIENT, "the packet goes to the server"),
        (Gate::ESTABLISHED, "the session was not established"),
        (Gate::NOT_ESTABLISHED, "the session was established"),
        (Gate::PAYLOAD, "there is no payload to inspect"),
        (Gate::NO_PAYLOAD, "there is a payload"),
        (Gate::EVENTS, "nothing was found wrong with the packet"),
        (
            Gate::BEGINS_OR_ENDS,
            "the segment has none of SYN, FIN and RST",
        ),
        (
            Gate::UNUSUAL_FLAGS,
            "the segment has none of URG, ECE and CWR",
        ),
        (
            Gate::REBUILT,
            "the packet was not put together from fragments",
        ),
        (
            Gate::NOT_REBUILT,
            "the packet was put together from fragments",
        ),
        (
            Gate::REAL,
            "what was inspected is the end of a stream, no packet",
        ),
    ];
    let undirected =
        lacking.intersects(Gate::TO_SERVER | Gate::TO_CLIENT) && place.direction.is_none();
    let of = |(sign, words): &(Gate, &'static str)| lacking.contains(*sign).then_some(*words);
    match signs.iter().find_map(of) {
        _ if undirected => "the packet belongs to no flow, and so has no direction".to_owned(),
        Some(words) => words.to_owned(),
        None => "the packet lacks what the rule asks for first".to_owned(),
    }
}

/// The option that asks for what a packet lacks, if one does.
pub(crate) fn asker(fault: HeadFault, tree: &Rule) -> Option<&Opt> {
    let HeadFault::Gate(lacking) = fault else {
        return None;
    };
    let of_flow = Gate::FLOW
        | Gate::TO_SERVER
        | Gate::TO_CLIENT
        | Gate::ESTABLISHED
        | Gate::NOT_ESTABLISHED
        | Gate::REBUILT
        | Gate::NOT_REBUILT;
    tree.options.iter().find(|option| match &option.kind {
        OptionKind::Flow(_) => lacking.intersects(of_flow),
        OptionKind::TcpFlags(_) => lacking.intersects(Gate::BEGINS_OR_ENDS | Gate::UNUSUAL_FLAGS),
        OptionKind::Content(_) | OptionKind::Pcre(_) => lacking == Gate::PAYLOAD,
        OptionKind::Integer(_) => lacking.intersects(Gate::PAYLOAD | Gate::NO_PAYLOAD),
        _ => false,
    })
}

/// The option that decided what became of a match, if one did.
pub(crate) fn decider(fate: Fate, tree: &Rule) -> Option<&Opt> {
    tree.options.iter().find(|option| match fate {
        Fate::Held => matches!(
            option.kind,
            OptionKind::Threshold(_) | OptionKind::DetectionFilter(_)
        ),
        Fate::Refused => matches!(
            option.kind,
            OptionKind::XBits(_)
                | OptionKind::HostBits(_)
                | OptionKind::Dataset(_)
                | OptionKind::Datarep(_)
        ),
        _ => false,
    })
}

/// What a step found.
pub(crate) fn of_step(step: &Step, place: &Place, tree: &Rule, whole: &Explanation) -> String {
    let option = tree.options.get(usize::from(step.option));
    match step.outcome {
        Outcome::Held => of_success(step, tree),
        Outcome::Absent => match option.map(|option| &option.kind) {
            Some(OptionKind::Content(_) | OptionKind::Pcre(_) | OptionKind::Bsize(_)) => {
                format!("{} is not there", buffer(step))
            }
            _ => format!("{} is not there, or has another value", buffer(step)),
        },
        Outcome::Waited => "the transaction did not come so far".to_owned(),
        Outcome::Never => format!(
            "such a transaction has no {} {}",
            buffer(step),
            match step.direction {
                Some(Direction::ToServer) => "to the server",
                Some(Direction::ToClient) => "to the client",
                None => "that way",
            }
        ),
        Outcome::Failed => match option.map(|option| &option.kind) {
            Some(OptionKind::Content(content)) => of_content(step, content),
            Some(OptionKind::Pcre(pcre)) if pcre.negated => {
                format!(
                    "matches at byte {} of {}, and must not",
                    step.range.0,
                    buffer(step)
                )
            }
            Some(OptionKind::Pcre(_)) => match step.range.0 {
                0 => format!("matches nowhere in {}", buffer(step)),
                from => format!("matches nowhere from byte {from} of {} on", buffer(step)),
            },
            Some(OptionKind::FlowBits(bits)) => {
                let names = bits.names.join(", ");
                match bits.action {
                    BitAction::IsNotSet => format!("the flow has the bit {names}"),
                    _ => of_bits(&names, &bits.names, place, whole),
                }
            }
            Some(OptionKind::Bsize(_)) => {
                let size = step.excerpt.as_ref().map_or(0, |excerpt| excerpt.of);
                format!("{} has {size} bytes", buffer(step))
            }
            _ if !step.instead.is_empty() => step.instead.clone().into_string(),
            _ if step.buffer.is_empty() => "does not hold for this packet".to_owned(),
            _ => format!("does not hold at byte {} of {}", step.range.0, buffer(step)),
        },
    }
}

fn buffer(step: &Step) -> &str {
    match &*step.buffer {
        "" => "what it asks for",
        "payload" => "the payload",
        name => name,
    }
}

fn of_success(step: &Step, tree: &Rule) -> String {
    let negated = literal(tree, step.option).is_some_and(|content| content.negated);
    match (&*step.buffer, step.range) {
        ("", _) => String::new(),
        _ if step.excerpt.is_none() => String::new(),
        _ if negated => format!("not in {}", buffer(step)),
        (_, (from, to)) if from < to => format!("{}, bytes {from} to {to}", buffer(step)),
        (_, (from, _)) => format!("{}, byte {from}", buffer(step)),
    }
}

fn of_content(step: &Step, content: &Content) -> String {
    let (buffer, (from, to)) = (buffer(step), step.range);
    let size = step.excerpt.as_ref().map_or(0, |excerpt| excerpt.of);
    if content.negated {
        return format!("stands at byte {from} of {buffer}, and must not");
    }
    let window = || match from < to {
        true => format!("in bytes {from} to {to}"),
        false => format!("from byte {from} on, which leaves no room"),
    };
    let window = || match content.is_relative() {
        true => format!("{} (counted from the match before it)", window()),
        false => window(),
    };
    match step.elsewhere {
        Some(at) if content.endswith && at >= from => {
            format!("stands at byte {at} of {buffer}, and must end it, at byte {size}")
        }
        Some(at) => format!(
            "stands at byte {at} of {buffer}, and was looked for {}",
            window()
        ),
        None if size == 0 => format!("{buffer} is empty"),
        None => format!("is not in {buffer}, which has {size} bytes"),
    }
}

/// Who sets the bits that a flow lacks, and whether they did.
fn of_bits(shown: &str, names: &[Box<str>], place: &Place, whole: &Explanation) -> String {
    let loaded = &*whole.loaded;
    let mut rules: Vec<&Rule> = names
        .iter()
        .flat_map(|name| setters(loaded, name))
        .collect();
    rules.sort_unstable_by_key(|rule| (rule.gid, rule.sid));
    rules.dedup_by_key(|rule| (rule.gid, rule.sid));
    if rules.is_empty() {
        return format!("the flow has not the bit {shown}, and no rule sets it");
    }
    let matched = |rule: &Rule| whole.flows.set_by(place.flow, (rule.gid, rule.sid));
    let did: Vec<(&Rule, u64)> = rules
        .iter()
        .filter_map(|rule| Some((*rule, matched(rule)?)))
        .collect();
    let named: Vec<String> = rules
        .iter()
        .take(NAMED)
        .map(|rule| whole.number_and_place(rule))
        .collect();
    let more = match rules.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let did: Vec<String> = did
        .iter()
        .take(NAMED)
        .map(|(rule, packet)| match *packet > place.packet {
            true => format!("{} matched later, in packet {packet}", rule.sid),
            false => format!("{} matched in packet {packet}", rule.sid),
        })
        .collect();
    let did = match (did.is_empty(), rules.len()) {
        (true, 1) => "which did not match in this flow".to_owned(),
        (true, _) => "none of which matched in this flow".to_owned(),
        (false, _) => did.join(", "),
    };
    format!(
        "the flow has not the bit {shown}; set by {}{more}, {did}",
        named.join(", ")
    )
}

/// Why a match was not shown; nothing for one that was.
pub(crate) fn of_fate(fate: Fate, tree: &Rule, whole: &Explanation) -> Option<String> {
    let loaded = &*whole.loaded;
    let lines = |suppressing| match &loaded.limits_on(tree.gid, tree.sid, suppressing)[..] {
        [] => String::new(),
        lines => format!(" ({})", lines.join(", ")),
    };
    Some(match fate {
        Fate::Raised => return None,
        Fate::Unseen => "it matched, and raises no alerts (noalert, or its action)".to_owned(),
        Fate::Passed(by) => format!(
            "it matched, and {} passed the packet before it",
            whole.pass_rule(by)
        ),
        Fate::Suppressed => format!("it matched, and a suppress is about it{}", lines(true)),
        Fate::Held => format!(
            "it matched, and a threshold or filter held the alert back{}",
            lines(false)
        ),
        Fate::Refused => "it matched but for what it asks of hosts or data sets".to_owned(),
        Fate::Crowded => {
            "it matched, and the packet had raised as many alerts as it may".to_owned()
        }
    })
}

impl Explanation {
    /// The number of a rule, with file and line.
    fn number_and_place(&self, rule: &Rule) -> String {
        let name = self.source_name(rule.source);
        format!("{} ({name}:{})", rule.sid, rule.line)
    }

    fn pass_rule(&self, id: RuleId) -> String {
        let Some(meta) = self.loaded.set.meta(id) else {
            return "a pass rule".to_owned();
        };
        let is_it = |tree: &&Rule| (tree.gid, tree.sid) == (meta.gid, meta.sid);
        match self.loaded.trees().iter().find(is_it) {
            Some(tree) => format!("the pass rule {}", self.number_and_place(tree)),
            None => format!("the pass rule {}", meta.sid),
        }
    }
}

/// What kept data of a flow from rules.
pub(crate) fn of_circumstances(it: &Circumstances, whole: &Explanation) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((rule, packet)) = it.passed_by {
        let after = match it.unseen {
            0 => String::new(),
            count => format!("; {count} packets after it were not inspected"),
        };
        notes.push(format!(
            "{} passed packet {packet}{after}",
            whole.pass_rule(rule)
        ));
    }
    if it.midstream {
        notes.push(
            "the session was picked up in its middle: without its handshake nothing is put together \
             (--set stream.midstream=true)"
                .to_owned(),
        );
    }
    if it.gap {
        notes.push("segments are missing: what was sent in them was not inspected".to_owned());
    }
    if let Some((count, first)) = it.bad_checksums {
        let segments = if count == 1 {
            "segment has a wrong checksum"
        } else {
            "segments have wrong checksums"
        };
        notes.push(format!(
            "{count} {segments}, the first in packet {first}, and not counted (-k none takes all as right)"
        ));
    }
    if it.depth {
        notes.push(
            "the stream is longer than stream.reassembly.depth: the rest was not inspected"
                .to_owned(),
        );
    }
    if it.closed {
        notes.push(
            "the payload was not inspected any more: it is encrypted, or a rule said so".to_owned(),
        );
    }
    notes
}
