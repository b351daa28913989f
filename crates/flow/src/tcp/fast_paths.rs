//! Segments that are settled before the session's state is asked: keep-alives, window updates, repeated
//! acknowledgments, data that came long ago.

use tapir_packet::TcpFlags;

use super::engine::Turn;
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, Stream, StreamFlags};
use super::{Segment, SegmentFlags, StreamEvent, sack};

const NOT_PLAIN: TcpFlags = TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST);
const PLAIN_MASK: TcpFlags = NOT_PLAIN.union(TcpFlags::ACK);

impl Turn<'_> {
    /// Whether the segment needs nothing from the session's state.
    #[inline]
    pub(crate) fn is_settled_early(&mut self, session: &mut Session) -> bool {
        if self.is_keepalive(session) {
            return true;
        }
        let is_answer = self.is_keepalive_ack(session);
        session
            .ends(self.segment.dir)
            .0
            .flags
            .remove(StreamFlags::KEEPALIVE);
        if is_answer {
            return true;
        }
        let is_probe_ack = self.is_probe_ack(session);
        session.flags.remove(match self.segment.is_to_server() {
            true => SessionFlags::PROBE_TO_CLIENT,
            false => SessionFlags::PROBE_TO_SERVER,
        });
        if is_probe_ack {
            self.outcome.mark(SegmentFlags::ZERO_WINDOW_PROBE_ACK);
            return true;
        }
        self.is_old_news(session) || self.is_before_base(session)
    }

    fn is_keepalive(&mut self, session: &mut Session) -> bool {
        let segment = self.segment;
        if segment.len() > 1 || segment.flags.intersects(NOT_PLAIN) {
            return false;
        }
        let (sender, receiver) = session.ends(segment.dir);
        let is_one =
            segment.ack == receiver.last_ack && segment.seq == sender.next_seq.wrapping_sub(1);
        if is_one {
            sender.set(StreamFlags::KEEPALIVE);
            self.outcome.mark(SegmentFlags::KEEPALIVE);
        }
        is_one
    }

    fn is_keepalive_ack(&mut self, session: &mut Session) -> bool {
        let segment = self.segment;
        if !segment.is_empty() || segment.flags.intersects(NOT_PLAIN) || segment.window == 0 {
            return false;
        }
        let (sender, receiver) = session.ends(segment.dir);
        let is_one = receiver.is(StreamFlags::KEEPALIVE)
            && segment.scaled_window(receiver.wscale) == receiver.window
            && segment.ack == receiver.last_ack
            && segment.seq == sender.next_seq;
        if is_one {
            receiver.flags.remove(StreamFlags::KEEPALIVE);
            self.outcome.mark(SegmentFlags::KEEPALIVE_ACK);
        }
        is_one
    }

    fn is_probe_ack(&self, session: &mut Session) -> bool {
        let segment = self.segment;
        let probed = match segment.is_to_server() {
            true => SessionFlags::PROBE_TO_CLIENT,
            false => SessionFlags::PROBE_TO_SERVER,
        };
        if !session.is(probed) || !is_bare_ack(session, segment) {
            return false;
        }
        let (sender, receiver) = session.ends(segment.dir);
        segment.window == 0
            && receiver.window == 0
            && segment.seq == sender.next_seq
            && segment.ack == receiver.last_ack
    }

    /// Whether the segment only says what was said before, or shrinks the window in a way that is not to be believed.
    #[inline]
    fn is_old_news(&mut self, session: &mut Session) -> bool {
        if session.state < State::Established || self.segment.flags.intersects(NOT_PLAIN) {
            return false;
        }
        self.mark_dup_ack(session);
        if is_last_ack_of_shutdown(session, self.segment) {
            return false;
        }
        let state = session.state;
        let (sender, receiver) = session.ends(self.segment.dir);
        if is_window_update(sender, receiver, self.segment) {
            self.outcome.mark(SegmentFlags::WINDOW_UPDATE);
            return false;
        }
        if state != State::Closed && is_bad_window_update(sender, receiver, self.segment) {
            self.outcome.event(StreamEvent::PktBadWindowUpdate);
            return true;
        }
        is_outdated_ack(sender, receiver, self.segment)
    }

    fn mark_dup_ack(&mut self, session: &mut Session) {
        let segment = self.segment;
        if !is_bare_ack(session, segment) {
            return;
        }
        let (sender, receiver) = session.ends(segment.dir);
        let window = segment.scaled_window(sender.wscale);
        if window != 0
            && window == receiver.window
            && segment.seq == sender.next_seq
            && segment.ack == receiver.last_ack
        {
            self.outcome.mark(SegmentFlags::DUP_ACK);
        }
    }

    /// Whether the segment's data lies before what is kept; notes it when it was at least acknowledged.
    #[inline]
    fn is_before_base(&mut self, session: &mut Session) -> bool {
        let segment = self.segment;
        if segment.is_empty() {
            return false;
        }
        let (sender, _) = session.ends(segment.dir);
        let is_before_base =
            !sender.is(StreamFlags::NO_REASSEMBLY) && segment.right_edge().at_most(sender.base_seq);
        if is_before_base || segment.right_edge().at_most(sender.last_ack) {
            self.outcome.mark(SegmentFlags::SPURIOUS_RETRANSMISSION);
            self.outcome.event(StreamEvent::PktSpuriousRetransmission);
        }
        is_before_base
    }
}

