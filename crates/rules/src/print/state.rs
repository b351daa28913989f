//! Options about headers, flows and state back to text.

use std::fmt::{self, Display, Formatter};

use super::option::{integer, joined, sign};
use crate::Dialect;
use crate::tree::*;

pub(super) fn argument(f: &mut Formatter<'_>, option: &Opt, dialect: Dialect) -> fmt::Result {
    match &option.kind {
        OptionKind::IpProto(test) => write!(f, "{}{}", compared(test.op), test.protocol),
        OptionKind::FragOffset(test) => write!(f, "{}{}", compared(test.op), test.value),
        OptionKind::IpOption(name) => f.write_str(name.name()),
        OptionKind::FragBits(test) => flags(f, test, &FlagTest::FRAGMENT),
        OptionKind::TcpFlags(test) => flags(f, test, &FlagTest::TCP),
        OptionKind::GeoIp(geo) => geoip(f, geo),
        OptionKind::IpRep(rep) => iprep(f, rep),
        OptionKind::Flow(flags) => flow(f, *flags),
        OptionKind::FlowBits(bits) => flowbits(f, bits),
        OptionKind::FlowInt(int) => flowint(f, int),
        OptionKind::XBits(bits) => {
            write!(
                f,
                "{},{},track {},expire {}",
                action(bits.action),
                bits.name,
                xbits_track(bits.track),
                bits.expire
            )
        }
        OptionKind::HostBits(bits) => hostbits(f, bits),
        OptionKind::StreamSize(size) => stream_size(f, size, dialect),
        OptionKind::FlowCounter(counter) => {
            let side = match counter.side {
                StreamSide::Client => "toserver",
                StreamSide::Server => "toclient",
                StreamSide::Both => "both",
                StreamSide::Either => "either",
            };
            write!(f, "{side},")?;
            integer(f, &counter.test, Dialect::Suricata, false)
        }
        OptionKind::TcpSession(phases) => tcp_session(f, *phases),
        OptionKind::AppLayerProtocol(protocol) => app_layer_protocol(f, protocol),
        OptionKind::AppLayerEvent(name) | OptionKind::DecodeEvent(name) => f.write_str(name),
        // The first `stream.` of a name is left out when it is read.
        OptionKind::StreamEvent(name) if name.starts_with("stream.") => write!(f, "stream.{name}"),
        OptionKind::StreamEvent(name) => f.write_str(name),
        OptionKind::Dataset(set) => dataset(f, set),
        OptionKind::Datarep(rep) => datarep(f, rep),
        OptionKind::Threshold(threshold) => threshold.fmt(f),
        OptionKind::DetectionFilter(filter) => detection_filter(f, filter),
        OptionKind::Tag(tag) => self::tag(f, tag, dialect),
        OptionKind::Config(config) => self::config(f, config),
        OptionKind::Mark(mark, mask) => write!(f, "{mark:#x}/{mask:#x}"),
        _ => Ok(()),
    }
}

fn hostbits(f: &mut Formatter<'_>, bits: &HostBits) -> fmt::Result {
    let side = match bits.track {
        HostTrack::Src => "src",
        HostTrack::Dst => "dst",
        HostTrack::Both => "both",
    };
    write!(f, "{},{},{side}", action(bits.action), bits.name)
}

fn tcp_session(f: &mut Formatter<'_>, phases: TcpPhase) -> fmt::Result {
    let names = [
        (TcpPhase::SETUP, "setup"),
        (TcpPhase::ESTABLISHED, "established"),
        (TcpPhase::CLOSING, "closing"),
    ];
    joined(
        f,
        names
            .iter()
            .filter(|(phase, _)| phases.contains(*phase))
            .map(|(_, name)| name),
        ",",
    )
}

/// The sign of a comparison; none for equality.
const fn compared(op: IntegerOp) -> &'static str {
    match op {
        IntegerOp::Equal => "",
        IntegerOp::NotEqual => "!",
        other => sign(other),
    }
}

fn flags(f: &mut Formatter<'_>, test: &FlagTest, letters: &[(u8, char)]) -> fmt::Result {
    let text = |bits: u8| FlagTest::letters(bits, letters);
    let mode = match test.mode {
        FlagMode::Exact => "",
        FlagMode::All => "+",
        FlagMode::Any => "*",
        FlagMode::Not => "!",
    };
    let bits = if test.bits == 0 {
        "0".to_owned()
    } else {
        text(test.bits)
    };
    write!(f, "{mode}{bits}")?;
    if test.ignored != 0 {
        write!(f, ",{}", text(test.ignored))
    } else {
        Ok(())
    }
}

