//! Following the segments of many sessions.

use std::net::IpAddr;

use tapir_packet::{Direction, Packet, TcpFlags};

use super::memory::{Memory, MemoryUse};
use super::session::{Session, SessionFlags, State, StreamFlags};
use super::syn_queue;
use super::{
    Config, DropReason, OsPolicy, Outcome, Segment, SegmentFlags, StreamEvent, UrgentPolicy,
};
use crate::FlowState;

/// Tells the operating system of a host (`host-os-policy`).
pub type HostPolicy = Box<dyn Fn(IpAddr) -> OsPolicy + Send>;

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $field:ident = $name:literal,)+) => {
        /// What the engine has counted.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $field: u64,)+
        }

        impl Counters {
            /// The counters with the names that records use: `tcp.sessions`.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($name, self.$field)),+].into_iter()
            }
        }
    };
}

counters! {
    /// Sessions opened.
    sessions = "tcp.sessions",
    /// Sessions that are followed at the moment.
    active_sessions = "tcp.active_sessions",
    /// Sessions not followed, for want of memory.
    session_memcap_drops = "tcp.ssn_memcap_drop",
    /// Sessions taken up in their middle.
    midstream_pickups = "tcp.midstream_pickups",
    /// Segments with a wrong checksum.
    invalid_checksums = "tcp.invalid_checksum",
    /// Segments that acknowledge data that was not seen.
    ack_unseen_data = "tcp.ack_unseen_data",
    /// Segments not kept, for want of memory.
    segment_memcap_drops = "tcp.segment_memcap_drop",
    /// Segments beyond the depth.
    depth_reached = "tcp.stream_depth_reached",
    /// Overlapping segments.
    overlaps = "tcp.overlap",
    /// Overlapping segments with other data.
    overlaps_different_data = "tcp.overlap_diff_data",
    /// Segments that failed to be kept.
    insert_failures = "tcp.insert_data_normal_fail",
    /// Overlapping segments that failed to be kept.
    insert_overlap_failures = "tcp.insert_data_overlap_fail",
    /// Segments refused for their place.
    insert_list_failures = "tcp.insert_list_fail",
    /// Urgent bytes taken out of band.
    urgent_oob_data = "tcp.urgent_oob_data",
    /// Segments made up to have the rest of a stream inspected.
    pseudo = "tcp.pseudo",
}

/// Follows the TCP sessions of one worker.
pub struct Engine {
    pub(crate) config: Config,
    host_policy: HostPolicy,
    pub(crate) memory: Memory,
    pub(crate) counters: Counters,
    /// Where overlapping data is composed.
    pub(crate) scratch: Vec<u8>,
}

/// The segment does not fit its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejected;

pub(crate) type Verdict = Result<(), Rejected>;

/// The following of one segment.
pub(crate) struct Turn<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) segment: &'a Segment<'a>,
    pub(crate) outcome: &'a mut Outcome,
}

