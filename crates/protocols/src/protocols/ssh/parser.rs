//! Banners, then packets up to the one from which on all is encrypted (RFC 4253).

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, tls};

use super::banner::{MAX_BANNER, line, versions};
use super::key_exchange::Hassh;
use super::transaction::Connection;
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::cursor::Cursor;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// Length, padding and type of a packet.
const HEADER: usize = 6;
/// A key exchange longer than this is not put together.
const MAX_EXCHANGE: usize = 65_535;

const KEY_EXCHANGE: u8 = 20;
const NEW_KEYS: u8 = 21;

const INVALID_BANNER: u8 = 0;
const LONG_BANNER: u8 = 1;
const INVALID_RECORD: u8 = 2;
const LONG_EXCHANGE: u8 = 3;

/// How far a side has come.
mod place {
    pub(super) const WAITS_FOR_END: u8 = 1;
    pub(super) const BANNER: u8 = 2;
    pub(super) const FINISHED: u8 = 3;
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Ssh {
    settings: Arc<ParserSettings>,
    transactions: Transactions<Connection>,
    has_begun: bool,
    /// How far each side has come.
    pub(super) at: [u8; 2],
    /// Bytes of a packet that are left out, by direction.
    skip: [usize; 2],
}

/// What to do with data, or what is wrong with it.
type Step = Result<Next, u8>;

enum Next {
    /// So many bytes are used.
    Used(usize),
    /// So many bytes are needed.
    Needs(usize),
}

impl Ssh {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            transactions: Transactions::default(),
            has_begun: false,
            at: [0; 2],
            skip: [0; 2],
        }
    }

    fn with(&mut self, change: impl FnOnce(&mut Entry<Connection>)) {
        if let Some(entry) = self.transactions.last_mut() {
            change(entry);
        }
    }

    /// A side has come so far. The end counts once both are there.
    fn reach(&mut self, direction: Direction, place: u8, orders: &mut Orders) {
        self.at[direction.index()] = place;
        let have_both = self.at.iter().all(|at| *at >= place);
        let hassh = self.settings.ssh.hassh;
        self.with(|entry| {
            if place < place::FINISHED {
                entry.meta.advance(direction, place);
            } else if have_both {
                entry.meta.advance(ToServer, place);
                entry.meta.advance(ToClient, place);
            }
            entry.meta.log_now |= have_both && place == place::BANNER && !hassh;
        });
        if place == place::FINISHED && have_both {
            self.settings.ssh.encryption.begin(orders);
        }
    }

    fn banner(&mut self, data: &[u8], direction: Direction, orders: &mut Orders) -> Step {
        let side = direction.index();
        let whole = line(data);
        if self.at[side] == place::WAITS_FOR_END {
            let Some((_, used)) = whole else {
                return Ok(Next::Used(data.len()));
            };
            self.reach(direction, place::BANNER, orders);
            return Ok(Next::Used(used));
        }
        if whole.is_none() && data.len() < MAX_BANNER {
            return Ok(Next::Needs(data.len() + 1));
        }
        let (text, used) = whole.unwrap_or((data, data.len()));
        let (protocol, software) = versions(text).ok_or(INVALID_BANNER)?;
        self.with(|Entry { meta, tx }| {
            tx.sides[side].protocol = protocol.into();
            tx.sides[side].software = software.into();
            if text.len() >= MAX_BANNER {
                meta.event(LONG_BANNER);
            }
        });
        let place = match whole {
            Some(_) => place::BANNER,
            None => place::WAITS_FOR_END,
        };
        self.reach(direction, place, orders);
        Ok(Next::Used(used))
    }

    fn packet(&mut self, data: &[u8], direction: Direction, orders: &mut Orders) -> Step {
        let cursor = &mut Cursor::new(data);
        let Some(length) = cursor.u32() else {
            return Ok(Next::Needs(HEADER));
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < 2 {
            return Err(INVALID_RECORD);
        }
        let (Some(_padding), Some(kind)) = (cursor.u8(), cursor.u8()) else {
            return Ok(Next::Needs(HEADER));
        };
        let whole = length.saturating_add(4);
        if kind == KEY_EXCHANGE && self.settings.ssh.hassh {
            if whole > MAX_EXCHANGE {
                self.with(|entry| entry.meta.event(LONG_EXCHANGE));
            } else {
                let Some(message) = data.get(HEADER..whole) else {
                    return Ok(Next::Needs(whole));
                };
                self.fingerprint(message, direction);
            }
        } else if kind == NEW_KEYS {
            self.reach(direction, place::FINISHED, orders);
        }
        let used = whole.min(data.len());
        self.skip[direction.index()] = whole - used;
        Ok(Next::Used(used))
    }

    fn fingerprint(&mut self, message: &[u8], direction: Direction) {
        self.with(|Entry { meta, tx }| {
            let hassh = &mut tx.sides[direction.index()].hassh;
            if hassh.is_none() {
                *hassh = Hassh::new(message, direction);
                meta.updated = [true; 2];
            }
        });
    }
}