fn geoip(f: &mut Formatter<'_>, geo: &GeoIp) -> fmt::Result {
    f.write_str(match geo.side {
        GeoSide::Src => "src",
        GeoSide::Dst => "dst",
        GeoSide::Both => "both",
        GeoSide::Any => "any",
    })?;
    for (at, country) in geo.countries.iter().enumerate() {
        let not = if geo.negated && at == 0 { "!" } else { "" };
        write!(
            f,
            ",{not}{}{}",
            char::from(country[0]),
            char::from(country[1])
        )?;
    }
    Ok(())
}

fn iprep(f: &mut Formatter<'_>, rep: &IpRep) -> fmt::Result {
    let side = match rep.side {
        IpRepSide::Src => "src",
        IpRepSide::Dst => "dst",
        IpRepSide::Both => "both",
        IpRepSide::Any => "any",
    };
    write!(f, "{side},{},", rep.category)?;
    match rep.test {
        IpRepTest::IsSet => f.write_str("isset"),
        IpRepTest::IsNotSet => f.write_str("isnotset"),
        IpRepTest::Score(op @ (IntegerOp::Between | IntegerOp::NotBetween), a, b) => integer(
            f,
            &IntegerTest::new(op, a.into(), b.into()),
            Dialect::Suricata,
            false,
        ),
        IpRepTest::Score(op, value, _) => write!(f, "{},{value}", sign(op)),
    }
}

fn flow(f: &mut Formatter<'_>, flags: FlowFlags) -> fmt::Result {
    let names = [
        (FlowFlags::TO_SERVER, "to_server"),
        (FlowFlags::TO_CLIENT, "to_client"),
        (FlowFlags::ESTABLISHED, "established"),
        (FlowFlags::NOT_ESTABLISHED, "not_established"),
        (FlowFlags::STATELESS, "stateless"),
        (FlowFlags::ONLY_STREAM, "only_stream"),
        (FlowFlags::NO_STREAM, "no_stream"),
        (FlowFlags::ONLY_FRAG, "only_frag"),
        (FlowFlags::NO_FRAG, "no_frag"),
    ];
    joined(
        f,
        names
            .iter()
            .filter(|(flag, _)| flags.contains(*flag))
            .map(|(_, name)| name),
        ",",
    )
}

const fn action(action: BitAction) -> &'static str {
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

fn flowbits(f: &mut Formatter<'_>, bits: &FlowBits) -> fmt::Result {
    write!(f, "{},", action(bits.action))?;
    if bits.names.is_empty() && bits.action != BitAction::Reset {
        f.write_str(if bits.all { "all" } else { "any" })?;
    }
    joined(f, bits.names.iter(), if bits.all { "&" } else { "|" })?;
    match &bits.group {
        Some(group) if bits.action == BitAction::Reset => f.write_str(group),
        Some(group) => write!(f, ",{group}"),
        None => Ok(()),
    }
}

fn flowint(f: &mut Formatter<'_>, int: &FlowInt) -> fmt::Result {
    let op = match int.op {
        FlowIntOp::Set => "=",
        FlowIntOp::Add => "+",
        FlowIntOp::Subtract => "-",
        FlowIntOp::Less => "<",
        FlowIntOp::LessOrEqual => "<=",
        FlowIntOp::Equal => "==",
        FlowIntOp::NotEqual => "!=",
        FlowIntOp::GreaterOrEqual => ">=",
        FlowIntOp::Greater => ">",
        FlowIntOp::IsSet => "isset",
        FlowIntOp::IsNotSet => "isnotset",
    };
    write!(f, "{},{op}", int.name)?;
    match &int.value {
        Some(value) => write!(f, ",{value}"),
        None => Ok(()),
    }
}

const fn xbits_track(track: Track) -> &'static str {
    match track {
        Track::BySrc => "ip_src",
        Track::ByDst => "ip_dst",
        Track::Tx => "tx",
        _ => "ip_pair",
    }
}

impl Track {
    /// The word after `track` in thresholds.
    pub const fn name(self) -> &'static str {
        match self {
            Track::BySrc => "by_src",
            Track::ByDst => "by_dst",
            Track::IpPair | Track::ByBoth => "by_both",
            Track::ByRule => "by_rule",
            Track::ByFlow | Track::Tx => "by_flow",
            Track::ByEither => "by_either",
        }
    }
}

fn stream_size(f: &mut Formatter<'_>, size: &StreamSize, dialect: Dialect) -> fmt::Result {
    if dialect == Dialect::Snort3 {
        integer(
            f,
            &IntegerTest::new(size.op, size.value.into(), size.upper.into()),
            dialect,
            false,
        )?;
        return f.write_str(match size.side {
            StreamSide::Client => ",to_server",
            StreamSide::Server => ",to_client",
            StreamSide::Both => ",both",
            StreamSide::Either => ",either",
        });
    }
    let side = match size.side {
        StreamSide::Client => "client",
        StreamSide::Server => "server",
        StreamSide::Both => "both",
        StreamSide::Either => "either",
    };
    write!(f, "{side},{},{}", sign(size.op), size.value)
}

