//! Acknowledgments and windows: what is believed, and what moves.

use tapir_packet::{Direction, TcpFlags};

use super::engine::{Rejected, Turn, Verdict};
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, Stream};
use super::{StreamEvent, sack};

impl Turn<'_> {
    /// Whether the segment's acknowledgment can be one of the stream it answers.
    #[inline]
    pub(crate) fn validate_ack(&mut self, session: &Session) -> Verdict {
        let receiver = session.stream(self.segment.dir.reverse());
        if !self.segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        let ack = self.segment.ack;
        if ack == receiver.last_ack
            || (ack.after(receiver.last_ack) && ack.at_most(receiver.next_win))
        {
            return Ok(());
        }
        if self.is_ack_plausible(session, receiver) {
            return Ok(());
        }
        self.outcome.event(StreamEvent::PktInvalidAck);
        Err(Rejected)
    }

    #[cold]
    fn is_ack_plausible(&self, session: &Session, receiver: &Stream) -> bool {
        let ack = self.segment.ack;
        if ack.before(receiver.last_ack) {
            let left_edge = receiver.last_ack.wrapping_sub(receiver.window);
            return receiver.window == 0 || !ack.before(left_edge);
        }
        if session.is(SessionFlags::ASYNC) {
            return true;
        }
        if session.state > State::SynSent && ack.after(receiver.next_win) {
            return false;
        }
        // A reset in answer to the SYN acknowledges it; no window is known then.
        session.state == State::SynSent
            && self.segment.dir == Direction::ToClient
            && self.segment.has(TcpFlags::RST)
            && ack == receiver.isn.wrapping_add(1)
    }

    /// As [`validate_ack`](Self::validate_ack), with a second event that tells the state.
    #[inline]
    pub(crate) fn validate_ack_or(&mut self, session: &Session, event: StreamEvent) -> Verdict {
        let verdict = self.validate_ack(session);
        if verdict.is_err() {
            self.outcome.event(event);
        }
        verdict
    }

    /// Moves the last acknowledgment of a direction's stream forward.
    #[inline]
    pub(crate) fn advance_ack(&mut self, session: &mut Session, dir: Direction, ack: u32) {
        let stream = session.stream_mut(dir);
        if ack.after(stream.last_ack) {
            stream.last_ack = ack;
            sack::prune(stream, &mut self.engine.memory);
        }
    }
}

/// Sets what is expected next of a direction. With one side seen, nobody else will acknowledge it.
#[inline]
pub(crate) fn expect_next(session: &mut Session, dir: Direction, seq: u32) {
    let is_async = session.is(SessionFlags::ASYNC);
    let stream = session.stream_mut(dir);
    stream.next_seq = seq;
    if is_async && seq.after(stream.last_ack) {
        stream.last_ack = seq;
    }
}

/// Widens the window of a stream by its last acknowledgment, its window and what was acknowledged selectively.
#[inline]
pub(crate) fn widen_window(stream: &mut Stream) {
    let edge = stream
        .last_ack
        .wrapping_add(stream.window)
        .wrapping_add(sack::size(stream));
    if edge.after(stream.next_win) {
        stream.next_win = edge;
    }
}

/// Sets the window of a stream by its last acknowledgment and its window.
#[inline]
pub(crate) fn set_window_edge(stream: &mut Stream) {
    stream.next_win = stream.last_ack.wrapping_add(stream.window);
}
