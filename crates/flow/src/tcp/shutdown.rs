//! Sessions on their way down.

use tapir_packet::{Direction, TcpFlags};

use super::ack::{expect_next, widen_window};
use super::engine::{Rejected, Turn, Verdict};
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, StreamFlags};
use super::{SegmentFlags, StreamEvent, sack};

use Direction::{ToClient, ToServer};

const FIN_ACK: TcpFlags = TcpFlags::FIN.union(TcpFlags::ACK);

impl Turn<'_> {
    fn refuse(&mut self, event: StreamEvent) -> Verdict {
        self.outcome.event(event);
        Err(Rejected)
    }

    /// Whether the segment's data was sent before.
    fn is_retransmission(&mut self, session: &mut Session) -> bool {
        let segment = self.segment;
        let (sender, _) = session.ends(segment.dir);
        let edge = segment.right_edge();
        let is_one = !segment.is_empty()
            && ((segment.seq.before(sender.last_ack) && edge.after(sender.last_ack))
                || edge.at_most(sender.last_ack)
                || edge.at_most(sender.next_seq));
        if is_one {
            self.outcome.event(StreamEvent::PktRetransmission);
            self.outcome.mark(SegmentFlags::RETRANSMISSION);
        }
        is_one
    }

    /// A FIN that the sender has sent before, to the last number.
    fn is_fin_again(&mut self, session: &mut Session) -> bool {
        let (sender, receiver) = session.ends(self.segment.dir);
        let is_one = self.segment.seq == sender.next_seq.wrapping_sub(1)
            && self.segment.ack == receiver.last_ack;
        if is_one {
            self.outcome.mark(SegmentFlags::RETRANSMISSION);
        }
        is_one
    }

    /// Whether the segment begins between a number and the end of the sender's window.
    fn begins_within(&self, session: &mut Session, from: u32) -> bool {
        let (sender, _) = session.ends(self.segment.dir);
        let edge = sender.last_ack.wrapping_add(sender.window);
        !self.segment.seq.before(from) && !self.segment.seq.after(edge)
    }

    /// Whether the segment ends within the sender's window, or that is not known.
    fn ends_in_window(&self, session: &mut Session) -> bool {
        let is_loose = session
            .flags
            .intersects(SessionFlags::MIDSTREAM | SessionFlags::ASYNC);
        let (sender, _) = session.ends(self.segment.dir);
        is_loose || self.segment.right_edge().at_most(sender.next_win)
    }

    /// Takes the segment's window for its receiver's.
    fn take_window(&self, session: &mut Session) {
        let (_, receiver) = session.ends(self.segment.dir);
        receiver.window = self.segment.scaled_window(receiver.wscale);
    }

    /// What the receiver is expected to send next is at least what is acknowledged, though it was not seen. `slack`
    /// is 1 where its FIN may be counted already.
    fn raise_receiver(&self, session: &mut Session, slack: u32) {
        let (_, receiver) = session.ends(self.segment.dir);
        if receiver
            .next_seq
            .wrapping_sub(slack)
            .before(self.segment.ack)
        {
            receiver.next_seq = self.segment.ack;
        }
    }

    /// Counts the segment's data when it is what the sender was to send next; `slack` as in
    /// [`raise_receiver`](Self::raise_receiver).
    fn raise_sender(&self, session: &mut Session, slack: u32) {
        let segment = self.segment;
        if session.stream(segment.dir).next_seq.wrapping_sub(slack) == segment.seq {
            expect_next(session, segment.dir, segment.right_edge());
        }
    }

    fn take_ack(&mut self, session: &mut Session) {
        self.advance_ack(session, self.segment.dir.reverse(), self.segment.ack);
    }

    fn take_sack(&mut self, session: &mut Session) {
        let (_, receiver) = session.ends(self.segment.dir);
        sack::update(receiver, self.segment, &mut self.engine.memory);
        widen_window(receiver);
    }

    /// A segment after the server's FIN.
    pub(crate) fn fin_wait1(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::FIN) {
            self.require_timestamp(session)?;
            return self.fin_on_fin_wait1(session);
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if segment.has(TcpFlags::ACK) {
            self.require_timestamp(session)?;
            return self.ack_on_fin_wait1(session);
        }
        Ok(())
    }

    fn fin_on_fin_wait1(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let has_ack = segment.has(FIN_ACK);
        let is_again = self.is_retransmission(session)
            || (has_ack && segment.dir == ToClient && self.is_fin_again(session));
        if !is_again {
            let from = session.stream(segment.dir).next_seq.wrapping_sub(1);
            if !self.begins_within(session, from) {
                return self.refuse(StreamEvent::Fin1FinWrongSeq);
            }
        }
        self.validate_ack_or(session, StreamEvent::Fin1InvalidAck)?;
        if !is_again {
            self.set_state(
                session,
                if has_ack {
                    State::TimeWait
                } else {
                    State::Closing
                },
            );
            self.take_window(session);
        }
        self.note_timestamp(session);
        if !(is_again && has_ack && segment.dir == ToClient) {
            self.raise_receiver(session, 1);
            self.raise_sender(session, u32::from(!(has_ack && segment.dir == ToServer)));
            if has_ack {
                self.take_ack(session);
            }
        }
        self.reassemble(session, segment.dir);
        Ok(())
    }

    fn ack_on_fin_wait1(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let is_again = self.is_retransmission(session);
        self.validate_ack_or(session, StreamEvent::Fin1InvalidAck)?;
        let (sender, receiver) = session.ends(segment.dir);
        let (is_of_fin, expected) = match segment.dir {
            ToServer => (segment.ack == receiver.next_seq, sender.next_seq),
            ToClient => (true, sender.next_seq.wrapping_sub(1)),
        };
        if !is_again && is_of_fin {
            if !self.ends_in_window(session) {
                return self.refuse(StreamEvent::Fin1AckWrongSeq);
            }
            if segment.seq == expected {
                self.set_state(session, State::FinWait2);
            }
            self.take_window(session);
        }
        self.note_timestamp(session);
        self.raise_receiver(session, 1);
        self.raise_sender(session, u32::from(segment.dir == ToClient));
        self.take_ack(session);
        self.take_sack(session);
        self.reassemble(session, segment.dir);
        Ok(())
    }

    /// A segment after the server's FIN was acknowledged.
    pub(crate) fn fin_wait2(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::FIN) {
            self.require_timestamp(session)?;
            return self.fin_on_fin_wait2(session);
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if !segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        let is_again = self.is_retransmission(session);
        self.validate_ack_or(session, StreamEvent::Fin2InvalidAck)?;
        if !is_again {
            if !self.ends_in_window(session) {
                return self.refuse(StreamEvent::Fin2AckWrongSeq);
            }
            self.take_window(session);
        }
        self.note_timestamp(session);
        self.raise_sender(session, 0);
        self.take_ack(session);
        self.take_sack(session);
        self.reassemble(session, segment.dir);
        Ok(())
    }

    fn fin_on_fin_wait2(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let is_again = self.is_fin_again(session) || self.is_retransmission(session);
        if !is_again {
            let from = session.stream(segment.dir).next_seq;
            if !self.begins_within(session, from) {
                return self.refuse(StreamEvent::Fin2FinWrongSeq);
            }
        }
        self.validate_ack_or(session, StreamEvent::Fin2InvalidAck)?;
        if !is_again {
            self.set_state(session, State::TimeWait);
            if segment.dir == ToServer {
                self.raise_sender(session, 0);
            }
            self.take_window(session);
        }
        self.note_timestamp(session);
        self.raise_receiver(session, 0);
        if segment.has(TcpFlags::ACK) {
            self.take_ack(session);
        }
        self.reassemble(session, segment.dir);
        Ok(())
    }

    /// A segment after both FINs have crossed.
    pub(crate) fn closing(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if !segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        let is_again = self.is_retransmission(session);
        if segment.seq != session.stream(segment.dir).next_seq {
            return self.refuse(StreamEvent::ClosingAckWrongSeq);
        }
        self.validate_ack_or(session, StreamEvent::ClosingInvalidAck)?;
        if !is_again {
            self.set_state(session, State::TimeWait);
            let client = &mut session.streams[0];
            client.window = segment.scaled_window(client.wscale);
        }
        self.finish_plainly(session)
    }

    /// A segment after the client's FIN.
    pub(crate) fn close_wait(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::FIN) {
            self.require_timestamp(session)?;
            return self.fin_on_close_wait(session);
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if !segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        let is_again = self.is_retransmission(session);
        let (sender, _) = session.ends(segment.dir);
        if !segment.is_empty() && segment.right_edge().at_most(sender.last_ack) {
            return self.refuse(StreamEvent::ClosewaitPktBeforeLastAck);
        }
        if segment
            .seq
            .after(sender.last_ack.wrapping_add(sender.window))
        {
            return self.refuse(StreamEvent::ClosewaitAckOutOfWindow);
        }
        self.validate_ack_or(session, StreamEvent::ClosewaitInvalidAck)?;
        if !is_again {
            self.take_window(session);
        }
        self.note_timestamp(session);
        self.raise_receiver(session, 0);
        self.raise_sender(session, 0);
        self.take_ack(session);
        self.reassemble(session, segment.dir);
        Ok(())
    }

    fn fin_on_close_wait(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let is_again = self.is_retransmission(session);
        let from = session.stream(segment.dir).next_seq;
        if !is_again && !self.begins_within(session, from) {
            return self.refuse(StreamEvent::ClosewaitFinOutOfWindow);
        }
        self.validate_ack_or(session, StreamEvent::ClosewaitInvalidAck)?;
        if !is_again {
            // Only the server's FIN moves on; the client's was seen.
            if segment.dir == ToClient {
                self.set_state(session, State::LastAck);
            }
            self.take_window(session);
        }
        self.note_timestamp(session);
        self.raise_receiver(session, 0);
        if segment.has(TcpFlags::ACK) {
            self.take_ack(session);
        }
        self.reassemble(session, segment.dir);
        Ok(())
    }

    /// A segment after the client's FIN and then the server's.
    pub(crate) fn last_ack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::FIN) {
            return Ok(());
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if !segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        if segment.dir == ToClient {
            return Ok(());
        }
        let is_again = self.is_retransmission(session);
        self.validate_ack_or(session, StreamEvent::LastackInvalidAck)?;
        if !is_again {
            let next = session.streams[0].next_seq;
            if segment.seq == next || segment.seq == next.wrapping_add(1) {
                self.set_state(session, State::Closed);
            } else if !segment.seq.before(next) {
                return self.refuse(StreamEvent::LastackAckWrongSeq);
            }
            self.take_window(session);
        }
        self.finish_plainly(session)
    }

    /// A segment after both FINs were acknowledged.
    pub(crate) fn time_wait(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            return self.reset(session);
        }
        if segment.has(TcpFlags::FIN) {
            return Ok(());
        }
        if segment.has(TcpFlags::SYN) {
            return self.refuse(StreamEvent::ShutdownSynResend);
        }
        if !segment.has(TcpFlags::ACK) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        let is_again = self.is_retransmission(session);
        let sender = session.stream(segment.dir);
        // The server's FIN is counted, the client's is not.
        let first = match segment.dir {
            ToServer => sender.next_seq,
            ToClient => sender.next_seq.wrapping_sub(1),
        };
        if !is_again && segment.seq != first && segment.seq != first.wrapping_add(1) {
            if segment.dir == ToClient && !segment.is_empty() && segment.seq == sender.last_ack {
                return Ok(());
            }
            return self.refuse(StreamEvent::TimewaitAckWrongSeq);
        }
        self.validate_ack_or(session, StreamEvent::TimewaitInvalidAck)?;
        if !is_again {
            self.set_state(session, State::Closed);
            self.take_window(session);
        }
        self.finish_plainly(session)
    }

    fn finish_plainly(&mut self, session: &mut Session) -> Verdict {
        self.note_timestamp(session);
        self.raise_receiver(session, 0);
        self.take_ack(session);
        self.reassemble(session, self.segment.dir);
        Ok(())
    }

    /// A segment after the end. Should a reset have ended the session whose signature nobody could check, the sender
    /// of that reset may prove it wrong by going on.
    pub(crate) fn closed(&mut self, session: &mut Session) -> Verdict {
        if self.segment.has(TcpFlags::RST) {
            return Ok(());
        }
        let (sender, receiver) = session.ends(self.segment.dir);
        if sender.is(StreamFlags::RST_RECEIVED) || !receiver.is(StreamFlags::RST_RECEIVED) {
            return Ok(());
        }
        let previous = session.previous;
        if previous == State::Closed {
            return Ok(());
        }
        self.dispatch(session, previous)?;
        if session.state == State::Closed {
            session.state = session.previous;
        }
        Ok(())
    }
}
