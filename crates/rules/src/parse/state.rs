//! Arguments of the keywords about state, and of what follows a match.

use super::arg::Arg;
use super::integer::integer;
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::keywords;
use crate::tree::*;

pub(crate) fn flow(arg: Arg<'_>, dialect: Dialect) -> Read<FlowFlags> {
    let mut flags = FlowFlags::empty();
    for part in arg.split(',') {
        let flag = match part.text.to_ascii_lowercase().as_str() {
            "to_server" | "from_client" => FlowFlags::TO_SERVER,
            "to_client" | "from_server" => FlowFlags::TO_CLIENT,
            "established" => FlowFlags::ESTABLISHED,
            "not_established" => FlowFlags::NOT_ESTABLISHED,
            "stateless" => FlowFlags::STATELESS,
            "only_stream" | "stream_only" => FlowFlags::ONLY_STREAM,
            "no_stream" => FlowFlags::NO_STREAM,
            "only_frag" => FlowFlags::ONLY_FRAG,
            "no_frag" => FlowFlags::NO_FRAG,
            _ => {
                return Err(part.expected(
                    "`to_server`, `to_client`, `from_server`, `from_client`, `established`, `not_established`, `stateless`, \
                     `only_stream`, `no_stream`, `only_frag` or `no_frag`",
                ));
            }
        };
        if flags.contains(flag) && dialect == Dialect::Suricata {
            return Err(part.problem(Code::Repeated, format!("`{}` is said already", part.text)));
        }
        flags |= flag;
        let both = |a, b| flags.contains(a) && flags.contains(b);
        if both(FlowFlags::TO_SERVER, FlowFlags::TO_CLIENT)
            || both(FlowFlags::ESTABLISHED, FlowFlags::NOT_ESTABLISHED)
            || both(FlowFlags::ESTABLISHED, FlowFlags::STATELESS)
            || both(FlowFlags::NOT_ESTABLISHED, FlowFlags::STATELESS)
            || both(FlowFlags::ONLY_STREAM, FlowFlags::NO_STREAM)
            || both(FlowFlags::ONLY_FRAG, FlowFlags::NO_FRAG)
        {
            return Err(part.problem(
                Code::Contradiction,
                format!("`{}` excludes what stands before it", part.text),
            ));
        }
    }
    Ok(flags)
}

fn bit_action(arg: Arg<'_>, snort: bool) -> Read<BitAction> {
    Ok(match arg.text {
        "set" => BitAction::Set,
        "unset" => BitAction::Unset,
        "toggle" => BitAction::Toggle,
        "isset" => BitAction::IsSet,
        "isnotset" => BitAction::IsNotSet,
        "setx" if snort => BitAction::SetExclusive,
        "reset" if snort => BitAction::Reset,
        _ => return Err(arg.expected("`set`, `unset`, `toggle`, `isset`, `isnotset` or `noalert`")),
    })
}

/// `flowbits`; `None` for `noalert`.
pub(crate) fn flowbits(arg: Arg<'_>, dialect: Dialect) -> Read<Option<FlowBits>> {
    let snort = dialect != Dialect::Suricata;
    let mut parts = arg.split(',');
    let verb = parts.next().unwrap_or(arg);
    if verb.text == "noalert" {
        return match parts.next() {
            Some(more) => Err(more.problem(Code::UnexpectedArgument, "`noalert` has no name")),
            None => Ok(None),
        };
    }
    let action = bit_action(verb, snort)?;
    let names_arg = match parts.next() {
        Some(names) if !names.is_empty() => names,
        _ if action == BitAction::Reset => {
            return Ok(Some(FlowBits {
                action,
                names: Vec::new(),
                all: true,
                group: None,
            }));
        }
        _ => {
            return Err(verb
                .problem(Code::MissingArgument, format!("`{}` of what?", verb.text))
                .label("expected a name after it"));
        }
    };
    let bits = if snort {
        snort_bits(action, names_arg, parts.next())
    } else {
        if let Some(more) = parts.next() {
            return Err(more.expected("the end: several names are written `a|b`"));
        }
        FlowBits {
            action,
            names: bit_names(names_arg, '|'),
            all: false,
            group: None,
        }
    };
    if bits.names.is_empty() && bits.group.is_none() {
        return Err(names_arg.expected("the name of a bit"));
    }
    let test = matches!(action, BitAction::IsSet | BitAction::IsNotSet);
    if bits.names.len() > 1 && !snort && !test {
        return Err(names_arg.problem(Code::BadArgument, "only a test can name several bits"));
    }
    if !snort
        && bits
            .names
            .iter()
            .any(|name| name.contains(char::is_whitespace))
    {
        return Err(names_arg.problem(Code::BadArgument, "the name of a bit has no blanks"));
    }
    Ok(Some(bits))
}

