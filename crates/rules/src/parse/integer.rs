//! Integer comparisons: `5`, `>5`, `!3-7`, `&0xc0=0x80`, and their index.

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{char, digit1, hex_digit1, space0};
use nom::combinator::{all_consuming, map_opt, opt, value};
use nom::{IResult, Parser};

use super::arg::Arg;
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::tree::{Index, IntegerOp, IntegerTest};

/// A number in decimal, perhaps with a unit, or in hex.
fn number(input: &str) -> IResult<&str, u64> {
    let hex = map_opt((tag_no_case("0x"), hex_digit1), |(_, digits)| {
        u64::from_str_radix(digits, 16).ok()
    });
    let decimal = map_opt(
        (digit1, opt(unit)),
        |(digits, unit): (&str, Option<u64>)| {
            digits.parse::<u64>().ok()?.checked_mul(unit.unwrap_or(1))
        },
    );
    alt((hex, decimal)).parse(input)
}

fn unit(input: &str) -> IResult<&str, u64> {
    alt((
        value(1 << 10, alt((tag_no_case("kib"), tag_no_case("kb")))),
        value(1 << 20, alt((tag_no_case("mib"), tag_no_case("mb")))),
        value(1 << 30, alt((tag_no_case("gib"), tag_no_case("gb")))),
    ))
    .parse(input)
}

fn comparison(input: &str) -> IResult<&str, IntegerOp> {
    alt((
        value(IntegerOp::GreaterOrEqual, tag(">=")),
        value(IntegerOp::LessOrEqual, tag("<=")),
        value(IntegerOp::Greater, tag(">")),
        value(IntegerOp::Less, tag("<")),
        value(IntegerOp::NotEqual, tag("!=")),
        value(IntegerOp::NotEqual, tag("!")),
        value(IntegerOp::Equal, alt((tag("=="), tag("=")))),
    ))
    .parse(input)
}

fn simple(input: &str) -> IResult<&str, IntegerTest> {
    let (rest, (op, _, a)) = (opt(comparison), space0, number).parse(input)?;
    Ok((rest, IntegerTest::new(op.unwrap_or(IntegerOp::Equal), a, 0)))
}

fn masked(input: &str) -> IResult<&str, IntegerTest> {
    let (rest, (_, _, a, _, negated, _, _, b)) = (
        char('&'),
        space0,
        number,
        space0,
        opt(char('!')),
        char('='),
        space0,
        number,
    )
        .parse(input)?;
    let op = if negated.is_some() {
        IntegerOp::NotMasked
    } else {
        IntegerOp::Masked
    };
    Ok((rest, IntegerTest::new(op, a, b)))
}

fn range(input: &str) -> IResult<&str, (bool, u64, &str, u64)> {
    let (rest, (negated, a, _, between, _, b)) = (
        opt((char('!'), space0)),
        number,
        space0,
        alt((tag("<=>"), tag("<>"), tag("-"))),
        space0,
        number,
    )
        .parse(input)?;
    Ok((rest, (negated.is_some(), a, between, b)))
}

/// How a dialect reads the bounds of `a-b` and `a<>b`.
fn range_op(dialect: Dialect, negated: bool, between: &str) -> IntegerOp {
    match (dialect, between) {
        (_, "<=>") | (Dialect::Snort2, "-") => IntegerOp::Within,
        _ if negated => IntegerOp::NotBetween,
        _ => IntegerOp::Between,
    }
}

/// Reads a comparison in `bits` bits.
pub(crate) fn integer(arg: Arg<'_>, bits: u8, dialect: Dialect) -> Read<IntegerTest> {
    compare(arg, bits, dialect, false)
}

/// The same for sizes, of which Snort 2 counts both ends of `a<>b` in.
pub(crate) fn size(arg: Arg<'_>, bits: u8, dialect: Dialect) -> Read<IntegerTest> {
    compare(arg, bits, dialect, dialect == Dialect::Snort2)
}

