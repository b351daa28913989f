//! Options back to text.

use std::fmt::{self, Display, Formatter, Write};

use super::{pattern, state};
use crate::Dialect;
use crate::keywords::{KeywordId, app_protocol_in, payload};
use crate::tree::*;

/// The name of a keyword in a dialect, or the principal one.
pub(super) fn name_in(id: KeywordId, dialect: Dialect) -> &'static str {
    let row = id.row();
    if row.dialects.contains(dialect.set()) {
        row.name
    } else {
        row.name_in(dialect).unwrap_or(row.name)
    }
}

/// An option without its semicolon.
pub(super) struct Written<'a> {
    pub option: &'a Opt,
    pub dialect: Dialect,
    /// The modifier that says which buffer a content is in, where the dialect needs one.
    pub moved: Option<KeywordId>,
}

impl Display for Written<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(f, self.option, self.dialect, self.moved)
    }
}

fn write(
    f: &mut Formatter<'_>,
    option: &Opt,
    dialect: Dialect,
    moved: Option<KeywordId>,
) -> fmt::Result {
    let name = name_in(option.keyword, dialect);
    match &option.kind {
        OptionKind::Content(content) => return pattern::content(f, content, dialect, moved),
        OptionKind::Pcre(pcre) => return pattern::pcre(f, pcre, name, moved),
        OptionKind::NoAlert => {
            return f.write_str(if dialect == Dialect::Suricata {
                "noalert"
            } else {
                "flowbits:noalert"
            });
        }
        OptionKind::Buffer(id) => return f.write_str(name_in(*id, dialect)),
        OptionKind::Bare => return f.write_str(name),
        OptionKind::Text(text) if text.is_empty() => return f.write_str(name),
        OptionKind::Absent(false) => return f.write_str(name),
        OptionKind::Transform(transform) => return self::transform(f, name, transform),
        OptionKind::Base64Decode(decode) if **decode == Base64Decode::default() => {
            return f.write_str(name);
        }
        OptionKind::FlowBits(bits) if bits.action == BitAction::Reset && bits.group.is_none() => {
            return write!(f, "{name}:reset");
        }
        _ => {}
    }
    write!(f, "{name}:")?;
    argument(f, option, dialect)
}

fn argument(f: &mut Formatter<'_>, option: &Opt, dialect: Dialect) -> fmt::Result {
    match &option.kind {
        OptionKind::Text(text) | OptionKind::BufferPart(_, text) => f.write_str(text),
        OptionKind::Metadata(text) => f.write_str(&super::metadata(text)),
        OptionKind::Msg(text) => pattern::quoted(f, text),
        OptionKind::Sid(number)
        | OptionKind::Gid(number)
        | OptionKind::Rev(number)
        | OptionKind::Priority(number) => number.fmt(f),
        OptionKind::Classtype(class) => f.write_str(class),
        OptionKind::Reference(reference) => {
            write!(f, "{},", reference.system)?;
            pattern::escaped(f, &reference.id)
        }
        OptionKind::Target(side) => f.write_str(if *side == TargetSide::SrcIp {
            "src_ip"
        } else {
            "dest_ip"
        }),
        OptionKind::Requires(requires) => self::requires(f, requires),
        OptionKind::Service(services) => {
            let known = |name| app_protocol_in(name, Dialect::Snort3).unwrap_or(name);
            joined(f, services.iter().map(|name| known(name)), ",")
        }
        OptionKind::Absent(_) => f.write_str("or_else"),
        OptionKind::ByteTest(test) => byte_test(f, test),
        OptionKind::ByteJump(jump) => byte_jump(f, jump),
        OptionKind::ByteExtract(extract) => byte_extract(f, extract),
        OptionKind::ByteMath(math) => byte_math(f, math),
        OptionKind::IsDataAt(test) => isdataat(f, test),
        OptionKind::Bsize(size) => {
            integer(f, &size.test, dialect, true)?;
            f.write_str(if size.relative { ",relative" } else { "" })
        }
        OptionKind::UriLen(length) => {
            integer(f, &length.test, dialect, true)?;
            f.write_str(if length.raw { ",raw" } else { ",norm" })
        }
        OptionKind::Base64Decode(decode) => base64_decode(f, decode),
        OptionKind::Entropy(entropy) => self::entropy(f, entropy),
        OptionKind::Asn1(checks) => asn1(f, checks),
        OptionKind::Ber(kind, optional) => {
            write!(f, "{kind:#x}{}", if *optional { ",optional" } else { "" })
        }
        OptionKind::SensitiveData(pattern, count) if dialect == Dialect::Snort3 => {
            write!(f, "\"{pattern}\",threshold {count}")
        }
        OptionKind::SensitiveData(pattern, count) => write!(f, "{count},{pattern}"),
        OptionKind::Integer(test) => integer(f, test, dialect, option.keyword == payload::DSIZE),
        OptionKind::Rpc(rpc) => self::rpc(f, rpc),
        _ => state::argument(f, option, dialect),
    }
}