fn bit_names(arg: Arg<'_>, separator: char) -> Vec<Box<str>> {
    arg.split(separator)
        .filter(|name| !name.is_empty())
        .map(Arg::owned)
        .collect()
}

/// Names and group as Snort writes them: `set,a&b,GROUP`, `isset,any,GROUP`, `reset,GROUP`.
fn snort_bits(action: BitAction, names: Arg<'_>, group: Option<Arg<'_>>) -> FlowBits {
    let test = matches!(action, BitAction::IsSet | BitAction::IsNotSet);
    if action == BitAction::Reset {
        return FlowBits {
            action,
            names: Vec::new(),
            all: false,
            group: Some(names.owned()),
        };
    }
    let group = group.filter(|group| !group.is_empty()).map(Arg::owned);
    if test && group.is_some() && matches!(names.text, "any" | "all") {
        return FlowBits {
            action,
            names: Vec::new(),
            all: names.text == "all",
            group,
        };
    }
    let separator = if names.text.contains('&') { '&' } else { '|' };
    let names = bit_names(names, separator);
    FlowBits {
        action,
        all: separator == '&' && names.len() > 1,
        names,
        group,
    }
}

pub(crate) fn flowint(arg: Arg<'_>) -> Read<FlowInt> {
    let parts: Vec<_> = arg.split(',').collect();
    let (name, op, value) = match *parts.as_slice() {
        [name, op] => (name, op, None),
        [name, op, value] => (name, op, Some(value)),
        _ => return Err(arg.expected("name, operator and value: `logins,+,1`")),
    };
    if name.is_empty() {
        return Err(name.expected("the name of a variable"));
    }
    let action = match op.text {
        "=" => FlowIntOp::Set,
        "+" => FlowIntOp::Add,
        "-" => FlowIntOp::Subtract,
        "<" => FlowIntOp::Less,
        "<=" => FlowIntOp::LessOrEqual,
        "==" => FlowIntOp::Equal,
        "!=" => FlowIntOp::NotEqual,
        ">=" => FlowIntOp::GreaterOrEqual,
        ">" => FlowIntOp::Greater,
        "isset" => FlowIntOp::IsSet,
        "notset" | "isnotset" => FlowIntOp::IsNotSet,
        _ => {
            return Err(op.expected(
                "`=`, `+`, `-`, `<`, `<=`, `==`, `!=`, `>=`, `>`, `isset` or `isnotset`",
            ));
        }
    };
    let tests_presence = matches!(action, FlowIntOp::IsSet | FlowIntOp::IsNotSet);
    let value = match value {
        None if tests_presence => None,
        None => return Err(op.problem(Code::MissingArgument, "a value is missing")),
        // A value beside a test of presence says nothing.
        Some(_) if tests_presence => None,
        Some(value) if value.text.starts_with(|first: char| first.is_ascii_digit()) => {
            Some(Operand::Number(value.u32()?))
        }
        Some(value) if value.is_name() => Some(Operand::Variable(value.owned())),
        Some(value) => return Err(value.expected("a number or a variable")),
    };
    Ok(FlowInt {
        name: name.owned(),
        op: action,
        value,
    })
}

pub(crate) fn xbits(arg: Arg<'_>) -> Read<XBits> {
    let mut parts = arg.split(',');
    let action = bit_action(parts.next().unwrap_or(arg), false)?;
    let name = parts
        .next()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| arg.expected("a name after the verb"))?;
    let mut bits = XBits {
        action,
        name: name.owned(),
        track: Track::IpPair,
        expire: 30,
    };
    let mut tracked = false;
    for part in parts {
        let (word, rest) = part.word();
        match word.text {
            "track" => {
                tracked = true;
                bits.track = match rest.text {
                    "ip_src" => Track::BySrc,
                    "ip_dst" => Track::ByDst,
                    "ip_pair" => Track::IpPair,
                    "tx" => Track::Tx,
                    _ => return Err(rest.expected("`ip_src`, `ip_dst`, `ip_pair` or `tx`")),
                }
            }
            "expire" => {
                bits.expire = rest.u32()?;
                if bits.expire == 0 {
                    return Err(rest
                        .problem(Code::OutOfRange, "a bit cannot expire at once")
                        .label("at least 1"));
                }
            }
            _ => return Err(part.expected("`track` or `expire`")),
        }
    }
    if !tracked {
        return Err(arg
            .problem(Code::BadArgument, "`track` is missing")
            .help("write `track ip_src`, `track ip_dst`, `track ip_pair` or `track tx`"));
    }
    Ok(bits)
}

