//! What every protocol's parser looks like from outside.

use std::net::IpAddr;

use tapir_packet::{Direction, Timestamp};

use crate::AppProto;
use crate::frame::Frames;
use crate::hook::{Branch, ONE_WAY};
use crate::signature::Transport;
use crate::transaction::{Transaction, Transactions};

/// The parser of a protocol: what it remembers of one flow.
///
/// It is fed the bytes of both directions and keeps a list of transactions. What a transaction knows is asked by
/// keyword ([`Transaction::values`]); how far each side of it has come is a number
/// ([`Meta::advance`](crate::Meta::advance)) between 0 and [`COMPLETE`](Self::COMPLETE).
pub trait Parser {
    /// One transaction.
    type Tx: Transaction;

    /// The progress at which the sides of a transaction, to the server and to the client, are complete.
    const COMPLETE: [u8; 2];

    /// The names of what can be wrong, as in `app-layer-event:dns.z_flag_set` after the dot; an event's number is its
    /// place here.
    const EVENTS: &'static [&'static str];

    /// The names of its frames; a frame's kind is its place here.
    const FRAMES: &'static [&'static str] = &[];

    /// The ways that transactions go, and the names of the states on each: the hooks of rules.
    const BRANCHES: &'static [Branch] = ONE_WAY;

    /// The progress of a direction from which on a keyword has its value there; nothing for a keyword that has none.
    /// A value that grows (a body) is there from its first byte on, and final once the progress is beyond.
    fn place(keyword: tapir_rules::keywords::KeywordId, direction: Direction) -> Option<u8>;

    /// Another flow announced this one: what it noted, and which way the file goes; see [`ExpectedFlow`].
    fn announced(&mut self, note: &[u8], file_direction: Direction) {
        let _ = (note, file_direction);
    }

    /// The flow spoke another protocol before, which changed to this one.
    fn came_from(&mut self, before: &Predecessor) {
        let _ = before;
    }

    /// The change to another protocol that was asked for is not possible.
    fn change_refused(&mut self) {}

    /// Takes bytes of one direction: of a stream all that was not yet consumed, of a datagram the payload.
    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome;

    /// So many bytes of a stream's direction are missing. A parser that cannot go on says [`Outcome::Failed`].
    fn gap(&mut self, direction: Direction, bytes: u64, orders: &mut Orders) -> Outcome {
        let _ = (direction, bytes, orders);
        Outcome::Failed
    }

    /// Nothing will follow in a direction.
    fn end(&mut self, direction: Direction, orders: &mut Orders) {
        let _ = (direction, orders);
    }

    /// The transactions that are not yet done with.
    fn transactions(&self) -> &Transactions<Self::Tx>;

    /// The same, to be changed.
    fn transactions_mut(&mut self) -> &mut Transactions<Self::Tx>;
}

/// Bytes for a parser.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The way they go.
    pub direction: Direction,
    /// The bytes.
    pub data: &'a [u8],
    /// Nothing will follow in this direction.
    pub eof: bool,
    /// What carries them.
    pub transport: Transport,
    /// Port of the client and port of the server.
    pub ports: [u16; 2],
    /// Time of the packet that made them readable.
    pub time: Timestamp,
    /// Addresses of client and server.
    pub hosts: [IpAddr; 2],
}

impl<'a> Input<'a> {
    /// Bytes of a stream, for tests: nothing unusual about them.
    pub fn new(direction: Direction, data: &'a [u8]) -> Self {
        Self {
            direction,
            data,
            eof: false,
            transport: Transport::Tcp,
            ports: [40000, 80],
            time: Timestamp::default(),
            hosts: [IpAddr::from([0; 4]); 2],
        }
    }
}

/// What became of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All are used.
    Done,
    /// The first `consumed` are used; the rest comes again when there are at least `needed` of it.
    Incomplete {
        /// Bytes used.
        consumed: usize,
        /// Bytes that the rest must have.
        needed: usize,
    },
    /// This is not the protocol, or it is broken beyond repair: the parser gets no more.
    Failed,
}

/// What a parser asks of whoever feeds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// The payload is encrypted from here on: rules need not look at it any more.
    pub no_payload_inspection: bool,
    /// Nothing more is to be parsed or inspected in the flow.
    pub no_inspection: bool,
    /// The streams need not be put together any more.
    pub no_reassembly: bool,
    /// How many bytes of the flow's streams are put together, where that differs from other flows; 0 for all.
    pub stream_depth: Option<u32>,
    /// The flow need not be looked at any more at all.
    pub bypass: bool,
    /// What comes next is another protocol: the server's port to recognise it by (0 for the flow's own) and what it is
    /// expected to be.
    pub change: Option<(u16, AppProto)>,
    /// What the protocol that comes next is to answer: names and values of the request that asked for the change.
    pub request: Request,
    /// The flow turns out to speak this protocol, which its parser reads, too.
    pub refined: Option<AppProto>,
    /// Another flow to come, whose protocol is known.
    pub expected_flow: Option<ExpectedFlow>,
    /// The raw stream is to be inspected up to here now: a request or response is over. By direction.
    pub inspect_stream: [bool; 2],
    /// The frames of what was read.
    pub frames: Frames,
}

/// Names and values of a request, for another protocol to answer it.
pub type Request = Vec<(Box<[u8]>, Box<[u8]>)>;

/// What a flow spoke before it changed to another protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predecessor {
    /// The protocol; unknown when there was none.
    pub proto: AppProto,
    /// What it asks the next one to answer; see [`Orders::request`].
    pub request: Request,
}

/// A flow that this one announces, as FTP does for its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFlow {
    /// What it will speak.
    pub proto: AppProto,
    /// The port that one side will listen at.
    pub port: u16,
    /// The side that listens: data to the server goes to the server's port.
    pub listener: Direction,
    /// What its parser is to know, such as the name of the file it carries.
    pub note: Box<[u8]>,
    /// Which direction the data goes in the flow to come.
    pub file_direction: Direction,
}
