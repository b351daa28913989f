//! SYNs and SYN/ACKs that differ from the one the session goes by: only the answer tells which one its receiver took.

use tapir_packet::TcpFlags;

use super::session::{Session, SessionFlags, StreamFlags};
use super::{Segment, StreamEvent};
use crate::tcp::engine::{Rejected, Turn, Verdict};

/// What a SYN or SYN/ACK offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueuedSyn {
    pub(crate) sack: bool,
    pub(crate) wscale: Option<u8>,
    pub(crate) ts: Option<u32>,
    pub(crate) window: u16,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) secs: u32,
}

impl QueuedSyn {
    /// What a SYN/ACK offers.
    pub(crate) fn of_synack(segment: &Segment<'_>) -> Self {
        Self {
            ack: segment.ack,
            ..Self::of_syn(segment)
        }
    }

    /// What a SYN offers.
    pub(crate) fn of_syn(segment: &Segment<'_>) -> Self {
        Self {
            sack: segment.options.sack_permitted,
            wscale: segment.window_scale(),
            ts: segment.timestamps().map(|(value, _)| value),
            window: segment.window,
            seq: segment.seq,
            ack: 0,
            secs: segment.secs,
        }
    }

    /// What the client's SYN has offered that the session goes by.
    pub(crate) fn of_session(session: &Session) -> Self {
        let [client, server] = &session.streams;
        Self {
            sack: session.is(SessionFlags::CLIENT_SACKOK),
            wscale: session
                .is(SessionFlags::SERVER_WSCALE)
                .then_some(server.wscale),
            ts: client.is(StreamFlags::TIMESTAMP).then_some(client.last_ts),
            window: u16::try_from(server.window).unwrap_or(u16::MAX),
            seq: client.isn,
            ack: 0,
            secs: client.last_pkt_secs,
        }
    }

    /// Makes the session go by this SYN.
    pub(crate) fn apply(&self, session: &mut Session) {
        let [client, server] = &mut session.streams;
        // Another attempt with the same ports begins with a number of its own.
        if self.seq != client.isn && client.buffer.is_none() {
            client.begin(self.seq);
            client.next_seq = self.seq.wrapping_add(1);
        }
        if let Some(ts) = self.ts {
            client.last_pkt_secs = self.secs;
            client.last_ts = ts;
            client.set(StreamFlags::TIMESTAMP);
        }
        match self.wscale {
            Some(shift) => {
                session.flags.insert(SessionFlags::SERVER_WSCALE);
                server.wscale = shift;
            }
            None => {
                session.flags.remove(SessionFlags::SERVER_WSCALE);
                server.wscale = 0;
            }
        }
        server.window = u32::from(self.window);
        session.flags.set(SessionFlags::CLIENT_SACKOK, self.sack);
    }
}

impl Turn<'_> {
    /// Keeps what the session goes by, as another SYN is going to replace it.
    pub(crate) fn store_syn(&mut self, session: &mut Session) {
        let offer = QueuedSyn::of_session(session);
        let is_known = session.queue.as_ref().is_some_and(|queue| {
            queue
                .iter()
                .any(|known| (known.ts, known.seq) == (offer.ts, offer.seq))
        });
        if is_known {
            return;
        }
        let limit = self.engine.config.max_syn_queued;
        // An overflow is an event; the SYN itself is followed all the same.
        let _ = self.enqueue(session, offer, limit, StreamEvent::HandshakeSynFlood);
    }

    /// Keeps a SYN/ACK that differs from the one the session goes by.
    pub(crate) fn queue_synack(&mut self, session: &mut Session) -> Verdict {
        let offer = QueuedSyn::of_synack(self.segment);
        let same = |known: &QueuedSyn| {
            QueuedSyn {
                secs: offer.secs,
                ..*known
            } == offer
        };
        if session
            .queue
            .as_ref()
            .is_some_and(|queue| queue.iter().any(same))
        {
            return Ok(());
        }
        let limit = self.engine.config.max_synack_queued;
        self.enqueue(session, offer, limit, StreamEvent::HandshakeSynackFlood)
    }

    fn enqueue(
        &mut self,
        session: &mut Session,
        offer: QueuedSyn,
        limit: u8,
        flood: StreamEvent,
    ) -> Verdict {
        let len = session.queue.as_ref().map_or(0, |queue| queue.len());
        if len == usize::from(limit) {
            self.outcome.event(flood);
            return Err(Rejected);
        }
        if !self.engine.memory.take_session(size_of::<QueuedSyn>()) {
            return Err(Rejected);
        }
        session.queue.get_or_insert_default().insert(0, offer);
        Ok(())
    }

    /// Forgets every kept handshake.
    pub(crate) fn free_queue(&mut self, session: &mut Session) {
        self.engine.memory.give_session(queue_cost(session));
        session.queue = None;
    }

    /// The kept SYN/ACK that an acknowledgment answers.
    pub(crate) fn queued_synack_for(&self, session: &Session) -> Option<QueuedSyn> {
        let (seq, ack) = (self.segment.ack.wrapping_sub(1), self.segment.seq);
        session
            .queue
            .as_ref()?
            .iter()
            .find(|known| known.seq == seq && known.ack == ack)
            .copied()
    }

    /// The kept SYN whose number a SYN/ACK acknowledges.
    pub(crate) fn queued_syn_before(&self, session: &Session) -> Option<QueuedSyn> {
        let seq = self.segment.ack.wrapping_sub(1);
        let mut kept = session.queue.as_ref()?.iter();
        kept.find(|known| known.seq == seq).copied()
    }

    /// The kept SYN whose timestamp a SYN/ACK echoes.
    pub(crate) fn queued_syn_for(&self, session: &Session) -> Option<QueuedSyn> {
        let echo = self.segment.timestamps().map(|(_, echo)| echo);
        session
            .queue
            .as_ref()?
            .iter()
            .find(|known| known.ts == echo && known.seq == session.streams[0].isn)
            .copied()
    }

    /// The SYN/ACK's timestamp echo is one that the client can have sent. Segments of the client are not looked at.
    pub(crate) fn is_echo_plausible(&self, session: &Session) -> bool {
        let Some((_, echo)) = self
            .segment
            .timestamps()
            .filter(|_| !self.segment.is_to_server())
        else {
            return true;
        };
        let client = &session.streams[0];
        if client.is(StreamFlags::TIMESTAMP) {
            client.last_ts == 0 || echo == 0 || echo == client.last_ts
        } else {
            client.last_ts != 0 || echo == 0
        }
    }
}

/// Bytes that the kept handshakes of a session are accounted with.
pub(crate) fn queue_cost(session: &Session) -> usize {
    session
        .queue
        .as_ref()
        .map_or(0, |queue| queue.len() * size_of::<QueuedSyn>())
}

/// SYN and ACK without anything else that matters here.
pub(crate) const SYN_ACK: TcpFlags = TcpFlags::SYN.union(TcpFlags::ACK);
