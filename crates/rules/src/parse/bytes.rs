//! Arguments of the keywords about numbers in the payload.

use super::arg::Arg;
use super::integer::{integer, size};
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::tree::*;

const OFFSET: i64 = 65_535;

/// A signed number in a range, or the name of a variable.
pub(crate) fn operand(arg: Arg<'_>, least: i64, most: i64) -> Read<Operand> {
    if arg.is_name() {
        return Ok(Operand::Variable(arg.owned()));
    }
    arg.signed(least, most).map(Operand::Number)
}

/// What may follow the first arguments of `byte_test`, `byte_jump` and `byte_extract`.
#[derive(Default)]
struct Traits {
    relative: bool,
    endian: Endian,
    endian_given: bool,
    string: Option<Base>,
    bitmask: Option<u32>,
}

impl Traits {
    /// Takes an argument in, if it is one of these.
    fn take(&mut self, arg: Arg<'_>) -> Read<bool> {
        let (word, rest) = arg.word();
        match word.text {
            "relative" => self.relative = true,
            "big" => self.set_endian(arg, Endian::Big)?,
            "little" => self.set_endian(arg, Endian::Little)?,
            "dce" => self.set_endian(arg, Endian::Dce)?,
            "endian" => match rest.text {
                "big" => self.set_endian(arg, Endian::Big)?,
                "little" => self.set_endian(arg, Endian::Little)?,
                _ => return Err(rest.expected("`big` or `little`")),
            },
            "string" if rest.is_empty() => self.string = self.string.or(Some(Base::Guessed)),
            "string" => self.string = Some(base(rest)?),
            "hex" | "dec" | "oct" => self.string = Some(base(word)?),
            "bitmask" => self.bitmask = Some(mask(rest)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_endian(&mut self, arg: Arg<'_>, endian: Endian) -> Read<()> {
        if std::mem::replace(&mut self.endian_given, true) && self.endian != endian {
            return Err(arg.problem(Code::Contradiction, "two byte orders for one number"));
        }
        self.endian = endian;
        Ok(())
    }
}

fn base(arg: Arg<'_>) -> Read<Base> {
    match arg.text {
        "hex" => Ok(Base::Hex),
        "dec" => Ok(Base::Decimal),
        "oct" => Ok(Base::Octal),
        _ => Err(arg.expected("`hex`, `dec` or `oct`")),
    }
}

fn mask(arg: Arg<'_>) -> Read<u32> {
    // The mask is in hex, with or without its prefix.
    let digits = arg
        .text
        .strip_prefix("0x")
        .or(arg.text.strip_prefix("0X"))
        .unwrap_or(arg.text);
    u32::from_str_radix(digits, 16).map_err(|_| arg.expected("a mask in hex"))
}

/// How many bytes may be taken.
fn check_width(arg: Arg<'_>, bytes: &Operand, string: Option<Base>, dialect: Dialect) -> Read<()> {
    let Operand::Number(number) = *bytes else {
        return Ok(());
    };
    let most = match (string, dialect) {
        (Some(_), Dialect::Suricata) => 23,
        (Some(_), _) => 10,
        (None, Dialect::Suricata) => 8,
        (None, _) => 4,
    };
    if number > most {
        return Err(arg
            .problem(Code::OutOfRange, format!("{number} bytes are too many"))
            .label(format!("at most {most}")));
    }
    Ok(())
}

fn missing(arg: Arg<'_>, what: &str) -> Box<crate::diagnostic::Problem> {
    arg.problem(Code::BadArgument, format!("{what} is missing"))
}

fn leftover(arg: Arg<'_>) -> Box<crate::diagnostic::Problem> {
    arg.expected("`relative`, `big`, `little`, `dce`, `string`, `hex`, `dec`, `oct` or `bitmask`")
}

pub(crate) fn byte_test(arg: Arg<'_>, dialect: Dialect) -> Read<ByteTest> {
    let mut parts = arg.split(',');
    let mut next = |what| parts.next().ok_or_else(|| missing(arg, what));
    let (width, op, value, offset) = (
        next("the number of bytes")?,
        next("the operator")?,
        next("the value")?,
        next("the offset")?,
    );
    let (mut negated, symbol) = op.negation();
    let comparison = match symbol.text {
        "<" => ByteOp::Less,
        "<=" => ByteOp::LessOrEqual,
        ">" => ByteOp::Greater,
        ">=" => ByteOp::GreaterOrEqual,
        "=" | "==" => ByteOp::Equal,
        "" if negated => ByteOp::Equal,
        "&" => ByteOp::And,
        "^" => ByteOp::Xor,
        // Snort writes "not any of these bits" both ways round.
        "&!" => {
            negated = !negated;
            ByteOp::And
        }
        _ => return Err(op.expected("one of `<`, `<=`, `>`, `>=`, `=`, `&` and `^`")),
    };
    let value = if value.is_name() {
        Operand::Variable(value.owned())
    } else {
        Operand::Number(test_value(value)?)
    };
    let mut traits = Traits::default();
    for part in parts {
        if !traits.take(part)? {
            return Err(leftover(part));
        }
    }
    let bytes = operand(width, 0, OFFSET)?;
    check_width(width, &bytes, traits.string, dialect)?;
    Ok(ByteTest {
        bytes,
        op: comparison,
        negated,
        value,
        offset: operand(offset, -OFFSET, OFFSET)?,
        relative: traits.relative,
        endian: traits.endian,
        string: traits.string,
        bitmask: traits.bitmask,
    })
}

/// The value of `byte_test`; a negative one wraps, as `strtoul` does.
fn test_value(arg: Arg<'_>) -> Read<u64> {
    if arg.text.starts_with('-') {
        return Ok(arg.signed(i64::from(i32::MIN), 0)? as u32 as u64);
    }
    arg.unsigned(u64::MAX)
}

pub(crate) fn byte_jump(arg: Arg<'_>, dialect: Dialect) -> Read<ByteJump> {
    let mut parts = arg.split(',');
    let width = parts
        .next()
        .ok_or_else(|| missing(arg, "the number of bytes"))?;
    let offset = parts.next().ok_or_else(|| missing(arg, "the offset"))?;
    let mut traits = Traits::default();
    let mut jump = ByteJump {
        bytes: operand(width, 0, OFFSET)?,
        offset: operand(offset, -OFFSET, OFFSET)?,
        relative: false,
        endian: Endian::Big,
        string: None,
        multiplier: 1,
        align: false,
        from_beginning: false,
        from_end: false,
        post_offset: Operand::Number(0),
        bitmask: None,
    };
    for part in parts {
        let (word, rest) = part.word();
        match word.text {
            "multiplier" => jump.multiplier = multiplier(rest)?,
            "align" => jump.align = true,
            "from_beginning" => jump.from_beginning = true,
            "from_end" => jump.from_end = true,
            "post_offset" => jump.post_offset = operand(rest, -OFFSET, OFFSET)?,
            _ if traits.take(part)? => {}
            _ => {
                return Err(part.expected(
                    "`relative`, `multiplier`, `align`, `from_beginning`, `from_end`, `post_offset`, a byte order, `string` or `bitmask`",
                ));
            }
        }
    }
    if jump.from_beginning && jump.from_end {
        return Err(arg.problem(
            Code::Contradiction,
            "a jump is from the beginning or from the end",
        ));
    }
    check_width(width, &jump.bytes, traits.string, dialect)?;
    (jump.relative, jump.endian, jump.string, jump.bitmask) = (
        traits.relative,
        traits.endian,
        traits.string,
        traits.bitmask,
    );
    Ok(jump)
}

fn multiplier(arg: Arg<'_>) -> Read<u32> {
    match arg.u32()? {
        0 => Err(arg
            .problem(Code::OutOfRange, "a factor of zero")
            .label("at least 1")),
        factor => Ok(factor),
    }
}

pub(crate) fn byte_extract(arg: Arg<'_>, dialect: Dialect) -> Read<ByteExtract> {
    let mut parts = arg.split(',');
    let mut next = |what| parts.next().ok_or_else(|| missing(arg, what));
    let (width, offset, name) = (
        next("the number of bytes")?,
        next("the offset")?,
        next("the name")?,
    );
    if !name.is_name() {
        return Err(
            name.expected("the name of a variable: letters, digits and `_`, a letter first")
        );
    }
    let bytes = width.u8()?;
    let mut traits = Traits::default();
    let mut extract = ByteExtract {
        bytes,
        offset: operand(offset, -OFFSET, OFFSET)?,
        name: name.owned(),
        relative: false,
        endian: Endian::Big,
        string: None,
        multiplier: 1,
        align: None,
        bitmask: None,
    };
    for part in parts {
        let (word, rest) = part.word();
        match word.text {
            "multiplier" => extract.multiplier = multiplier(rest)?,
            "align" => extract.align = alignment(rest)?,
            _ if traits.take(part)? => {}
            _ => {
                return Err(part.expected(
                    "`relative`, `multiplier`, `align`, a byte order, `string` or `bitmask`",
                ));
            }
        }
    }
    check_width(
        width,
        &Operand::Number(bytes.into()),
        traits.string,
        dialect,
    )?;
    (
        extract.relative,
        extract.endian,
        extract.string,
        extract.bitmask,
    ) = (
        traits.relative,
        traits.endian,
        traits.string,
        traits.bitmask,
    );
    Ok(extract)
}

fn alignment(arg: Arg<'_>) -> Read<Option<u8>> {
    match arg.u8()? {
        0 => Ok(None),
        step @ (2 | 4) => Ok(Some(step)),
        _ => Err(arg.expected("2 or 4")),
    }
}

pub(crate) fn byte_math(arg: Arg<'_>, dialect: Dialect) -> Read<ByteMath> {
    let mut traits = Traits::default();
    let (mut bytes, mut offset, mut op, mut rvalue, mut result) = (None, None, None, None, None);
    for part in arg.split(',') {
        let (word, rest) = part.word();
        match word.text {
            "bytes" => bytes = Some((rest, operand(rest, 1, 10)?)),
            "offset" => offset = Some(operand(rest, -OFFSET, OFFSET)?),
            "oper" => op = Some(math_op(rest)?),
            "rvalue" => rvalue = Some(operand(rest, 0, u32::MAX.into())?),
            "result" if rest.is_name() => result = Some(rest.owned()),
            "result" => return Err(rest.expected("the name of a variable")),
            _ if traits.take(part)? => {}
            _ => {
                return Err(part.expected(
                    "`bytes`, `offset`, `oper`, `rvalue`, `result`, `relative`, `endian`, `string`, `dce` or `bitmask`",
                ));
            }
        }
    }
    let (width, bytes) = bytes.ok_or_else(|| missing(arg, "`bytes`"))?;
    check_width(width, &bytes, traits.string, Dialect::Suricata)?;
    let op = op.ok_or_else(|| missing(arg, "`oper`"))?;
    let rvalue = rvalue.ok_or_else(|| missing(arg, "`rvalue`"))?;
    if op == MathOp::Divide && rvalue == Operand::Number(0) {
        return Err(arg.problem(Code::NeverMatches, "division by zero"));
    }
    if rvalue == Operand::Number(0) && dialect != Dialect::Suricata {
        return Err(arg.problem(Code::OutOfRange, "`rvalue` is at least 1"));
    }
    Ok(ByteMath {
        bytes,
        offset: offset.ok_or_else(|| missing(arg, "`offset`"))?,
        op,
        rvalue,
        result: result.ok_or_else(|| missing(arg, "`result`"))?,
        relative: traits.relative,
        endian: traits.endian,
        string: traits.string,
        bitmask: traits.bitmask,
    })
}

fn math_op(arg: Arg<'_>) -> Read<MathOp> {
    Ok(match arg.text {
        "+" => MathOp::Add,
        "-" => MathOp::Subtract,
        "*" => MathOp::Multiply,
        "/" => MathOp::Divide,
        "<<" => MathOp::ShiftLeft,
        ">>" => MathOp::ShiftRight,
        _ => return Err(arg.expected("one of `+`, `-`, `*`, `/`, `<<` and `>>`")),
    })
}

pub(crate) fn isdataat(arg: Arg<'_>) -> Read<IsDataAt> {
    let (negated, arg) = arg.unquoted().unwrap_or(arg).trim().negation();
    let mut parts = arg.split(',');
    let position = parts.next().unwrap_or(arg);
    let mut test = IsDataAt {
        negated,
        position: operand(position, -OFFSET, OFFSET)?,
        relative: false,
        rawbytes: false,
    };
    for part in parts {
        match part.text {
            "relative" => test.relative = true,
            "rawbytes" => test.rawbytes = true,
            _ => return Err(part.expected("`relative` or `rawbytes`")),
        }
    }
    Ok(test)
}

pub(crate) fn bsize(arg: Arg<'_>, dialect: Dialect) -> Read<Bsize> {
    let mut parts = arg.split(',');
    let test = integer(parts.next().unwrap_or(arg), 64, dialect)?;
    let relative = match parts.next() {
        None => false,
        Some(part) if part.text == "relative" && dialect == Dialect::Snort3 => true,
        Some(part) => return Err(part.expected("the end")),
    };
    Ok(Bsize {
        test,
        variable: None,
        relative,
    })
}

pub(crate) fn urilen(arg: Arg<'_>, dialect: Dialect) -> Read<UriLen> {
    let mut parts = arg.split(',');
    let first = parts.next().unwrap_or(arg);
    let test = size(first, 16, dialect)?;
    let raw = match parts.next() {
        None => dialect == Dialect::Snort2,
        Some(part) if part.text == "raw" => true,
        Some(part) if part.text == "norm" => false,
        Some(part) => return Err(part.expected("`raw` or `norm`")),
    };
    Ok(UriLen { test, raw })
}

pub(crate) fn base64_decode(arg: Arg<'_>) -> Read<Base64Decode> {
    let mut decode = Base64Decode::default();
    for part in arg.split(',').filter(|part| !part.is_empty()) {
        let (word, rest) = part.word();
        match word.text {
            "bytes" => decode.bytes = Some(rest.u32()?).filter(|&bytes| bytes > 0),
            "offset" => decode.offset = rest.u32()?,
            "relative" => decode.relative = true,
            _ => return Err(part.expected("`bytes`, `offset` or `relative`")),
        }
    }
    Ok(decode)
}

pub(crate) fn entropy(arg: Arg<'_>) -> Read<Entropy> {
    let mut entropy = Entropy {
        bytes: 0,
        offset: 0,
        op: IntegerOp::Equal,
        value: 0.0,
        upper: 0.0,
    };
    let mut compared = false;
    for part in arg.split(',') {
        let (word, rest) = part.word();
        match word.text {
            "bytes" => entropy.bytes = rest.u32()?,
            "offset" => entropy.offset = rest.signed(-OFFSET, OFFSET)? as i32,
            "value" => {
                (entropy.op, entropy.value, entropy.upper) = float_test(rest)?;
                compared = true;
            }
            _ => return Err(part.expected("`bytes`, `offset` or `value`")),
        }
    }
    if !compared {
        return Err(missing(arg, "`value`"));
    }
    Ok(entropy)
}

/// A comparison of a number with a fraction.
fn float_test(arg: Arg<'_>) -> Read<(IntegerOp, f64, f64)> {
    let float = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number >= 0.0)
    };
    let negative = arg.text.strip_prefix('!').map(str::trim_start);
    for separator in ["<>", "-"] {
        if let Some((low, high)) = negative.unwrap_or(arg.text).split_once(separator)
            && let (Some(low), Some(high)) = (float(low), float(high))
        {
            let op = if negative.is_some_and(|_| !arg.text.starts_with("!=")) {
                IntegerOp::NotBetween
            } else {
                IntegerOp::Between
            };
            return Ok((op, low, high));
        }
    }
    let signs = [
        (">=", IntegerOp::GreaterOrEqual),
        ("<=", IntegerOp::LessOrEqual),
        (">", IntegerOp::Greater),
        ("<", IntegerOp::Less),
        ("!=", IntegerOp::NotEqual),
        ("!", IntegerOp::NotEqual),
        ("=", IntegerOp::Equal),
        ("", IntegerOp::Equal),
    ];
    signs
        .into_iter()
        .find_map(|(sign, op)| Some((op, float(arg.text.strip_prefix(sign)?)?, 0.0)))
        .ok_or_else(|| arg.expected("a comparison of a number, like `>= 6.5`"))
}

pub(crate) fn asn1(arg: Arg<'_>) -> Read<Box<[Asn1Check]>> {
    let mut checks = Vec::new();
    let mut words = arg
        .text
        .split([',', ' ', '\t'])
        .filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().unwrap_or("");
            text.parse::<i64>()
                .map_err(|_| arg.expected(format!("a number after `{word}`")))
        };
        match word {
            "bitstring_overflow" => checks.push(Asn1Check::BitstringOverflow),
            "double_overflow" => checks.push(Asn1Check::DoubleOverflow),
            "oversize_length" => {
                let value = u32::try_from(number()?).map_err(|_| arg.expected("a length"))?;
                checks.push(Asn1Check::OversizeLength(value));
            }
            "absolute_offset" => {
                let value = u32::try_from(number()?).map_err(|_| arg.expected("an offset"))?;
                checks.push(Asn1Check::AbsoluteOffset(value));
            }
            "relative_offset" => {
                let value = i32::try_from(number()?).map_err(|_| arg.expected("an offset"))?;
                checks.push(Asn1Check::RelativeOffset(value));
            }
            "print" => {}
            _ => {
                return Err(arg.expected(
                    "`bitstring_overflow`, `double_overflow`, `oversize_length`, `absolute_offset` or `relative_offset`",
                ));
            }
        }
    }
    if checks.is_empty() {
        return Err(arg.expected("a check"));
    }
    Ok(checks.into_boxed_slice())
}

pub(crate) fn rpc(arg: Arg<'_>) -> Read<Rpc> {
    let mut parts = arg.split(',');
    let any_or = |part: Option<Arg<'_>>| match part {
        None => Ok(None),
        Some(part) if part.text == "*" || part.is_empty() => Ok(None),
        Some(part) => part.u32().map(Some),
    };
    Ok(Rpc {
        program: parts.next().unwrap_or(arg).u32()?,
        version: any_or(parts.next())?,
        procedure: any_or(parts.next())?,
    })
}
