//! Addresses and ports of a header: lists with nesting, negation, ranges and variables.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nom::branch::alt;
use nom::character::complete::{char, space0, u8 as prefix_length};
use nom::combinator::{all_consuming, map_opt, map_res, rest};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

use super::arg::Arg;
use crate::diagnostic::{Code, Read};
use crate::tree::{AddressExpr, IpRange, PortExpr, PortRange};

/// How deep lists may be nested.
const MAX_DEPTH: u8 = 32;

/// What a list of addresses and one of ports have in common.
trait Endpoint: Sized {
    const CODE: Code;
    const EXPECTED: &str;

    fn any() -> Self;
    fn var(name: Box<str>) -> Self;
    fn not(inner: Self) -> Self;
    fn list(items: Vec<Self>) -> Self;
    fn item(text: &str) -> Option<Self>;
}

impl Endpoint for AddressExpr {
    const CODE: Code = Code::BadAddress;
    const EXPECTED: &str = "an address, a network like `10.0.0.0/8`, a range, a `$VARIABLE`, `any` or a list in brackets";

    fn any() -> Self {
        AddressExpr::Any
    }
    fn var(name: Box<str>) -> Self {
        AddressExpr::Var(name)
    }
    fn not(inner: Self) -> Self {
        AddressExpr::Not(Box::new(inner))
    }
    fn list(items: Vec<Self>) -> Self {
        AddressExpr::List(items)
    }
    fn item(text: &str) -> Option<Self> {
        Some(AddressExpr::Range(ip_range(text)?))
    }
}

impl Endpoint for PortExpr {
    const CODE: Code = Code::BadPort;
    const EXPECTED: &str =
        "a port, a range like `1024:`, a `$VARIABLE`, `any` or a list in brackets";

    fn any() -> Self {
        PortExpr::Any
    }
    fn var(name: Box<str>) -> Self {
        PortExpr::Var(name)
    }
    fn not(inner: Self) -> Self {
        PortExpr::Not(Box::new(inner))
    }
    fn list(items: Vec<Self>) -> Self {
        PortExpr::List(items)
    }
    fn item(text: &str) -> Option<Self> {
        Some(PortExpr::Range(port_range(text)?))
    }
}

/// Reads the addresses of one side of a header.
pub(crate) fn addresses(arg: Arg<'_>) -> Read<AddressExpr> {
    expression(arg.trim(), 0)
}

/// Reads the ports of one side of a header.
pub(crate) fn ports(arg: Arg<'_>) -> Read<PortExpr> {
    expression(arg.trim(), 0)
}

fn expression<E: Endpoint>(arg: Arg<'_>, depth: u8) -> Read<E> {
    let wrong = |arg: Arg<'_>| {
        let shown = if arg.is_empty() {
            "nothing".into()
        } else {
            format!("`{}`", arg.text)
        };
        arg.problem(E::CODE, format!("cannot read {shown} here"))
            .label(format!("expected {}", E::EXPECTED))
    };
    if depth > MAX_DEPTH {
        return Err(arg.problem(E::CODE, "the list is nested too deeply"));
    }
    if let (true, inner) = arg.negation() {
        return match expression::<E>(inner, depth + 1) {
            Ok(_) if inner.is("any") => Err(arg
                .problem(E::CODE, "`!any` leaves nothing")
                .help("take the `!` away, or the rule")),
            Ok(inner) => Ok(E::not(inner)),
            Err(problem) => Err(problem),
        };
    }
    if let Some(rest) = arg.strip("[") {
        let inner = rest.text.strip_suffix(']').ok_or_else(|| {
            arg.problem(E::CODE, "the list has no end")
                .label("expected a closing `]`")
        })?;
        let inner = Arg::new(inner, rest.at);
        let items =
            list_items(inner).map_err(|at| at.problem(E::CODE, "a bracket too many or too few"))?;
        return items
            .into_iter()
            .map(|item| expression(item, depth + 1))
            .collect::<Read<Vec<E>>>()
            .map(E::list);
    }
    if arg.is("any") {
        return Ok(E::any());
    }
    if let Some(name) = arg.strip("$") {
        let named = !name.is_empty()
            && name
                .text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        return if named {
            Ok(E::var(name.owned()))
        } else {
            Err(wrong(arg))
        };
    }
    E::item(arg.text).ok_or_else(|| wrong(arg))
}