fn rpc(f: &mut Formatter<'_>, rpc: &Rpc) -> fmt::Result {
    let number =
        |number: Option<u32>| number.map_or_else(|| "*".to_owned(), |number| number.to_string());
    write!(
        f,
        "{},{},{}",
        rpc.program,
        number(rpc.version),
        number(rpc.procedure)
    )
}

pub(super) fn joined<T: Display>(
    f: &mut Formatter<'_>,
    items: impl Iterator<Item = T>,
    between: &str,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// The sign of a comparison with one number.
pub(super) const fn sign(op: IntegerOp) -> &'static str {
    match op {
        IntegerOp::Equal => "=",
        IntegerOp::NotEqual => "!=",
        IntegerOp::Less => "<",
        IntegerOp::LessOrEqual => "<=",
        IntegerOp::Greater => ">",
        IntegerOp::GreaterOrEqual => ">=",
        _ => "",
    }
}

/// Writes a comparison. `size` says that Snort 2 counts both ends of `<>` in.
pub(super) fn integer(
    f: &mut Formatter<'_>,
    test: &IntegerTest,
    dialect: Dialect,
    size: bool,
) -> fmt::Result {
    let (a, b) = (test.a, test.b);
    if test.index == Index::Count {
        f.write_str("count ")?;
    }
    match (test.op, dialect) {
        (IntegerOp::Equal, _) => write!(f, "{a}"),
        (IntegerOp::NotEqual, _) => write!(f, "!{a}"),
        (IntegerOp::Between, Dialect::Suricata) => write!(f, "{a}-{b}"),
        (IntegerOp::Between, _) => write!(f, "{a}<>{b}"),
        (IntegerOp::NotBetween, _) => write!(f, "!{a}-{b}"),
        (IntegerOp::Within, Dialect::Suricata) => {
            write!(f, "{}-{}", a.saturating_sub(1), b.saturating_add(1))
        }
        (IntegerOp::Within, Dialect::Snort2) => {
            write!(f, "{a}{}{b}", if size { "<>" } else { "-" })
        }
        (IntegerOp::Within, Dialect::Snort3) => write!(f, "{a}<=>{b}"),
        (IntegerOp::Masked, _) => write!(f, "&{a:#x}={b:#x}"),
        (IntegerOp::NotMasked, _) => write!(f, "&{a:#x}!={b:#x}"),
        (op, _) => write!(f, "{}{a}", sign(op)),
    }?;
    index(f, test)
}

fn index(f: &mut Formatter<'_>, test: &IntegerTest) -> fmt::Result {
    match test.index {
        Index::Any if test.slice.is_some() => f.write_str(",any")?,
        Index::Any | Index::Count => {}
        Index::AnyOrAbsent => f.write_str(",or_absent")?,
        Index::All => f.write_str(",all")?,
        Index::AllOrAbsent => f.write_str(",all_or_absent")?,
        Index::At(place) => write!(f, ",{place}")?,
        Index::AtOrBeyond(place) => write!(f, ",oob_or {place}")?,
        Index::Passing { op, a, b } => {
            f.write_str(",nb")?;
            integer(
                f,
                &IntegerTest::new(op, a.into(), b.into()),
                Dialect::Suricata,
                false,
            )?;
        }
    }
    match test.slice {
        Some((from, to)) => write!(f, ",{from}:{to}"),
        None => Ok(()),
    }
}

impl<N: Display> Display for Operand<N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Number(number) => number.fmt(f),
            Operand::Variable(name) => f.write_str(name),
        }
    }
}

