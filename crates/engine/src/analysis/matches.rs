//! The options of a rule as objects: a name, and what the option says.

use serde_json::{Map, Value, json};
use tapir_rules::keywords::{flow, network};
use tapir_rules::tree::{
    Base, ByteJump, ByteTest, Endian, IntegerOp, IntegerTest, Operand, Opt, OptionKind, Pcre,
};

use super::content::{self, Shape};
use super::state;
use super::subject::Fast;

/// Remarks on a rule, in the order in which they come up.
#[derive(Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub(super) fn add(&mut self, note: &str) {
        self.0.push(note.to_owned());
    }

    /// The remarks; nothing if there are none.
    pub(super) fn json(self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.0.into())
    }
}

/// Options that look at one thing together, as objects.
pub(super) fn matches(
    options: &[&Opt],
    in_buffer: bool,
    fast: Option<Fast<'_>>,
    notes: &mut Notes,
) -> Vec<Value> {
    let mut anchored = false;
    let mut found = Vec::with_capacity(options.len());
    for (at, option) in options.iter().enumerate() {
        let next_is_relative = options.get(at + 1).is_some_and(|next| is_relative(next));
        let mut entry = Map::new();
        entry.insert("name".into(), option.keyword.name().into());
        if let OptionKind::Content(of) = &option.kind {
            let shape = Shape {
                // Nothing lies before the first pattern of a buffer: it counts from the beginning.
                from_beginning: in_buffer && !anchored,
                next_is_relative,
                is_fast: fast.is_some_and(|fast| fast.is(of)),
            };
            content::remark(of, shape, notes);
            entry.insert("content".into(), content::json(of, shape).into());
        } else if let Some((key, value)) = detail(option, next_is_relative, notes) {
            entry.insert(key, value);
        }
        anchored |= moves(option);
        found.push(Value::Object(entry));
    }
    found
}

/// Whether an option leaves a place from which another can count.
fn moves(option: &Opt) -> bool {
    matches!(
        option.kind,
        OptionKind::Content(_)
            | OptionKind::Pcre(_)
            | OptionKind::ByteJump(_)
            | OptionKind::ByteExtract(_)
            | OptionKind::ByteMath(_)
            | OptionKind::ByteTest(_)
    )
}

/// Whether an option counts from the match before it.
fn is_relative(option: &Opt) -> bool {
    match &option.kind {
        OptionKind::Content(content) => content.is_relative(),
        OptionKind::Pcre(pcre) => pcre.relative,
        OptionKind::ByteTest(test) => test.relative,
        OptionKind::ByteJump(jump) => jump.relative,
        OptionKind::ByteExtract(extract) => extract.relative,
        OptionKind::ByteMath(math) => math.relative,
        OptionKind::IsDataAt(data) => data.relative,
        OptionKind::Base64Decode(decode) => decode.relative,
        _ => false,
    }
}

/// What an option says beyond its name: the key of the object, and the object.
fn detail(option: &Opt, next_is_relative: bool, notes: &mut Notes) -> Option<(String, Value)> {
    let (key, value) = match &option.kind {
        OptionKind::Pcre(of) => ("pcre", pcre(of, next_is_relative, notes)),
        OptionKind::ByteTest(test) => ("byte_test", byte_test(test)),
        OptionKind::ByteJump(jump) => ("byte_jump", byte_jump(jump)),
        OptionKind::Absent(or_else) => ("absent", json!({"or_else": or_else})),
        OptionKind::Integer(test) => return Some((integer_key(option), integer(test))),
        OptionKind::Bsize(size) => ("bsize", integer(&size.test)),
        OptionKind::UriLen(length) => ("urilen", integer(&length.test)),
        _ => return state::detail(option).map(|(key, value)| (key.to_owned(), value)),
    };
    Some((key.to_owned(), value))
}

