//! The handshake: what comes after it is not read.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, voip};

use super::message::{Screen, VERSION_LENGTH, Version, reason, screen, version};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::cursor::Cursor;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

const MALFORMED: u8 = 0;
const UNIMPLEMENTED: u8 = 1;
const UNKNOWN_RESULT: u8 = 2;
const CONFUSED: u8 = 3;

/// Security types of the standard.
const NO_SECURITY: u32 = 1;
pub(super) const PASSWORD: u32 = 2;

/// The message that comes next, and so the side that sends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Awaited {
    #[default]
    ServerVersion,
    ClientVersion,
    /// In version 3.3 the server chooses.
    ServerChoice,
    Offer,
    ClientChoice,
    Challenge,
    Response,
    Result,
    FailureReason,
    ClientInit,
    ServerInit,
    /// Nothing that is read.
    Nothing,
}

/// What became of a message.
enum Step {
    /// So many bytes are used.
    Used(usize),
    Incomplete,
    Malformed,
}

/// The parser of a connection.
#[derive(Debug, Default)]
pub struct Rfb {
    transactions: Transactions<Handshake>,
    awaited: Awaited,
}

/// What both sides have said before pictures are sent.
#[derive(Debug, Default)]
pub struct Handshake {
    pub(super) versions: [Option<Version>; 2],
    pub(super) security: Option<u32>,
    pub(super) challenge: Option<[u8; 16]>,
    pub(super) response: Option<[u8; 16]>,
    pub(super) result: Option<u32>,
    pub(super) failure: Option<Box<[u8]>>,
    pub(super) is_shared: Option<bool>,
    pub(super) screen: Option<Screen>,
}

impl Awaited {
    fn sender(self) -> Option<Direction> {
        match self {
            Self::ClientVersion | Self::ClientChoice | Self::Response | Self::ClientInit => {
                Some(ToServer)
            }
            Self::Nothing => None,
            _ => Some(ToClient),
        }
    }
}

impl Rfb {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    /// Reads the message that is awaited from the beginning of `data`.
    fn step(&mut self, data: &[u8]) -> Step {
        if self.awaited == Awaited::ServerVersion {
            return self.open(data);
        }
        let Some(Entry { meta, tx }) = self.transactions.last_mut() else {
            return Step::Malformed;
        };
        let cursor = &mut Cursor::new(data);
        let mut event = None;
        let next = match self.awaited {
            Awaited::ClientVersion if data.len() >= VERSION_LENGTH => {
                match cursor.take(VERSION_LENGTH).and_then(version) {
                    None => return Step::Malformed,
                    Some(version) => Some(tx.client_version(version)),
                }
            }
            Awaited::Offer => tx.offer(cursor),
            Awaited::ClientChoice => cursor.u8().map(|it| tx.choice(it.into(), &mut event)),
            Awaited::ServerChoice => cursor.u32().map(|it| tx.choice(it, &mut event)),
            Awaited::Challenge => sixteen(cursor).map(|bytes| {
                tx.challenge = Some(bytes);
                Awaited::Response
            }),
            Awaited::Response => sixteen(cursor).map(|bytes| {
                tx.response = Some(bytes);
                Awaited::Result
            }),
            Awaited::Result => cursor.u32().map(|it| tx.result(it, &mut event)),
            Awaited::FailureReason => reason(cursor).map(|text| {
                tx.failure = Some(text.into());
                Awaited::Nothing
            }),
            Awaited::ClientInit => cursor.u8().map(|shared| {
                tx.is_shared = Some(shared != 0);
                Awaited::ServerInit
            }),
            Awaited::ServerInit => screen(cursor).map(|screen| {
                tx.screen = Some(screen);
                Awaited::Nothing
            }),
            Awaited::ClientVersion | Awaited::ServerVersion | Awaited::Nothing => None,
        };
        let Some(next) = next else {
            return Step::Incomplete;
        };
        self.awaited = next;
        event.into_iter().for_each(|event| meta.event(event));
        meta.updated = [true; 2];
        if tx.screen.is_some() || tx.failure.is_some() {
            meta.advance(ToServer, 1);
            meta.advance(ToClient, 1);
        }
        Step::Used(data.len() - cursor.rest().len())
    }

