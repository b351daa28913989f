//! `byte_test`, `byte_jump`, `byte_extract` and `byte_math`.

use tapir_rules::tree::{ByteOp, MathOp};

use super::InspectBuffer;
use super::number::{Format, masked};
use super::scratch::Variables;
use super::step::Value;
use crate::names::NameId;

/// Where a number stands and how it is read.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) bytes: Value,
    pub(super) offset: Value,
    pub(super) relative: bool,
    pub(super) format: Format,
}

/// A number that was read.
struct Read {
    number: u64,
    /// Where it ended: after its last digit, when it is written in digits.
    end: usize,
}

impl Field {
    fn read(
        &self,
        buffer: &InspectBuffer<'_>,
        cursor: usize,
        variables: &Variables,
    ) -> Option<Read> {
        let data = buffer.data;
        if data.is_empty() {
            return None;
        }
        let base = if self.relative { cursor } else { 0 };
        let offset = self.offset.get(variables) as i32;
        let start = base.checked_add_signed(offset as isize)?;
        let bytes = usize::try_from(self.bytes.get(variables)).ok()?;
        // No bytes at all can be taken from the very end: `byte_jump:0` moves by its `post_offset` alone.
        if start > data.len() || (self.relative && bytes > 0 && start == data.len()) {
            return None;
        }
        let (number, used) = self
            .format
            .read(data.get(start..start.checked_add(bytes)?)?)?;
        Some(Read {
            number,
            end: start + used,
        })
    }
}

/// `byte_test`.
#[derive(Debug)]
pub(super) struct TestStep {
    pub(super) field: Field,
    pub(super) op: ByteOp,
    pub(super) negated: bool,
    pub(super) value: TestValue,
    pub(super) bitmask: Option<u32>,
}

/// What `byte_test` compares with.
#[derive(Debug, Clone, Copy)]
pub(super) enum TestValue {
    Number(u64),
    Variable(NameId),
}

impl TestStep {
    pub(super) fn holds(
        &self,
        buffer: &InspectBuffer<'_>,
        cursor: usize,
        variables: &Variables,
    ) -> bool {
        let Some(read) = self.field.read(buffer, cursor, variables) else {
            return false;
        };
        let number = masked(read.number, self.bitmask);
        let value = match self.value {
            TestValue::Number(number) => number,
            TestValue::Variable(name) => variables.get(name),
        };
        let holds = match self.op {
            ByteOp::Less => number < value,
            ByteOp::LessOrEqual => number <= value,
            ByteOp::Greater => number > value,
            ByteOp::GreaterOrEqual => number >= value,
            ByteOp::Equal => number == value,
            ByteOp::And => number & value != 0,
            ByteOp::Xor => number ^ value != 0,
        };
        holds != self.negated
    }
}

/// `byte_jump`.
#[derive(Debug)]
pub(super) struct JumpStep {
    pub(super) field: Field,
    pub(super) multiplier: u32,
    pub(super) align: bool,
    pub(super) from: JumpFrom,
    pub(super) post_offset: Value,
    pub(super) bitmask: Option<u32>,
}

/// What `byte_jump` counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JumpFrom {
    /// The end of the number.
    Here,
    /// The start of the buffer.
    Beginning,
    /// The end of the buffer.
    End,
}

impl JumpStep {
    /// Where the jump lands; nothing if there is no number or the place is behind the buffer.
    pub(super) fn land(
        &self,
        buffer: &InspectBuffer<'_>,
        cursor: usize,
        variables: &Variables,
    ) -> Option<usize> {
        let read = self.field.read(buffer, cursor, variables)?;
        let mut jump = masked(read.number, self.bitmask).wrapping_mul(u64::from(self.multiplier));
        if self.align {
            jump = aligned(jump, 4);
        }
        let jump = jump.wrapping_add_signed(self.post_offset.get(variables)) as i64;
        let from = match self.from {
            JumpFrom::Here => read.end,
            JumpFrom::Beginning => 0,
            JumpFrom::End => buffer.data.len(),
        };
        let place = (from as i64).saturating_add(jump);
        let place = usize::try_from(place.max(0)).ok()?;
        (place < buffer.data.len()).then_some(place)
    }
}

/// `byte_extract`.
#[derive(Debug)]
pub(super) struct ExtractStep {
    pub(super) field: Field,
    pub(super) name: NameId,
    pub(super) multiplier: u32,
    pub(super) align: Option<u8>,
    pub(super) bitmask: Option<u32>,
}

impl ExtractStep {
    /// Sets the variable and returns where the number ended.
    pub(super) fn take(
        &self,
        buffer: &InspectBuffer<'_>,
        cursor: usize,
        variables: &mut Variables,
    ) -> Option<usize> {
        let read = self.field.read(buffer, cursor, variables)?;
        let mut number = masked(read.number, self.bitmask).wrapping_mul(u64::from(self.multiplier));
        if let Some(align) = self.align {
            number = aligned(number, u64::from(align));
        }
        variables.set(self.name, number);
        Some(read.end)
    }
}

/// `byte_math`.
#[derive(Debug)]
pub(super) struct MathStep {
    pub(super) field: Field,
    pub(super) op: MathOp,
    pub(super) rvalue: MathValue,
    pub(super) result: NameId,
    pub(super) bitmask: Option<u32>,
}

/// The right side of `byte_math`.
#[derive(Debug, Clone, Copy)]
pub(super) enum MathValue {
    Number(u64),
    Variable(NameId),
}

impl MathStep {
    /// Sets the variable and returns where the number ended; nothing if it would divide by zero.
    pub(super) fn take(
        &self,
        buffer: &InspectBuffer<'_>,
        cursor: usize,
        variables: &mut Variables,
    ) -> Option<usize> {
        let read = self.field.read(buffer, cursor, variables)?;
        let right = match self.rvalue {
            MathValue::Number(number) => number,
            MathValue::Variable(name) => variables.get(name),
        };
        let shift = u32::try_from(right).unwrap_or(u32::MAX);
        let number = match self.op {
            MathOp::Add => read.number.wrapping_add(right),
            MathOp::Subtract => read.number.wrapping_sub(right),
            MathOp::Multiply => read.number.wrapping_mul(right),
            MathOp::Divide => read.number.checked_div(right)?,
            MathOp::ShiftLeft => read.number.checked_shl(shift).unwrap_or(0),
            MathOp::ShiftRight => read.number.checked_shr(shift).unwrap_or(0),
        };
        variables.set(self.result, masked(number, self.bitmask));
        Some(read.end)
    }
}

fn aligned(number: u64, to: u64) -> u64 {
    match to {
        0 => number,
        _ => number.checked_next_multiple_of(to).unwrap_or(0),
    }
}
