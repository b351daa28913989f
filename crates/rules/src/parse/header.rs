//! The part of a rule before its options.

use super::arg::Arg;
use super::endpoint::{addresses, ports};
use crate::diagnostic::{Code, Problem, Problems, Read};
use crate::keywords::app_protocol;
use crate::tree::*;
use crate::{Dialect, Span};

/// What stands before the options: action, its reach, header.
pub(crate) struct Head {
    pub action: Action,
    pub scope: Option<ActionScope>,
    pub scope_alerts: bool,
    pub header: Header,
}

/// Reads the text before the parenthesis, reporting each mistake in it.
pub(crate) fn head(arg: Arg<'_>, dialect: Dialect, problems: &mut Problems) -> Option<Head> {
    let (action_arg, rest) = arg.word();
    let action = match action(action_arg, dialect) {
        Ok(action) => Some(action),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let header = match header(rest.trim(), dialect, problems) {
        Ok(header) => Some(header),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let (action, scope, scope_alerts) = action?;
    Some(Head {
        action,
        scope,
        scope_alerts,
        header: header?,
    })
}

/// The words that begin a rule.
pub(crate) const ACTIONS: [(&str, Action); 15] = [
    ("alert", Action::Alert),
    ("pass", Action::Pass),
    ("drop", Action::Drop),
    ("reject", Action::Reject),
    ("rejectsrc", Action::Reject),
    ("rejectdst", Action::RejectDst),
    ("rejectboth", Action::RejectBoth),
    ("log", Action::Log),
    ("config", Action::Config),
    ("accept", Action::Accept),
    ("sdrop", Action::SilentDrop),
    ("block", Action::Block),
    ("rewrite", Action::Rewrite),
    ("react", Action::Reject),
    ("file_id", Action::Log),
];

fn action(arg: Arg<'_>, dialect: Dialect) -> Read<(Action, Option<ActionScope>, bool)> {
    let (name, scope) = match arg.split_once(':') {
        Some((name, scope)) => (name, Some(scope)),
        None => (arg, None),
    };
    if matches!(name.text, "activate" | "dynamic") {
        return Err(name
            .problem(Code::Gone, format!("`{}` rules are no longer supported", name.text))
            .help("let one rule set a flowbit and the other test it, or use `tag` to log what follows"));
    }
    let known = ACTIONS.iter().find(|(word, action)| {
        *word == name.text
            && match action {
                Action::Config | Action::Accept => dialect == Dialect::Suricata,
                Action::SilentDrop | Action::Block | Action::Rewrite => {
                    dialect != Dialect::Suricata
                }
                _ => true,
            }
    });
    let Some(&(_, action)) = known else {
        let mut problem = name
            .problem(Code::UnknownAction, format!("`{}` is no action", name.text))
            .label("expected `alert`, `drop`, `pass`, `reject` or another action");
        if let Some(near) =
            crate::suggest::nearest(name.text, ACTIONS.iter().map(|(word, _)| *word))
        {
            problem = problem
                .help(format!("did you mean `{near}`?"))
                .fix(name.span(), near);
        }
        return Err(problem);
    };
    let Some(scope) = scope else {
        return Ok((action, None, false));
    };
    let mut parts = scope.split(',');
    let reach = parts.next().unwrap_or(scope);
    let mut found = match reach.text {
        "packet" => ActionScope::Packet,
        "flow" => ActionScope::Flow,
        "hook" => ActionScope::Hook,
        "tx" => ActionScope::Tx,
        _ => return Err(reach.expected("`packet`, `flow`, `hook` or `tx`")),
    };
    let mut alerts = false;
    for part in parts {
        match part.text {
            "alert" => alerts = true,
            "pass" | "pass:flow" => found = ActionScope::FlowPass,
            _ => return Err(part.expected("`alert` or `pass`")),
        }
    }
    Ok((action, Some(found), alerts))
}

fn header(arg: Arg<'_>, dialect: Dialect, problems: &mut Problems) -> Read<Header> {
    let fields = fields(arg);
    if dialect == Dialect::Snort3 && fields.len() < 2 {
        return match fields.first() {
            None => Ok(open_header(
                arg.span(),
                HeaderForm::Absent,
                Protocol {
                    name: ProtocolName::Ip,
                    hook: None,
                },
            )),
            Some(&name) => Ok(open_header(
                arg.span(),
                HeaderForm::ProtocolOnly,
                protocol(name, dialect)?,
            )),
        };
    }
    let [name, src, sport, arrow, dst, dport] = *fields.as_slice() else {
        return Err(wrong_count(arg, &fields));
    };
    let mut keep = |problem| problems.push(problem);
    let protocol = protocol(name, dialect).map_err(&mut keep);
    let src = addresses(src).map_err(&mut keep);
    let sport = ports(sport).map_err(&mut keep);
    let direction = direction(arrow).map_err(&mut keep);
    let dst = addresses(dst).map_err(&mut keep);
    let dport = ports(dport);
    let dport = dport?;
    match (protocol, src, sport, direction, dst) {
        (Ok(protocol), Ok(src), Ok(sport), Ok(direction), Ok(dst)) => Ok(Header {
            form: HeaderForm::Full,
            span: arg.span(),
            protocol,
            src,
            sport,
            direction,
            dst,
            dport,
        }),
        // What is wrong has been reported; take the last of it back as the result.
        _ => Err(problems.pop().unwrap_or_else(|| arg.expected("a header"))),
    }
}

fn wrong_count(arg: Arg<'_>, fields: &[Arg<'_>]) -> Box<Problem> {
    const NAMES: [&str; 6] = [
        "protocol",
        "source address",
        "source port",
        "direction",
        "destination address",
        "destination port",
    ];
    match NAMES.get(fields.len()) {
        Some(missing) => Problem::new(
            Code::BadForm,
            Span::new(arg.span().end.saturating_sub(1).max(arg.at), arg.span().end),
            "the header is not complete",
        )
        .label(format!("expected the {missing} here"))
        .help(
            "a header is `protocol source port -> destination port`, as in `tcp any any -> any 80`",
        ),
        None => fields[NAMES.len()]
            .problem(Code::BadForm, "the header has a field too many")
            .label("expected `(` and the options")
            .help("a list is written in brackets: `[80,443]`"),
    }
}

fn open_header(span: Span, form: HeaderForm, protocol: Protocol) -> Header {
    Header {
        form,
        span,
        protocol,
        src: AddressExpr::Any,
        sport: PortExpr::Any,
        direction: RuleDirection::Either,
        dst: AddressExpr::Any,
        dport: PortExpr::Any,
    }
}

/// The fields of a header: words, or lists in brackets that may hold blanks.
fn fields(arg: Arg<'_>) -> Vec<Arg<'_>> {
    let mut fields = Vec::with_capacity(6);
    let (mut start, mut depth) = (None, 0u32);
    for (at, byte) in arg.text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if byte.is_ascii_whitespace() && depth == 0 {
            if let Some(from) = start.take() {
                fields.push(Arg::new(&arg.text[from..at], arg.at + from as u32));
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        fields.push(Arg::new(&arg.text[from..], arg.at + from as u32));
    }
    fields
}

fn direction(arg: Arg<'_>) -> Read<RuleDirection> {
    match arg.text {
        "->" => Ok(RuleDirection::ToRight),
        "<>" => Ok(RuleDirection::Either),
        "=>" => Ok(RuleDirection::Transaction),
        "<-" => Err(arg
            .problem(Code::BadDirection, "there is no arrow to the left")
            .help("write the source left and the destination right, with `->` between them")),
        _ => Err(arg
            .problem(
                Code::BadDirection,
                format!("`{}` is no direction", arg.text),
            )
            .label("expected `->`, `<>` or `=>`")),
    }
}

fn protocol(arg: Arg<'_>, dialect: Dialect) -> Read<Protocol> {
    let (name, hook) = match arg.split_once(':') {
        Some((name, hook)) => (name, Some(hook)),
        None => (arg, None),
    };
    let lower = name.text.to_ascii_lowercase();
    let known = match lower.as_str() {
        "ip" | "any" => Some(ProtocolName::Ip),
        "ip4" | "ipv4" => Some(ProtocolName::Ip4),
        "ip6" | "ipv6" => Some(ProtocolName::Ip6),
        "tcp" => Some(ProtocolName::Tcp),
        "tcp-pkt" => Some(ProtocolName::TcpPkt),
        "tcp-stream" => Some(ProtocolName::TcpStream),
        "udp" => Some(ProtocolName::Udp),
        "icmp" => Some(ProtocolName::Icmp),
        "icmpv4" => Some(ProtocolName::IcmpV4),
        "icmpv6" => Some(ProtocolName::IcmpV6),
        "sctp" => Some(ProtocolName::Sctp),
        "igmp" => Some(ProtocolName::Igmp),
        "pkthdr" => Some(ProtocolName::PktHdr),
        "ether" => Some(ProtocolName::Ether),
        "arp" => Some(ProtocolName::Arp),
        "file" if dialect == Dialect::Snort3 => Some(ProtocolName::File),
        "user" if dialect == Dialect::Snort3 => Some(ProtocolName::User),
        other => app_protocol(other).map(ProtocolName::App),
    };
    match known {
        Some(known) => Ok(Protocol {
            name: known,
            hook: hook.map(Arg::owned),
        }),
        None => {
            let names = crate::keywords::protocols();
            let mut problem = name.problem(
                Code::UnknownProtocol,
                format!("`{}` is no protocol", name.text),
            );
            if let Some(near) = crate::suggest::nearest(&lower, names) {
                problem = problem
                    .help(format!("did you mean `{near}`?"))
                    .fix(name.span(), near);
            }
            Err(problem)
        }
    }
}