    /// The server's version begins the transaction.
    fn open(&mut self, data: &[u8]) -> Step {
        let Some(message) = data.get(..VERSION_LENGTH) else {
            return Step::Incomplete;
        };
        let Some(version) = version(message) else {
            return Step::Malformed;
        };
        let mut handshake = Handshake::default();
        handshake.versions[ToClient.index()] = Some(version);
        self.transactions.open(handshake);
        self.awaited = Awaited::ClientVersion;
        Step::Used(VERSION_LENGTH)
    }

    /// Without security, a server may still say that all is well.
    fn is_result_of_no_security(&self, direction: Direction) -> bool {
        let current = self.transactions.iter().next_back();
        self.awaited == Awaited::ClientInit
            && direction == ToClient
            && current.is_some_and(|entry| {
                entry.tx.security == Some(NO_SECURITY) && entry.tx.result.is_none()
            })
    }
}

impl Handshake {
    fn client_version(&mut self, version: Version) -> Awaited {
        self.versions[ToServer.index()] = Some(version);
        if version == [*b"003", *b"003"] {
            Awaited::ServerChoice
        } else {
            Awaited::Offer
        }
    }

    /// The types of security that a server has; without any it says why.
    fn offer(&mut self, cursor: &mut Cursor<'_>) -> Option<Awaited> {
        let count = cursor.u8()?;
        cursor.take(count.into())?;
        Some(if count == 0 {
            Awaited::FailureReason
        } else {
            Awaited::ClientChoice
        })
    }

    fn choice(&mut self, security: u32, event: &mut Option<u8>) -> Awaited {
        self.security = Some(security);
        match security {
            0 => Awaited::FailureReason,
            NO_SECURITY => Awaited::ClientInit,
            PASSWORD => Awaited::Challenge,
            _ => {
                // One of somebody's own: what follows cannot be told apart.
                *event = Some(UNIMPLEMENTED);
                Awaited::Nothing
            }
        }
    }

    fn result(&mut self, result: u32, event: &mut Option<u8>) -> Awaited {
        self.result = Some(result);
        match result {
            0 => Awaited::ClientInit,
            1 => Awaited::FailureReason,
            _ => {
                *event = Some(UNKNOWN_RESULT);
                Awaited::Nothing
            }
        }
    }
}

fn sixteen(cursor: &mut Cursor<'_>) -> Option<[u8; 16]> {
    cursor.take(16)?.try_into().ok()
}

/// The frame of a message.
const PDU: u8 = 0;

impl Parser for Rfb {
    type Tx = Handshake;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "malformed_message",
        "unimplemented_security_type",
        "unknown_security_result",
        "confused_state",
    ];

    const FRAMES: &'static [&'static str] = &["pdu"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let side = match keyword {
            voip::RFB_NAME | voip::RFB_SECRESULT => ToClient,
            voip::RFB_SECTYPE => ToServer,
            _ => return None,
        };
        (side == direction).then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            match self.awaited.sender() {
                None => return Outcome::Done,
                Some(_) if self.is_result_of_no_security(input.direction) => {
                    self.awaited = Awaited::Result;
                }
                Some(sender) if sender != input.direction => {
                    if self.transactions.is_empty() {
                        // The first word is the server's.
                        return Outcome::Failed;
                    }
                    self.transactions.note(CONFUSED);
                    return Outcome::Done;
                }
                Some(_) => {}
            }
            match self.step(rest) {
                Step::Used(bytes) => {
                    orders.frames.whole(PDU, consumed, bytes, Some(0));
                    consumed += bytes;
                }
                Step::Incomplete => {
                    return Outcome::Incomplete {
                        consumed,
                        needed: rest.len() + 1,
                    };
                }
                Step::Malformed => {
                    self.transactions.note(MALFORMED);
                    return Outcome::Failed;
                }
            }
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Handshake> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Handshake> {
        &mut self.transactions
    }
}
