//! Options that stand for themselves: which reader reads which keyword's argument.

use super::arg::Arg;
use super::{bytes, dataset, field, integer, meta, state, transform};
use crate::diagnostic::{Code, Read};
use crate::keywords::{
    self, Grammar, KeywordId, Kind, flow, http, meta as about, network, payload, response,
};
use crate::tree::*;
use crate::{Dialect, Span};

/// An option whose keyword is known.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub id: KeywordId,
    /// Keyword and argument.
    pub span: Span,
    /// The argument as text, blanks around it left out.
    pub arg: Arg<'a>,
    /// The same as bytes.
    pub raw: &'a [u8],
}

/// Reads an option that neither changes another nor names a buffer.
pub(crate) fn option(input: Input<'_>, dialect: Dialect) -> Read<OptionKind> {
    let Input { id, arg, .. } = input;
    let row = id.row();
    if let Kind::Refused(help) = row.kind {
        let span = Span::new(input.span.start, input.span.start + row.name.len() as u32);
        return Err(crate::diagnostic::Problem::new(
            Code::Gone,
            span,
            format!("`{}` is no longer supported", row.name),
        )
        .help(help));
    }
    if row.kind == Kind::Transform {
        return Ok(OptionKind::Transform(Box::new(transform::transform(
            id, arg,
        )?)));
    }
    match row.argument {
        Grammar::Own => own(id, arg, dialect),
        Grammar::None => Ok(bare(id)),
        Grammar::Integer(bits) => Ok(OptionKind::Integer(Box::new(integer::indexed(
            arg, bits, dialect,
        )?))),
        Grammar::IntegerOrName(bits) => integer_or_name(arg, bits, dialect),
        Grammar::Number => arg
            .unsigned(u64::MAX)
            .map(|_| OptionKind::Text(arg.owned())),
        Grammar::Words(words) => choose(arg, words).map(|()| OptionKind::Text(arg.owned())),
        Grammar::Quoted => quoted(arg),
        Grammar::Text | Grammar::Optional => Ok(OptionKind::Text(arg.owned())),
    }
}

fn bare(id: KeywordId) -> OptionKind {
    if id == response::NOALERT {
        OptionKind::NoAlert
    } else {
        OptionKind::Bare
    }
}

/// A number and its index, or a name and its index; names are kept as they are.
fn integer_or_name(arg: Arg<'_>, bits: u8, dialect: Dialect) -> Read<OptionKind> {
    let problem = match integer::indexed(arg, bits, dialect) {
        Ok(test) => return Ok(OptionKind::Integer(Box::new(test))),
        Err(problem) => problem,
    };
    let mut parts = arg.split(',');
    let named = parts
        .next()
        .is_some_and(|name| integer::is_named(name.text));
    if named && problem.code == Code::BadArgument {
        Ok(OptionKind::Text(arg.owned()))
    } else {
        Err(problem)
    }
}

fn choose(arg: Arg<'_>, words: &[&str]) -> Read<()> {
    for part in arg.split(',') {
        let (_, part) = part.negation();
        if !words.contains(&part.text) {
            let listed = words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ");
            return Err(part.expected(format!("one of {listed}")));
        }
    }
    Ok(())
}

/// A text in quotes that may be negated; kept with the quotes and the negation.
fn quoted(arg: Arg<'_>) -> Read<OptionKind> {
    let (_, value) = arg.negation();
    let inner = value.unquoted().unwrap_or(value);
    if inner.is_empty() || inner.text.contains('"') && !inner.text.contains("\\\"") {
        return Err(value.problem(Code::BadQuotes, "the argument stands in double quotes"));
    }
    Ok(OptionKind::Text(arg.owned()))
}

fn own(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    match id.row().kind {
        Kind::Meta => about_rule(id, arg, dialect),
        Kind::Header => about_header(id, arg, dialect),
        Kind::State | Kind::Event => about_state(id, arg, dialect),
        Kind::Response => about_response(id, arg, dialect),
        _ => about_payload(id, arg, dialect),
    }
}

