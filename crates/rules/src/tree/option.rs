//! What an option says.

use super::*;
use crate::keywords::BufferId;

/// The meaning of an option, its argument taken apart.
///
/// Keywords of the same shape share a variant and are told apart by [`Opt::keyword`]: `ttl`, `itype`
/// and `flow.age` are all [`OptionKind::Integer`].
#[derive(Clone, Debug, PartialEq)]
pub enum OptionKind {
    /// A keyword without an argument whose row says all: `sameip`, `ftpbounce`, `bypass`.
    Bare,
    /// A keyword with an argument that has been checked against the grammar of its row and that has
    /// no structure of its own here.
    Text(Box<str>),

    // About the rule.
    /// `msg`.
    Msg(Box<str>),
    /// `sid`.
    Sid(u32),
    /// `gid`.
    Gid(u32),
    /// `rev`.
    Rev(u32),
    /// `classtype`.
    Classtype(Box<str>),
    /// `priority`.
    Priority(u32),
    /// `reference`.
    Reference(Box<Reference>),
    /// `metadata`: the text; [`metadata_pairs`] takes it apart.
    Metadata(Box<str>),
    /// `target`.
    Target(TargetSide),
    /// `requires`.
    Requires(Box<Requires>),
    /// Snort 3's `service`: the protocols under Suricata's names.
    Service(Box<[Box<str>]>),
    /// `noalert`, and `flowbits:noalert`.
    NoAlert,

    // Payload.
    /// `content` with all its modifiers.
    Content(Box<Content>),
    /// A sticky buffer: what follows is about this buffer. `pkt_data` returns to the payload.
    Buffer(BufferId),
    /// A sticky buffer for one header, as Snort 3 writes `http_header:field host`.
    BufferPart(BufferId, Box<str>),
    /// A transform of the sticky buffer before it.
    Transform(Box<Transform>),
    /// `pcre`, and Snort 3's `regex`.
    Pcre(Box<Pcre>),
    /// `byte_test`.
    ByteTest(Box<ByteTest>),
    /// `byte_jump`.
    ByteJump(Box<ByteJump>),
    /// `byte_extract`.
    ByteExtract(Box<ByteExtract>),
    /// `byte_math`.
    ByteMath(Box<ByteMath>),
    /// `isdataat`.
    IsDataAt(Box<IsDataAt>),
    /// `bsize`, Snort 3's `bufferlen`: the length of the sticky buffer.
    Bsize(Box<Bsize>),
    /// `urilen`: the length of the request URI.
    UriLen(Box<UriLen>),
    /// `absent`; the flag is its `or_else`.
    Absent(bool),
    /// `base64_decode`.
    Base64Decode(Box<Base64Decode>),
    /// `entropy`.
    Entropy(Box<Entropy>),
    /// `asn1`.
    Asn1(Box<[Asn1Check]>),
    /// Snort 3's `ber_data` with the type, or `ber_skip` with the type and whether it is optional.
    Ber(u32, bool),
    /// Snort 3's `sd_pattern`: expression and threshold.
    SensitiveData(Box<str>, u32),

    // Header.
    /// An integer compared with the keyword's value; also `dsize`, `flow.age`, `flow.pkts`.
    Integer(Box<IntegerTest>),
    /// `ip_proto`.
    IpProto(IpProtoTest),
    /// `ipopts`.
    IpOption(IpOption),
    /// `fragbits`.
    FragBits(FlagTest),
    /// `flags`, `tcp.flags`.
    TcpFlags(FlagTest),
    /// `fragoffset`.
    FragOffset(FragOffsetTest),
    /// `geoip`.
    GeoIp(Box<GeoIp>),
    /// `iprep`.
    IpRep(Box<IpRep>),
    /// `rpc`: application, version and procedure, `None` where any will do.
    Rpc(Box<Rpc>),

    // Flow and state.
    /// `flow`.
    Flow(FlowFlags),
    /// `flowbits`.
    FlowBits(Box<FlowBits>),
    /// `flowint`.
    FlowInt(Box<FlowInt>),
    /// `xbits`.
    XBits(Box<XBits>),
    /// `hostbits`.
    HostBits(Box<HostBits>),
    /// `flow.pkts`, `flow.bytes`.
    FlowCounter(Box<FlowCounter>),
    /// `tcp.session`: phases of the connection, as bits of [`super::TcpPhase`].
    TcpSession(TcpPhase),
    /// `stream_size`.
    StreamSize(StreamSize),
    /// `app-layer-protocol`.
    AppLayerProtocol(Box<AppLayerProtocol>),
    /// `app-layer-event`: the whole name, `http.invalid_status` or `applayer_mismatch_protocol_both_directions`.
    AppLayerEvent(Box<str>),
    /// `decode-event` or `engine-event`: the name without the keyword, `ipv4.pkt_too_small`.
    DecodeEvent(Box<str>),
    /// `stream-event`: the name without the leading `stream.`.
    StreamEvent(Box<str>),
    /// `dataset`.
    Dataset(Box<Dataset>),
    /// `datarep`.
    Datarep(Box<Datarep>),

