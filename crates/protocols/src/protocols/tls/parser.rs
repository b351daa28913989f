//! Records and handshake messages (RFC 8446, sections 4 and 5; RFC 6101).

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::certificate::{Certificate, fingerprint};
use super::hello::Hello;
use super::transaction::{Session, place, state};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::Transactions;
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction, the session.
#[derive(Debug)]
pub struct Tls {
    transactions: Transactions<Session>,
    /// Handshake messages that are not complete, by direction: they may go over several records.
    handshake: [Vec<u8>; 2],
    /// What comes is encrypted, by direction.
    encrypted: [bool; 2],
}

/// Progress of the client's side.
pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const CLIENT_CERT: u8 = 2;
const CLIENT_HANDSHAKE: u8 = 3;
const CLIENT_FINISHED: u8 = 4;
/// Progress of the server's side.
pub(super) const SERVER_HELLO: u8 = 1;
pub(super) const SERVER_CERT: u8 = 2;
const SERVER_HELLO_DONE: u8 = 3;
const SERVER_HANDSHAKE: u8 = 4;
const SERVER_FINISHED: u8 = 5;

const INVALID_RECORD_TYPE: u8 = 0;
const INVALID_RECORD_VERSION: u8 = 1;
const INVALID_RECORD_LENGTH: u8 = 2;
const INVALID_HANDSHAKE: u8 = 3;
const INVALID_CERTIFICATE: u8 = 4;
const INVALID_SSLV2_HEADER: u8 = 5;

/// Whether a version encrypts all but the hellos: 1.3 and its drafts.
pub(super) fn is_hidden(version: u16) -> bool {
    version == 0x0304 || version >> 8 == 0x7f
}

/// A record's content has at most so many bytes (with room for compression and encryption).
const MAX_RECORD: usize = (1 << 14) + 2048;
/// A handshake message is kept up to so many bytes.
const MAX_HANDSHAKE: usize = 1 << 18;

impl Tls {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        let mut transactions = Transactions::default();
        transactions.open(Session::default());
        Self {
            transactions,
            handshake: Default::default(),
            encrypted: [false; 2],
        }
    }

    fn event(&mut self, event: u8) {
        if let Some(entry) = self.transactions.last_mut() {
            entry.meta.event(event);
        }
    }

    fn advance(&mut self, direction: Direction, progress: u8) {
        if let Some(entry) = self.transactions.last_mut() {
            entry.meta.advance(direction, progress);
        }
    }

    /// A record of SSL version 2, which only a client's first may be. Its length, if it is one.
    fn old_record(data: &[u8]) -> Option<usize> {
        match data {
            [high, low, 1, major, _, ..] if high & 0x80 != 0 && matches!(major, 0 | 2 | 3) => {
                Some((usize::from(high & 0x7f) << 8 | usize::from(*low)) + 2)
            }
            _ => None,
        }
    }

    fn record(&mut self, kind: u8, direction: Direction, body: &[u8], orders: &mut Orders) {
        let way = direction.index();
        match kind {
            20 => {
                self.encrypted[way] = true;
                self.note_version_of_encryption(direction);
            }
            22 if !self.encrypted[way] => self.handshake(direction, body),
            // What is encrypted tells that the handshake of this side is over.
            22 | 23 => self.settled(direction, kind == 23, orders),
            _ => {}
        }
    }

    fn note_version_of_encryption(&mut self, direction: Direction) {
        let progress = match direction {
            Direction::ToServer => CLIENT_HANDSHAKE,
            Direction::ToClient => SERVER_HELLO_DONE,
        };
        self.advance(direction, progress);
    }

    fn settled(&mut self, direction: Direction, data: bool, orders: &mut Orders) {
        let (client, server) = (CLIENT_HANDSHAKE, SERVER_HANDSHAKE);
        match direction {
            Direction::ToServer => self.advance(direction, client),
            Direction::ToClient => self.advance(direction, server),
        }
        if data {
            let Some(entry) = self.transactions.last_mut() else {
                return;
            };
            let done = entry.meta.progress(Direction::ToServer) >= client
                && entry.meta.progress(Direction::ToClient) >= server;
            if done {
                entry.meta.advance(Direction::ToServer, CLIENT_FINISHED);
                entry.meta.advance(Direction::ToClient, SERVER_FINISHED);
                orders.no_payload_inspection = true;
            }
        }
    }

    fn handshake(&mut self, direction: Direction, body: &[u8]) {
        let way = direction.index();
        let mut held = std::mem::take(&mut self.handshake[way]);
        held.extend_from_slice(body);
        let mut rest = &held[..];
        while let [kind, a, b, c, after @ ..] = rest {
            let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let Some(message) = after.get(..len) else {
                break;
            };
            if !self.message(*kind, direction, message) {
                self.event(INVALID_HANDSHAKE);
            }
            rest = &after[len..];
        }
        let used = held.len() - rest.len();
        held.drain(..used);
        if held.len() > MAX_HANDSHAKE {
            held.clear();
            self.event(INVALID_HANDSHAKE);
        }
        self.handshake[way] = held;
    }

    /// Takes a handshake message. False if it is broken.
    fn message(&mut self, kind: u8, direction: Direction, data: &[u8]) -> bool {
        let Some(entry) = self.transactions.last_mut() else {
            return true;
        };
        let session = &mut entry.tx;
        match (kind, direction) {
            (1, Direction::ToServer) => {
                session.state |= state::CLIENT_HELLO;
                let Some(hello) = Hello::client(data) else {
                    return false;
                };
                session.client = Some(hello);
                entry.meta.advance(direction, CLIENT_HELLO);
            }
            (2, Direction::ToClient) => {
                session.state |= state::SERVER_HELLO;
                let Some(hello) = Hello::server(data) else {
                    return false;
                };
                // From version 1.3 on all that follows is encrypted.
                let hidden = is_hidden(hello.version);
                session.server = Some(hello);
                entry.meta.advance(direction, SERVER_HELLO);
                if hidden {
                    self.encrypted[Direction::ToClient.index()] = true;
                    entry.meta.advance(direction, SERVER_CERT);
                }
            }
            (11, _) => return self.certificates(direction, data),
            (12, Direction::ToClient) => session.state |= state::SERVER_KEYX,
            (14, Direction::ToClient) => entry.meta.advance(direction, SERVER_HELLO_DONE),
            (16, Direction::ToServer) => {
                session.state |= state::CLIENT_KEYX;
                entry.meta.advance(direction, CLIENT_CERT);
            }
            _ => {}
        }
        true
    }

    fn certificates(&mut self, direction: Direction, data: &[u8]) -> bool {
        let Some(entry) = self.transactions.last_mut() else {
            return true;
        };
        let Some(mut list) = data.get(3..) else {
            return false;
        };
        let side = entry.tx.chain_mut(direction);
        let mut sound = true;
        while let [a, b, c, rest @ ..] = list {
            let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let Some(der) = rest.get(..len) else {
                sound = false;
                break;
            };
            if side.ders.is_empty() {
                side.fingerprint = fingerprint(der);
                side.first = Certificate::parse(der);
                if side.first.is_none() {
                    entry.meta.event(INVALID_CERTIFICATE);
                }
            }
            side.ders.push(der.into());
            list = &rest[len..];
        }
        let progress = match direction {
            Direction::ToServer => CLIENT_CERT,
            Direction::ToClient => SERVER_CERT,
        };
        entry.meta.advance(direction, progress);
        sound
    }
}