/// An established session's segment that does nothing but acknowledge.
fn is_bare_ack(session: &Session, segment: &Segment<'_>) -> bool {
    session.is_established() && segment.is_empty() && segment.flags & PLAIN_MASK == TcpFlags::ACK
}

/// The acknowledgment that ends an orderly shutdown.
fn is_last_ack_of_shutdown(session: &mut Session, segment: &Segment<'_>) -> bool {
    let (sender, receiver) = {
        let state = session.state;
        if !matches!(state, State::TimeWait | State::CloseWait | State::LastAck) {
            return false;
        }
        session.ends(segment.dir)
    };
    segment.flags == TcpFlags::ACK
        && segment.is_empty()
        && segment.seq == sender.next_seq.wrapping_add(1)
        && segment.ack == receiver.next_seq.wrapping_add(1)
}

fn is_window_update(sender: &Stream, receiver: &Stream, segment: &Segment<'_>) -> bool {
    segment.is_empty()
        && segment.window != 0
        && segment.scaled_window(receiver.wscale) != receiver.window
        && segment.ack == receiver.last_ack
        && segment.seq == sender.next_seq
}

/// A segment ahead of what was seen, of both streams, that shrinks the window by more than it explains: believed, it
/// would put the segments that are expected out of window.
fn is_bad_window_update(sender: &Stream, receiver: &Stream, segment: &Segment<'_>) -> bool {
    /// Windows above that may shrink by a little more than was acknowledged.
    const SMALL_WINDOW: u32 = 1024;
    const MARGIN: u32 = 32;
    let window = segment.scaled_window(receiver.wscale);
    let Some(shrunk) = receiver.window.checked_sub(window) else {
        return false;
    };
    if shrunk <= segment.len()
        || !segment.ack.after(receiver.next_seq)
        || !segment.seq.after(sender.next_seq)
    {
        return false;
    }
    let acked = segment.ack.wrapping_sub(receiver.last_ack);
    let margin = if window > SMALL_WINDOW { MARGIN } else { 0 };
    shrunk > acked.wrapping_add(margin)
}

fn is_outdated_ack(sender: &Stream, receiver: &Stream, segment: &Segment<'_>) -> bool {
    segment.is_empty()
        && segment.has(TcpFlags::ACK)
        && segment.seq == sender.next_seq
        && segment.ack.before(receiver.last_ack)
        && (segment.options.sack.is_none() || sack::is_outdated(receiver, segment))
}
