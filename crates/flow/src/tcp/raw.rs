//! Streams inspected as such: which bytes, and when.
//!
//! Out of inline mode a stream is looked at once a chunk of it was acknowledged, or earlier when something was
//! triggered; in inline mode with each packet, in the light of what surrounds it.

use smallvec::SmallVec;
use tapir_packet::Direction;

use super::session::{Session, SessionFlags, State, Stream, StreamFlags};
use super::{Engine, Outcome, Segment, SegmentFlags};

/// A run of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawWindow<'a> {
    /// Offset of its first byte since the start of the stream.
    pub offset: u64,
    /// Its bytes.
    pub data: &'a [u8],
}

/// What is to be inspected of a stream now: as a rule one run, more when data is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawWindows<'a> {
    windows: SmallVec<[RawWindow<'a>; 1]>,
    progress: u64,
}

impl<'a> RawWindows<'a> {
    /// The runs, in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[RawWindow<'a>] {
        &self.windows
    }

    /// Whether there is nothing to inspect.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// What to give to [`Session::raw_done`] after the inspection.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.progress
    }
}

impl Engine {
    /// Bytes of a direction that are inspected together.
    pub(crate) fn chunk_size(&self, dir: Direction) -> u16 {
        match dir {
            Direction::ToServer => self.config.toserver_chunk_size,
            Direction::ToClient => self.config.toclient_chunk_size,
        }
    }

    /// Whether the stream in a segment's direction is to be inspected now.
    #[inline]
    #[must_use]
    pub fn is_raw_ready(
        &self,
        session: &Session,
        segment: &Segment<'_>,
        outcome: &Outcome,
    ) -> bool {
        let stream = session.stream(segment.dir);
        let Some(buffer) = &stream.buffer else {
            return false;
        };
        if buffer.segments.is_empty()
            || stream
                .flags
                .intersects(StreamFlags::NO_REASSEMBLY | StreamFlags::RAW_DISABLED)
        {
            return false;
        }
        if self.config.inline {
            return !segment.is_empty() && outcome.is(SegmentFlags::ADDED);
        }
        stream.raw_progress() != stream.buffered_end() && self.is_raw_due(session, segment)
    }

    /// What is to be inspected now of the stream in a segment's direction.
    ///
    /// `with_depth` repeats as much of what was inspected as [`Session::set_min_inspect_depth`] says, when inspection
    /// was triggered.
    #[must_use]
    pub fn raw_windows<'a>(
        &self,
        session: &'a Session,
        segment: &Segment<'a>,
        outcome: &Outcome,
        with_depth: bool,
    ) -> RawWindows<'a> {
        if !self.is_raw_ready(session, segment, outcome) {
            return RawWindows::default();
        }
        let stream = session.stream(segment.dir);
        if self.config.inline {
            return self.around_segment(stream, segment);
        }
        let mut progress = stream.raw_progress();
        if with_depth && stream.is(StreamFlags::TRIGGER_RAW) && stream.min_inspect_depth > 0 {
            let start = stream
                .app_progress()
                .saturating_sub(u64::from(stream.min_inspect_depth));
            progress = progress.min(start.max(stream.base));
        }
        collect(stream, progress, segment.is_end)
    }

    /// Whether enough was acknowledged, or other reasons are there not to wait.
    fn is_raw_due(&self, session: &Session, segment: &Segment<'_>) -> bool {
        let stream = session.stream(segment.dir);
        let at_once =
            StreamFlags::DEPTH_REACHED | StreamFlags::TRIGGER_RAW | StreamFlags::NEW_RAW_DISABLED;
        if stream.flags.intersects(at_once) || session.state > State::TimeWait || segment.is_end {
            return true;
        }
        let ready = stream.acked().saturating_sub(stream.raw_progress());
        ready >= u64::from(self.chunk_size(segment.dir))
    }

    /// Inline: the segment's data with what lies around it.
    fn around_segment<'a>(&self, stream: &'a Stream, segment: &Segment<'a>) -> RawWindows<'a> {
        let chunk = u32::from(self.chunk_size(segment.dir));
        let len = segment.len();
        let is_large = len >= chunk || len > chunk / 3 * 2;
        let chunk = u64::from(if is_large {
            len.saturating_add(chunk / 3)
        } else {
            chunk
        });
        let ahead = segment.seq.wrapping_sub(stream.base_seq) as i32;
        let left = stream.base.saturating_add_signed(i64::from(ahead));
        let right = left + u64::from(len);
        let Some(buffer) = &stream.buffer else {
            return RawWindows::default();
        };
        let is_whole = !buffer.is_fragmented();
        let around = match is_whole {
            true => buffer.blocks_from(stream.base, stream.base).next(),
            false => buffer.blocks_from(stream.base, left).next(),
        };
        let window = match around.filter(|block| block.start <= left && block.end >= right) {
            Some(block) => {
                let (start, end) = cut((block.start, block.end), (left, right), chunk);
                RawWindow {
                    offset: start,
                    data: buffer.bytes(start, end),
                }
            }
            None => RawWindow {
                offset: left,
                data: segment.payload,
            },
        };
        let end = window.offset + window.data.len() as u64;
        let acked = stream.acked();
        let progress = if is_whole {
            end
        } else if stream.raw_progress() >= acked {
            stream.raw_progress()
        } else if window.offset > acked {
            acked
        } else {
            end
        };
        RawWindows {
            windows: SmallVec::from_buf([window]),
            progress,
        }
    }
}

