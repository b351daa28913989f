//! Tests of header fields.

use bitflags::bitflags;

/// Comparison of an integer with one or two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegerOp {
    /// `= a`
    Equal,
    /// `!= a`
    NotEqual,
    /// `< a`
    Less,
    /// `<= a`
    LessOrEqual,
    /// `> a`
    Greater,
    /// `>= a`
    GreaterOrEqual,
    /// `a < value < b`: Suricata's `a-b` and `a<>b`.
    Between,
    /// Not between: `value <= a` or `value >= b`.
    NotBetween,
    /// `a <= value <= b`: Snort 3's `a<=>b`, Snort 2's ranges.
    Within,
    /// `value & a == b`
    Masked,
    /// `value & a != b`
    NotMasked,
}

/// An integer comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntegerTest {
    /// The comparison.
    pub op: IntegerOp,
    /// First number; the mask for the masked comparisons.
    pub a: u64,
    /// Second number where the comparison has one, else zero.
    pub b: u64,
    /// Which element is compared, for keywords over several values.
    pub index: Index,
    /// The part of the values that counts, from and to before, from the end when negative; all when `None`.
    pub slice: Option<(i32, i32)>,
}

impl IntegerTest {
    /// A comparison over a single value.
    pub const fn new(op: IntegerOp, a: u64, b: u64) -> Self {
        IntegerTest {
            op,
            a,
            b,
            index: Index::Any,
            slice: None,
        }
    }

    /// Whether `value` passes.
    pub const fn holds(&self, value: u64) -> bool {
        match self.op {
            IntegerOp::Equal => value == self.a,
            IntegerOp::NotEqual => value != self.a,
            IntegerOp::Less => value < self.a,
            IntegerOp::LessOrEqual => value <= self.a,
            IntegerOp::Greater => value > self.a,
            IntegerOp::GreaterOrEqual => value >= self.a,
            IntegerOp::Between => value > self.a && value < self.b,
            IntegerOp::NotBetween => value <= self.a || value >= self.b,
            IntegerOp::Within => value >= self.a && value <= self.b,
            IntegerOp::Masked => value & self.a == self.b,
            IntegerOp::NotMasked => value & self.a != self.b,
        }
    }
}

/// Which of several values an integer keyword is about: `dns.rrtype:1,all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Index {
    /// One of them is enough; no value at all does not match.
    #[default]
    Any,
    /// One of them is enough, and so is no value at all: `or_absent`.
    AnyOrAbsent,
    /// There is one at least, and all pass: `all`.
    All,
    /// All pass, or there is none: `all_or_absent`.
    AllOrAbsent,
    /// That many pass: `nb>2`.
    Passing {
        /// The comparison of their number.
        op: IntegerOp,
        /// With this.
        a: u32,
        /// And this.
        b: u32,
    },
    /// The one at this place, from the end when negative.
    At(i32),
    /// The one at this place, or there are fewer: `oob_or 2`.
    AtOrBeyond(i32),
    /// The comparison is about how many values there are: `count >5`.
    Count,
}

/// `ip_proto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpProtoTest {
    /// Equal, not equal, less or greater.
    pub op: IntegerOp,
    /// Protocol number.
    pub protocol: u8,
}

/// An option of the IPv4 header (`ipopts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpOption {
    /// Record route (7).
    RecordRoute,
    /// End of list (0).
    EndOfList,
    /// No operation (1).
    Nop,
    /// Timestamp (68).
    Timestamp,
    /// Security (130).
    Security,
    /// Extended security (133).
    ExtendedSecurity,
    /// Loose source route (131), `lsrr`.
    LooseSourceRoute,
    /// Loose source route as Snort's `lsrre` names it (131).
    LooseSourceRouteE,
    /// Strict source route (137).
    StrictSourceRoute,
    /// Stream identifier (136).
    StreamId,
    /// Router alert (148).
    RouterAlert,
    /// Any option at all.
    Any,
}

