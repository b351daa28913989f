//! Putting streams together: what a segment adds, and which stream has news.

use tapir_packet::{Direction, TcpFlags};

use super::engine::Turn;
use super::overlap::Overlap;
use super::reassembly_buffer::{InsertError, Reassembly};
use super::segment_list::{Accepted, Place};
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, Stream, StreamFlags};
use super::{DropReason, Exception, OsPolicy, SegmentFlags, StreamEvent, UrgentPolicy};

/// What a segment is accounted with besides its data.
const SEGMENT_COST: usize = 16;

/// The data of a segment after urgent bytes were taken out.
struct Data<'a> {
    seq: u32,
    bytes: &'a [u8],
}

impl<'a> Turn<'a> {
    /// Adds the segment's data to the stream of `dir`, and says which streams have news for the application layer.
    #[inline]
    pub(crate) fn reassemble(&mut self, session: &mut Session, dir: Direction) {
        let segment = self.segment;
        let (mut is_opposite, mut is_same) =
            if self.engine.config.inline || segment.is_end || segment.has(TcpFlags::RST) {
                (false, true)
            } else if segment.has(TcpFlags::FIN) && session.state > State::TimeWait {
                (segment.has(TcpFlags::ACK), true)
            } else {
                (true, session.state == State::Closed)
            };
        if !segment.is_empty() && !session.stream(dir).is(StreamFlags::NO_REASSEMBLY) {
            match self.add_data(session, dir) {
                Ok(()) => self.outcome.mark(SegmentFlags::ADDED),
                Err(()) => {
                    is_same = false;
                }
            }
        }
        let stream = session.stream(dir);
        if stream.is(StreamFlags::DEPTH_REACHED) && !stream.is(StreamFlags::NO_REASSEMBLY) {
            // The application layer is told that no more will come.
            is_same = true;
        }
        if session.is(SessionFlags::APP_DISABLED) {
            (is_opposite, is_same) = (false, false);
        }
        if is_opposite {
            self.outcome.update(dir.reverse());
        }
        if is_same {
            self.outcome.update(dir);
        }
    }

    /// Adds the segment's data to a stream; an error when there was no room.
    fn add_data(&mut self, session: &mut Session, dir: Direction) -> Result<(), ()> {
        // What comes with a reset reaches nobody.
        if self.segment.has(TcpFlags::RST) {
            return Ok(());
        }
        session.first_data.get_or_insert(self.segment.dir);
        let policy = self.overlap_policy(session, dir);
        if session.is(SessionFlags::APP_DISABLED)
            && session.stream(dir).is(StreamFlags::NEW_RAW_DISABLED)
        {
            return Ok(());
        }
        let Some(data) = self.without_urgent(session) else {
            return Ok(());
        };
        let fits = self.fits_depth(session, dir, data.seq, data.bytes.len() as u32);
        if session.stream(dir).is(StreamFlags::DEPTH_REACHED) {
            self.outcome.event(StreamEvent::ReassemblyDepthReached);
            self.engine.counters.depth_reached += 1;
        }
        if !fits {
            return Ok(());
        }
        self.insert(session, dir, policy, &data)
    }