pub(crate) fn hostbits(arg: Arg<'_>) -> Read<HostBits> {
    let mut parts = arg.split(',');
    let action = bit_action(parts.next().unwrap_or(arg), false)?;
    let name = parts
        .next()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| arg.expected("a name after the verb"))?;
    let track = match parts
        .next()
        .map(|part| part.strip("track ").map_or(part, Arg::trim))
    {
        None => HostTrack::Src,
        Some(side) => match side.text {
            "src" => HostTrack::Src,
            "dst" => HostTrack::Dst,
            "both" => HostTrack::Both,
            _ => return Err(side.expected("`src`, `dst` or `both`")),
        },
    };
    Ok(HostBits {
        action,
        name: name.owned(),
        track,
    })
}

fn side(arg: Arg<'_>) -> Option<StreamSide> {
    Some(match arg.text {
        "client" | "toserver" | "to_server" => StreamSide::Client,
        "server" | "toclient" | "to_client" => StreamSide::Server,
        "both" => StreamSide::Both,
        "either" => StreamSide::Either,
        _ => return None,
    })
}

/// `flow.pkts`, `flow.bytes`: `toserver,>100`.
pub(crate) fn flow_counter(arg: Arg<'_>, bits: u8) -> Read<FlowCounter> {
    let (which, test) = arg
        .split_once(',')
        .ok_or_else(|| arg.expected("direction and comparison: `toserver,>100`"))?;
    let side = match which.text {
        "toserver" | "toclient" | "both" | "either" => side(which),
        _ => None,
    };
    let side = side.ok_or_else(|| which.expected("`toserver`, `toclient`, `both` or `either`"))?;
    Ok(FlowCounter {
        side,
        test: integer(test, bits, Dialect::Suricata)?,
    })
}

pub(crate) fn stream_size(arg: Arg<'_>, dialect: Dialect) -> Read<StreamSize> {
    let parts: Vec<_> = arg.split(',').collect();
    if dialect == Dialect::Snort3 {
        let test = integer(*parts.first().unwrap_or(&arg), 32, dialect)?;
        let which = parts
            .get(1)
            .map_or(Some(StreamSide::Either), |part| side(*part));
        let which = which.ok_or_else(|| {
            arg.expected("a comparison and `either`, `to_server`, `to_client` or `both`")
        })?;
        return Ok(StreamSize {
            side: which,
            op: test.op,
            value: test.a as u32,
            upper: test.b as u32,
        });
    }
    let [which, op, value] = *parts.as_slice() else {
        return Err(arg.expected("side, operator and size: `server,<,500`"));
    };
    let op = match op.text {
        "<" => IntegerOp::Less,
        "<=" => IntegerOp::LessOrEqual,
        ">" => IntegerOp::Greater,
        ">=" => IntegerOp::GreaterOrEqual,
        "=" => IntegerOp::Equal,
        "!=" => IntegerOp::NotEqual,
        _ => return Err(op.expected("`<`, `<=`, `>`, `>=`, `=` or `!=`")),
    };
    let side =
        side(which).ok_or_else(|| which.expected("`client`, `server`, `both` or `either`"))?;
    Ok(StreamSize {
        side,
        op,
        value: value.u32()?,
        upper: 0,
    })
}

pub(crate) fn tcp_session(arg: Arg<'_>) -> Read<TcpPhase> {
    let mut phases = TcpPhase::empty();
    for part in arg.split(',') {
        phases |= match part.text {
            "setup" => TcpPhase::SETUP,
            "established" => TcpPhase::ESTABLISHED,
            "closing" => TcpPhase::CLOSING,
            _ => return Err(part.expected("`setup`, `established` or `closing`")),
        };
    }
    Ok(phases)
}