/// Cuts what surrounds a segment to a size, evenly on both sides if it can be.
fn cut(block: (u64, u64), segment: (u64, u64), size: u64) -> (u64, u64) {
    let excess = (block.1 - block.0).saturating_sub(size);
    if excess == 0 {
        return block;
    }
    if block.1 == segment.1 {
        return (block.0 + excess, block.1);
    }
    if block.0 == segment.0 {
        return (block.0, block.1 - excess);
    }
    let (before, after) = (segment.0 - block.0, block.1 - segment.1);
    let room = size.saturating_sub(segment.1 - segment.0);
    let half = room / 2;
    let (before, after) = match (before >= half, after >= half) {
        (true, true) => (half, half),
        (false, true) => (before, (room - before).min(after)),
        (true, false) => ((room - after).min(before), after),
        (false, false) => (before, after),
    };
    (segment.0 - before, segment.1 + after)
}

/// The runs from an offset on, up to what was acknowledged, or to their end.
fn collect(stream: &Stream, from: u64, to_the_end: bool) -> RawWindows<'_> {
    let mut found = RawWindows {
        windows: SmallVec::new(),
        progress: from,
    };
    let Some(buffer) = &stream.buffer else {
        return found;
    };
    let acked = stream.acked();
    for block in buffer.blocks_from(stream.base, from) {
        let progress = found.progress;
        let start = block.start.max(from);
        let mut len = block.end - start;
        if !to_the_end {
            if acked < progress {
                break;
            }
            len = len.min(acked - progress);
        }
        if len == 0 {
            break;
        }
        found.windows.push(RawWindow {
            offset: start,
            data: buffer.bytes(start, start + len),
        });
        if start == progress {
            found.progress += len;
        } else if start < acked {
            // Data is missing before; go on from what there is.
            found.progress = start;
        }
    }
    found
}

impl Session {
    /// Notes how far a stream was inspected as such, after each packet of its direction: what
    /// [`RawWindows::progress`] said, or 0 when it was not looked at. Only for packets that are
    /// [`ESTABLISHED`](SegmentFlags::ESTABLISHED).
    pub fn raw_done(&mut self, dir: Direction, progress: u64) {
        let is_app_active = !self.is(SessionFlags::APP_DISABLED);
        let stream = self.stream_mut(dir);
        let (app, raw, window) = (
            stream.app_progress(),
            stream.raw_progress(),
            u64::from(stream.window),
        );
        if progress > raw {
            stream.set_raw_progress(progress);
            stream.flags.remove(StreamFlags::TRIGGER_RAW);
        } else if progress == 0 && app > raw && is_app_active {
            if stream.is(StreamFlags::TRIGGER_RAW) {
                stream.set_raw_progress(app);
                stream.flags.remove(StreamFlags::TRIGGER_RAW);
            } else if window > 0 {
                stream.set_raw_progress(app.saturating_sub(window).max(raw));
            }
        } else if progress == 0 {
            stream.set_raw_progress(stream.buffered_end().saturating_sub(window).max(raw));
            stream.flags.remove(StreamFlags::TRIGGER_RAW);
        }
        if stream.is(StreamFlags::NEW_RAW_DISABLED) {
            stream.set(StreamFlags::RAW_DISABLED);
        }
    }

    /// The acknowledged runs of a stream that are still kept (inline: all), for records that show what surrounds a match. What is
    /// missing between them is told by their offsets.
    pub fn acked_blocks(&self, dir: Direction) -> impl Iterator<Item = RawWindow<'_>> {
        self.kept_blocks(dir, false)
    }

    /// The same; `to_the_end` also what nobody has acknowledged.
    pub fn kept_blocks(
        &self,
        dir: Direction,
        to_the_end: bool,
    ) -> impl Iterator<Item = RawWindow<'_>> {
        let stream = self.stream(dir);
        let found = match stream.is(StreamFlags::NO_REASSEMBLY) {
            true => RawWindows::default(),
            false => collect(
                stream,
                stream.base,
                to_the_end || self.is(SessionFlags::INLINE),
            ),
        };
        found.windows.into_iter()
    }
}

impl Stream {
    fn set_raw_progress(&mut self, offset: u64) {
        self.raw_ahead = u32::try_from(offset.saturating_sub(self.base)).unwrap_or(u32::MAX);
    }
}