fn about_rule(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    Ok(match id {
        about::MSG => OptionKind::Msg(meta::msg(arg, dialect)?),
        about::SID => OptionKind::Sid(meta::sid(arg)?),
        about::GID => OptionKind::Gid(meta::number(arg)?),
        about::REV => OptionKind::Rev(meta::number(arg)?),
        about::CLASSTYPE => OptionKind::Classtype(meta::classtype(arg)?),
        about::PRIORITY => OptionKind::Priority(meta::number(arg)?),
        about::REFERENCE => OptionKind::Reference(Box::new(meta::reference(arg)?)),
        about::METADATA => OptionKind::Metadata(arg.owned()),
        about::TARGET => OptionKind::Target(meta::target(arg)?),
        about::REQUIRES => OptionKind::Requires(Box::new(meta::requires(arg)?)),
        about::SERVICE => OptionKind::Service(meta::service(arg)?),
        _ => OptionKind::Text(arg.owned()),
    })
}

fn about_payload(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    Ok(match id {
        payload::ISDATAAT => OptionKind::IsDataAt(Box::new(bytes::isdataat(arg)?)),
        payload::DSIZE => OptionKind::Integer(Box::new(integer::size(arg, 16, dialect)?)),
        payload::BSIZE => OptionKind::Bsize(Box::new(bytes::bsize(arg, dialect)?)),
        payload::BYTE_TEST => OptionKind::ByteTest(Box::new(bytes::byte_test(arg, dialect)?)),
        payload::BYTE_JUMP => OptionKind::ByteJump(Box::new(bytes::byte_jump(arg, dialect)?)),
        payload::BYTE_EXTRACT => {
            OptionKind::ByteExtract(Box::new(bytes::byte_extract(arg, dialect)?))
        }
        payload::BYTE_MATH => OptionKind::ByteMath(Box::new(bytes::byte_math(arg, dialect)?)),
        payload::BASE64_DECODE => OptionKind::Base64Decode(Box::new(bytes::base64_decode(arg)?)),
        payload::ENTROPY => OptionKind::Entropy(Box::new(bytes::entropy(arg)?)),
        payload::ASN1 => OptionKind::Asn1(bytes::asn1(arg)?),
        payload::RPC => OptionKind::Rpc(Box::new(bytes::rpc(arg)?)),
        payload::ABSENT => match arg.text {
            "" => OptionKind::Absent(false),
            "or_else" => OptionKind::Absent(true),
            _ => return Err(arg.expected("`or_else` or nothing")),
        },
        payload::BER_DATA => OptionKind::Ber(arg.u32()?, false),
        payload::BER_SKIP => match arg.split_once(',') {
            Some((kind, optional)) if optional.text == "optional" => {
                OptionKind::Ber(kind.u32()?, true)
            }
            Some((_, other)) => return Err(other.expected("`optional`")),
            None => OptionKind::Ber(arg.u32()?, false),
        },
        payload::SD_PATTERN => sensitive_data(arg)?,
        http::URILEN => OptionKind::UriLen(Box::new(bytes::urilen(arg, dialect)?)),
        _ => OptionKind::Text(arg.owned()),
    })
}

fn about_header(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    let integer =
        |bits| integer::integer(arg, bits, dialect).map(|test| OptionKind::Integer(Box::new(test)));
    Ok(match id {
        network::TTL => OptionKind::Integer(Box::new(field::ttl(arg, dialect)?)),
        network::TOS => OptionKind::Integer(Box::new(field::tos(arg, dialect)?)),
        network::ID | network::TCP_WINDOW | network::ICMP_ID | network::ICMP_SEQ => integer(16)?,
        network::TCP_ACK | network::TCP_SEQ => integer(32)?,
        network::SCTP_CHUNK_TYPE => {
            OptionKind::Integer(Box::new(field::sctp_chunk_type(arg, dialect)?))
        }
        network::IPOPTS => OptionKind::IpOption(field::ipopts(arg)?),
        network::FRAGBITS => OptionKind::FragBits(field::fragbits(arg)?),
        network::FRAGOFFSET => OptionKind::FragOffset(field::fragoffset(arg)?),
        network::IP_PROTO => OptionKind::IpProto(field::ip_proto(arg)?),
        network::TCP_FLAGS => OptionKind::TcpFlags(field::tcp_flags(arg)?),
        network::GEOIP => OptionKind::GeoIp(Box::new(field::geoip(arg)?)),
        network::IPREP => OptionKind::IpRep(Box::new(field::iprep(arg)?)),
        _ => OptionKind::Text(arg.owned()),
    })
}

