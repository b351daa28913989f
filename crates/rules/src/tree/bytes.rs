//! Numbers in the payload, and positions in it.

use super::{IntegerTest, Operand};

/// Byte order of an extracted number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Most significant byte first.
    #[default]
    Big,
    /// Least significant byte first.
    Little,
    /// As the DCE/RPC header says.
    Dce,
}

/// Base of a number written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// Base 8.
    Octal,
    /// Base 10.
    Decimal,
    /// Base 16.
    Hex,
    /// Taken from the prefix, as `strtoul` does with base zero.
    Guessed,
}

/// Comparison of `byte_test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOp {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `=`, `==`
    Equal,
    /// `&`: any bit in common.
    And,
    /// `^`: exclusive or is not zero.
    Xor,
}

/// `byte_test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteTest {
    /// Number of bytes taken.
    pub bytes: Operand,
    /// The comparison.
    pub op: ByteOp,
    /// Whether its result is turned round.
    pub negated: bool,
    /// What is compared with.
    pub value: Operand<u64>,
    /// Where the bytes are.
    pub offset: Operand,
    /// Whether the offset counts from the previous match.
    pub relative: bool,
    /// Byte order.
    pub endian: Endian,
    /// The base, when the bytes are digits in text.
    pub string: Option<Base>,
    /// Mask laid over the number; the result is shifted right by the mask's trailing zeros.
    pub bitmask: Option<u32>,
}

/// `byte_jump`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteJump {
    /// Number of bytes taken; zero jumps by `post_offset` alone.
    pub bytes: Operand,
    /// Where the bytes are.
    pub offset: Operand,
    /// Whether the offset counts from the previous match.
    pub relative: bool,
    /// Byte order.
    pub endian: Endian,
    /// The base, when the bytes are digits in text.
    pub string: Option<Base>,
    /// Factor of the number; one when not written.
    pub multiplier: u32,
    /// Round up to the next multiple of four.
    pub align: bool,
    /// Jump from the beginning of the buffer.
    pub from_beginning: bool,
    /// Jump back from the end of the buffer.
    pub from_end: bool,
    /// Added after the jump.
    pub post_offset: Operand,
    /// Mask laid over the number.
    pub bitmask: Option<u32>,
}

/// `byte_extract`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteExtract {
    /// Number of bytes taken.
    pub bytes: u8,
    /// Where the bytes are.
    pub offset: Operand,
    /// Variable to set.
    pub name: Box<str>,
    /// Whether the offset counts from the previous match.
    pub relative: bool,
    /// Byte order.
    pub endian: Endian,
    /// The base, when the bytes are digits in text.
    pub string: Option<Base>,
    /// Factor of the number; one when not written.
    pub multiplier: u32,
    /// Round up to the next multiple of this (2 or 4).
    pub align: Option<u8>,
    /// Mask laid over the number.
    pub bitmask: Option<u32>,
}

/// Operation of `byte_math`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MathOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
}

/// `byte_math`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteMath {
    /// Number of bytes taken.
    pub bytes: Operand,
    /// Where the bytes are.
    pub offset: Operand,
    /// The operation.
    pub op: MathOp,
    /// The right side.
    pub rvalue: Operand,
    /// Variable to set.
    pub result: Box<str>,
    /// Whether the offset counts from the previous match.
    pub relative: bool,
    /// Byte order.
    pub endian: Endian,
    /// The base, when the bytes are digits in text.
    pub string: Option<Base>,
    /// Mask laid over the number.
    pub bitmask: Option<u32>,
}

/// `isdataat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsDataAt {
    /// Turned round: no data there.
    pub negated: bool,
    /// The position.
    pub position: Operand,
    /// Whether it counts from the previous match.
    pub relative: bool,
    /// The payload before normalisation.
    pub rawbytes: bool,
}

/// `bsize`, `bufferlen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bsize {
    /// The comparison.
    pub test: IntegerTest,
    /// A variable to compare with in place of the number.
    pub variable: Option<Box<str>>,
    /// Snort 3's `relative`: the bytes that remain after the previous match.
    pub relative: bool,
}

/// `urilen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriLen {
    /// The comparison.
    pub test: IntegerTest,
    /// The URI as sent (`raw`, what Snort 2 means without a word), not the normalised one (`norm`).
    pub raw: bool,
}

/// `base64_decode`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64Decode {
    /// How many encoded bytes to take; all when not written.
    pub bytes: Option<u32>,
    /// Where they start.
    pub offset: u32,
    /// Whether that counts from the previous match.
    pub relative: bool,
}

/// `entropy`: bits for each byte of a piece of the buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Entropy {
    /// How many bytes; all the rest when zero.
    pub bytes: u32,
    /// Where they start.
    pub offset: i32,
    /// The comparison.
    pub op: super::IntegerOp,
    /// The value compared with.
    pub value: f64,
    /// The other end of a range.
    pub upper: f64,
}

/// One check of `asn1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asn1Check {
    /// A bit string with more unused bits than it can have.
    BitstringOverflow,
    /// A real number that overflows a buffer.
    DoubleOverflow,
    /// A length greater than this.
    OversizeLength(u32),
    /// Decode from here, counted from the beginning of the payload.
    AbsoluteOffset(u32),
    /// Decode from here, counted from the previous match.
    RelativeOffset(i32),
}

/// `rpc`: the numbers of an ONC RPC call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rpc {
    /// Program number.
    pub program: u32,
    /// Version, `None` for any.
    pub version: Option<u32>,
    /// Procedure, `None` for any.
    pub procedure: Option<u32>,
}