/// Frames, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const HEADER: u8 = 0;
    pub(super) const DATA: u8 = 1;
    pub(super) const PDU: u8 = 2;
}

/// Tells of the frames of the packet that `data` begins with, at `from` in the input.
fn note_frames(data: &[u8], from: usize, frames: &mut Frames) {
    let Some(length) = Cursor::new(data).u32().filter(|_| data.len() >= HEADER) else {
        return;
    };
    let whole = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .saturating_add(4);
    frames.whole(frame::HEADER, from, HEADER, Some(0));
    frames.whole(
        frame::DATA,
        from + HEADER,
        whole.saturating_sub(HEADER),
        Some(0),
    );
    frames.whole(frame::PDU, from, whole, Some(0));
}

impl Parser for Ssh {
    type Tx = Connection;
    const COMPLETE: [u8; 2] = [place::FINISHED; 2];
    const BRANCHES: &'static [Branch] = &[Branch {
        name: "",
        states: [
            &[
                ("request_in_progress", 0),
                ("request_banner_wait_eol", place::WAITS_FOR_END),
                ("request_banner_done", place::BANNER),
                ("request_finished", place::FINISHED),
            ],
            &[
                ("response_in_progress", 0),
                ("response_banner_wait_eol", place::WAITS_FOR_END),
                ("response_banner_done", place::BANNER),
                ("response_finished", place::FINISHED),
            ],
        ],
    }];
    const EVENTS: &'static [&'static str] = &[
        "invalid_banner",
        "long_banner",
        "invalid_record",
        "long_kex_record",
    ];

    const FRAMES: &'static [&'static str] = &["record.hdr", "record.data", "record.pdu"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let known = match keyword {
            tls::SSH_PROTO
            | tls::SSH_SOFTWARE
            | tls::SSH_PROTOVERSION
            | tls::SSH_SOFTWAREVERSION => true,
            tls::SSH_HASSH | tls::SSH_HASSH_STRING => direction == ToServer,
            tls::SSH_HASSH_SERVER | tls::SSH_HASSH_SERVER_STRING => direction == ToClient,
            _ => false,
        };
        known.then_some(place::BANNER)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let side = input.direction.index();
        if !std::mem::replace(&mut self.has_begun, true) {
            self.transactions.open(Connection::default());
        }
        let mut consumed = input.data.len().min(self.skip[side]);
        self.skip[side] -= consumed;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let step = match self.at[side] {
                // All that follows is encrypted.
                place::FINISHED => return Outcome::Done,
                place::BANNER => {
                    note_frames(rest, consumed, &mut orders.frames);
                    self.packet(rest, input.direction, orders)
                }
                _ => self.banner(rest, input.direction, orders),
            };
            match step {
                Ok(Next::Used(bytes)) => consumed += bytes,
                Ok(Next::Needs(needed)) => return Outcome::Incomplete { consumed, needed },
                Err(event) => {
                    self.with(|entry| entry.meta.event(event));
                    return Outcome::Failed;
                }
            }
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Connection> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Connection> {
        &mut self.transactions
    }
}