impl Engine {
    /// An engine for one worker. The caps of `config` are this engine's share.
    #[must_use]
    pub fn new(config: Config, host_policy: HostPolicy) -> Self {
        let memory = Memory::new(config.memcap, config.reassembly_memcap);
        Self {
            config,
            host_policy,
            memory,
            counters: Counters::default(),
            scratch: Vec::new(),
        }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Compares overlapping data from now on, as a rule asks for it.
    pub fn enable_overlap_check(&mut self) {
        self.config.check_overlap_different_data = true;
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Memory in use.
    #[must_use]
    pub fn memory_use(&self) -> MemoryUse {
        self.memory.used
    }

    /// Whether a packet's checksum lets it take part, as the configuration wants it; marks the outcome if not. What
    /// follows is to be left out then, but for the inspection of the packet.
    pub fn accepts_checksum(&mut self, packet: &Packet<'_>, outcome: &mut Outcome) -> bool {
        let is_wrong = self.config.checksum_validation
            && !packet.are_checksums_ignored()
            && packet.transport_checksum_ok() == Some(false);
        if is_wrong {
            self.counters.invalid_checksums += 1;
            *outcome = Outcome::default();
            outcome.mark(SegmentFlags::BAD_CHECKSUM);
        }
        !is_wrong
    }

    /// Follows a segment of a session; makes the session when the segment opens one. What was in `outcome` is
    /// replaced.
    #[inline]
    pub fn handle(
        &mut self,
        session: &mut Option<Box<Session>>,
        segment: &Segment<'_>,
        outcome: &mut Outcome,
    ) {
        *outcome = Outcome::default();
        let mut turn = Turn {
            engine: self,
            segment,
            outcome,
        };
        turn.run(session);
    }

    /// What was accepted in place of the segment's data that the stream was last put together with: of use when the
    /// outcome says that it was [overruled](super::SegmentFlags::OVERRULED).
    pub fn accepted_data(&self) -> &[u8] {
        &self.scratch
    }

    /// Takes back what a session has taken, as its flow ends.
    pub fn release(&mut self, mut session: Box<Session>) {
        for dir in [Direction::ToServer, Direction::ToClient] {
            self.free_stream(&mut session, dir);
        }
        self.memory
            .give_session(size_of::<Session>() + syn_queue::queue_cost(&session));
        self.counters.active_sessions = self.counters.active_sessions.saturating_sub(1);
    }

    /// Frees the data of both streams, for a flow that is not inspected any more.
    pub fn free_data(&mut self, session: &mut Session) {
        for dir in [Direction::ToServer, Direction::ToClient] {
            if let Some(buffer) = session.stream_mut(dir).buffer.take() {
                self.memory.recycle(buffer);
            }
        }
    }

    fn free_stream(&mut self, session: &mut Session, dir: Direction) {
        let stream = session.stream_mut(dir);
        if let Some(buffer) = stream.buffer.take() {
            self.memory.recycle(buffer);
        }
        if stream.sack.take().is_some() {
            self.memory.give_session(size_of::<super::sack::SackList>());
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .field("counters", &self.counters)
            .field("memory", &self.memory.used)
            .finish_non_exhaustive()
    }
}

impl Turn<'_> {
    fn run(&mut self, session: &mut Option<Box<Session>>) {
        let segment = self.segment;
        if let Some(session) = session.as_deref_mut().filter(|_| !segment.is_end) {
            track_flags(session, segment);
        }
        if segment.ack != 0 && !segment.has(TcpFlags::ACK) {
            self.outcome.event(StreamEvent::PktBrokenAck);
        }
        let config = &self.engine.config;
        if segment.has(TcpFlags::URG) && config.inline && config.urgent == UrgentPolicy::Drop {
            self.outcome.drop = Some(DropReason::Urgent);
            return;
        }
        let verdict = match session {
            Some(session) => self.follow(session),
            None => self.open(session),
        };
        // Inline, the data that opens a session is inspected before anybody has acknowledged it.
        if self.engine.config.inline && self.outcome.is(SegmentFlags::OPENED | SegmentFlags::ADDED)
        {
            self.outcome.mark(SegmentFlags::ESTABLISHED);
        }
        if verdict.is_err() {
            self.outcome.mark(SegmentFlags::REJECTED);
            if self.engine.config.inline && self.engine.config.drop_invalid {
                self.outcome.mark(SegmentFlags::NO_PAYLOAD_INSPECTION);
                self.outcome.drop = Some(DropReason::Invalid);
            }
        }
    }

    /// Follows a segment of a session that is there.
    fn follow(&mut self, session: &mut Session) -> Verdict {
        if self.segment.is_end {
            self.engine.counters.pseudo += 1;
            self.outcome.mark(SegmentFlags::STREAM_END);
            self.reassemble(session, self.segment.dir);
        } else if !self.is_settled_early(session) {
            self.dispatch(session, session.state)?;
        }
        self.check_after_rst(session);
        if session.is_established() {
            self.outcome.mark(SegmentFlags::ESTABLISHED);
        }
        Ok(())
    }

    /// Follows a segment by the rules of a state.
    pub(crate) fn dispatch(&mut self, session: &mut Session, state: State) -> Verdict {
        match state {
            State::None => Ok(()),
            State::SynSent => self.syn_sent(session),
            State::SynRecv => self.syn_recv(session),
            State::Established => self.established(session),
            State::FinWait1 => self.fin_wait1(session),
            State::FinWait2 => self.fin_wait2(session),
            State::TimeWait => self.time_wait(session),
            State::LastAck => self.last_ack(session),
            State::CloseWait => self.close_wait(session),
            State::Closing => self.closing(session),
            State::Closed => self.closed(session),
        }
    }

    /// Changes the session's state, and what follows from it for the flow's.
    pub(crate) fn set_state(&mut self, session: &mut Session, state: State) {
        if state == session.state || self.segment.is_end {
            return;
        }
        session.previous = session.state;
        session.state = state;
        self.outcome.mark(SegmentFlags::STATE_CHANGED);
        match state {
            State::None | State::SynSent | State::SynRecv => {}
            State::Established
            | State::FinWait1
            | State::FinWait2
            | State::Closing
            | State::CloseWait => {
                self.outcome.flow_state = Some(FlowState::Established);
            }
            State::LastAck | State::TimeWait | State::Closed => {
                self.outcome.flow_state = Some(FlowState::Closed)
            }
        }
    }

    /// The policy of the segment's receiver, noted with the stream that the receiver sends.
    pub(crate) fn receiver_policy(&self, session: &mut Session) -> OsPolicy {
        let (_, receiver) = session.ends(self.segment.dir);
        *receiver
            .policy
            .get_or_insert_with(|| (self.engine.host_policy)(self.segment.dst).for_segments())
    }

    /// The policy by which overlaps of a stream are resolved: that of the host the first segment went to.
    pub(crate) fn overlap_policy(&self, session: &mut Session, dir: Direction) -> OsPolicy {
        let stream = session.stream_mut(dir);
        *stream
            .policy
            .get_or_insert_with(|| (self.engine.host_policy)(self.segment.dst).for_segments())
    }

    /// A new session, if there is memory for one.
    pub(crate) fn new_session(&mut self, dir: Direction) -> Option<Box<Session>> {
        if !self.engine.memory.take_session(size_of::<Session>()) {
            self.engine.counters.session_memcap_drops += 1;
            self.outcome.exception = Some(super::Exception::SessionMemcap);
            return None;
        }
        let config = &self.engine.config;
        let mut session = Box::<Session>::default();
        session.depth = config.depth;
        session.flags.set(SessionFlags::INLINE, config.inline);
        session.tcp_flags = self.segment.flags;
        session.stream_mut(dir).tcp_flags = self.segment.flags;
        if !config.raw {
            session
                .streams
                .iter_mut()
                .for_each(|stream| stream.set(StreamFlags::RAW_DISABLED));
        }
        self.engine.counters.sessions += 1;
        self.engine.counters.active_sessions += 1;
        self.outcome.mark(SegmentFlags::OPENED);
        Some(session)
    }
}

/// Notes the flags of a segment; once both sides are seen, a session is not one-sided any more.
#[inline]
fn track_flags(session: &mut Session, segment: &Segment<'_>) {
    session.tcp_flags |= segment.flags;
    session.stream_mut(segment.dir).tcp_flags |= segment.flags;
    if session.is(SessionFlags::ASYNC)
        && session
            .streams
            .iter()
            .all(|stream| !stream.tcp_flags.is_empty())
    {
        session.flags.remove(SessionFlags::ASYNC);
    }
}