fn about_state(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    Ok(match id {
        flow::FLOW => OptionKind::Flow(state::flow(arg, dialect)?),
        flow::FLOWBITS => match state::flowbits(arg, dialect)? {
            Some(bits) => OptionKind::FlowBits(Box::new(bits)),
            None => OptionKind::NoAlert,
        },
        flow::FLOWINT => OptionKind::FlowInt(Box::new(state::flowint(arg)?)),
        flow::XBITS => OptionKind::XBits(Box::new(state::xbits(arg)?)),
        flow::HOSTBITS => OptionKind::HostBits(Box::new(state::hostbits(arg)?)),
        flow::FLOW_PKTS => OptionKind::FlowCounter(Box::new(state::flow_counter(arg, 32)?)),
        flow::FLOW_BYTES => OptionKind::FlowCounter(Box::new(state::flow_counter(arg, 64)?)),
        flow::TCP_SESSION => OptionKind::TcpSession(state::tcp_session(arg)?),
        flow::STREAM_SIZE => OptionKind::StreamSize(state::stream_size(arg, dialect)?),
        flow::APP_LAYER_PROTOCOL => {
            OptionKind::AppLayerProtocol(Box::new(state::app_layer_protocol(arg)?))
        }
        flow::APP_LAYER_EVENT => OptionKind::AppLayerEvent(state::event(arg)?),
        flow::DECODE_EVENT => OptionKind::DecodeEvent(state::event(arg)?),
        flow::STREAM_EVENT => {
            let name = state::event(arg)?;
            OptionKind::StreamEvent(
                name.strip_prefix("stream.")
                    .map_or(name.clone(), Into::into),
            )
        }
        payload::DATASET => OptionKind::Dataset(Box::new(dataset::dataset(arg)?)),
        payload::DATAREP => OptionKind::Datarep(Box::new(dataset::datarep(arg)?)),
        _ => OptionKind::Text(arg.owned()),
    })
}

fn about_response(id: KeywordId, arg: Arg<'_>, dialect: Dialect) -> Read<OptionKind> {
    Ok(match id {
        response::THRESHOLD => OptionKind::Threshold(Box::new(state::threshold(arg)?)),
        response::DETECTION_FILTER => {
            OptionKind::DetectionFilter(Box::new(state::detection_filter(arg)?))
        }
        response::TAG => OptionKind::Tag(state::tag(arg, dialect)?),
        response::CONFIG => OptionKind::Config(Box::new(state::config(arg)?)),
        response::NFQ_SET_MARK => {
            let (mark, mask) = state::mark(arg)?;
            OptionKind::Mark(mark, mask)
        }
        _ => OptionKind::Text(arg.owned()),
    })
}

/// Snort 3 writes `sd_pattern:"credit_card",threshold 5`, Snort 2 `sd_pattern:5,credit_card`.
fn sensitive_data(arg: Arg<'_>) -> Read<OptionKind> {
    let parts = arg.split_outside_quotes();
    let expected = || arg.expected("a pattern and a threshold");
    let quotes = |part: &Arg<'_>| part.unquoted().unwrap_or(*part).text.contains('"');
    if parts.iter().any(quotes) {
        return Err(arg.problem(Code::BadQuotes, "the pattern stands in double quotes"));
    }
    Ok(match *parts.as_slice() {
        [pattern] => OptionKind::SensitiveData(pattern.unquoted().unwrap_or(pattern).owned(), 1),
        [pattern, threshold] if pattern.unquoted().is_some() => {
            let (word, count) = threshold.word();
            let count = if word.text == "threshold" {
                count.u32()?
            } else {
                return Err(expected());
            };
            OptionKind::SensitiveData(pattern.unquoted().unwrap_or(pattern).owned(), count)
        }
        [count, pattern] => OptionKind::SensitiveData(pattern.owned(), count.u32()?),
        _ => return Err(expected()),
    })
}

/// Whether an option inspects the buffer it stands in.
pub(crate) fn inspects_buffer(kind: &OptionKind) -> bool {
    matches!(
        kind,
        OptionKind::Content(_)
            | OptionKind::Pcre(_)
            | OptionKind::ByteTest(_)
            | OptionKind::ByteJump(_)
            | OptionKind::ByteExtract(_)
            | OptionKind::ByteMath(_)
            | OptionKind::IsDataAt(_)
            | OptionKind::Bsize(_)
            | OptionKind::Absent(_)
            | OptionKind::Base64Decode(_)
            | OptionKind::Entropy(_)
            | OptionKind::Transform(_)
            | OptionKind::Dataset(_)
            | OptionKind::Datarep(_)
            | OptionKind::Ber(..)
            | OptionKind::SensitiveData(..)
            | OptionKind::Asn1(_)
    )
}

/// The row of the buffer that is not a buffer: the payload itself.
pub(crate) const PAYLOAD: KeywordId = keywords::payload::PKT_DATA;