impl Parser for Tls {
    type Tx = Session;
    const COMPLETE: [u8; 2] = [CLIENT_FINISHED, SERVER_FINISHED];
    const EVENTS: &'static [&'static str] = &[
        "invalid_record_type",
        "invalid_record_version",
        "invalid_record_length",
        "invalid_handshake_message",
        "invalid_certificate",
        "invalid_sslv2_header",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        place(keyword, direction)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut used = 0;
        let finished = self
            .transactions
            .iter()
            .all(|entry| entry.meta.progress(Direction::ToServer) >= CLIENT_FINISHED);
        if finished {
            return Outcome::Done;
        }
        while let Some(data) = input.data.get(used..).filter(|data| !data.is_empty()) {
            let direction = input.direction;
            if let Some(len) = Self::old_record(data).filter(|_| used == 0) {
                if data.len() < len {
                    return Outcome::Incomplete {
                        consumed: used,
                        needed: len,
                    };
                }
                if let Some(entry) = self.transactions.last_mut() {
                    entry.tx.state |= state::CLIENT_HELLO;
                    entry.tx.old_version = data.get(3..5).map(|v| u16::from_be_bytes([v[0], v[1]]));
                }
                self.advance(direction, CLIENT_HELLO);
                if len < 5 {
                    self.event(INVALID_SSLV2_HEADER);
                }
                used += len;
                continue;
            }
            let [kind, major, minor, high, low, rest @ ..] = data else {
                return Outcome::Incomplete {
                    consumed: used,
                    needed: 5,
                };
            };
            if !(20..=24).contains(kind) {
                self.event(INVALID_RECORD_TYPE);
                return Outcome::Failed;
            }
            if *major != 3 {
                self.event(INVALID_RECORD_VERSION);
                return Outcome::Failed;
            }
            let len = usize::from(*high) << 8 | usize::from(*low);
            if len > MAX_RECORD {
                self.event(INVALID_RECORD_LENGTH);
                return Outcome::Failed;
            }
            if let Some(entry) = self.transactions.last_mut() {
                entry.tx.record_version = u16::from(*major) << 8 | u16::from(*minor);
            }
            let Some(body) = rest.get(..len) else {
                return Outcome::Incomplete {
                    consumed: used,
                    needed: len + 5,
                };
            };
            self.record(*kind, direction, body, orders);
            used += len + 5;
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Session> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Session> {
        &mut self.transactions
    }
}