fn compare(arg: Arg<'_>, bits: u8, dialect: Dialect, closed: bool) -> Read<IntegerTest> {
    let arg = arg.unquoted().unwrap_or(arg).trim();
    let most = if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    };
    let test = if let Ok((_, test)) = all_consuming(masked).parse(arg.text) {
        if test.a & test.b != test.b {
            return Err(arg.problem(Code::NeverMatches, "the mask has not all bits of the value"));
        }
        test
    } else if let Ok((_, (negated, a, between, b))) = all_consuming(range).parse(arg.text) {
        let op = if closed {
            IntegerOp::Within
        } else {
            range_op(dialect, negated, between)
        };
        if negated && op == IntegerOp::Within {
            return Err(arg.problem(
                Code::BadArgument,
                "a range that counts its ends in cannot be negated",
            ));
        }
        let room = if op == IntegerOp::Within { 0 } else { 2 };
        if b < a || b - a < room {
            return Err(arg
                .problem(Code::NeverMatches, "no number lies in this range")
                .help(match op {
                    IntegerOp::Within => "the smaller number comes first",
                    _ => "the bounds of a range do not belong to it: `3-7` is 4, 5 and 6",
                }));
        }
        IntegerTest::new(op, a, b)
    } else if let Ok((_, test)) = all_consuming(simple).parse(arg.text) {
        test
    } else {
        return Err(arg.expected("a comparison of a number, like `5`, `>5`, `!5` or `3-7`"));
    };
    if test.a > most || test.b > most {
        return Err(arg
            .problem(Code::OutOfRange, "the number is too great")
            .label(format!("at most {most}")));
    }
    let never = match test.op {
        IntegerOp::Less => test.a == 0,
        IntegerOp::Greater => test.a == most,
        _ => false,
    };
    if never && dialect == Dialect::Suricata {
        return Err(arg.problem(Code::NeverMatches, "no number is so small or so great"));
    }
    Ok(test)
}

/// Reads `[comparison][,index[,slice]]` or `count comparison`; a name is left to the caller.
pub(crate) fn indexed(arg: Arg<'_>, bits: u8, dialect: Dialect) -> Read<IntegerTest> {
    if let Some(rest) = arg.strip("count") {
        let mut test = integer(rest.trim(), 32, dialect)?;
        test.index = Index::Count;
        return Ok(test);
    }
    let mut parts = arg.split(',');
    let first = parts.next().unwrap_or(arg);
    let mut test = integer(first, bits, dialect)?;
    (test.index, test.slice) = index(parts)?;
    Ok(test)
}

/// Reads the index and the slice that may follow an integer or its name.
pub(crate) fn index<'a>(
    mut parts: impl Iterator<Item = Arg<'a>>,
) -> Read<(Index, Option<(i32, i32)>)> {
    let index = parts.next().map_or(Ok(Index::Any), one_index)?;
    let slice = parts.next().map(slice).transpose()?;
    match parts.next() {
        Some(more) => Err(more.expected("the end")),
        None => Ok((index, slice)),
    }
}

fn one_index(arg: Arg<'_>) -> Read<Index> {
    let (word, rest) = arg.word();
    if word.text == "oob_or" {
        return Ok(Index::AtOrBeyond(
            rest.signed(i32::MIN.into(), i32::MAX.into())? as i32,
        ));
    }
    if let Some(count) = arg.strip("nb") {
        let test = integer(count.trim(), 32, Dialect::Suricata)?;
        return Ok(Index::Passing {
            op: test.op,
            a: test.a as u32,
            b: test.b as u32,
        });
    }
    Ok(match arg.text {
        "any" => Index::Any,
        "all" | "all1" => Index::All,
        "all_or_absent" => Index::AllOrAbsent,
        "or_absent" => Index::AnyOrAbsent,
        _ => Index::At(arg.signed(i32::MIN.into(), i32::MAX.into())? as i32),
    })
}

fn slice(arg: Arg<'_>) -> Read<(i32, i32)> {
    let (from, to) = arg
        .split_once(':')
        .ok_or_else(|| arg.expected("a part like `1:-1`"))?;
    let bound = |arg: Arg<'_>| arg.signed(i32::MIN.into(), i32::MAX.into());
    Ok((bound(from)? as i32, bound(to)? as i32))
}

