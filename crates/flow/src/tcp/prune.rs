//! Letting go what nobody needs any more.

use tapir_packet::Direction;

use super::Engine;
use super::session::{Session, SessionFlags, State, Stream, StreamFlags};

/// Bytes kept for comparison when no window is known.
const UNKNOWN_WINDOW: u64 = 4096;

impl Engine {
    /// Lets go what was inspected of the stream in a direction; after each packet of that direction.
    #[inline]
    pub fn prune(&mut self, session: &mut Session, dir: Direction) {
        let stream = session.stream(dir);
        if stream.is(StreamFlags::NO_REASSEMBLY) {
            return;
        }
        let is_done =
            session.is(SessionFlags::APP_DISABLED) && stream.is(StreamFlags::RAW_DISABLED);
        if is_done || stream.is(StreamFlags::DEPTH_REACHED) {
            let stream = session.stream_mut(dir);
            stream.set(StreamFlags::NO_REASSEMBLY);
            if let Some(buffer) = stream.buffer.take() {
                self.memory.recycle(buffer);
            }
            return;
        }
        let left = self.left_edge(session, dir);
        let stream = session.stream_mut(dir);
        if left > stream.base {
            let before = stream.buffer.as_ref().map_or(0, |buffer| buffer.cost());
            slide(stream, left);
            let after = stream.buffer.as_ref().map_or(0, |buffer| buffer.cost());
            self.memory.resize(before, after);
        }
        self.drop_segments(stream);
    }

    /// The first offset that somebody still needs.
    fn left_edge(&self, session: &Session, dir: Direction) -> u64 {
        let stream = session.stream(dir);
        let uses_app = !session.is(SessionFlags::APP_DISABLED);
        let app = uses_app.then(|| stream.app_progress());
        let raw = (!stream.is(StreamFlags::RAW_DISABLED)).then(|| {
            let chunk = if self.config.inline {
                u64::from(self.chunk_size(dir))
            } else {
                0
            };
            let depth = match uses_app && session.state < State::Closed {
                true => u64::from(stream.min_inspect_depth),
                false => 0,
            };
            stream
                .raw_progress()
                .saturating_sub(chunk)
                .saturating_sub(depth)
        });
        let mut left = match (app, raw) {
            (Some(app), Some(raw)) => app.min(raw),
            (Some(edge), None) | (None, Some(edge)) => edge,
            (None, None) => stream.buffered_end(),
        };
        if self.config.inline {
            left = left.min(stream.acked());
        } else if self.config.check_overlap_different_data {
            // Who injects may come after the acknowledgment.
            let window = if stream.window == 0 {
                UNKNOWN_WINDOW
            } else {
                u64::from(stream.window)
            };
            left = left.saturating_sub(window);
        }
        if !stream.is(StreamFlags::DETECTION_DONE)
            && let Some(first) = stream
                .buffer
                .as_ref()
                .and_then(|buffer| buffer.segments.get(0))
        {
            // Recognition needs the stream from its start.
            left = left.min(first.start.max(stream.base as i64) as u64);
        }
        left
    }

    /// Forgets the segments whose data is gone, and the buffer when it is empty.
    #[inline]
    fn drop_segments(&mut self, stream: &mut Stream) {
        let may_forget = stream.is(StreamFlags::DETECTION_DONE);
        let Some(buffer) = &mut stream.buffer else {
            return;
        };
        if may_forget {
            buffer.segments.forget_before(stream.base);
        }
        if buffer.is_empty()
            && buffer.segments.is_empty()
            && let Some(buffer) = stream.buffer.take()
        {
            self.memory.recycle(buffer);
        }
    }
}

fn slide(stream: &mut Stream, left: u64) {
    let by = left - stream.base;
    if let Some(buffer) = &mut stream.buffer {
        buffer.slide_to(left);
    }
    stream.base = left;
    // Sequence numbers wrap, offsets do not.
    stream.base_seq = stream.base_seq.wrapping_add(by as u32);
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    stream.app_ahead = stream.app_ahead.saturating_sub(by);
    stream.raw_ahead = stream.raw_ahead.saturating_sub(by);
}