pub(crate) fn app_layer_protocol(arg: Arg<'_>) -> Read<AppLayerProtocol> {
    let (names, mode) = match arg.split_once(',') {
        Some((names, mode)) => (names, Some(mode)),
        None => (arg, None),
    };
    let (negated, names) = names.negation();
    let mode = match mode.map(|mode| mode.text) {
        None => AppLayerMode::Direction,
        Some("final") => AppLayerMode::Final,
        Some("original") => AppLayerMode::Original,
        Some("either") => AppLayerMode::Either,
        Some("to_server" | "toserver") => AppLayerMode::ToServer,
        Some("to_client" | "toclient") => AppLayerMode::ToClient,
        Some(_) => {
            return Err(arg.expected(
                "`final`, `original`, `either`, `to_server` or `to_client` after the protocol",
            ));
        }
    };
    let mut protocols = Vec::new();
    for name in names.split('|') {
        let known = matches!(name.text, "failed" | "unknown")
            || keywords::app_protocol(name.text).is_some();
        if !known {
            return Err(name.problem(
                Code::UnknownProtocol,
                format!("`{}` is no application protocol", name.text),
            ));
        }
        protocols.push(name.owned());
    }
    Ok(AppLayerProtocol {
        names: protocols,
        negated,
        mode,
    })
}

pub(crate) fn track(arg: Arg<'_>) -> Read<Track> {
    Ok(match arg.text {
        "by_src" => Track::BySrc,
        "by_dst" => Track::ByDst,
        "by_both" => Track::ByBoth,
        "by_rule" => Track::ByRule,
        "by_flow" => Track::ByFlow,
        _ => return Err(arg.expected("`by_src`, `by_dst`, `by_both`, `by_rule` or `by_flow`")),
    })
}

pub(crate) fn threshold(arg: Arg<'_>) -> Read<Threshold> {
    let (mut kind, mut by, mut count, mut seconds, mut multiplier) = (None, None, None, None, None);
    for part in arg.split(',') {
        let (word, rest) = part.word();
        let again = match word.text {
            "type" => kind.replace(rest).is_some(),
            "track" => by.replace(track(rest)?).is_some(),
            "count" => count.replace(rest.u32()?).is_some(),
            "seconds" => seconds.replace(rest.u32()?).is_some(),
            "multiplier" => multiplier.replace(rest.u32()?).is_some(),
            _ => return Err(part.expected("`type`, `track`, `count`, `seconds` or `multiplier`")),
        };
        if again {
            return Err(part.problem(Code::Repeated, format!("`{}` is said already", word.text)));
        }
    }
    let missing = |what: &str| arg.problem(Code::BadArgument, format!("`{what}` is missing"));
    let kind = kind.ok_or_else(|| missing("type"))?;
    let kind = match kind.text {
        "limit" => ThresholdKind::Limit,
        "threshold" => ThresholdKind::Threshold,
        "both" => ThresholdKind::Both,
        "backoff" => ThresholdKind::Backoff {
            multiplier: multiplier.ok_or_else(|| missing("multiplier"))?,
        },
        _ => return Err(kind.expected("`limit`, `threshold`, `both` or `backoff`")),
    };
    let backoff = matches!(kind, ThresholdKind::Backoff { .. });
    let track = by.ok_or_else(|| missing("track"))?;
    if backoff && track != Track::ByFlow {
        return Err(arg
            .problem(Code::BadArgument, "`backoff` counts by flow")
            .help("write `track by_flow`"));
    }
    let count = count.ok_or_else(|| missing("count"))?;
    let seconds = match seconds {
        _ if backoff => 0,
        seconds => seconds.ok_or_else(|| missing("seconds"))?,
    };
    if count == 0 {
        return Err(arg
            .problem(Code::OutOfRange, "a count of zero")
            .label("`count` is at least 1"));
    }
    Ok(Threshold {
        kind,
        track,
        count,
        seconds,
    })
}