fn app_layer_protocol(f: &mut Formatter<'_>, protocol: &AppLayerProtocol) -> fmt::Result {
    f.write_str(if protocol.negated { "!" } else { "" })?;
    joined(f, protocol.names.iter(), "|")?;
    f.write_str(match protocol.mode {
        AppLayerMode::Direction => "",
        AppLayerMode::Final => ",final",
        AppLayerMode::Original => ",original",
        AppLayerMode::Either => ",either",
        AppLayerMode::ToServer => ",to_server",
        AppLayerMode::ToClient => ",to_client",
    })
}

/// Writes `,key value` for a setting that is there.
fn setting(f: &mut Formatter<'_>, key: &str, value: Option<impl Display>) -> fmt::Result {
    match value {
        Some(value) => write!(f, ",{key} {value}"),
        None => Ok(()),
    }
}

fn dataset(f: &mut Formatter<'_>, set: &Dataset) -> fmt::Result {
    write!(f, "{},{}", action(set.action), set.name)?;
    setting(f, "type", set.kind.map(DataKind::name))?;
    setting(f, "load", set.load.as_ref())?;
    setting(f, "save", set.save.as_ref())?;
    setting(f, "state", set.state.as_ref())?;
    setting(f, "memcap", set.memcap)?;
    setting(f, "hashsize", set.hashsize)?;
    setting(f, "format", set.format.as_ref())?;
    for (key, value) in &set.extra {
        write!(f, ",{key}")?;
        if !value.is_empty() {
            write!(f, " {value}")?;
        }
    }
    Ok(())
}

fn datarep(f: &mut Formatter<'_>, rep: &Datarep) -> fmt::Result {
    let op = if rep.op == IntegerOp::Equal {
        "=="
    } else {
        sign(rep.op)
    };
    write!(f, "{},{op},{}", rep.name, rep.value)?;
    setting(f, "type", rep.kind.map(DataKind::name))?;
    setting(f, "load", rep.load.as_ref())?;
    setting(f, "state", rep.state.as_ref())?;
    setting(f, "memcap", rep.memcap)?;
    setting(f, "hashsize", rep.hashsize)
}

impl Display for Threshold {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (kind, multiplier) = match self.kind {
            ThresholdKind::Limit => ("limit", None),
            ThresholdKind::Threshold => ("threshold", None),
            ThresholdKind::Both => ("both", None),
            ThresholdKind::Backoff { multiplier } => ("backoff", Some(multiplier)),
        };
        write!(
            f,
            "type {kind}, track {}, count {}",
            self.track.name(),
            self.count
        )?;
        match multiplier {
            Some(multiplier) => write!(f, ", multiplier {multiplier}"),
            None => write!(f, ", seconds {}", self.seconds),
        }
    }
}

fn detection_filter(f: &mut Formatter<'_>, filter: &DetectionFilter) -> fmt::Result {
    write!(
        f,
        "track {}, count {}, seconds {}",
        filter.track.name(),
        filter.count,
        filter.seconds
    )?;
    match filter.unique_on {
        Some(UniqueOn::SrcPort) => f.write_str(", unique_on src_port"),
        Some(UniqueOn::DstPort) => f.write_str(", unique_on dst_port"),
        None => Ok(()),
    }
}

fn tag(f: &mut Formatter<'_>, tag: &Tag, dialect: Dialect) -> fmt::Result {
    let metric = match tag.metric {
        TagMetric::Packets => "packets",
        TagMetric::Seconds => "seconds",
        TagMetric::Bytes => "bytes",
    };
    if dialect == Dialect::Snort3 {
        let scope = match tag.scope {
            TagScope::Session => "session",
            TagScope::HostSrc => "host_src",
            TagScope::HostDst => "host_dst",
        };
        return write!(f, "{scope},{metric} {}", tag.count);
    }
    let (scope, side) = match tag.scope {
        TagScope::Session => ("session", ""),
        TagScope::HostSrc => ("host", ",src"),
        TagScope::HostDst => ("host", ",dst"),
    };
    write!(f, "{scope},{},{metric}{side}", tag.count)
}

fn config(f: &mut Formatter<'_>, config: &Config) -> fmt::Result {
    f.write_str(&config.subsystem)?;
    for (at, (key, value)) in config.settings.iter().enumerate() {
        match at {
            0 => write!(f, " {value}")?,
            _ => write!(f, ",{key} {value}")?,
        }
    }
    Ok(())
}
