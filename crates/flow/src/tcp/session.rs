//! What is remembered of a TCP session.

use bitflags::bitflags;
use smallvec::SmallVec;
use tapir_packet::{Direction, TcpFlags};

use super::reassembly_buffer::Reassembly;
use super::sack::SackList;
use super::syn_queue::QueuedSyn;

/// States of a session (RFC 9293, 3.3.2), as seen by one who watches. The order counts: what compares greater than
/// [`State::TimeWait`] is on its way down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No session.
    #[default]
    None,
    /// The client has sent its SYN.
    SynSent,
    /// The server has answered it.
    SynRecv,
    /// The handshake is complete.
    Established,
    /// The server has sent a FIN.
    FinWait1,
    /// The server's FIN was acknowledged.
    FinWait2,
    /// Both FINs were sent and acknowledged.
    TimeWait,
    /// The server has sent its FIN after the client's.
    LastAck,
    /// The client has sent a FIN.
    CloseWait,
    /// Both FINs have crossed.
    Closing,
    /// It is over.
    Closed,
}

impl State {
    /// The name used in records: `established`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::None => "none",
            State::SynSent => "syn_sent",
            State::SynRecv => "syn_recv",
            State::Established => "established",
            State::FinWait1 => "fin_wait1",
            State::FinWait2 => "fin_wait2",
            State::TimeWait => "time_wait",
            State::LastAck => "last_ack",
            State::CloseWait => "close_wait",
            State::Closing => "closing",
            State::Closed => "closed",
        }
    }
}

bitflags! {
    /// What is so of a whole session.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct SessionFlags: u32 {
        const MIDSTREAM = 1 << 0;
        const MIDSTREAM_ESTABLISHED = 1 << 1;
        const MIDSTREAM_SYNACK = 1 << 2;
        const TIMESTAMP = 1 << 3;
        const SERVER_WSCALE = 1 << 4;
        const CLOSED_BY_RST = 1 << 5;
        const SPLIT_HANDSHAKE = 1 << 6;
        const EVASION_ATTEMPT = 1 << 7;
        const CLIENT_SACKOK = 1 << 8;
        const SACKOK = 1 << 9;
        const HANDSHAKE_CONFIRMED = 1 << 10;
        const APP_DISABLED = 1 << 11;
        const ASYNC = 1 << 12;
        const FAST_OPEN = 1 << 13;
        const FAST_OPEN_IGNORED = 1 << 14;
        const PROBE_TO_SERVER = 1 << 15;
        const PROBE_TO_CLIENT = 1 << 16;
        const LIBERAL = 1 << 17;
        const INLINE = 1 << 18;
    }
}

bitflags! {
    /// What is so of one of its streams.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct StreamFlags: u16 {
        const HAS_GAP = 1 << 0;
        const NO_REASSEMBLY = 1 << 1;
        const KEEPALIVE = 1 << 2;
        const DEPTH_REACHED = 1 << 3;
        const TRIGGER_RAW = 1 << 4;
        const TIMESTAMP = 1 << 5;
        const ZERO_TIMESTAMP = 1 << 6;
        const DETECTION_DONE = 1 << 7;
        const NEW_RAW_DISABLED = 1 << 8;
        const RAW_DISABLED = 1 << 9;
        const RST_RECEIVED = 1 << 10;
        const HAS_DATA = 1 << 11;
    }
}

/// One stream of a session: what the sender of a direction has said, and what its peer has acknowledged of it.
#[derive(Debug, Default)]
pub struct Stream {
    pub(crate) isn: u32,
    pub(crate) next_seq: u32,
    pub(crate) last_ack: u32,
    pub(crate) next_win: u32,
    /// Window the peer has opened to this sender, scaled.
    pub(crate) window: u32,
    pub(crate) last_ts: u32,
    pub(crate) last_pkt_secs: u32,
    /// Sequence number of the byte at `base`.
    pub(crate) base_seq: u32,
    /// Offset since the stream's start of the first byte kept.
    pub(crate) base: u64,
    /// Offset behind the last byte that came.
    pub(crate) right_edge: u64,
    /// Bytes behind `base` that the application layer has consumed.
    pub(crate) app_ahead: u32,
    /// Bytes behind `base` that were inspected as a stream.
    pub(crate) raw_ahead: u32,
    pub(crate) min_inspect_depth: u32,
    pub(crate) data_required: u32,
    pub(crate) flags: StreamFlags,
    pub(crate) tcp_flags: TcpFlags,
    pub(crate) wscale: u8,
    /// Unset until the first segment that needs it.
    pub(crate) policy: Option<super::OsPolicy>,
    pub(crate) max_regions: u8,
    pub(crate) buffer: Option<Box<Reassembly>>,
    pub(crate) sack: Option<Box<SackList>>,
}

impl Stream {
    /// Initial sequence number of the sender.
    #[must_use]
    pub fn isn(&self) -> u32 {
        self.isn
    }

