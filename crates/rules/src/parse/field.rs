//! Arguments of the keywords about header fields.

use super::arg::Arg;
use super::integer::{index, indexed, integer};
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::tree::*;

/// Numbers of the protocols that have names (IANA's "Assigned Internet Protocol Numbers", as /etc/protocols
/// spells them).
#[rustfmt::skip]
static IP_PROTOCOLS: &[(&str, u8)] = &[
    ("ip", 0), ("hopopt", 0), ("icmp", 1), ("igmp", 2), ("ggp", 3), ("ipencap", 4), ("st", 5), ("tcp", 6),
    ("egp", 8), ("igp", 9), ("pup", 12), ("udp", 17), ("hmp", 20), ("xns-idp", 22), ("rdp", 27), ("iso-tp4", 29),
    ("dccp", 33), ("xtp", 36), ("ddp", 37), ("idpr-cmtp", 38), ("ipv6", 41), ("ipv6-route", 43),
    ("ipv6-frag", 44), ("idrp", 45), ("rsvp", 46), ("gre", 47), ("esp", 50), ("ipv6-crypt", 50), ("ah", 51),
    ("ipv6-auth", 51), ("skip", 57), ("ipv6-icmp", 58), ("icmp6", 58), ("icmpv6", 58), ("ipv6-nonxt", 59),
    ("ipv6-opts", 60), ("rspf", 73), ("vmtp", 81), ("eigrp", 88), ("ospf", 89), ("ax.25", 93), ("ipip", 94),
    ("etherip", 97), ("encap", 98), ("pim", 103), ("ipcomp", 108), ("vrrp", 112), ("l2tp", 115), ("isis", 124),
    ("sctp", 132), ("fc", 133), ("mobility-header", 135), ("udplite", 136), ("mpls-in-ip", 137), ("manet", 138),
    ("hip", 139), ("shim6", 140), ("wesp", 141), ("rohc", 142), ("ethernet", 143),
];

/// The number of an IP protocol by its name, in small letters or all capitals.
fn ip_protocol(name: &str) -> Option<u8> {
    let capitals = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    IP_PROTOCOLS
        .iter()
        .find(|(known, _)| *known == name || (capitals && known.eq_ignore_ascii_case(name)))
        .map(|&(_, number)| number)
}

/// The comparison sign before a number, `=` when there is none.
fn sign(arg: Arg<'_>) -> (IntegerOp, Arg<'_>) {
    let signs = [
        (">=", IntegerOp::GreaterOrEqual),
        ("<=", IntegerOp::LessOrEqual),
        ("!=", IntegerOp::NotEqual),
        ("!", IntegerOp::NotEqual),
        (">", IntegerOp::Greater),
        ("<", IntegerOp::Less),
        ("=", IntegerOp::Equal),
    ];
    for (text, op) in signs {
        if let Some(rest) = arg.strip(text) {
            return (op, rest.trim());
        }
    }
    (IntegerOp::Equal, arg)
}

pub(crate) fn ip_proto(arg: Arg<'_>) -> Read<IpProtoTest> {
    let (op, value) = sign(arg.unquoted().unwrap_or(arg).trim());
    let protocol = match ip_protocol(value.text) {
        Some(number) => number,
        None if value.text.starts_with(|first: char| first.is_ascii_digit()) => value.u8()?,
        None => return Err(value.expected("the number or name of an IP protocol")),
    };
    Ok(IpProtoTest { op, protocol })
}

pub(crate) fn ipopts(arg: Arg<'_>) -> Read<IpOption> {
    IpOption::from_name(&arg.text.to_ascii_lowercase()).ok_or_else(|| {
        arg.expected("`rr`, `eol`, `nop`, `ts`, `sec`, `esec`, `lsrr`, `lsrre`, `ssrr`, `satid`, `rtralt` or `any`")
    })
}

