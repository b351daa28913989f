//! A captured frame, before decoding.

use crate::{LinkType, Timestamp};

/// One captured frame, lent by its capture buffer.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub ts: Timestamp,
    /// What its first byte is the start of.
    pub link: LinkType,
    /// The captured bytes.
    pub data: &'a [u8],
    /// How long the frame was on the wire, in bytes; more than `data.len()` when the capture
    /// cut it short.
    pub wire_len: u32,
}