impl IpOption {
    /// All, with the names that rules have for them.
    pub const NAMES: [(Self, &'static str); 12] = [
        (Self::RecordRoute, "rr"),
        (Self::EndOfList, "eol"),
        (Self::Nop, "nop"),
        (Self::Timestamp, "ts"),
        (Self::Security, "sec"),
        (Self::ExtendedSecurity, "esec"),
        (Self::LooseSourceRoute, "lsrr"),
        (Self::LooseSourceRouteE, "lsrre"),
        (Self::StrictSourceRoute, "ssrr"),
        (Self::StreamId, "satid"),
        (Self::RouterAlert, "rtralt"),
        (Self::Any, "any"),
    ];

    /// The option of a name in small letters.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut named = Self::NAMES.iter().filter(|(_, known)| *known == name);
        named.next().map(|(option, _)| *option)
    }

    /// The name that rules have for it.
    pub fn name(self) -> &'static str {
        let mut named = Self::NAMES.iter().filter(|(option, _)| *option == self);
        named.next().map_or("", |(_, name)| name)
    }
}

/// How the bits of a header field are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlagMode {
    /// These and no others.
    Exact,
    /// `+`: these, and perhaps others.
    All,
    /// `*`: one of these at least.
    Any,
    /// `!`: none of these (Suricata: not exactly these for `flags`).
    Not,
}

/// `flags` and `fragbits`.
///
/// Bits of `flags`: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
/// Bits of `fragbits`: more fragments 1, don't fragment 2, reserved 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlagTest {
    /// How.
    pub mode: FlagMode,
    /// Which bits.
    pub bits: u8,
    /// Bits left out of the comparison.
    pub ignored: u8,
}

impl FlagTest {
    /// The letters of the bits of `flags`.
    pub const TCP: [(u8, char); 8] = [
        (1, 'F'),
        (2, 'S'),
        (4, 'R'),
        (8, 'P'),
        (16, 'A'),
        (32, 'U'),
        (64, 'E'),
        (128, 'C'),
    ];

    /// The letters of the bits of `fragbits`.
    pub const FRAGMENT: [(u8, char); 3] = [(1, 'M'), (2, 'D'), (4, 'R')];

    /// The letters of those bits that are set.
    pub fn letters(bits: u8, known: &[(u8, char)]) -> String {
        let set = known.iter().filter(|(bit, _)| bits & bit != 0);
        set.map(|(_, letter)| letter).collect()
    }

    /// The bit of a letter, large or small.
    pub(crate) fn bit(letter: char, known: &[(u8, char)]) -> Option<u8> {
        let letter = letter.to_ascii_uppercase();
        let found = known.iter().find(|(_, known)| *known == letter);
        found.map(|(bit, _)| *bit)
    }
}

/// `fragoffset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FragOffsetTest {
    /// Equal, not equal, less or greater.
    pub op: IntegerOp,
    /// In units of eight bytes, as in the header.
    pub value: u16,
}

/// `geoip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoIp {
    /// Which address.
    pub side: GeoSide,
    /// Turned round.
    pub negated: bool,
    /// ISO 3166 codes in capitals.
    pub countries: Box<[[u8; 2]]>,
}

/// Which address a `geoip` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeoSide {
    /// The source.
    Src,
    /// The destination.
    Dst,
    /// Both must match.
    Both,
    /// One is enough.
    Any,
}

/// `iprep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpRep {
    /// Which address.
    pub side: IpRepSide,
    /// Category of the reputation files.
    pub category: Box<str>,
    /// What is asked of the score.
    pub test: IpRepTest,
}

/// What `iprep` asks of a score (0 to 127).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpRepTest {
    /// The address is listed.
    IsSet,
    /// The address is not listed.
    IsNotSet,
    /// The score compares so.
    Score(IntegerOp, u8, u8),
}

/// Which address an `iprep` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpRepSide {
    /// The source.
    Src,
    /// The destination.
    Dst,
    /// Both.
    Both,
    /// Either.
    Any,
}

bitflags! {
    /// The conditions of a `flow` option.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct FlowFlags: u16 {
        /// `to_server`, `from_client`
        const TO_SERVER = 1;
        /// `to_client`, `from_server`
        const TO_CLIENT = 1 << 1;
        /// `established`
        const ESTABLISHED = 1 << 2;
        /// `not_established`
        const NOT_ESTABLISHED = 1 << 3;
        /// `stateless`
        const STATELESS = 1 << 4;
        /// `only_stream`
        const ONLY_STREAM = 1 << 5;
        /// `no_stream`
        const NO_STREAM = 1 << 6;
        /// `only_frag`
        const ONLY_FRAG = 1 << 7;
        /// `no_frag`
        const NO_FRAG = 1 << 8;
    }
}
