//! Streams as the application layer reads them: in order, once, and with what is missing told as missing.

use tapir_packet::Direction;

use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, StreamFlags};
use super::{Outcome, SegmentFlags, StreamEvent};

/// A piece of a stream for the application layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppChunk<'a> {
    /// Offset of its first byte since the start of the stream.
    pub offset: u64,
    /// Its bytes; none when something is missing, or only the end is to be told.
    pub data: &'a [u8],
    /// Bytes that are missing here.
    pub gap: u64,
    /// Recognition of the protocol is not over for this stream.
    pub is_start: bool,
    /// Nothing will follow.
    pub is_eof: bool,
    /// Nothing will follow, as the depth is reached.
    pub is_depth: bool,
    /// The session was taken up in its middle.
    pub is_midstream: bool,
}

/// Where one reading of a stream stands.
#[derive(Clone, Copy, Debug)]
pub struct AppCursor {
    dir: Direction,
    inline: bool,
    is_stream_end: bool,
    step: Step,
    /// Progress when the last piece was given.
    given_at: u64,
    was_gap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    First,
    Given,
    Over,
}

/// What is there to be given.
enum Found {
    Data {
        start: u64,
        end: u64,
        gap_ahead: bool,
    },
    Missing(u64),
    Nothing,
}

impl Session {
    /// Begins to read a stream that an outcome says to have news ([`Outcome::updates`]).
    #[must_use]
    pub fn app_cursor(&self, dir: Direction, outcome: &Outcome) -> AppCursor {
        let is_over =
            self.is(SessionFlags::APP_DISABLED) || self.stream(dir).is(StreamFlags::NO_REASSEMBLY);
        AppCursor {
            dir,
            inline: self.is(SessionFlags::INLINE),
            is_stream_end: outcome.is(SegmentFlags::STREAM_END),
            step: if is_over { Step::Over } else { Step::First },
            given_at: 0,
            was_gap: false,
        }
    }