    /// The segment's data and its sequence number, both without urgent bytes; nothing when the packet is dropped for
    /// them. Only the last urgent byte is one (RFC 6093, 3.1).
    #[inline]
    fn without_urgent(&mut self, session: &mut Session) -> Option<Data<'a>> {
        let segment = self.segment;
        let taken = &mut session.urgent[segment.dir.index()];
        let mut data = Data {
            seq: segment.seq.wrapping_sub(u32::from(*taken)),
            bytes: segment.payload,
        };
        let (policy, limit) = (
            self.engine.config.urgent,
            self.engine.config.urgent_oob_limit,
        );
        let is_taken_out = segment.has(TcpFlags::URG)
            && segment.urgent > 0
            && u32::from(segment.urgent) <= segment.len()
            && matches!(policy, UrgentPolicy::Oob | UrgentPolicy::Gap);
        if !is_taken_out {
            return Some(data);
        }
        if policy == UrgentPolicy::Oob {
            self.engine.counters.urgent_oob_data += 1;
            if *taken == u16::MAX {
                if limit == UrgentPolicy::Drop {
                    self.outcome.drop = Some(DropReason::Urgent);
                    return None;
                }
            } else {
                *taken += 1;
                if *taken == u16::MAX {
                    self.outcome
                        .event(StreamEvent::ReassemblyUrgentOobLimitReached);
                }
            }
            if *taken == u16::MAX && limit == UrgentPolicy::Inline {
                return Some(data);
            }
        }
        data.bytes = data.bytes.split_last().map_or(&[], |(_, rest)| rest);
        Some(data)
    }

    /// Whether data fits the depth; marks the stream when it does not.
    fn fits_depth(&mut self, session: &mut Session, dir: Direction, seq: u32, len: u32) -> bool {
        let depth = session.depth;
        if depth == 0 {
            return true;
        }
        let stream = session.stream_mut(dir);
        if stream.is(StreamFlags::DEPTH_REACHED) {
            return false;
        }
        let edge = seq.wrapping_add(len);
        if stream.base_seq.after(seq) && edge.at_most(stream.base_seq) {
            return false;
        }
        let end = stream.base + u64::from(edge.wrapping_sub(stream.base_seq));
        if end > u64::from(depth) {
            stream.set(StreamFlags::DEPTH_REACHED);
            return false;
        }
        seq.at_least(stream.isn) && seq.before(stream.isn.wrapping_add(depth))
    }

    /// Puts data at its place.
    #[inline]
    fn insert(
        &mut self,
        session: &mut Session,
        dir: Direction,
        policy: OsPolicy,
        data: &Data<'_>,
    ) -> Result<(), ()> {
        if data.bytes.is_empty() {
            return Ok(());
        }
        let is_fast_open =
            self.segment.has(TcpFlags::SYN) && self.segment.options.fast_open.is_some();
        // Data that comes with a SYN lies behind the number of the SYN.
        let seq = data.seq.wrapping_add(u32::from(is_fast_open));
        let stream = session.stream_mut(dir);
        let start = stream.base as i64 + i64::from(seq.wrapping_sub(stream.base_seq) as i32);
        let segment = Accepted {
            start,
            end: start + data.bytes.len() as i64,
        };
        if segment.end <= stream.base as i64 {
            self.engine.counters.insert_list_failures += 1;
            self.outcome.event(StreamEvent::ReassemblyInsertInvalid);
            return Err(());
        }
        let (before, mut buffer) = self.reserve(stream, segment)?;
        let inserted = self.insert_into(&mut buffer, stream, policy, segment, data.bytes);
        self.engine.memory.resize(before, buffer.cost());
        stream.max_regions = stream.max_regions.max(buffer.regions() as u8);
        stream.buffer = Some(buffer);
        inserted.map_err(|error| self.note_failure(session, error))
    }

    /// The stream's buffer and what it is accounted with, when the memory cap leaves room for a segment.
    #[inline]
    fn reserve(
        &mut self,
        stream: &mut Stream,
        segment: Accepted,
    ) -> Result<(usize, Box<Reassembly>), ()> {
        let (start, end) = (
            segment.start.max(stream.base as i64) as u64,
            segment.end as u64,
        );
        let memory = &mut self.engine.memory;
        let (before, buffer) = match stream.buffer.take() {
            Some(buffer) => (buffer.cost(), buffer),
            None => (0, memory.buffer()),
        };
        let most = buffer.cost() + buffer.growth(stream.base, start, end);
        if memory.has_room(most - before) {
            return Ok((before, buffer));
        }
        match before {
            0 => memory.keep(buffer),
            _ => stream.buffer = Some(buffer),
        }
        let event = match memory.has_room(SEGMENT_COST) {
            true => StreamEvent::ReassemblyInsertMemcap,
            false => StreamEvent::ReassemblyNoSegment,
        };
        self.outcome.event(event);
        self.outcome.exception = Some(Exception::ReassemblyMemcap);
        self.engine.counters.segment_memcap_drops += 1;
        Err(())
    }

    #[inline]
    fn insert_into(
        &mut self,
        buffer: &mut Reassembly,
        stream: &mut Stream,
        policy: OsPolicy,
        segment: Accepted,
        bytes: &[u8],
    ) -> Result<(), InsertError> {
        let max_regions = usize::from(self.engine.config.max_regions);
        let (at, is_clear, is_duplicate) = match buffer.segments.insert(segment) {
            Place::Clear(at) => (at, true, false),
            Place::Overlapping(at) => (at, false, false),
            Place::Duplicate(at) => (at, false, true),
            Place::Refused => {
                self.engine.counters.insert_failures += 1;
                return Err(InsertError::Limit);
            }
        };
        // What lies before the first byte kept is done with.
        let skip = (stream.base as i64 - segment.start).max(0) as usize;
        let offset = segment.start.max(stream.base as i64) as u64;
        let written = if is_clear {
            let bytes = bytes.get(skip..).unwrap_or_default();
            buffer.insert(stream.base, offset, bytes, max_regions)
        } else {
            self.compose(
                buffer,
                stream.base,
                policy,
                segment,
                at,
                is_duplicate,
                bytes,
            );
            let bytes = self.engine.scratch.get(skip..).unwrap_or_default();
            buffer.insert(stream.base, offset, bytes, max_regions)
        };
        if written.is_err() {
            if is_clear {
                self.engine.counters.insert_failures += 1;
            } else {
                self.engine.counters.insert_overlap_failures += 1;
            }
            if !is_duplicate {
                buffer.segments.remove(at);
            }
            return written;
        }
        let is_only = buffer.segments.len() == 1;
        let end = segment.end as u64;
        stream.right_edge = if is_only {
            end
        } else {
            stream.right_edge.max(end)
        };
        Ok(())
    }

    /// Composes, of the segment's data and what is there, what is to be there.
    #[allow(clippy::too_many_arguments)]
    fn compose(
        &mut self,
        buffer: &Reassembly,
        base: u64,
        policy: OsPolicy,
        segment: Accepted,
        at: usize,
        is_duplicate: bool,
        bytes: &[u8],
    ) {
        let engine = &mut *self.engine;
        engine.counters.overlaps += 1;
        engine.scratch.clear();
        engine.scratch.extend_from_slice(bytes);
        let inline = engine.config.inline;
        let compare = inline || engine.config.check_overlap_different_data;
        let overlap = Overlap {
            buffer,
            base,
            policy,
            inline,
            compare,
            payload: bytes,
            start: segment.start,
        };
        let found = overlap.resolve(at, is_duplicate, &mut engine.scratch);
        if inline && engine.scratch != bytes {
            self.outcome.mark(SegmentFlags::OVERRULED);
        }
        if found.differs || (found.duplicate_differs && inline) {
            engine.counters.overlaps_different_data += 1;
            self.outcome
                .event(StreamEvent::ReassemblyOverlapDifferentData);
        }
    }

    fn note_failure(&mut self, session: &mut Session, error: InsertError) {
        match error {
            InsertError::Limit => self.outcome.event(StreamEvent::ReassemblyInsertLimit),
        }
        // What follows cannot be judged by what was lost here.
        session.flags.insert(SessionFlags::LIBERAL);
    }
}
