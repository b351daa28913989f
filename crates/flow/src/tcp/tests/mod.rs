//! Sessions by script: segments without packets.

mod events;
mod limits;
mod policies;
mod raw_inspection;
mod sessions;
mod streams;

use std::net::{IpAddr, Ipv4Addr};

use tapir_packet::{Direction, TcpFlags, TcpOptions};

use super::*;

pub(super) use Direction::{ToClient, ToServer};

pub(super) const S: TcpFlags = TcpFlags::SYN;
pub(super) const SA: TcpFlags = TcpFlags::SYN.union(TcpFlags::ACK);
pub(super) const A: TcpFlags = TcpFlags::ACK;
pub(super) const F: TcpFlags = TcpFlags::FIN;
pub(super) const FA: TcpFlags = TcpFlags::FIN.union(TcpFlags::ACK);
pub(super) const R: TcpFlags = TcpFlags::RST;
pub(super) const RA: TcpFlags = TcpFlags::RST.union(TcpFlags::ACK);

/// The client's first number is 1000, the server's 5000.
pub(super) const CLIENT: u32 = 1000;
pub(super) const SERVER: u32 = 5000;

/// A segment with the fields that scripts do not care about filled in.
pub(super) fn segment(
    dir: Direction,
    flags: TcpFlags,
    seq: u32,
    ack: u32,
    payload: &[u8],
) -> Segment<'_> {
    Segment {
        dir,
        seq,
        ack,
        flags,
        window: 8192,
        urgent: 0,
        options: TcpOptions::default(),
        payload,
        secs: 1_000_000,
        dst: IpAddr::V4(Ipv4Addr::LOCALHOST),
        is_end: false,
    }
}

/// A session and everything it has delivered.
pub(super) struct Script {
    pub(super) engine: Engine,
    pub(super) session: Option<Box<Session>>,
    pub(super) outcome: Outcome,
    /// What the application layer has got of each direction; `?` for each missing byte.
    pub(super) app: [Vec<u8>; 2],
    /// What was inspected of each direction as a stream.
    pub(super) raw: [Vec<(u64, Vec<u8>)>; 2],
    /// Every event so far.
    pub(super) events: Vec<StreamEvent>,
    /// The end of the stream was told.
    pub(super) eof: [bool; 2],
}

impl Script {
    pub(super) fn new(config: Config) -> Self {
        Self::with_policy(config, OsPolicy::Linux)
    }

    pub(super) fn with_policy(config: Config, policy: OsPolicy) -> Self {
        Self {
            engine: Engine::new(config, Box::new(move |_| policy)),
            session: None,
            outcome: Outcome::default(),
            app: Default::default(),
            raw: Default::default(),
            events: Vec::new(),
            eof: [false; 2],
        }
    }

    /// A script after an ordinary handshake.
    pub(super) fn established(config: Config) -> Self {
        let mut script = Self::new(config);
        script.shake_hands();
        script
    }

    pub(super) fn shake_hands(&mut self) {
        self.send(ToServer, S, CLIENT, 0, b"");
        self.send(ToClient, SA, SERVER, CLIENT + 1, b"");
        self.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
        assert_eq!(self.state(), State::Established);
        assert_eq!(self.events, []);
    }

    pub(super) fn send(
        &mut self,
        dir: Direction,
        flags: TcpFlags,
        seq: u32,
        ack: u32,
        payload: &[u8],
    ) -> &mut Self {
        self.follow(&segment(dir, flags, seq, ack, payload))
    }

    /// Data of the client at an offset of its stream, acknowledging nothing new.
    pub(super) fn client(&mut self, offset: u32, payload: &[u8]) -> &mut Self {
        self.send(ToServer, A, CLIENT + 1 + offset, SERVER + 1, payload)
    }

    /// The server acknowledges the client's stream up to an offset.
    pub(super) fn acked(&mut self, offset: u32) -> &mut Self {
        self.send(ToClient, A, SERVER + 1, CLIENT + 1 + offset, b"")
    }

    /// Follows a segment as a worker does.
    pub(super) fn follow(&mut self, segment: &Segment<'_>) -> &mut Self {
        self.engine
            .handle(&mut self.session, segment, &mut self.outcome);
        if let Some(session) = self.session.as_deref_mut() {
            for dir in self.outcome.updates() {
                let mut cursor = session.app_cursor(dir, &self.outcome);
                while let Some(chunk) = session.app_next(&mut cursor, &mut self.outcome) {
                    let into = &mut self.app[dir.index()];
                    into.extend(std::iter::repeat_n(b'?', chunk.gap as usize));
                    into.extend_from_slice(chunk.data);
                    self.eof[dir.index()] |= chunk.is_eof;
                    let used = chunk.gap + chunk.data.len() as u64;
                    session.app_consume(&cursor, used);
                    if used > 0 {
                        session.set_recognised(dir);
                    }
                }
            }
            let progress = {
                let windows = self
                    .engine
                    .raw_windows(session, segment, &self.outcome, false);
                for window in windows.as_slice() {
                    self.raw[segment.dir.index()].push((window.offset, window.data.to_vec()));
                }
                windows.progress()
            };
            if self.outcome.is(SegmentFlags::ESTABLISHED) {
                session.raw_done(segment.dir, progress);
            }
            self.engine.prune(session, segment.dir);
        }
        self.events.extend(self.outcome.events.iter());
        self
    }

    /// Ends the flow: what is left is inspected.
    pub(super) fn end(&mut self) -> &mut Self {
        for dir in [ToServer, ToClient] {
            if let Some(end) = self
                .session
                .as_deref()
                .filter(|session| session.needs_end(dir, false))
                .map(|session| Segment::end_of(session, dir, tapir_packet::Timestamp::ZERO))
            {
                self.follow(&end);
            }
        }
        self
    }

    pub(super) fn state(&self) -> State {
        self.session.as_deref().map_or(State::None, Session::state)
    }

    pub(super) fn known(&self) -> &Session {
        self.session.as_deref().expect("a session was opened")
    }

    /// The names of the last segment's events.
    pub(super) fn last(&self) -> Vec<&'static str> {
        self.outcome.events.iter().map(StreamEvent::name).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.last().contains(&name)
    }

    pub(super) fn app(&self, dir: Direction) -> &str {
        std::str::from_utf8(&self.app[dir.index()]).expect("scripts send text")
    }
}
