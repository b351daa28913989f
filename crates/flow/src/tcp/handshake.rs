//! The handshake: three segments as a rule, four or five when it is split, fewer when data comes with the SYN or one
//! side is not seen.

use tapir_packet::{Direction, TcpFlags};

use super::ack::{expect_next, set_window_edge};
use super::engine::{Rejected, Turn, Verdict};
use super::opening::note_first_timestamp;
use super::seq::Sequence;
use super::session::{Session, SessionFlags, State, StreamFlags};
use super::syn_queue::{QueuedSyn, SYN_ACK};
use super::{MAX_WINDOW_SCALE, OsPolicy, SegmentFlags, StreamEvent};

use Direction::{ToClient, ToServer};

impl Turn<'_> {
    fn reject(&mut self, event: StreamEvent) -> Verdict {
        self.outcome.event(event);
        Err(Rejected)
    }

    /// A segment after the client's SYN.
    pub(crate) fn syn_sent(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(SYN_ACK) {
            return match segment.dir {
                ToClient => self.synack_on_syn_sent(session),
                ToServer => self.split_synack(session),
            };
        }
        if !self.is_echo_plausible(session) {
            return self.reject(StreamEvent::PktInvalidTimestamp);
        }
        if segment.has(TcpFlags::RST) {
            self.rst_on_syn_sent(session)
        } else if segment.has(TcpFlags::FIN) {
            Ok(())
        } else if segment.has(TcpFlags::SYN) {
            match segment.dir {
                ToClient => self.split_syn(session),
                ToServer => self.syn_again(session),
            }
            Ok(())
        } else if segment.has(TcpFlags::ACK) && self.engine.config.async_oneside {
            self.async_after_syn(session)
        } else {
            Ok(())
        }
    }

    fn synack_on_syn_sent(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.ack != session.streams[0].isn.wrapping_add(1)
            && let Some(syn) = self.queued_syn_before(session)
        {
            self.store_syn(session);
            syn.apply(session);
        }
        let client = &mut session.streams[0];
        let after_syn = client.isn.wrapping_add(1);
        if session.flags.contains(SessionFlags::FAST_OPEN) || segment.options.fast_open.is_some() {
            if segment.ack == client.next_seq {
                // The data that came with the SYN is acknowledged too.
            } else if segment.ack == after_syn {
                client.next_seq = client.isn;
                session.flags.insert(SessionFlags::FAST_OPEN_IGNORED);
                self.outcome
                    .event(StreamEvent::HandshakeSynackTfoDataIgnored);
            } else {
                return self.reject(StreamEvent::HandshakeSynackWithWrongAck);
            }
            session.flags.insert(SessionFlags::FAST_OPEN);
            self.set_state(session, State::Established);
        } else if segment.ack != after_syn {
            return self.reject(StreamEvent::HandshakeSynackWithWrongAck);
        }
        if !self.is_echo_plausible(session) {
            match self.queued_syn_for(session) {
                Some(syn) => syn.apply(session),
                None => return self.reject(StreamEvent::PktInvalidTimestamp),
            }
        }
        self.free_queue(session);
        self.accept_synack(session, QueuedSyn::of_synack(segment));
        Ok(())
    }

    /// Makes the session go by a SYN/ACK.
    fn accept_synack(&mut self, session: &mut Session, synack: QueuedSyn) {
        self.set_state(session, State::SynRecv);
        let [client, server] = &mut session.streams;
        server.begin(synack.seq);
        server.next_seq = synack.seq.wrapping_add(1);
        client.window = u32::from(synack.window);
        match synack.ts.filter(|_| client.is(StreamFlags::TIMESTAMP)) {
            Some(ts) => {
                server.last_ts = ts;
                server.last_pkt_secs = synack.secs;
                session.flags.insert(SessionFlags::TIMESTAMP);
                if ts == 0 {
                    server.set(StreamFlags::ZERO_TIMESTAMP);
                }
            }
            None => {
                client.last_ts = 0;
                server.last_ts = 0;
                client.flags.remove(StreamFlags::ZERO_TIMESTAMP);
            }
        }
        client.last_ack = synack.ack;
        server.last_ack = server.next_seq;
        client.wscale = match synack.wscale {
            Some(shift) if session.flags.contains(SessionFlags::SERVER_WSCALE) => shift,
            _ => 0,
        };
        let both_sack = synack.sack && session.flags.contains(SessionFlags::CLIENT_SACKOK);
        session.flags.set(SessionFlags::SACKOK, both_sack);
        set_window_edge(server);
        set_window_edge(client);
        session.flags.remove(SessionFlags::SPLIT_HANDSHAKE);
    }

    /// A SYN/ACK of the client: the answer to a SYN of the server.
    fn split_synack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if !session.is(SessionFlags::SPLIT_HANDSHAKE) {
            return self.reject(StreamEvent::HandshakeSynackInWrongDirection);
        }
        let [client, server] = &session.streams;
        if segment.ack != server.isn.wrapping_add(1) {
            return self.reject(StreamEvent::SplitSynackWithWrongAck);
        }
        if segment.seq != client.isn {
            return self.reject(StreamEvent::SplitSynackWithWrongSyn);
        }
        self.set_state(session, State::SynRecv);
        let [client, server] = &mut session.streams;
        client.begin(segment.seq);
        client.next_seq = segment.seq.wrapping_add(1);
        server.window = u32::from(segment.window);
        match segment
            .timestamps()
            .filter(|_| server.is(StreamFlags::TIMESTAMP))
        {
            Some((ts, _)) => {
                client.last_ts = ts;
                client.last_pkt_secs = segment.secs;
                session.flags.insert(SessionFlags::TIMESTAMP);
                if ts == 0 {
                    client.set(StreamFlags::ZERO_TIMESTAMP);
                }
            }
            None => {
                client.last_ts = 0;
                server.last_ts = 0;
                server.flags.remove(StreamFlags::ZERO_TIMESTAMP);
            }
        }
        server.last_ack = segment.ack;
        client.last_ack = client.next_seq;
        server.wscale = match segment.window_scale() {
            Some(shift) if session.flags.contains(SessionFlags::SERVER_WSCALE) => shift,
            _ => 0,
        };
        if session.flags.contains(SessionFlags::CLIENT_SACKOK) && segment.options.sack_permitted {
            session.flags.insert(SessionFlags::SACKOK);
        }
        set_window_edge(client);
        set_window_edge(server);
        Ok(())
    }

    fn rst_on_syn_sent(&mut self, session: &mut Session) -> Verdict {
        self.validate_rst(session)?;
        let segment = self.segment;
        let [client, server] = &mut session.streams;
        match segment.dir {
            ToServer => {
                let takes_back = segment.seq == client.isn
                    && segment.window == 0
                    && segment.ack == client.isn.wrapping_add(1);
                if !takes_back {
                    return Ok(());
                }
                server.set(StreamFlags::RST_RECEIVED);
            }
            ToClient => client.set(StreamFlags::RST_RECEIVED),
        }
        self.close_by_rst(session);
        self.free_queue(session);
        Ok(())
    }

    /// A SYN of the server in answer to the client's: the handshake is split. The client's number stays, as its
    /// SYN/ACK has to repeat it.
    fn split_syn(&mut self, session: &mut Session) {
        let segment = self.segment;
        session.flags.insert(SessionFlags::SPLIT_HANDSHAKE);
        session.flags.set(
            SessionFlags::SERVER_WSCALE,
            segment.window_scale().is_some(),
        );
        session
            .flags
            .set(SessionFlags::CLIENT_SACKOK, segment.options.sack_permitted);
        let [_, server] = &mut session.streams;
        server.begin(segment.seq);
        server.next_seq = segment.seq.wrapping_add(1);
        note_first_timestamp(server, segment);
        server.window = u32::from(segment.window);
        server.wscale = segment.window_scale().unwrap_or(0);
    }

    /// The client's SYN again: the session goes by the latest, the others are kept until a SYN/ACK tells.
    fn syn_again(&mut self, session: &mut Session) {
        let offer = QueuedSyn::of_syn(self.segment);
        if offer != QueuedSyn::of_session(session) {
            self.store_syn(session);
        }
        offer.apply(session);
    }

    /// The client goes on, and no SYN/ACK was seen: only one side is.
    fn async_after_syn(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.seq != session.streams[0].next_seq {
            return self.reject(StreamEvent::HandshakeAsyncWrongSeq);
        }
        session.flags.insert(SessionFlags::ASYNC);
        self.set_state(session, State::Established);
        self.free_queue(session);
        let [client, server] = &mut session.streams;
        client.window = u32::from(segment.window);
        client.last_ack = segment.seq;
        set_window_edge(client);
        server.begin(segment.ack.wrapping_sub(1));
        server.next_seq = segment.ack;
        server.last_ack = segment.ack;
        server.next_win = segment.ack;
        if session.flags.contains(SessionFlags::SERVER_WSCALE) {
            client.wscale = MAX_WINDOW_SCALE;
        }
        if segment.timestamps().is_some() && client.is(StreamFlags::TIMESTAMP) {
            session.flags.insert(SessionFlags::TIMESTAMP);
            client.flags.remove(StreamFlags::TIMESTAMP);
            client.last_pkt_secs = segment.secs;
        } else {
            client.last_ts = 0;
            client.flags.remove(StreamFlags::ZERO_TIMESTAMP);
        }
        if session.flags.contains(SessionFlags::CLIENT_SACKOK) {
            session.flags.insert(SessionFlags::SACKOK);
        }
        self.reassemble(session, ToServer);
        Ok(())
    }

    /// A segment after the server's SYN/ACK.
    pub(crate) fn syn_recv(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.has(TcpFlags::RST) {
            self.rst_on_syn_recv(session)
        } else if segment.has(TcpFlags::FIN) {
            self.require_timestamp(session)?;
            self.first_fin(session)
        } else if segment.has(SYN_ACK) {
            self.synack_again(session)
        } else if segment.has(TcpFlags::SYN) {
            if segment.dir == ToClient {
                return self.reject(StreamEvent::HandshakeSynToclientOnSynRecv);
            }
            if segment.seq != session.streams[0].isn {
                return self.reject(StreamEvent::HandshakeSynResendDiffSeqOnSynRecv);
            }
            Ok(())
        } else if segment.has(TcpFlags::ACK) {
            if let Some(synack) = self.queued_synack_for(session) {
                self.accept_synack(session, synack);
            }
            self.require_timestamp(session)?;
            if session.is(SessionFlags::SPLIT_HANDSHAKE) && segment.dir == ToClient {
                self.split_ack(session)
            } else {
                self.ack_on_syn_recv(session)
            }
        } else {
            Ok(())
        }
    }

    /// Some systems take a reset for a stray one when the acknowledgment before it was wrong.
    fn rst_on_syn_recv(&mut self, session: &mut Session) -> Verdict {
        self.validate_rst(session)?;
        let policy = self.receiver_policy(session);
        let ignores = matches!(
            policy,
            OsPolicy::Linux | OsPolicy::OldLinux | OsPolicy::Solaris
        );
        if !(session.is(SessionFlags::EVASION_ATTEMPT) && ignores) {
            self.close_by_rst(session);
            self.note_timestamp(session);
        }
        Ok(())
    }

    fn synack_again(&mut self, session: &mut Session) -> Verdict {
        let [client, server] = &session.streams;
        if self.segment.dir == ToServer {
            return self.reject(StreamEvent::HandshakeSynackToserverOnSynRecv);
        }
        if self.segment.ack != client.last_ack {
            return self.reject(StreamEvent::HandshakeSynackResendWithDifferentAck);
        }
        if self.segment.seq != server.isn {
            self.queue_synack(session)?;
        }
        Ok(())
    }

    /// The server's acknowledgment ends a split handshake.
    fn split_ack(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        if segment.seq != session.streams[1].next_seq {
            return self.reject(StreamEvent::SplitWrongSeq);
        }
        self.validate_ack_or(session, StreamEvent::SplitInvalidAck)?;
        self.note_timestamp(session);
        self.advance_ack(session, ToServer, segment.ack);
        let next = session.streams[1].next_seq.wrapping_add(segment.len());
        expect_next(session, ToClient, next);
        let client = &mut session.streams[0];
        client.window = segment.scaled_window(client.wscale);
        set_window_edge(client);
        self.set_state(session, State::Established);
        self.reassemble(session, ToClient);
        Ok(())
    }

    /// An acknowledgment after the SYN/ACK: the client's as a rule; the server's when the client's was missed.
    fn ack_on_syn_recv(&mut self, session: &mut Session) -> Verdict {
        let segment = self.segment;
        let is_inline = self.engine.config.inline;
        let is_expected_from_server = session
            .flags
            .intersects(SessionFlags::MIDSTREAM_SYNACK | SessionFlags::FAST_OPEN);
        let missed_ack = segment.dir == ToClient && !is_expected_from_server;
        let [client, server] = &session.streams;
        if missed_ack && is_inline {
            let fits = segment.ack == client.last_ack && segment.seq == server.next_seq;
            return self.reject(match !segment.is_empty() && fits {
                true => StreamEvent::HandshakeAckDataInject,
                false => StreamEvent::HandshakeAckInWrongDir,
            });
        }
        let (is_next_of_client, is_next_of_server) = (
            segment.seq == client.next_seq,
            segment.seq == server.next_seq,
        );
        let acks_server = segment.ack == server.next_seq;
        if is_next_of_client && acks_server {
            self.complete_handshake(session);
        } else if self.engine.config.async_oneside && is_next_of_server {
            self.async_after_synack(session);
        } else if is_next_of_client {
            session.flags.insert(SessionFlags::EVASION_ATTEMPT);
            return self.reject(StreamEvent::HandshakeRightSeqWrongAckEvasion);
        } else if segment.dir == ToClient
            && !is_inline
            && segment.seq.after(client.next_seq)
            && segment.ack.after(client.last_ack)
        {
            self.server_after_loss(session);
        } else if segment.seq.after(client.next_seq)
            && segment.seq.at_most(client.next_win)
            && acks_server
        {
            self.client_after_loss(session);
        } else if (missed_ack || session.is(SessionFlags::FAST_OPEN))
            && segment.ack == client.last_ack
            && is_next_of_server
        {
            self.server_after_missed_ack(session);
        } else {
            return self.reject(StreamEvent::HandshakeWrongSeqWrongAck);
        }
        Ok(())
    }

    fn complete_handshake(&mut self, session: &mut Session) {
        let segment = self.segment;
        self.note_timestamp(session);
        self.advance_ack(session, ToClient, segment.ack);
        let next = session.streams[0].next_seq.wrapping_add(segment.len());
        expect_next(session, ToServer, next);
        let [client, server] = &mut session.streams;
        server.window = segment.scaled_window(server.wscale);
        set_window_edge(server);
        if session.flags.contains(SessionFlags::MIDSTREAM) {
            client.window = segment.scaled_window(client.wscale);
            set_window_edge(client);
            if !session.flags.contains(SessionFlags::MIDSTREAM_SYNACK) {
                assume_scaling(session);
            }
        }
        self.set_state(session, State::Established);
        // With data the acknowledgment proper was lost; this segment counts as part of the established flow.
        if !segment.is_empty() {
            self.outcome.mark(SegmentFlags::FLOW_ESTABLISHED);
        }
        self.reassemble(session, ToServer);
    }

    fn async_after_synack(&mut self, session: &mut Session) {
        let segment = self.segment;
        session.flags.insert(SessionFlags::ASYNC);
        let [client, server] = &mut session.streams;
        server.next_seq = server.next_seq.wrapping_add(segment.len());
        server.last_ack = segment.seq;
        client.window = segment.scaled_window(client.wscale);
        client.last_ack = segment.ack;
        self.note_timestamp(session);
        if session.is(SessionFlags::MIDSTREAM) {
            let server = &mut session.streams[1];
            server.window = u32::from(segment.window);
            set_window_edge(server);
            assume_scaling(session);
        }
        self.set_state(session, State::Established);
        self.reassemble(session, ToClient);
    }

    fn server_after_loss(&mut self, session: &mut Session) {
        let segment = self.segment;
        self.note_timestamp(session);
        self.advance_ack(session, ToServer, segment.ack);
        let [client, server] = &mut session.streams;
        server.next_seq = segment.right_edge();
        client.window = segment.scaled_window(client.wscale);
        set_window_edge(client);
        client.window = u32::from(segment.window);
        set_window_edge(server);
        self.set_state(session, State::Established);
        self.reassemble(session, ToClient);
    }

    fn client_after_loss(&mut self, session: &mut Session) {
        let segment = self.segment;
        self.note_timestamp(session);
        session.streams[0].next_seq = segment.right_edge();
        self.advance_ack(session, ToClient, segment.ack);
        let [client, server] = &mut session.streams;
        server.window = segment.scaled_window(server.wscale);
        set_window_edge(server);
        if session.flags.contains(SessionFlags::MIDSTREAM) {
            client.window = u32::from(segment.window);
            assume_scaling(session);
        }
        self.set_state(session, State::Established);
        self.reassemble(session, ToServer);
    }

    fn server_after_missed_ack(&mut self, session: &mut Session) {
        let segment = self.segment;
        expect_next(session, ToClient, segment.right_edge());
        let server = &mut session.streams[1];
        server.window = segment.scaled_window(server.wscale);
        set_window_edge(server);
        self.set_state(session, State::Established);
        self.reassemble(session, ToClient);
    }
}

/// Takes the largest scaling and selective acknowledgments for agreed, as the handshake was not seen.
fn assume_scaling(session: &mut Session) {
    for stream in &mut session.streams {
        stream.wscale = MAX_WINDOW_SCALE;
    }
    session.flags.insert(SessionFlags::SACKOK);
}