/// Types of SCTP chunks by name (IANA's "Chunk Types").
const SCTP_CHUNKS: [(&str, u8); 22] = [
    ("data", 0),
    ("init", 1),
    ("init_ack", 2),
    ("sack", 3),
    ("heartbeat", 4),
    ("heartbeat_ack", 5),
    ("abort", 6),
    ("shutdown", 7),
    ("shutdown_ack", 8),
    ("error", 9),
    ("cookie_echo", 10),
    ("cookie_ack", 11),
    ("ecne", 12),
    ("cwr", 13),
    ("shutdown_complete", 14),
    ("auth", 15),
    ("i_data", 64),
    ("asconf_ack", 128),
    ("re_config", 130),
    ("pad", 132),
    ("forward_tsn", 192),
    ("asconf", 193),
];

/// `sctp.chunk_type`: a comparison, or the name of a type.
pub(crate) fn sctp_chunk_type(arg: Arg<'_>, dialect: Dialect) -> Read<IntegerTest> {
    let mut parts = arg.split(',');
    let (negated, name) = parts.next().unwrap_or(arg).negation();
    let Some((_, number)) = SCTP_CHUNKS.iter().find(|(known, _)| name.is(known)) else {
        return indexed(arg, 8, dialect);
    };
    let op = if negated {
        IntegerOp::NotEqual
    } else {
        IntegerOp::Equal
    };
    let mut test = IntegerTest::new(op, (*number).into(), 0);
    (test.index, test.slice) = index(parts)?;
    Ok(test)
}

/// Letters for bits with a mode, wherever among the letters it stands.
fn letters(arg: Arg<'_>, bit: impl Fn(char) -> Option<u8>) -> Read<(FlagMode, u8)> {
    let (mut mode, mut bits, mut any) = (FlagMode::Exact, 0, false);
    for letter in arg.text.chars().filter(|letter| !letter.is_whitespace()) {
        match letter {
            '+' => mode = FlagMode::All,
            '*' => mode = FlagMode::Any,
            '!' => mode = FlagMode::Not,
            _ => match bit(letter) {
                Some(value) => bits |= value,
                None => {
                    return Err(arg.problem(Code::BadArgument, format!("`{letter}` is no flag")));
                }
            },
        }
        any |= !matches!(letter, '+' | '*' | '!');
    }
    if !any {
        return Err(arg.expected("flags"));
    }
    Ok((mode, bits))
}

pub(crate) fn tcp_flags(arg: Arg<'_>) -> Read<FlagTest> {
    let bit = |letter| {
        // These two bits were reserved once, and had numbers.
        match letter {
            '2' => Some(64),
            '1' => Some(128),
            '0' => Some(0),
            letter => FlagTest::bit(letter, &FlagTest::TCP),
        }
    };
    let (flags, ignored) = match arg.split_once(',') {
        Some((flags, ignored)) => (flags, letters(ignored, bit)?.1),
        None => (arg, 0),
    };
    let (mode, bits) = letters(flags, bit)?;
    Ok(FlagTest {
        mode,
        bits,
        ignored,
    })
}

pub(crate) fn fragbits(arg: Arg<'_>) -> Read<FlagTest> {
    let (mode, bits) = letters(arg, |letter| FlagTest::bit(letter, &FlagTest::FRAGMENT))?;
    Ok(FlagTest {
        mode,
        bits,
        ignored: 0,
    })
}

pub(crate) fn fragoffset(arg: Arg<'_>) -> Read<FragOffsetTest> {
    let (op, value) = sign(arg);
    Ok(FragOffsetTest {
        op,
        value: value.u16()?,
    })
}

/// `tos`, `id` and others where Suricata knows no more than equal and not equal, and Snort all comparisons.
pub(crate) fn tos(arg: Arg<'_>, dialect: Dialect) -> Read<IntegerTest> {
    // Suricata also writes hex as `x1f`.
    let (negated, rest) = arg.negation();
    if let Some(hex) = rest.text.strip_prefix('x') {
        let value = u8::from_str_radix(hex, 16).map_err(|_| rest.expected("a number up to 255"))?;
        let op = if negated {
            IntegerOp::NotEqual
        } else {
            IntegerOp::Equal
        };
        return Ok(IntegerTest::new(op, value.into(), 0));
    }
    integer(arg, 8, dialect)
}