/// The key of a number's object: the last part of the keyword's name, that of a field without what it is a field of.
fn integer_key(option: &Opt) -> String {
    match option.keyword {
        network::ICODE => "code".to_owned(),
        network::ITYPE => "type".to_owned(),
        network::ICMP_ID => "id".to_owned(),
        network::ICMP_SEQ => "seq".to_owned(),
        flow::FLOW_AGE => "flow_age".to_owned(),
        keyword => {
            let name = keyword.name();
            name.rsplit('.').next().unwrap_or(name).to_owned()
        }
    }
}

/// A comparison with one or two numbers.
pub(super) fn integer(test: &IntegerTest) -> Value {
    let (a, b) = (test.a, test.b);
    match test.op {
        IntegerOp::Equal => json!({"equal": a}),
        IntegerOp::NotEqual => json!({"diff": a}),
        IntegerOp::Less => json!({"lt": a}),
        IntegerOp::LessOrEqual => json!({"lte": a}),
        IntegerOp::Greater => json!({"gt": a}),
        IntegerOp::GreaterOrEqual => json!({"gte": a}),
        IntegerOp::Between => json!({"range": {"min": a, "max": b}}),
        IntegerOp::NotBetween => json!({"negated_range": {"min": a, "max": b}}),
        IntegerOp::Within => json!({"inclusive_range": {"min": a, "max": b}}),
        IntegerOp::Masked => json!({"bitmask": {"mask": a, "value": b}}),
        IntegerOp::NotMasked => json!({"negated_bitmask": {"mask": a, "value": b}}),
    }
}

fn pcre(pcre: &Pcre, next_is_relative: bool, notes: &mut Notes) -> Value {
    if pcre.rawbytes {
        notes.add("'/B' (rawbytes) option is a no-op and is silently ignored");
    }
    if has_grapheme_cluster(&pcre.pattern) {
        notes.add("pcre with \\X (Unicode extended grapheme cluster) may be slow");
    }
    json!({
        "relative": pcre.relative,
        "relative_next": next_is_relative,
        "nocase": pcre.caseless,
        "negated": pcre.negated,
    })
}

/// Whether an expression has `\X`, which is not `\\X`.
fn has_grapheme_cluster(pattern: &str) -> bool {
    let mut bytes = pattern.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'X') {
            return true;
        }
    }
    false
}

/// A number, or the name of the variable that holds it.
fn operand<N: Copy + Into<Value>>(operand: &Operand<N>) -> Value {
    match operand {
        Operand::Number(number) => (*number).into(),
        Operand::Variable(name) => (&**name).into(),
    }
}

fn base(base: Option<Base>) -> &'static str {
    match base {
        None | Some(Base::Guessed) => "unset",
        Some(Base::Octal) => "oct",
        Some(Base::Decimal) => "dec",
        Some(Base::Hex) => "hex",
    }
}

/// The words for how a number is read, each with whether it applies.
fn reading(endian: Endian, string: Option<Base>, relative: bool) -> [(bool, &'static str); 4] {
    [
        (endian == Endian::Little, "little_endian"),
        (string.is_some(), "string"),
        (relative, "relative"),
        (endian == Endian::Dce, "dce"),
    ]
}

fn byte_test(test: &ByteTest) -> Value {
    let flags: Vec<&str> = reading(test.endian, test.string, test.relative)
        .into_iter()
        .filter_map(|(applies, word)| applies.then_some(word))
        .collect();
    json!({
        "nbytes": operand(&test.bytes),
        "offset": operand(&test.offset),
        "base": base(test.string),
        "flags": flags,
    })
}

fn byte_jump(jump: &ByteJump) -> Value {
    let [little, string, relative, dce] = reading(jump.endian, jump.string, jump.relative);
    let flags: Vec<&str> = [
        (jump.from_beginning, "from_beginning"),
        little,
        string,
        relative,
        (jump.align, "align"),
        dce,
        (jump.from_end, "from_end"),
    ]
    .into_iter()
    .filter_map(|(applies, word)| applies.then_some(word))
    .collect();
    json!({
        "nbytes": operand(&jump.bytes),
        "offset": operand(&jump.offset),
        "multiplier": jump.multiplier,
        "post_offset": operand(&jump.post_offset),
        "base": base(jump.string),
        "flags": flags,
    })
}
