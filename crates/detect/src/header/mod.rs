//! Tests of a packet's headers and addresses: the keywords that need no payload and no state.
//!
//! A [`HeaderTest`] is one such option of a rule. Buffers made of header bytes are in [`buffer`].

pub mod buffer;
mod checksum;
mod country;
mod field;
mod flags;
mod reputation;
mod seen;
mod values;

use std::net::IpAddr;
use std::sync::Arc;

use tapir_packet::{Ipv4Options, Packet, ip_proto};
use tapir_rules::keywords::network;
use tapir_rules::tree::{
    FlagTest, FragOffsetTest, IntegerOp, IntegerTest, IpOption, IpProtoTest, Opt, OptionKind,
};

pub use checksum::ChecksumOf;
pub use country::{CountryDatabase, CountryTest};
pub use field::Field;
pub use reputation::{Reputation, ReputationError, ReputationTest};
pub use values::ValuesOf;

use crate::context::{PacketContext, PacketTraits};
use crate::error::CompileError;

/// What is known about addresses from files, for `geoip` and `iprep`.
#[derive(Clone, Debug, Default)]
pub struct AddressKnowledge {
    /// Countries of addresses.
    pub countries: Option<Arc<CountryDatabase>>,
    /// Reputations of addresses.
    pub reputation: Option<Arc<Reputation>>,
}

/// The headers without which a test cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// None in particular.
    Nothing,
    /// IP of either version.
    Ip,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP of either version.
    Icmp,
    /// ICMPv6.
    Icmpv6,
    /// IGMP.
    Igmp,
    /// SCTP.
    Sctp,
}

/// An option of a rule that looks at headers or addresses, compiled.
#[derive(Clone, Debug)]
pub enum HeaderTest {
    /// A number of a header: `ttl`, `itype`, `window`, `dsize` and others.
    Field(Field, Box<IntegerTest>),
    /// A number of which there are several: `vlan.id`, `sctp.chunk_type`.
    Values(ValuesOf, Box<IntegerTest>),
    /// `ip_proto`.
    Protocol(IpProtoTest),
    /// `ipopts`: one of these.
    IpOption(Ipv4Options),
    /// `fragbits`.
    FragmentBits(FlagTest),
    /// `fragoffset`.
    FragmentOffset(FragOffsetTest),
    /// `flags`.
    TcpFlags(FlagTest),
    /// `sameip`.
    SameAddresses,
    /// `l3_proto`.
    IpVersion(u8),
    /// `ipv4-csum` and its like.
    Checksum {
        /// Of which message.
        of: ChecksumOf,
        /// Whether it is to be right.
        valid: bool,
    },
    /// `geoip`.
    Country(Box<CountryTest>),
    /// `iprep`.
    Reputation(Box<ReputationTest>),
}

impl HeaderTest {
    /// Compiles an option of a rule.
    ///
    /// # Errors
    ///
    /// Refuses `geoip` without a database and `iprep` for a category that no file names. Options
    /// that are no header tests are not evaluated.
    pub fn compile(option: &Opt, addresses: &AddressKnowledge) -> Result<Self, CompileError> {
        let refused = |message: String| CompileError::refused(option.value.range(), message);
        Ok(match &option.kind {
            OptionKind::Integer(test) => return compile_integer(option, test),
            OptionKind::IpProto(test) => HeaderTest::Protocol(*test),
            OptionKind::IpOption(option) => HeaderTest::IpOption(ip_options(*option)),
            OptionKind::FragBits(test) => HeaderTest::FragmentBits(*test),
            OptionKind::FragOffset(test) => HeaderTest::FragmentOffset(*test),
            OptionKind::TcpFlags(test) => HeaderTest::TcpFlags(*test),
            OptionKind::GeoIp(asked) => {
                let test = CountryTest::new(asked, addresses.countries.as_ref());
                HeaderTest::Country(Box::new(test.map_err(refused)?))
            }
            OptionKind::IpRep(asked) => {
                let test = ReputationTest::new(asked, addresses.reputation.as_ref());
                HeaderTest::Reputation(Box::new(test.map_err(refused)?))
            }
            OptionKind::Bare if option.keyword == network::SAMEIP => HeaderTest::SameAddresses,
            OptionKind::Text(text) => return compile_word(option, text),
            _ => return Err(not_evaluated(option)),
        })
    }

    /// Whether it holds for a packet.
    #[inline]
    #[must_use]
    pub fn matches(&self, context: &PacketContext<'_>) -> bool {
        let packet = context.packet;
        // What is made up at the end of a stream has addresses but no headers of its own.
        let is_real = !context.traits.contains(PacketTraits::STREAM_END);
        match self {
            Self::Field(field, test) => {
                is_real && field.value(context).is_some_and(|value| test.holds(value))
            }
            Self::TcpFlags(test) => {
                is_real
                    && packet
                        .tcp()
                        .is_some_and(|tcp| flags::tcp(test, tcp.flags().bits()))
            }
            Self::SameAddresses => packet.ip_version != 0 && packet.src == packet.dst,
            Self::IpVersion(version) => packet.ip_version == *version,
            Self::Protocol(test) => packet.ip_version != 0 && protocol(test, packet.proto),
            Self::IpOption(options) => {
                is_real
                    && packet
                        .ipv4()
                        .is_some_and(|ip| ip.options().intersects(*options))
            }
            Self::FragmentBits(test) => {
                is_real && packet.ipv4().is_some_and(|ip| flags::fragment(test, &ip))
            }
            Self::FragmentOffset(test) => is_real && fragment_offset(test, packet),
            Self::Values(of, test) => is_real && of.pass(packet, test),
            Self::Checksum { of, valid } => is_real && of.is(*valid, packet),
            Self::Country(test) => is_real && test.holds(packet),
            Self::Reputation(test) => packet.ip_version != 0 && test.holds(packet),
        }
    }

