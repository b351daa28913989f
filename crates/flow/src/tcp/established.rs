//! The established session.

use tapir_packet::{Direction, TcpFlags};

use super::ack::{expect_next, set_window_edge, widen_window};
use super::engine::{Rejected, Turn, Verdict};
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State};
use super::syn_queue::SYN_ACK;
use super::{SegmentFlags, StreamEvent, sack};

impl Turn<'_> {
    /// A segment of an established session.
    #[inline]
    pub(crate) fn established(&mut self, session: &mut Session) -> Verdict {
        let flags = self.segment.flags;
        if !flags.intersects(TcpFlags::RST | TcpFlags::FIN | TcpFlags::SYN) {
            if flags.contains(TcpFlags::ACK) {
                self.require_timestamp(session)?;
                if !self.segment.is_to_server() {
                    session.flags.insert(SessionFlags::HANDSHAKE_CONFIRMED);
                }
                // A segment that is refused here leaves the session as it was, but the packet is no invalid one.
                let _ = self.data_or_ack(session);
            }
            return Ok(());
        }
        if flags.contains(TcpFlags::RST) {
            self.reset(session)
        } else if flags.contains(TcpFlags::FIN) {
            self.require_timestamp(session)?;
            self.first_fin(session)
        } else if flags.contains(SYN_ACK) {
            self.synack_on_established(session)
        } else {
            // The number of a repeated SYN is told as a different one whether it is or not: rules rely on that.
            let event = match self.segment.is_to_server() {
                true => StreamEvent::EstSynResendDiffSeq,
                false => StreamEvent::EstSynToclient,
            };
            self.outcome.event(event);
            Err(Rejected)
        }
    }

    fn synack_on_established(&mut self, session: &mut Session) -> Verdict {
        let [client, server] = &session.streams;
        let event = if self.segment.is_to_server() {
            StreamEvent::EstSynackToserver
        } else if self.segment.ack != client.last_ack {
            StreamEvent::EstSynackResendWithDifferentAck
        } else if self.segment.seq != server.isn {
            StreamEvent::EstSynackResendWithDiffSeq
        } else if session.is(SessionFlags::HANDSHAKE_CONFIRMED) {
            StreamEvent::EstSynackResend
        } else {
            // The server has not got the client's acknowledgment yet.
            return Ok(());
        };
        self.outcome.event(event);
        Err(Rejected)
    }

    #[inline]
    fn data_or_ack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        self.check_established_ack(session)?;
        let (sender, _) = session.ends(segment.dir);
        let is_keepalive = segment.len() <= 1 && segment.seq == sender.next_seq.wrapping_sub(1);
        if !is_keepalive && segment.right_edge().before(sender.last_ack) {
            self.check_before_last_ack(session)?;
        }
        let (sender, _) = session.ends(segment.dir);
        if segment.len() == 1 && segment.seq == sender.next_seq && sender.window == 0 {
            self.zero_window_probe(session);
            return Ok(());
        }
        if segment.right_edge().at_least(sender.next_seq) {
            expect_next(session, segment.dir, segment.right_edge());
        }
        let is_loose = session
            .flags
            .intersects(SessionFlags::MIDSTREAM | SessionFlags::ASYNC);
        let (sender, receiver) = session.ends(segment.dir);
        if segment.right_edge().after(sender.next_win) && !is_loose {
            self.outcome.event(StreamEvent::EstPacketOutOfWindow);
            return Err(Rejected);
        }
        receiver.window = segment.scaled_window(receiver.wscale);
        self.advance_ack(session, segment.dir.reverse(), segment.ack);
        let (_, receiver) = session.ends(segment.dir);
        if receiver.last_ack.after(receiver.next_seq)
            && !session.flags.contains(SessionFlags::ASYNC)
        {
            self.outcome.mark(SegmentFlags::ACK_UNSEEN_DATA);
            self.engine.counters.ack_unseen_data += 1;
        }
        self.note_timestamp(session);
        let (_, receiver) = session.ends(segment.dir);
        sack::update(receiver, segment, &mut self.engine.memory);
        widen_window(receiver);
        self.reassemble(session, segment.dir);
        Ok(())
    }

    #[inline]
    fn check_established_ack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let probed = match segment.dir {
            Direction::ToServer => SessionFlags::PROBE_TO_CLIENT,
            Direction::ToClient => SessionFlags::PROBE_TO_SERVER,
        };
        let next = session.stream(segment.dir.reverse()).next_seq;
        if session.is(probed) && segment.ack == next.wrapping_add(1) {
            self.outcome.event(StreamEvent::EstAckZwpData);
        } else {
            self.validate_ack_or(session, StreamEvent::EstInvalidAck)?;
        }
        // The server's window is not known before its first segment.
        if !segment.is_to_server()
            && session
                .flags
                .contains(SessionFlags::MIDSTREAM | SessionFlags::MIDSTREAM_ESTABLISHED)
        {
            let server = &mut session.streams[1];
            server.window = segment.scaled_window(server.wscale);
            set_window_edge(server);
            session.flags.remove(SessionFlags::MIDSTREAM_ESTABLISHED);
        }
        Ok(())
    }

    /// Data that ends before what the peer has acknowledged: let pass when only one side is seen, or when it fills what
    /// was missed.
    #[cold]
    fn check_before_last_ack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let may_be_async = segment.is_to_server()
            && self.engine.config.async_oneside
            && session.is(SessionFlags::MIDSTREAM);
        let is_async = session.is(SessionFlags::ASYNC);
        let (sender, _) = session.ends(segment.dir);
        if is_async {
            match segment.dir {
                // What ends before the last acknowledgment does not begin after it: there is nothing to move.
                Direction::ToServer => {}
                Direction::ToClient => sender.last_ack = segment.seq,
            }
        } else if may_be_async
            && (sender.next_seq == segment.seq || sender.last_ack == sender.isn.wrapping_add(1))
        {
            session.flags.insert(SessionFlags::ASYNC);
        } else if !(sender.last_ack.after(sender.next_seq)
            && segment.right_edge().after(sender.next_seq))
        {
            self.outcome.event(StreamEvent::EstPktBeforeLastAck);
            return Err(Rejected);
        }
        Ok(())
    }

    /// One byte against a closed window. It is kept, but not expected to be taken.
    #[cold]
    fn zero_window_probe(&mut self, session: &mut Session) {
        self.outcome.mark(SegmentFlags::ZERO_WINDOW_PROBE);
        session.flags.insert(match self.segment.dir {
            Direction::ToServer => SessionFlags::PROBE_TO_SERVER,
            Direction::ToClient => SessionFlags::PROBE_TO_CLIENT,
        });
        self.reassemble(session, self.segment.dir);
    }

    /// The first FIN of a session.
    pub(crate) fn first_fin(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        self.validate_ack_or(session, StreamEvent::FinInvalidAck)?;
        let (sender, _) = session.ends(segment.dir);
        let is_in_window =
            segment.seq.at_least(sender.last_ack) && segment.right_edge().at_most(sender.next_win);
        if !is_in_window {
            self.outcome.event(StreamEvent::FinOutOfWindow);
            return Err(Rejected);
        }
        if segment.is_to_server() && segment.has(TcpFlags::SYN) {
            self.outcome.event(StreamEvent::FinSyn);
            return Err(Rejected);
        }
        // The server's FIN is counted at once, the client's only when it is acknowledged.
        let (state, counted) = match segment.dir {
            Direction::ToServer => (State::CloseWait, 0),
            Direction::ToClient => (State::FinWait1, 1),
        };
        self.set_state(session, state);
        let (sender, receiver) = session.ends(segment.dir);
        sender.next_seq = segment.right_edge().wrapping_add(counted);
        receiver.window = segment.scaled_window(receiver.wscale);
        self.note_timestamp(session);
        let (_, receiver) = session.ends(segment.dir);
        if receiver.next_seq.before(segment.ack) {
            receiver.next_seq = segment.ack;
        }
        if segment.has(TcpFlags::ACK) {
            self.advance_ack(session, segment.dir.reverse(), segment.ack);
        }
        self.reassemble(session, segment.dir);
        Ok(())
    }
}
