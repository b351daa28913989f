//! What is said in a flow: the parser of its protocol, fed with what becomes readable.

use std::net::IpAddr;
use std::sync::Arc;

use tapir_packet::{Direction, Timestamp};
use tapir_protocols::{
    AppProto, AppState, ExpectedFlow, Input, Orders, Outcome, ParserSettings, Predecessor, Request,
    Transport,
};

/// The parser of a flow, and whether it still listens.
#[derive(Debug, Default)]
pub(crate) struct Dialogue {
    state: Option<AppState>,
    /// The protocol that `state` is for.
    proto: AppProto,
    /// What changed to this protocol.
    before: Predecessor,
    /// The parser has failed, or was told to stop: it gets no more.
    is_over: bool,
    /// Transactions that have been counted.
    counted: u64,
    /// Nothing will follow, by direction.
    ended: [bool; 2],
}

/// Bytes that became readable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readable<'d> {
    pub(super) direction: Direction,
    pub(super) data: &'d [u8],
    pub(super) eof: bool,
    pub(super) transport: Transport,
    pub(super) ports: [u16; 2],
    pub(super) time: Timestamp,
    pub(super) hosts: [IpAddr; 2],
}

/// What the parser made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used {
    /// Bytes that it is done with.
    pub(super) bytes: usize,
    /// Bytes that it must have of what follows.
    pub(super) needed: usize,
    /// It has failed just now.
    pub(super) failed: bool,
}

impl Dialogue {
    /// The parser with its transactions.
    pub(crate) fn state_mut(&mut self) -> Option<&mut AppState> {
        self.state.as_mut()
    }

    /// The same, to be read.
    pub(crate) fn state(&self) -> Option<&AppState> {
        self.state.as_ref()
    }

    /// Takes the parser out, to work with it beside its flow; [`put_state`](Self::put_state) puts it back.
    pub(super) fn take_state(&mut self) -> Option<AppState> {
        self.state.take()
    }

    /// Puts back what [`take_state`](Self::take_state) took.
    pub(super) fn put_state(&mut self, state: AppState) {
        self.state = Some(state);
    }

    /// How many transactions are new, given how many there have been.
    pub(super) fn count(&mut self, total: u64) -> u64 {
        let before = std::mem::replace(&mut self.counted, total);
        total.saturating_sub(before)
    }

    /// Whether nothing will follow in a direction, as far as the parser is concerned.
    pub(crate) fn has_ended(&self, direction: Direction) -> bool {
        self.is_over || self.ended[direction.index()]
    }

    /// Whether transactions are open.
    pub(crate) fn has_open(&self) -> bool {
        self.state.as_ref().is_some_and(|state| !state.is_empty())
    }

    /// Client and server of the flow have changed places.
    pub(crate) fn swap(&mut self) {
        self.ended.swap(0, 1);
    }

    /// Begins with a protocol that another flow announced.
    pub(super) fn begin(&mut self, expected: &ExpectedFlow, settings: &Arc<ParserSettings>) {
        self.proto = expected.proto;
        self.state = AppState::new(expected.proto, settings);
        if let Some(state) = &mut self.state {
            state.announced(&expected.note, expected.file_direction);
        }
    }

    /// Begins anew with another protocol; the parser before is handed back.
    pub(super) fn change(&mut self) -> Option<AppState> {
        self.is_over = false;
        self.before.proto = std::mem::take(&mut self.proto);
        self.counted = 0;
        self.state.take()
    }

    /// The parser that follows is to answer a request.
    pub(super) fn leave(&mut self, request: &Request) {
        self.before.request.clone_from(request);
    }

    /// The protocol turns out to be one that travels in it: its parser goes on.
    pub(super) fn refine(&mut self, proto: AppProto) {
        self.proto = proto;
    }

    /// Feeds bytes to the parser of `proto`.
    pub(super) fn feed(
        &mut self,
        proto: AppProto,
        settings: &Arc<ParserSettings>,
        input: &Readable<'_>,
        orders: &mut Orders,
    ) -> Used {
        let all = Used {
            bytes: input.data.len(),
            needed: 0,
            failed: false,
        };
        if self.is_over {
            return all;
        }
        if self.proto != proto {
            self.proto = proto;
            self.state = AppState::new(proto, settings);
            if let (Some(state), true) = (&mut self.state, self.before.proto != AppProto::Unknown) {
                state.came_from(&self.before);
            }
        }
        let Some(state) = &mut self.state else {
            return all;
        };
        let mut used = all;
        if !input.data.is_empty() {
            let outcome = state.parse(
                &Input {
                    direction: input.direction,
                    data: input.data,
                    eof: input.eof,
                    transport: input.transport,
                    ports: input.ports,
                    time: input.time,
                    hosts: input.hosts,
                },
                orders,
            );
            match outcome {
                Outcome::Done => {}
                Outcome::Incomplete { consumed, needed } => {
                    used.bytes = consumed.min(input.data.len());
                    used.needed = needed;
                }
                Outcome::Failed => {
                    used.failed = true;
                    // A datagram stands for itself: the next one may be good.
                    self.is_over = input.transport == Transport::Tcp;
                }
            }
        }
        self.note(input.direction, input.eof, orders);
        used
    }

    /// Tells the parser of missing bytes; says whether it can go on.
    pub(super) fn gap(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) -> bool {
        let Some(state) = self.state.as_mut().filter(|_| !self.is_over) else {
            return !self.is_over;
        };
        if state.gap(direction, bytes, orders) == Outcome::Failed {
            self.is_over = true;
        }
        self.note(direction, false, orders);
        !self.is_over
    }

    fn note(&mut self, direction: Direction, eof: bool, orders: &mut Orders) {
        if eof
            && !std::mem::replace(&mut self.ended[direction.index()], true)
            && let Some(state) = &mut self.state
        {
            state.end(direction, orders);
        }
        if orders.no_inspection {
            self.is_over = true;
        }
    }
}
