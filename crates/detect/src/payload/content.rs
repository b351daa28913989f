//! `content`: where it may stand, and where it does.

use tapir_matcher::Literal;

use super::scratch::Variables;
use super::step::Value;

/// A content and its modifiers.
#[derive(Debug)]
pub(super) struct ContentStep {
    pub(super) literal: Literal,
    pub(super) negated: bool,
    /// Must end the buffer.
    pub(super) endswith: bool,
    /// Something after it counts from its match and may hold at a later one.
    pub(super) retry: bool,
    /// Nothing counts from it, and it may stand anywhere.
    pub(super) single: bool,
    pub(super) offset: Option<Value>,
    /// From the start of the buffer; a variable counts from `offset`.
    pub(super) depth: Option<Value>,
    pub(super) distance: Option<Value>,
    pub(super) within: Option<Value>,
}

impl ContentStep {
    pub(super) fn is_relative(&self) -> bool {
        self.distance.is_some() || self.within.is_some()
    }

    /// The first and the last position between which the content has to lie in a buffer of `len` bytes that starts
    /// `before` bytes into the whole; nothing if what it counts from has passed.
    pub(super) fn window(
        &self,
        variables: &Variables,
        cursor: usize,
        len: usize,
        before: u64,
    ) -> Option<(usize, usize)> {
        let len = len as u64;
        let (mut start, mut end) = if self.is_relative() {
            self.relative_window(variables, cursor as u64, len, before)?
        } else {
            let depth = self.depth.map(|depth| unsigned(depth, variables));
            let end = match depth {
                Some(depth) => shifted(depth, len, before)?,
                None => len,
            };
            (
                self.offset.map_or(0, |offset| unsigned(offset, variables)),
                end,
            )
        };
        if self.offset.is_some_and(Value::is_variable) || self.depth.is_some_and(Value::is_variable)
        {
            end = end.saturating_add(start);
        }
        end = end.min(len);
        start = start.min(u64::from(u32::MAX));
        Some((start as usize, end as usize))
    }

    fn relative_window(
        &self,
        variables: &Variables,
        cursor: u64,
        len: u64,
        before: u64,
    ) -> Option<(u64, u64)> {
        let (mut start, mut end) = (cursor, len);
        let distance = self
            .distance
            .map_or(0, |distance| distance.get(variables) as i32);
        start = start.saturating_add_signed(i64::from(distance));
        if let Some(within) = self.within {
            let within = within.get(variables) as i32;
            // In 32 bits, as the engine whose rules these are: a limit before the buffer is none.
            let limit = (cursor as i32).wrapping_add(within).wrapping_add(distance);
            if end as i32 > limit {
                end = u64::from(limit as u32);
            }
            if cursor == 0 {
                end = shifted(end, len, before)?;
            }
        }
        if let Some(depth) = self.depth {
            end = end.min(cursor.saturating_add(unsigned(depth, variables)));
        }
        if let Some(offset) = self.offset {
            start = start.max(unsigned(offset, variables));
        }
        Some((start, end))
    }

    /// Where the content first stands between two positions.
    #[inline]
    pub(super) fn find(&self, data: &[u8], start: usize, end: usize) -> Option<usize> {
        let searched = data.get(start..end)?;
        if !self.endswith {
            return Some(start + self.literal.find(searched)?);
        }
        if end < data.len() {
            None
        } else if self.negated {
            Some(start + self.literal.find(searched)?)
        } else {
            // Of all places only the last one will do.
            self.literal
                .is_suffix_of(searched)
                .then(|| end - self.literal.len())
        }
    }
}

fn unsigned(value: Value, variables: &Variables) -> u64 {
    u64::from(value.get(variables) as u32)
}

/// A limit that counts from the start of the whole, in a buffer that starts `before` bytes into it. Nothing if the
/// buffer starts beyond it.
fn shifted(limit: u64, len: u64, before: u64) -> Option<u64> {
    if before == 0 || limit >= before.saturating_add(len) {
        Some(limit)
    } else {
        limit.checked_sub(before).filter(|left| *left > 0)
    }
}