    /// The next piece, if there is one. After each, [`app_consume`](Self::app_consume) says how much of it was used;
    /// if nothing was, the reading is over.
    pub fn app_next<'a>(
        &'a mut self,
        cursor: &mut AppCursor,
        outcome: &mut Outcome,
    ) -> Option<AppChunk<'a>> {
        if self.is(SessionFlags::APP_DISABLED) {
            cursor.step = Step::Over;
        }
        match cursor.step {
            Step::Over => return None,
            Step::First if self.is_drained(cursor.dir) && self.is_ending(cursor) => {
                cursor.step = Step::Over;
                return Some(self.piece(cursor, 0, 0));
            }
            Step::Given if self.stream(cursor.dir).app_progress() == cursor.given_at => {
                cursor.step = Step::Over;
                return None;
            }
            Step::First | Step::Given => {}
        }
        self.find_piece(cursor, outcome)
    }

    /// Notes that so many bytes of the last piece, or of what is missing, were used.
    pub fn app_consume(&mut self, cursor: &AppCursor, bytes: u64) {
        let stream = self.stream_mut(cursor.dir);
        stream.app_ahead = stream
            .app_ahead
            .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Gives no piece of a stream before it has so many bytes.
    pub fn app_require(&mut self, dir: Direction, bytes: u32) {
        self.stream_mut(dir).data_required = bytes;
    }

    /// Whether a stream has nothing that the application layer has not consumed.
    fn is_drained(&self, dir: Direction) -> bool {
        let stream = self.stream(dir);
        !stream.has_seen_data() || stream.right_edge <= stream.app_progress()
    }

    fn is_ending(&self, cursor: &AppCursor) -> bool {
        self.state >= State::Closing || cursor.is_stream_end
    }

    fn find_piece<'a>(
        &'a mut self,
        cursor: &mut AppCursor,
        outcome: &mut Outcome,
    ) -> Option<AppChunk<'a>> {
        let is_final = cursor.is_stream_end && self.state >= State::Closed;
        loop {
            let is_depth = self.stream(cursor.dir).is(StreamFlags::DEPTH_REACHED);
            let is_eof = self.state == State::Closed || cursor.is_stream_end;
            let progress = self.stream(cursor.dir).app_progress();
            match self.find(cursor, progress) {
                Found::Missing(gap) if gap > 0 && self.is_gap(cursor.dir) => {
                    return Some(self.give_gap(cursor, outcome, progress, gap));
                }
                // What is missing may still come.
                Found::Missing(_) | Found::Nothing => {
                    cursor.step = Step::Over;
                    return (is_depth && !cursor.was_gap)
                        .then(|| self.piece(cursor, progress, progress));
                }
                Found::Data { start, end, .. }
                    if start == end && ((!is_eof && !is_depth) || cursor.was_gap) =>
                {
                    cursor.step = Step::Over;
                    return None;
                }
                Found::Data {
                    start,
                    end,
                    gap_ahead,
                } => {
                    let required = u64::from(self.stream(cursor.dir).data_required);
                    if !is_final && end - start < required {
                        if !gap_ahead {
                            cursor.step = Step::Over;
                            return None;
                        }
                        let stream = self.stream_mut(cursor.dir);
                        stream.data_required -= (end - start) as u32;
                        stream.app_ahead = stream.app_ahead.saturating_add((end - start) as u32);
                        continue;
                    }
                    self.stream_mut(cursor.dir).data_required = 0;
                    cursor.given_at = progress;
                    cursor.was_gap = false;
                    cursor.step = if is_depth { Step::Over } else { Step::Given };
                    return Some(self.piece(cursor, start, end));
                }
            }
        }
    }

    /// What is at an offset, as far as it counts.
    fn find(&self, cursor: &AppCursor, progress: u64) -> Found {
        let stream = self.stream(cursor.dir);
        let Some(buffer) = &stream.buffer else {
            return Found::Nothing;
        };
        let mut blocks = buffer.blocks_from(stream.base, progress);
        let Some(block) = blocks.next() else {
            return Found::Nothing;
        };
        let counts = |end: u64| {
            if self.counts_unacked(cursor) {
                end
            } else {
                end.min(stream.acked().max(progress))
            }
        };
        if block.start > progress {
            let end = if self.counts_unacked(cursor) {
                block.start
            } else {
                counts(block.start)
            };
            return Found::Missing(end - progress);
        }
        let gap_ahead = stream.data_required > 0
            && stream.acked() >= block.end
            && blocks.next().is_some_and(|next| next.start > block.end);
        Found::Data {
            start: progress,
            end: counts(block.end),
            gap_ahead,
        }
    }

    /// Whether data counts although nobody has acknowledged it: inline, and at the end of a session that was not
    /// closed in order.
    fn counts_unacked(&self, cursor: &AppCursor) -> bool {
        let is_open = self.state < State::Closed || self.is(SessionFlags::CLOSED_BY_RST);
        cursor.inline || (is_open && cursor.is_stream_end)
    }

    /// Whether what is missing was acknowledged, so that it is not to be expected any more.
    fn is_gap(&self, dir: Direction) -> bool {
        let stream = self.stream(dir);
        let fin = u64::from(self.state >= State::FinWait1);
        let acked = stream.acked().saturating_sub(fin);
        if acked <= stream.app_progress() {
            return false;
        }
        if stream.last_ack.after(stream.next_seq) {
            // Acknowledgments are believed rather easily. One beyond all that was seen tells of a gap only when there
            // is data behind it.
            return stream
                .buffer
                .as_ref()
                .is_some_and(|buffer| buffer.is_fragmented());
        }
        true
    }

    fn give_gap<'a>(
        &'a mut self,
        cursor: &mut AppCursor,
        outcome: &mut Outcome,
        progress: u64,
        gap: u64,
    ) -> AppChunk<'a> {
        outcome.event(StreamEvent::ReassemblySeqGap);
        let stream = self.stream_mut(cursor.dir);
        stream.set(StreamFlags::HAS_GAP);
        stream.data_required = stream
            .data_required
            .saturating_sub(u32::try_from(gap).unwrap_or(u32::MAX));
        cursor.given_at = progress;
        cursor.was_gap = true;
        cursor.step = Step::Given;
        AppChunk {
            gap,
            ..self.piece(cursor, progress, progress)
        }
    }

    /// The piece between two offsets.
    fn piece(&self, cursor: &AppCursor, start: u64, end: u64) -> AppChunk<'_> {
        let stream = self.stream(cursor.dir);
        let offset = if start == end {
            stream.app_progress()
        } else {
            start
        };
        AppChunk {
            offset,
            data: stream.buffer.as_ref().map_or(&[], |buffer| {
                if start < end {
                    buffer.bytes(start, end)
                } else {
                    &[]
                }
            }),
            gap: 0,
            is_start: !stream.is(StreamFlags::DETECTION_DONE),
            is_eof: self.state == State::Closed || cursor.is_stream_end,
            is_depth: stream.is(StreamFlags::DEPTH_REACHED),
            is_midstream: self.is(SessionFlags::MIDSTREAM),
        }
    }

    /// Whether something is left to be inspected in a direction when the flow ends: a segment made by
    /// [`Segment::end_of`](super::Segment::end_of) is to be followed then. `has_open_transactions`: the application
    /// layer is not done with the direction.
    #[must_use]
    pub fn needs_end(&self, dir: Direction, has_open_transactions: bool) -> bool {
        let stream = self.stream(dir);
        let edge = stream.buffered_end();
        let is_open = self.state >= State::Established && self.state != State::Closed;
        is_open
            || has_open_transactions
            || (!stream.is(StreamFlags::RAW_DISABLED) && edge > stream.raw_progress())
            || (!self.is(SessionFlags::APP_DISABLED) && edge > stream.app_progress())
    }
}