fn requires(f: &mut Formatter<'_>, requires: &Requires) -> fmt::Result {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(
        requires
            .features
            .iter()
            .map(|feature| format!("feature {feature}")),
    );
    parts.extend(
        requires
            .keywords
            .iter()
            .map(|keyword| format!("keyword {keyword}")),
    );
    if !requires.versions.is_empty() {
        let test = |test: &VersionTest| {
            format!(
                "{} {}.{}.{}",
                sign(test.op),
                test.version.0,
                test.version.1,
                test.version.2
            )
        };
        let all = |tests: &Vec<VersionTest>| tests.iter().map(test).collect::<Vec<_>>().join(" ");
        parts.push(format!(
            "version {}",
            requires
                .versions
                .iter()
                .map(all)
                .collect::<Vec<_>>()
                .join(" | ")
        ));
    }
    parts.extend(requires.unknown.iter().map(|unknown| unknown.to_string()));
    joined(f, parts.iter(), ", ")
}

/// What byte keywords have in common.
fn traits(
    f: &mut Formatter<'_>,
    relative: bool,
    endian: Endian,
    string: Option<Base>,
    bitmask: Option<u32>,
) -> fmt::Result {
    if relative {
        f.write_str(",relative")?;
    }
    f.write_str(match endian {
        Endian::Big => "",
        Endian::Little => ",little",
        Endian::Dce => ",dce",
    })?;
    f.write_str(match string {
        None => "",
        Some(Base::Octal) => ",string,oct",
        Some(Base::Decimal) => ",string,dec",
        Some(Base::Hex) => ",string,hex",
        Some(Base::Guessed) => ",string",
    })?;
    match bitmask {
        Some(mask) => write!(f, ",bitmask {mask:#x}"),
        None => Ok(()),
    }
}

fn byte_test(f: &mut Formatter<'_>, test: &ByteTest) -> fmt::Result {
    let op = match test.op {
        ByteOp::Less => "<",
        ByteOp::LessOrEqual => "<=",
        ByteOp::Greater => ">",
        ByteOp::GreaterOrEqual => ">=",
        ByteOp::Equal => "=",
        ByteOp::And => "&",
        ByteOp::Xor => "^",
    };
    let not = if test.negated { "!" } else { "" };
    write!(f, "{},{not}{op},{},{}", test.bytes, test.value, test.offset)?;
    traits(f, test.relative, test.endian, test.string, test.bitmask)
}

fn byte_jump(f: &mut Formatter<'_>, jump: &ByteJump) -> fmt::Result {
    write!(f, "{},{}", jump.bytes, jump.offset)?;
    traits(f, jump.relative, jump.endian, jump.string, jump.bitmask)?;
    if jump.multiplier != 1 {
        write!(f, ",multiplier {}", jump.multiplier)?;
    }
    for (set, word) in [
        (jump.align, ",align"),
        (jump.from_beginning, ",from_beginning"),
        (jump.from_end, ",from_end"),
    ] {
        if set {
            f.write_str(word)?;
        }
    }
    if jump.post_offset != Operand::Number(0) {
        write!(f, ",post_offset {}", jump.post_offset)?;
    }
    Ok(())
}

fn byte_extract(f: &mut Formatter<'_>, extract: &ByteExtract) -> fmt::Result {
    write!(f, "{},{},{}", extract.bytes, extract.offset, extract.name)?;
    traits(
        f,
        extract.relative,
        extract.endian,
        extract.string,
        extract.bitmask,
    )?;
    if extract.multiplier != 1 {
        write!(f, ",multiplier {}", extract.multiplier)?;
    }
    match extract.align {
        Some(step) => write!(f, ",align {step}"),
        None => Ok(()),
    }
}

