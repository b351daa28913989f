//! What following a segment has brought.

use bitflags::bitflags;
use tapir_packet::Direction;

use super::{StreamEvent, StreamEvents};
use crate::FlowState;

/// Why the engine wants a packet dropped (inline only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It does not fit its session (`stream error`).
    Invalid,
    /// It carries urgent data (`stream urgent`).
    Urgent,
}

/// A case for which the configuration has an exception policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A segment without a session that opens none (`stream.midstream-policy`).
    Midstream,
    /// No memory for a session (`stream.memcap-policy`).
    SessionMemcap,
    /// No memory for stream data (`stream.reassembly.memcap-policy`).
    ReassemblyMemcap,
}

bitflags! {
    /// What a segment turned out to be.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SegmentFlags: u32 {
        /// The session is established, even if this segment has closed it.
        const ESTABLISHED = 1 << 0;
        /// Its data was added to the stream: it is inspected there and not as the packet's payload.
        const ADDED = 1 << 1;
        /// The session's state changed.
        const STATE_CHANGED = 1 << 2;
        /// Data was sent before.
        const RETRANSMISSION = 1 << 3;
        /// Data was acknowledged before.
        const SPURIOUS_RETRANSMISSION = 1 << 4;
        /// A keep-alive.
        const KEEPALIVE = 1 << 5;
        /// The answer to a keep-alive.
        const KEEPALIVE_ACK = 1 << 6;
        /// It does nothing but change the window.
        const WINDOW_UPDATE = 1 << 7;
        /// It probes a closed window.
        const ZERO_WINDOW_PROBE = 1 << 8;
        /// The answer to such a probe.
        const ZERO_WINDOW_PROBE_ACK = 1 << 9;
        /// It repeats an acknowledgment.
        const DUP_ACK = 1 << 10;
        /// It acknowledges data that was not seen.
        const ACK_UNSEEN_DATA = 1 << 11;
        /// It does not fit its session and was not followed.
        const REJECTED = 1 << 12;
        /// Its payload is not to be inspected.
        const NO_PAYLOAD_INSPECTION = 1 << 13;
        /// It opened the session.
        const OPENED = 1 << 14;
        /// It opened the session in its middle.
        const MIDSTREAM = 1 << 15;
        /// Client and server are the other way round: the flow and the packet's direction are to be turned. The
        /// session is right already.
        const REVERSED = 1 << 16;
        /// It counts as established although its session became so only now.
        const FLOW_ESTABLISHED = 1 << 17;
        /// Its checksum is wrong: it was not followed.
        const BAD_CHECKSUM = 1 << 18;
        /// In its place other data was accepted before, and that stays (inline only).
        const OVERRULED = 1 << 19;
        /// It is made up, to have the rest of a stream inspected.
        const STREAM_END = 1 << 20;
    }
}

/// What following a segment has brought. Reused from one segment to the next.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was remarkable. Gaps are added while the application layer is fed.
    pub events: StreamEvents,
    /// What the segment is.
    pub flags: SegmentFlags,
    /// The packet is to be dropped.
    pub drop: Option<DropReason>,
    /// An exception policy applies.
    pub exception: Option<Exception>,
    /// The state that the flow has now, when the session's change implies one.
    pub flow_state: Option<FlowState>,
    pub(crate) updates: [Option<Direction>; 2],
}

impl Outcome {
    /// The directions whose streams may have something new for the application layer, in the order they are to be
    /// read.
    pub fn updates(&self) -> impl Iterator<Item = Direction> + use<> {
        self.updates.into_iter().flatten()
    }

    /// Whether some flags are all set.
    #[inline]
    #[must_use]
    pub fn is(&self, flags: SegmentFlags) -> bool {
        self.flags.contains(flags)
    }

    #[inline]
    pub(crate) fn event(&mut self, event: StreamEvent) {
        self.events.set(event);
    }

    #[inline]
    pub(crate) fn mark(&mut self, flags: SegmentFlags) {
        self.flags.insert(flags);
    }

    pub(crate) fn update(&mut self, dir: Direction) {
        if self.updates.contains(&Some(dir)) {
            return;
        }
        if let Some(free) = self.updates.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(dir);
        }
    }
}
