//! The segment that begins what is known of a session: a SYN, or any later one when sessions are taken up midstream.

use tapir_packet::{Direction, TcpFlags};

use super::ack::{expect_next, set_window_edge};
use super::engine::{Rejected, Turn, Verdict};
use super::session::{Session, SessionFlags, State, Stream, StreamFlags};
use super::syn_queue::SYN_ACK;
use super::{Exception, MAX_WINDOW_SCALE, Segment, SegmentFlags, StreamEvent};

impl Turn<'_> {
    /// Follows a segment of no known session.
    pub(crate) fn open(&mut self, session: &mut Option<Box<Session>>) -> Verdict {
        let segment = self.segment;
        if segment.is_end {
            return Ok(());
        }
        if segment.has(TcpFlags::RST) {
            self.outcome.event(StreamEvent::RstButNoSession);
            return Err(Rejected);
        }
        let is_syn = !segment.has(TcpFlags::FIN) && segment.flags & SYN_ACK == TcpFlags::SYN;
        if is_syn {
            let mut opened = self.new_session(segment.dir).ok_or(Rejected)?;
            self.open_by_syn(&mut opened);
            *session = Some(opened);
            return Ok(());
        }
        if !segment.flags.intersects(TcpFlags::FIN | TcpFlags::ACK) {
            return Ok(());
        }
        self.outcome.exception = Some(Exception::Midstream);
        if segment.has(TcpFlags::FIN) {
            return self.open_by_fin(session);
        }
        let config = &self.engine.config;
        let is_synack = segment.has(SYN_ACK);
        let may_open = config.midstream || (is_synack && config.async_oneside);
        if !may_open || !config.midstream_pickup_allowed {
            return Ok(());
        }
        let mut opened = self.pick_up()?;
        if is_synack {
            self.open_by_synack(&mut opened);
        } else {
            self.set_state(&mut opened, State::Established);
            self.open_midstream(&mut opened, 0);
        }
        *session = Some(opened);
        Ok(())
    }

    fn open_by_fin(&mut self, session: &mut Option<Box<Session>>) -> Verdict {
        let config = &self.engine.config;
        if !config.midstream || self.segment.is_empty() || !config.midstream_pickup_allowed {
            self.outcome.event(StreamEvent::FinButNoSession);
            return Err(Rejected);
        }
        let mut opened = self.pick_up()?;
        self.set_state(&mut opened, State::FinWait1);
        self.open_midstream(&mut opened, 1);
        *session = Some(opened);
        Ok(())
    }

    fn pick_up(&mut self) -> Result<Box<Session>, Rejected> {
        let mut session = self.new_session(self.segment.dir).ok_or(Rejected)?;
        self.engine.counters.midstream_pickups += 1;
        self.outcome.mark(SegmentFlags::MIDSTREAM);
        session.flags.insert(SessionFlags::MIDSTREAM);
        session
            .flags
            .set(SessionFlags::ASYNC, self.engine.config.async_oneside);
        Ok(session)
    }

    fn open_by_syn(&mut self, session: &mut Session) {
        let segment = self.segment;
        self.set_state(session, State::SynSent);
        session
            .flags
            .set(SessionFlags::ASYNC, self.engine.config.async_oneside);
        session.flags.set(
            SessionFlags::SERVER_WSCALE,
            segment.window_scale().is_some(),
        );
        session
            .flags
            .set(SessionFlags::CLIENT_SACKOK, segment.options.sack_permitted);
        let [client, server] = &mut session.streams;
        client.begin(segment.seq);
        client.next_seq = segment.seq.wrapping_add(1);
        note_first_timestamp(client, segment);
        server.window = u32::from(segment.window);
        server.wscale = segment.window_scale().unwrap_or(0);
        if segment.options.fast_open.is_some() {
            session.flags.insert(SessionFlags::FAST_OPEN);
            if !segment.is_empty() {
                let next = session.streams[0].next_seq.wrapping_add(segment.len());
                expect_next(session, Direction::ToServer, next);
                self.reassemble(session, Direction::ToServer);
            }
        }
    }

    /// The server's answer, seen first: client and server are the other way round.
    fn open_by_synack(&mut self, session: &mut Session) {
        let segment = self.segment;
        session.swap();
        self.outcome.mark(SegmentFlags::REVERSED);
        self.set_state(session, State::SynRecv);
        session.flags.insert(SessionFlags::MIDSTREAM_SYNACK);
        session
            .flags
            .set(SessionFlags::SACKOK, segment.options.sack_permitted);
        let [client, server] = &mut session.streams;
        server.begin(segment.seq);
        server.next_seq = segment.seq.wrapping_add(1);
        server.window = u32::from(segment.window);
        client.begin(segment.ack.wrapping_sub(1));
        client.next_seq = segment.ack;
        client.last_ack = segment.ack;
        server.last_ack = segment.seq;
        set_window_edge(server);
        // Scaling is used by both sides or none; what the client has offered is not known.
        if let Some(shift) = segment.window_scale() {
            client.wscale = shift;
            server.wscale = MAX_WINDOW_SCALE;
        }
        if adopt_timestamps(server, client, segment) {
            session.flags.insert(SessionFlags::TIMESTAMP);
        }
    }

    /// Any later segment: its sender is taken for the client. `fin` is 1 if it carries a FIN.
    fn open_midstream(&mut self, session: &mut Session, fin: u32) {
        let segment = self.segment;
        session.flags.insert(SessionFlags::MIDSTREAM_ESTABLISHED);
        let [client, server] = &mut session.streams;
        client.wscale = MAX_WINDOW_SCALE;
        server.wscale = MAX_WINDOW_SCALE;
        client.begin(segment.seq.wrapping_sub(1));
        client.next_seq = segment.right_edge().wrapping_add(fin);
        client.window = segment.scaled_window(client.wscale);
        client.last_ack = segment.seq;
        set_window_edge(client);
        server.begin(segment.ack.wrapping_sub(1));
        server.next_seq = segment.ack;
        server.last_ack = segment.ack;
        server.next_win = segment.ack;
        if adopt_timestamps(client, server, segment) {
            session.flags.insert(SessionFlags::TIMESTAMP);
        }
        self.reassemble(session, Direction::ToServer);
        session.flags.insert(SessionFlags::SACKOK);
    }
}

/// Notes the timestamp of a SYN with its sender.
pub(crate) fn note_first_timestamp(sender: &mut Stream, segment: &Segment<'_>) {
    if let Some((ts, _)) = segment.timestamps() {
        sender.last_ts = ts;
        sender.last_pkt_secs = segment.secs;
        sender.set(StreamFlags::TIMESTAMP);
        if ts == 0 {
            sender.set(StreamFlags::ZERO_TIMESTAMP);
        }
    }
}

/// Takes over both timestamps of a segment; false if it has none.
fn adopt_timestamps(sender: &mut Stream, receiver: &mut Stream, segment: &Segment<'_>) -> bool {
    let Some((value, echo)) = segment.timestamps() else {
        return false;
    };
    sender.last_ts = value;
    sender.last_pkt_secs = segment.secs;
    receiver.last_ts = echo;
    for stream in [sender, receiver] {
        if stream.last_ts == 0 {
            stream.set(StreamFlags::ZERO_TIMESTAMP);
        }
    }
    true
}