    /// The sequence number expected next.
    #[must_use]
    pub fn next_seq(&self) -> u32 {
        self.next_seq
    }

    /// The last acknowledgment by the peer.
    #[must_use]
    pub fn last_ack(&self) -> u32 {
        self.last_ack
    }

    /// The window that the peer has opened, scaled.
    #[must_use]
    pub fn window(&self) -> u32 {
        self.window
    }

    /// The sequence number behind the window that the peer has opened.
    #[must_use]
    pub fn next_window(&self) -> u32 {
        self.next_win
    }

    /// Sequence number of the first byte still kept.
    #[must_use]
    pub fn base_seq(&self) -> u32 {
        self.base_seq
    }

    /// The sequence number behind the last byte that came.
    #[must_use]
    pub fn right_edge(&self) -> u32 {
        let beyond = self.right_edge.saturating_sub(self.base);
        // Sequence numbers wrap around.
        self.base_seq.wrapping_add(beyond as u32)
    }

    /// Segments whose data is kept.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.buffer.as_ref().map_or(0, |kept| kept.segments.len())
    }

    /// Bytes of memory that hold what is kept.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.as_ref().map_or(0, |kept| kept.cost())
    }

    /// Window scale: the shift count of windows sent to this stream's sender.
    #[must_use]
    pub fn window_scale(&self) -> u8 {
        self.wscale
    }

    /// Sequence numbers used so far, those of SYN and FIN included: what the `stream_size` keyword compares.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.next_seq.wrapping_sub(self.isn)
    }

    /// Every flag that the sender has set.
    #[must_use]
    pub fn tcp_flags(&self) -> TcpFlags {
        self.tcp_flags
    }

    /// Data of this stream was acknowledged that never came.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.flags.contains(StreamFlags::HAS_GAP)
    }

    /// The most separate regions that data was kept in at the same time.
    #[must_use]
    pub fn max_regions(&self) -> u8 {
        self.max_regions.max(1)
    }

    /// The stream was put together as far as is configured.
    #[must_use]
    pub fn is_depth_reached(&self) -> bool {
        self.flags.contains(StreamFlags::DEPTH_REACHED)
    }

    /// Nothing of this stream is put together any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.flags.contains(StreamFlags::NO_REASSEMBLY)
    }

    /// Offset since the start of the stream up to which the application layer has consumed.
    #[must_use]
    pub fn app_progress(&self) -> u64 {
        self.base + u64::from(self.app_ahead)
    }

    /// Offset since the start of the stream up to which it was inspected as such.
    #[must_use]
    pub fn raw_progress(&self) -> u64 {
        self.base + u64::from(self.raw_ahead)
    }

    /// Offset of the first byte still kept.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Bytes that lie ready from the start of the stream, acknowledged or not: what recognition of the protocol has to
    /// work on. 0 once the start was let go.
    #[must_use]
    pub fn available_for_recognition(&self) -> u32 {
        match &self.buffer {
            Some(buffer) if buffer.is_fragmented() => {
                buffer.covered().min(u64::from(u32::MAX)) as u32
            }
            Some(buffer) if self.base == 0 => buffer.end(self.base).min(u64::from(u32::MAX)) as u32,
            _ => 0,
        }
    }

    /// Offset up to which the peer has acknowledged; at least that of the first byte kept.
    pub(crate) fn acked(&self) -> u64 {
        let beyond = self.last_ack.wrapping_sub(self.base_seq) as i32;
        self.base + u64::try_from(beyond).unwrap_or(0)
    }

    /// Whether any data was ever kept.
    pub(crate) fn has_seen_data(&self) -> bool {
        self.base > 0 || self.buffer.is_some()
    }

    /// Offset behind what is kept without a large gap.
    pub(crate) fn buffered_end(&self) -> u64 {
        self.buffer
            .as_ref()
            .map_or(self.base, |buffer| buffer.end(self.base))
    }

    /// Begins the stream behind an initial sequence number.
    pub(crate) fn begin(&mut self, isn: u32) {
        self.isn = isn;
        self.base_seq = isn.wrapping_add(1);
    }

    pub(crate) fn set(&mut self, flags: StreamFlags) {
        self.flags.insert(flags);
    }

    pub(crate) fn is(&self, flags: StreamFlags) -> bool {
        self.flags.contains(flags)
    }
}

/// What is remembered of a TCP session.
#[derive(Debug, Default)]
pub struct Session {
    /// The stream of the client, then that of the server.
    pub(crate) streams: [Stream; 2],
    pub(crate) flags: SessionFlags,
    pub(crate) state: State,
    pub(crate) previous: State,
    pub(crate) tcp_flags: TcpFlags,
    pub(crate) first_data: Option<Direction>,
    /// Urgent bytes taken out of each stream.
    pub(crate) urgent: [u16; 2],
    pub(crate) depth: u32,
    /// Handshakes that may still turn out to be the one.
    pub(crate) queue: Option<Box<SmallVec<[QueuedSyn; 2]>>>,
}