    // After a match.
    /// `threshold`.
    Threshold(Box<Threshold>),
    /// `detection_filter`.
    DetectionFilter(Box<DetectionFilter>),
    /// `tag`.
    Tag(Tag),
    /// `config`.
    Config(Box<Config>),
    /// `nfq_set_mark`: mark and mask.
    Mark(u32, u32),
}

impl OptionKind {
    /// The variables whose values the option takes.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            OptionKind::ByteTest(test) => [
                test.bytes.variable(),
                test.value.variable(),
                test.offset.variable(),
                None,
            ],
            OptionKind::ByteJump(jump) => [
                jump.bytes.variable(),
                jump.offset.variable(),
                jump.post_offset.variable(),
                None,
            ],
            OptionKind::ByteExtract(extract) => [extract.offset.variable(), None, None, None],
            OptionKind::ByteMath(math) => [
                math.bytes.variable(),
                math.offset.variable(),
                math.rvalue.variable(),
                None,
            ],
            OptionKind::IsDataAt(test) => [test.position.variable(), None, None, None],
            OptionKind::Content(content) => [
                &content.offset,
                &content.depth,
                &content.distance,
                &content.within,
            ]
            .map(|place| place.as_ref().and_then(Operand::variable)),
            _ => [None; 4],
        };
        names.into_iter().flatten()
    }

    /// Whether the option continues from the match before it.
    pub fn is_relative(&self) -> bool {
        match self {
            OptionKind::Content(content) => content.is_relative(),
            OptionKind::Pcre(pcre) => pcre.relative,
            OptionKind::ByteTest(test) => test.relative,
            OptionKind::ByteJump(jump) => jump.relative,
            OptionKind::ByteExtract(extract) => extract.relative,
            OptionKind::ByteMath(math) => math.relative,
            OptionKind::IsDataAt(test) => test.relative,
            OptionKind::Base64Decode(decode) => decode.relative,
            OptionKind::Bsize(size) => size.relative,
            OptionKind::Ber(..) => true,
            _ => false,
        }
    }
}

/// A number, or the name of a variable that `byte_extract` or `byte_math` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand<N = i64> {
    /// The number itself.
    Number(N),
    /// The name of the variable.
    Variable(Box<str>),
}

impl<N> Operand<N> {
    /// The number, if it is one.
    pub fn number(&self) -> Option<&N> {
        match self {
            Operand::Number(number) => Some(number),
            Operand::Variable(_) => None,
        }
    }

    /// The name, if it is a variable.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Operand::Number(_) => None,
            Operand::Variable(name) => Some(name),
        }
    }
}

/// A `reference`: where to read about what the rule detects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The system (`url`, `cve`, `bugtraq`, ...), as in `reference.config`.
    pub system: Box<str>,
    /// The identifier there.
    pub id: Box<str>,
}

/// Which end of the match is the target of the attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetSide {
    /// The sender is the target.
    SrcIp,
    /// The receiver is the target.
    DestIp,
}

/// A `requires` option.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Requires {
    /// Features that must be there (`feature geoip`).
    pub features: Vec<Box<str>>,
    /// Keywords that must be known (`keyword tls.alpn`).
    pub keywords: Vec<Box<str>>,
    /// Alternatives (`|`) of ranges of Suricata versions; all tests of one alternative must hold.
    pub versions: Vec<Vec<VersionTest>>,
    /// Requirements of kinds unknown here; the rule is then skipped, as Suricata does.
    pub unknown: Vec<Box<str>>,
}

/// One comparison of a version in `requires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionTest {
    /// The comparison: less, less or equal, greater, greater or equal.
    pub op: IntegerOp,
    /// Major, minor and patch.
    pub version: (u8, u8, u8),
}

/// The pairs of a `metadata` option: key and value, the value empty when there is none.
pub fn metadata_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once(char::is_whitespace) {
            Some((key, value)) => (key, value.trim()),
            None => (pair, ""),
        })
}
