//! New sessions on the ports of old ones.

use tapir_packet::{Direction, TcpFlags};

use super::session::{Session, SessionFlags, State};
use super::syn_queue::SYN_ACK;
use super::{Engine, Segment};

impl Engine {
    /// Whether a segment opens a new session although its flow is known: the flow is to be ended and a new one made.
    ///
    /// `session` is that of the known flow; the segment's direction is that within the known flow.
    #[must_use]
    pub fn must_reuse(&self, session: Option<&Session>, segment: &Segment<'_>) -> bool {
        if !segment.has(TcpFlags::SYN) || segment.flags.intersects(TcpFlags::RST | TcpFlags::FIN) {
            return false;
        }
        let is_synack = segment.has(SYN_ACK);
        if is_synack && !self.config.midstream && !self.config.async_oneside {
            return false;
        }
        let Some(session) = session else {
            return !(is_synack && segment.dir == Direction::ToClient);
        };
        let is_again = match (is_synack, segment.dir) {
            (false, Direction::ToServer) => {
                if session.is(SessionFlags::FAST_OPEN_IGNORED) {
                    return true;
                }
                session.streams[0].isn == segment.seq
            }
            (true, Direction::ToClient) => session.streams[1].isn == segment.seq,
            _ => false,
        };
        !is_again && (session.state >= State::LastAck || session.state == State::None)
    }
}