fn byte_math(f: &mut Formatter<'_>, math: &ByteMath) -> fmt::Result {
    let op = match math.op {
        MathOp::Add => "+",
        MathOp::Subtract => "-",
        MathOp::Multiply => "*",
        MathOp::Divide => "/",
        MathOp::ShiftLeft => "<<",
        MathOp::ShiftRight => ">>",
    };
    write!(
        f,
        "bytes {},offset {},oper {op},rvalue {},result {}",
        math.bytes, math.offset, math.rvalue, math.result
    )?;
    if math.relative {
        f.write_str(",relative")?;
    }
    f.write_str(match math.endian {
        Endian::Big => "",
        Endian::Little => ",endian little",
        Endian::Dce => ",dce",
    })?;
    f.write_str(match math.string {
        None => "",
        Some(Base::Octal) => ",string oct",
        Some(Base::Decimal) => ",string dec",
        Some(Base::Hex) => ",string hex",
        Some(Base::Guessed) => ",string",
    })?;
    match math.bitmask {
        Some(mask) => write!(f, ",bitmask {mask:#x}"),
        None => Ok(()),
    }
}

fn isdataat(f: &mut Formatter<'_>, test: &IsDataAt) -> fmt::Result {
    write!(
        f,
        "{}{}",
        if test.negated { "!" } else { "" },
        test.position
    )?;
    f.write_str(if test.relative { ",relative" } else { "" })?;
    f.write_str(if test.rawbytes { ",rawbytes" } else { "" })
}

fn base64_decode(f: &mut Formatter<'_>, decode: &Base64Decode) -> fmt::Result {
    let mut parts = Vec::new();
    parts.extend(decode.bytes.map(|bytes| format!("bytes {bytes}")));
    if decode.offset != 0 {
        parts.push(format!("offset {}", decode.offset));
    }
    if decode.relative {
        parts.push("relative".into());
    }
    joined(f, parts.iter(), ",")
}

fn entropy(f: &mut Formatter<'_>, entropy: &Entropy) -> fmt::Result {
    if entropy.bytes != 0 {
        write!(f, "bytes {},", entropy.bytes)?;
    }
    if entropy.offset != 0 {
        write!(f, "offset {},", entropy.offset)?;
    }
    f.write_str("value ")?;
    match entropy.op {
        IntegerOp::Between => write!(f, "{}-{}", entropy.value, entropy.upper),
        IntegerOp::NotBetween => write!(f, "!{}-{}", entropy.value, entropy.upper),
        op => write!(f, "{} {}", sign(op), entropy.value),
    }
}

fn asn1(f: &mut Formatter<'_>, checks: &[Asn1Check]) -> fmt::Result {
    let text = |check: &Asn1Check| match check {
        Asn1Check::BitstringOverflow => "bitstring_overflow".to_owned(),
        Asn1Check::DoubleOverflow => "double_overflow".to_owned(),
        Asn1Check::OversizeLength(length) => format!("oversize_length {length}"),
        Asn1Check::AbsoluteOffset(offset) => format!("absolute_offset {offset}"),
        Asn1Check::RelativeOffset(offset) => format!("relative_offset {offset}"),
    };
    joined(f, checks.iter().map(text), ",")
}

fn transform(f: &mut Formatter<'_>, name: &str, transform: &Transform) -> fmt::Result {
    match transform {
        Transform::Xor { offset, key } => {
            write!(f, "{name}:")?;
            if *offset != 0 {
                write!(f, "offset {offset},")?;
            }
            match key {
                XorKey::Extracted { bytes, offset } => write!(f, "extract {bytes} {offset}"),
                XorKey::Fixed(key) => {
                    f.write_char('"')?;
                    key.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                    f.write_char('"')
                }
            }
        }
        Transform::FromBase64(decode) => {
            let mode = match decode.mode {
                Base64Mode::Rfc2045 => "rfc2045",
                Base64Mode::Rfc4648 => "rfc4648",
                Base64Mode::Strict => "strict",
            };
            write!(f, "{name}:")?;
            if let Some(bytes) = decode.bytes {
                write!(f, "bytes {bytes},")?;
            }
            write!(f, "offset {},mode {mode}", decode.offset)
        }
        Transform::Pcre(pattern) => write!(f, "{name}:\"{pattern}\""),
        Transform::Gunzip(size) | Transform::ZlibDeflate(size) => {
            write!(f, "{name}:max-size {size}")
        }
        Transform::Subslice(slice) => {
            write!(f, "{name}:{}", slice.offset)?;
            if let Some(len) = slice.len {
                write!(f, ",{len}")?;
            }
            f.write_str(if slice.truncate { ",truncate" } else { "" })
        }
        Transform::Lua(script) => write!(f, "{name}:{script}"),
        _ => f.write_str(name),
    }
}