    /// The headers without which it cannot hold: packets without them need not be asked.
    #[must_use]
    pub fn needs(&self) -> Needs {
        match self {
            Self::Field(field, _) => field.needs(),
            Self::Values(ValuesOf::VlanId, _) => Needs::Nothing,
            Self::Values(ValuesOf::SctpChunkType, _) => Needs::Sctp,
            Self::IpOption(_) | Self::FragmentBits(_) | Self::IpVersion(4) => Needs::Ipv4,
            Self::IpVersion(6) => Needs::Ipv6,
            Self::TcpFlags(_) => Needs::Tcp,
            Self::Checksum { of, .. } => of.needs(),
            Self::Protocol(IpProtoTest {
                op: IntegerOp::Equal,
                protocol,
            }) => match *protocol {
                ip_proto::TCP => Needs::Tcp,
                ip_proto::UDP => Needs::Udp,
                _ => Needs::Ip,
            },
            Self::Protocol(_)
            | Self::FragmentOffset(_)
            | Self::SameAddresses
            | Self::IpVersion(_)
            | Self::Country(_)
            | Self::Reputation(_) => Needs::Ip,
        }
    }
}

fn not_evaluated(option: &Opt) -> CompileError {
    CompileError::not_evaluated(option.span.range(), option.keyword.name())
}

fn compile_integer(option: &Opt, test: &IntegerTest) -> Result<HeaderTest, CompileError> {
    let test = Box::new(*test);
    if let Some(of) = ValuesOf::of(option.keyword) {
        return Ok(HeaderTest::Values(of, test));
    }
    match Field::of(option.keyword) {
        Some(field) => Ok(HeaderTest::Field(field, test)),
        None => Err(not_evaluated(option)),
    }
}

/// Options whose argument is a word.
fn compile_word(option: &Opt, text: &str) -> Result<HeaderTest, CompileError> {
    let word = text.trim().trim_matches('"');
    if let Some(of) = ChecksumOf::of(option.keyword) {
        return match word.to_ascii_lowercase().as_str() {
            "valid" => Ok(HeaderTest::Checksum { of, valid: true }),
            "invalid" => Ok(HeaderTest::Checksum { of, valid: false }),
            _ => Err(CompileError::refused(
                option.value.range(),
                "expected `valid` or `invalid`",
            )),
        };
    }
    if option.keyword == network::L3_PROTO {
        return match word.to_ascii_lowercase().as_str() {
            "ip4" | "ipv4" => Ok(HeaderTest::IpVersion(4)),
            "ip6" | "ipv6" => Ok(HeaderTest::IpVersion(6)),
            _ => Err(CompileError::refused(
                option.value.range(),
                "expected `ipv4` or `ipv6`",
            )),
        };
    }
    Err(not_evaluated(option))
}

fn ip_options(option: IpOption) -> Ipv4Options {
    match option {
        IpOption::RecordRoute => Ipv4Options::RECORD_ROUTE,
        IpOption::EndOfList => Ipv4Options::END,
        IpOption::Nop => Ipv4Options::NOP,
        IpOption::Timestamp => Ipv4Options::TIMESTAMP,
        IpOption::Security => Ipv4Options::SECURITY,
        IpOption::ExtendedSecurity => Ipv4Options::EXTENDED_SECURITY,
        IpOption::LooseSourceRoute | IpOption::LooseSourceRouteE => Ipv4Options::LOOSE_ROUTE,
        IpOption::StrictSourceRoute => Ipv4Options::STRICT_ROUTE,
        IpOption::StreamId => Ipv4Options::STREAM_ID,
        IpOption::RouterAlert => Ipv4Options::ROUTER_ALERT,
        IpOption::Any => Ipv4Options::all(),
    }
}

fn protocol(test: &IpProtoTest, proto: u8) -> bool {
    IntegerTest::holds(
        &comparison(test.op, u64::from(test.protocol)),
        u64::from(proto),
    )
}

/// IPv4 counts in units of eight bytes, as the header does; IPv6 in bytes, as Suricata does.
fn fragment_offset(test: &FragOffsetTest, packet: &Packet<'_>) -> bool {
    let offset = match packet.ipv4() {
        Some(ip) => Some(ip.fragment_offset()),
        None => packet.fragment().map(|fragment| fragment.offset),
    };
    let test = comparison(test.op, u64::from(test.value));
    offset.is_some_and(|offset| test.holds(u64::from(offset)))
}

fn comparison(op: IntegerOp, value: u64) -> IntegerTest {
    IntegerTest::new(op, value, 0)
}

/// The two sides of a packet, as address tests take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sides {
    Source,
    Destination,
    Both,
    Either,
}

impl Sides {
    /// Whether the addresses on these sides pass.
    fn pass(self, packet: &Packet<'_>, passes: impl Fn(IpAddr) -> bool) -> bool {
        match self {
            Sides::Source => passes(packet.src),
            Sides::Destination => passes(packet.dst),
            Sides::Both => passes(packet.src) && passes(packet.dst),
            Sides::Either => passes(packet.src) || passes(packet.dst),
        }
    }
}

#[cfg(test)]
mod tests;