pub(crate) fn detection_filter(arg: Arg<'_>) -> Read<DetectionFilter> {
    let (mut by, mut count, mut seconds, mut unique_on) = (None, None, None, None);
    for part in arg.split(',') {
        let (word, rest) = part.word();
        match word.text {
            "track" => by = Some(track(rest)?),
            "count" => count = Some(rest.u32()?),
            "seconds" => seconds = Some(rest.u32()?),
            "unique_on" => {
                unique_on = Some(match rest.text {
                    "src_port" => UniqueOn::SrcPort,
                    "dst_port" => UniqueOn::DstPort,
                    _ => return Err(rest.expected("`src_port` or `dst_port`")),
                });
            }
            _ => return Err(part.expected("`track`, `count`, `seconds` or `unique_on`")),
        }
    }
    let missing = |what: &str| arg.problem(Code::BadArgument, format!("`{what}` is missing"));
    let filter = DetectionFilter {
        track: by.ok_or_else(|| missing("track"))?,
        count: count.ok_or_else(|| missing("count"))?,
        seconds: seconds.ok_or_else(|| missing("seconds"))?,
        unique_on,
    };
    if filter.count == 0 || filter.seconds == 0 {
        return Err(arg.problem(Code::OutOfRange, "count and seconds are at least 1"));
    }
    Ok(filter)
}

/// `tag`: Suricata and Snort 2 write `session,5,packets`, Snort 3 `session,packets 5`.
pub(crate) fn tag(arg: Arg<'_>, dialect: Dialect) -> Read<Tag> {
    let metric = |arg: Arg<'_>| match arg.text {
        "packets" => Ok(TagMetric::Packets),
        "seconds" => Ok(TagMetric::Seconds),
        "bytes" => Ok(TagMetric::Bytes),
        _ => Err(arg.expected("`packets`, `seconds` or `bytes`")),
    };
    let parts: Vec<_> = arg.split(',').collect();
    let scope = *parts.first().unwrap_or(&arg);
    let mut tag = Tag {
        scope: TagScope::Session,
        count: 256,
        metric: TagMetric::Packets,
    };
    let mut rest = parts.get(1..).unwrap_or_default();
    if dialect == Dialect::Snort3 {
        for part in rest {
            let (word, number) = part.word();
            tag.metric = metric(word)?;
            tag.count = number.u32()?;
        }
        rest = &[];
    } else if let [count, unit, ..] = rest {
        tag.count = count.u32()?;
        tag.metric = metric(*unit)?;
        rest = &rest[2..];
    } else if let [more, ..] = rest {
        return Err(more.expected("a number and what it counts: `5,packets`"));
    }
    tag.scope = match (scope.text, rest) {
        ("session" | "session_both", []) => TagScope::Session,
        ("session", [direction]) if direction.text == "exclusive" => TagScope::Session,
        ("host_src", []) => TagScope::HostSrc,
        ("host_dst", []) => TagScope::HostDst,
        ("host", [direction]) if direction.text == "src" => TagScope::HostSrc,
        ("host", [direction]) if direction.text == "dst" => TagScope::HostDst,
        _ => {
            return Err(arg.expected(
                "`session[,N,packets|seconds|bytes]` or `host,N,packets|seconds|bytes,src|dst`",
            ));
        }
    };
    Ok(tag)
}

pub(crate) fn config(arg: Arg<'_>) -> Read<Config> {
    let mut parts = arg.split(',');
    let (subsystem, first) = parts.next().unwrap_or(arg).word();
    let mut settings = Vec::new();
    if !first.is_empty() {
        settings.push(("action".into(), first.owned()));
    }
    for part in parts {
        let (key, value) = part.word();
        if !matches!(key.text, "type" | "scope") || value.is_empty() {
            return Err(part.expected("`type` or `scope` with a word after it"));
        }
        settings.push((key.owned(), value.owned()));
    }
    if !matches!(subsystem.text, "logging" | "tracking") || first.is_empty() {
        return Err(arg.expected("`logging disable, type tx, scope flow` or such"));
    }
    Ok(Config {
        subsystem: subsystem.owned(),
        settings,
    })
}

pub(crate) fn mark(arg: Arg<'_>) -> Read<(u32, u32)> {
    match arg.split_once('/') {
        Some((mark, mask)) => Ok((mark.u32()?, mask.u32()?)),
        None => Ok((arg.u32()?, u32::MAX)),
    }
}

/// An event after `app-layer-event`, `decode-event` or `stream-event`.
pub(crate) fn event(arg: Arg<'_>) -> Read<Box<str>> {
    let name = arg.unquoted().unwrap_or(arg);
    let named = !name.is_empty()
        && name
            .text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b','));
    if named {
        Ok(name.owned())
    } else {
        Err(arg.expected("the name of an event"))
    }
}
