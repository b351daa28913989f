//! Resets: whether the receiver's system would believe one.

use tapir_packet::TcpFlags;

use super::engine::{Rejected, Turn, Verdict};
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, StreamFlags};
use super::{OsPolicy, StreamEvent};

impl Turn<'_> {
    /// Whether the receiver of a reset believes it.
    pub(crate) fn validate_rst(&mut self, session: &mut Session) -> Verdict {
        if session.is(SessionFlags::LIBERAL) {
            return Ok(());
        }
        self.require_timestamp(session)?;
        let segment = self.segment;
        if !segment.is_empty() {
            self.outcome.event(StreamEvent::RstWithData);
        }
        let policy = self.receiver_policy(session);
        if segment.ack != 0 {
            self.validate_ack_or(session, StreamEvent::RstInvalidAck)?;
        }
        let is_async = session.is(SessionFlags::ASYNC);
        let (sender, receiver) = session.ends(segment.dir);
        if segment.options.md5 || segment.options.authentication {
            // Whether the signature is right, only the two ends know. If the sender goes on, it was not.
            receiver.set(StreamFlags::RST_RECEIVED);
        }
        let is_next_or_later = segment.seq.at_least(sender.next_seq);
        let is_believed = match policy {
            _ if is_async => is_next_or_later,
            OsPolicy::HpUx11 => is_next_or_later,
            OsPolicy::OldLinux | OsPolicy::Linux | OsPolicy::Solaris => {
                segment.right_edge().at_least(sender.last_ack)
                    && segment
                        .seq
                        .before(sender.next_seq.wrapping_add(sender.window))
            }
            _ => segment.seq == sender.next_seq,
        };
        if is_believed { Ok(()) } else { Err(Rejected) }
    }

    /// Closes the session by a reset.
    pub(crate) fn close_by_rst(&mut self, session: &mut Session) {
        session.flags.insert(SessionFlags::CLOSED_BY_RST);
        self.set_state(session, State::Closed);
    }

    /// Follows a reset of a session that was established, or is closing.
    pub(crate) fn reset(&mut self, session: &mut Session) -> Verdict {
        self.validate_rst(session)?;
        let segment = self.segment;
        let was_established = session.state == State::Established;
        self.close_by_rst(session);
        if was_established {
            let (sender, receiver) = session.ends(segment.dir);
            receiver.next_seq = segment.ack;
            sender.next_seq = segment
                .right_edge()
                .wrapping_add(u32::from(!segment.is_to_server()));
            sender.window = segment.scaled_window(sender.wscale);
        }
        if segment.has(TcpFlags::ACK) && self.validate_ack(session).is_ok() {
            self.advance_ack(session, segment.dir.reverse(), segment.ack);
        }
        self.advance_ack(session, segment.dir, segment.seq);
        self.note_timestamp(session);
        self.reassemble(session, segment.dir);
        Ok(())
    }

    /// A segment after its sender's reset: that reset came from somebody else.
    pub(crate) fn check_after_rst(&mut self, session: &mut Session) {
        if self.segment.is_end || self.segment.has(TcpFlags::RST) {
            return;
        }
        let (_, receiver) = session.ends(self.segment.dir);
        if receiver.is(StreamFlags::RST_RECEIVED) {
            receiver.flags.remove(StreamFlags::RST_RECEIVED);
            session.flags.remove(SessionFlags::CLOSED_BY_RST);
            self.outcome.event(StreamEvent::SuspectedRstInject);
        }
    }
}