/// `ttl`: Snort 2 also leaves a bound out, `-5` and `5-`.
pub(crate) fn ttl(arg: Arg<'_>, dialect: Dialect) -> Read<IntegerTest> {
    if dialect == Dialect::Snort2 {
        if let Some(most) = arg.strip("-") {
            return Ok(IntegerTest::new(
                IntegerOp::LessOrEqual,
                most.trim().u8()?.into(),
                0,
            ));
        }
        if let Some(least) = arg.text.strip_suffix('-') {
            return Ok(IntegerTest::new(
                IntegerOp::GreaterOrEqual,
                Arg::new(least.trim(), arg.at).u8()?.into(),
                0,
            ));
        }
    }
    integer(arg, 8, dialect)
}

pub(crate) fn geoip(arg: Arg<'_>) -> Read<GeoIp> {
    let mut parts = arg.split(',').peekable();
    let mut side = GeoSide::Both;
    if let Some(first) = parts.peek() {
        let named = match first.text {
            "src" => Some(GeoSide::Src),
            "dst" => Some(GeoSide::Dst),
            "both" => Some(GeoSide::Both),
            "any" => Some(GeoSide::Any),
            _ => None,
        };
        if let Some(named) = named {
            side = named;
            parts.next();
        }
    }
    let (mut negated, mut countries) = (false, Vec::new());
    for part in parts {
        let (not, country) = part.negation();
        negated |= not;
        match country.text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                countries.push([a.to_ascii_uppercase(), b.to_ascii_uppercase()]);
            }
            _ => return Err(part.expected("the two letters of a country")),
        }
    }
    if countries.is_empty() {
        return Err(arg.expected("`src`, `dst`, `both` or `any`, and countries: `src,FR,DE`"));
    }
    Ok(GeoIp {
        side,
        negated,
        countries: countries.into_boxed_slice(),
    })
}

pub(crate) fn iprep(arg: Arg<'_>) -> Read<IpRep> {
    let parts: Vec<_> = arg.split(',').collect();
    let (&side, &category, test) = match parts.as_slice() {
        [side, category, test @ ..] if !test.is_empty() => (side, category, test),
        _ => return Err(arg.expected("side, category, operator and score: `any,CnC,>,30`")),
    };
    let side = match side.text {
        "src" => IpRepSide::Src,
        "dst" => IpRepSide::Dst,
        "both" => IpRepSide::Both,
        "any" => IpRepSide::Any,
        _ => return Err(side.expected("`src`, `dst`, `both` or `any`")),
    };
    let test = match test {
        [word] if word.text == "isset" => IpRepTest::IsSet,
        [word] if word.text == "isnotset" => IpRepTest::IsNotSet,
        [op, score] => {
            let (comparison, rest) = sign(*op);
            if !rest.is_empty() {
                return Err(op.expected("`<`, `>`, `=`, `!=`, `<=` or `>=`"));
            }
            let value = score.unsigned(127)? as u8;
            IpRepTest::Score(comparison, value, 0)
        }
        [range] => {
            let test = integer(*range, 7, Dialect::Suricata)?;
            if matches!(test.op, IntegerOp::Masked | IntegerOp::NotMasked) {
                return Err(range.expected("a comparison of a score"));
            }
            IpRepTest::Score(test.op, test.a as u8, test.b as u8)
        }
        _ => return Err(arg.expected("an operator and a score")),
    };
    Ok(IpRep {
        side,
        category: category.owned(),
        test,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_by_name_and_number() {
        let read = |text| ip_proto(Arg::new(text, 0)).map(|test| test.protocol).ok();
        assert_eq!(read("tcp"), Some(6));
        assert_eq!(read("TCP"), Some(6));
        assert_eq!(read("TcP"), None);
        assert_eq!(read("295"), None);
        assert_eq!(read("!17"), Some(17));
    }

    #[test]
    fn flags_and_what_is_ignored() {
        assert_eq!(
            tcp_flags(Arg::new("S,12", 0)).unwrap(),
            FlagTest {
                mode: FlagMode::Exact,
                bits: 2,
                ignored: 192
            }
        );
        assert_eq!(
            tcp_flags(Arg::new("A+", 0)).unwrap(),
            FlagTest {
                mode: FlagMode::All,
                bits: 16,
                ignored: 0
            }
        );
        assert!(tcp_flags(Arg::new("X", 0)).is_err());
    }
}