impl Session {
    /// Whether a stream has reached the depth to which it is put together.
    #[must_use]
    pub fn is_beyond_depth(&self) -> bool {
        let mut streams = self.streams.iter();
        streams.any(|stream| stream.is(StreamFlags::DEPTH_REACHED))
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The state before the last change.
    #[must_use]
    pub fn previous_state(&self) -> State {
        self.previous
    }

    /// The handshake is over, even if the session is too.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.state >= State::Established
    }

    /// The stream that flows in a direction.
    #[must_use]
    pub fn stream(&self, dir: Direction) -> &Stream {
        &self.streams[dir.index()]
    }

    pub(crate) fn stream_mut(&mut self, dir: Direction) -> &mut Stream {
        &mut self.streams[dir.index()]
    }

    /// Sender and receiver of a direction: the stream that a segment of it adds to and the one it acknowledges.
    #[inline]
    pub(crate) fn ends(&mut self, dir: Direction) -> (&mut Stream, &mut Stream) {
        let [client, server] = &mut self.streams;
        match dir {
            Direction::ToServer => (client, server),
            Direction::ToClient => (server, client),
        }
    }

    /// Every flag seen, both directions together.
    #[must_use]
    pub fn tcp_flags(&self) -> TcpFlags {
        self.tcp_flags
    }

    /// The session was taken up in its middle.
    #[must_use]
    pub fn is_midstream(&self) -> bool {
        self.is(SessionFlags::MIDSTREAM)
    }

    /// Only one side is seen.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.is(SessionFlags::ASYNC)
    }

    /// A reset ended the session.
    #[must_use]
    pub fn is_closed_by_rst(&self) -> bool {
        self.is(SessionFlags::CLOSED_BY_RST)
    }

    /// Data came with the handshake (RFC 7413).
    #[must_use]
    pub fn is_fast_open(&self) -> bool {
        self.is(SessionFlags::FAST_OPEN)
    }

    /// The direction in which data came first.
    #[must_use]
    pub fn first_data(&self) -> Option<Direction> {
        self.first_data
    }

    /// Urgent bytes taken out of the stream of a direction.
    #[must_use]
    pub fn urgent_bytes(&self, dir: Direction) -> u16 {
        self.urgent[dir.index()]
    }

    /// No protocol parser wants data of this session.
    #[must_use]
    pub fn is_app_disabled(&self) -> bool {
        self.is(SessionFlags::APP_DISABLED)
    }

    /// Gives no more data to the application layer.
    pub fn disable_app(&mut self) {
        self.flags.insert(SessionFlags::APP_DISABLED);
    }

    /// Takes no new data for the inspection of a stream as such; what is there is still inspected.
    pub fn disable_raw(&mut self, dir: Direction) {
        self.stream_mut(dir).set(StreamFlags::NEW_RAW_DISABLED);
    }

    /// Has what is there of a stream inspected at the next occasion, however little it is.
    pub fn trigger_raw(&mut self, dir: Direction) {
        self.stream_mut(dir).set(StreamFlags::TRIGGER_RAW);
    }

    /// Puts together at most so many bytes of each stream from now on; 0: no limit.
    pub fn set_depth(&mut self, bytes: u32) {
        self.depth = bytes;
    }

    /// Keeps so many bytes before what was inspected, for rules that look at the start of a message.
    pub fn set_min_inspect_depth(&mut self, dir: Direction, bytes: u32) {
        self.stream_mut(dir).min_inspect_depth = bytes;
    }

    /// Recognition of the protocol is over for a direction: the start of the stream may go.
    pub fn set_recognised(&mut self, dir: Direction) {
        self.stream_mut(dir).set(StreamFlags::DETECTION_DONE);
    }

    /// Whether recognition of the protocol is over for a direction.
    #[must_use]
    pub fn is_recognised(&self, dir: Direction) -> bool {
        self.stream(dir).is(StreamFlags::DETECTION_DONE)
    }

    /// Exchanges client and server.
    pub fn swap(&mut self) {
        self.streams.swap(0, 1);
        self.urgent.swap(0, 1);
        self.first_data = self.first_data.map(Direction::reverse);
    }

    pub(crate) fn is(&self, flags: SessionFlags) -> bool {
        self.flags.contains(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_session_is_small() {
        assert!(
            size_of::<Session>() <= 272,
            "{} bytes",
            size_of::<Session>()
        );
    }

    #[test]
    fn states_come_in_the_order_that_decisions_rely_on() {
        assert!(State::TimeWait < State::LastAck && State::LastAck < State::CloseWait);
        assert!(State::CloseWait < State::Closing && State::Closing < State::Closed);
        assert_eq!(State::FinWait1.name(), "fin_wait1");
    }
}