/// A name that stands for a number, perhaps negated, perhaps one of several: checked for its letters only.
pub(crate) fn is_named(text: &str) -> bool {
    let mut name = take_while1::<_, _, nom::error::Error<&str>>(|letter: char| {
        letter.is_ascii_alphanumeric() || "_-.! ".contains(letter)
    });
    matches!(name.parse(text), Ok(("", matched)) if matched.contains(|letter: char| letter.is_ascii_alphabetic()))
}

impl IntegerTest {
    /// Reads a comparison in `bits` bits with its index, as Suricata writes it. Where `names` knows the first word, it
    /// stands for its number.
    pub fn read(text: &str, bits: u8, names: impl Fn(&str) -> Option<u64>) -> Option<Self> {
        let arg = Arg::new(text, 0);
        let arg = arg.unquoted().unwrap_or(arg);
        let mut parts = arg.split(',');
        let (negated, name) = parts.next()?.negation();
        let Some(number) = names(name.text) else {
            return indexed(arg, bits, Dialect::Suricata).ok();
        };
        let op = if negated {
            IntegerOp::NotEqual
        } else {
            IntegerOp::Equal
        };
        let (index, slice) = index(parts).ok()?;
        Some(Self {
            index,
            slice,
            ..Self::new(op, number, 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, bits: u8, dialect: Dialect) -> Result<(IntegerOp, u64, u64), Code> {
        integer(Arg::new(text, 0), bits, dialect)
            .map(|test| (test.op, test.a, test.b))
            .map_err(|problem| problem.code)
    }

    #[test]
    fn ranges_are_open_in_suricata_and_closed_where_snort_says_so() {
        assert_eq!(
            read("3-7", 8, Dialect::Suricata),
            Ok((IntegerOp::Between, 3, 7))
        );
        assert_eq!(
            read("3<>7", 8, Dialect::Suricata),
            Ok((IntegerOp::Between, 3, 7))
        );
        assert_eq!(
            read("!3-7", 8, Dialect::Suricata),
            Ok((IntegerOp::NotBetween, 3, 7))
        );
        assert_eq!(
            read("3-7", 8, Dialect::Snort2),
            Ok((IntegerOp::Within, 3, 7))
        );
        assert_eq!(
            read("3<=>7", 8, Dialect::Snort3),
            Ok((IntegerOp::Within, 3, 7))
        );
        assert_eq!(read("3-4", 8, Dialect::Suricata), Err(Code::NeverMatches));
        assert_eq!(
            size(Arg::new("7<>8", 0), 16, Dialect::Snort2)
                .map(|test| test.op)
                .ok(),
            Some(IntegerOp::Within)
        );
    }

    #[test]
    fn units_and_masks() {
        assert_eq!(
            read(">= 2kB", 32, Dialect::Suricata),
            Ok((IntegerOp::GreaterOrEqual, 2048, 0))
        );
        assert_eq!(
            read("&0xc0=0x80", 8, Dialect::Suricata),
            Ok((IntegerOp::Masked, 0xc0, 0x80))
        );
        assert_eq!(
            read("&0xc0=2", 8, Dialect::Suricata),
            Err(Code::NeverMatches)
        );
        assert_eq!(read("256", 8, Dialect::Suricata), Err(Code::OutOfRange));
        assert_eq!(read(">255", 8, Dialect::Suricata), Err(Code::NeverMatches));
    }

    #[test]
    fn index_of_several_values() {
        let test = indexed(Arg::new(">36000,nb>1,1:-1", 0), 32, Dialect::Suricata).unwrap();
        assert_eq!(
            test.index,
            Index::Passing {
                op: IntegerOp::Greater,
                a: 1,
                b: 0
            }
        );
        assert_eq!(test.slice, Some((1, -1)));
        assert_eq!(
            indexed(Arg::new("123,oob_or 2", 0), 32, Dialect::Suricata)
                .unwrap()
                .index,
            Index::AtOrBeyond(2)
        );
    }
}