/// The parts between commas outside inner brackets.
fn list_items(list: Arg<'_>) -> Result<Vec<Arg<'_>>, Arg<'_>> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0u32);
    for (at, byte) in list.text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.checked_sub(1).ok_or(list)?,
            b',' if depth == 0 => {
                items.push(Arg::new(&list.text[start..at], list.at + start as u32).trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(list);
    }
    items.push(Arg::new(&list.text[start..], list.at + start as u32).trim());
    Ok(items)
}

/// An address, a network with a prefix length or a mask, or a range.
fn ip_range(text: &str) -> Option<IpRange> {
    let address =
        |input| map_res(till("/-"), |part: &str| part.trim().parse::<IpAddr>()).parse(input);
    let masked = map_opt(
        separated_pair(address, char('/'), map_res(rest, str::parse::<Ipv4Addr>)),
        |(address, mask)| {
            let bits = mask.to_bits();
            let prefix = bits.leading_ones();
            (bits.checked_shl(prefix).unwrap_or(0) == 0)
                .then(|| IpRange::network(address, prefix as u8))
                .flatten()
        },
    );
    let network = map_opt(
        separated_pair(address, char('/'), prefix_length),
        |(address, prefix)| IpRange::network(address, prefix),
    );
    let range = map_opt(
        separated_pair(address, char('-'), preceded(space0, address)),
        |(first, last)| match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                Some(IpRange::V4(first, last))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                Some(IpRange::V6(first, last))
            }
            _ => None,
        },
    );
    let single = map_opt(address, |address| match address {
        IpAddr::V4(address) => IpRange::network(address.into(), 32),
        IpAddr::V6(address) => IpRange::network(address.into(), 128),
    });
    let parsed: IResult<&str, IpRange> = all_consuming(alt((
        all_consuming(masked),
        all_consuming(network),
        range,
        single,
    )))
    .parse(text);
    if let Ok((_, range)) = parsed {
        return Some(range);
    }
    // `::ffff:0:0/96` and others with a dotted tail are covered above; a bare `fe80::%zone` is not an address.
    text.parse::<Ipv6Addr>()
        .ok()
        .and_then(|address| IpRange::network(address.into(), 128))
}

/// Everything up to one of these letters, or to the end.
fn till(letters: &'static str) -> impl Fn(&str) -> IResult<&str, &str> {
    move |input| {
        let end = input
            .find(|letter| letters.contains(letter))
            .unwrap_or(input.len());
        Ok((&input[end..], &input[..end]))
    }
}

/// `80`, `1024:`, `:1023`, `6881:6889`.
fn port_range(text: &str) -> Option<PortRange> {
    let number = |text: &str| match text.trim() {
        text if text.starts_with('+') => None,
        text => text.parse::<u16>().ok(),
    };
    let (first, last) = match text.split_once(':') {
        None => {
            let port = number(text)?;
            (port, port)
        }
        Some((first, last)) => {
            let low = if first.trim().is_empty() {
                0
            } else {
                number(first)?
            };
            let high = if last.trim().is_empty() {
                u16::MAX
            } else {
                number(last)?
            };
            (low, high)
        }
    };
    (first <= last).then_some(PortRange { first, last })
}

impl std::str::FromStr for AddressExpr {
    type Err = String;

    /// Reads an address expression as a header or an address variable writes it.
    fn from_str(text: &str) -> Result<Self, String> {
        addresses(Arg::new(text, 0))
            .map_err(|problem| format!("{}; {}", problem.message, problem.label))
    }
}

impl std::str::FromStr for PortExpr {
    type Err = String;

    /// Reads a port expression as a header or a port variable writes it.
    fn from_str(text: &str) -> Result<Self, String> {
        ports(Arg::new(text, 0))
            .map_err(|problem| format!("{}; {}", problem.message, problem.label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_with_negation() {
        let expr: AddressExpr =
            "[10.0.0.0/8, ![10.1.0.0/255.255.0.0,$X], fe80::/10,1.2.3.4-1.2.3.9]"
                .parse()
                .unwrap();
        let AddressExpr::List(items) = expr else {
            panic!("a list")
        };
        assert_eq!(items.len(), 4);
        assert_eq!(
            items[0],
            AddressExpr::Range(IpRange::V4(
                [10, 0, 0, 0].into(),
                [10, 255, 255, 255].into()
            ))
        );
        assert!(
            matches!(&items[1], AddressExpr::Not(inner) if matches!(&**inner, AddressExpr::List(inner) if inner.len() == 2))
        );
        assert_eq!(
            items[3],
            AddressExpr::Range(IpRange::V4([1, 2, 3, 4].into(), [1, 2, 3, 9].into()))
        );
    }

    #[test]
    fn addresses_that_are_none() {
        for text in [
            "",
            "10.0.0.0/33",
            "[10.0.0.1",
            "10.0.0.1]",
            "1.2.3",
            "!any",
            "10.0.0.9-10.0.0.1",
            "$",
            "10.0.0.0/255.0.255.0",
        ] {
            assert!(text.parse::<AddressExpr>().is_err(), "{text}");
        }
    }

    #[test]
    fn ports() {
        assert_eq!(
            "1024:".parse(),
            Ok(PortExpr::Range(PortRange {
                first: 1024,
                last: 65535
            }))
        );
        assert_eq!(
            ":1023".parse(),
            Ok(PortExpr::Range(PortRange {
                first: 0,
                last: 1023
            }))
        );
        assert!("[80,!81:90,$P]".parse::<PortExpr>().is_ok());
        for text in ["65536", "90:80", "-1", "a", "[80"] {
            assert!(text.parse::<PortExpr>().is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(deep.parse::<AddressExpr>().is_err());
        assert!("!".repeat(10_000).parse::<PortExpr>().is_err());
    }
}
