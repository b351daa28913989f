//! Messages of key exchange: each is a transaction, whose record tells what has been agreed on so far.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::version1::{self, Attribute};
use super::version2::{self, Flaw, Transform};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::cursor::Cursor;
use crate::transaction::{Meta, Transactions};
use crate::{AppProto, ParserSettings};

const MALFORMED_DATA: u8 = 0;
const NO_ENCRYPTION: u8 = 1;
const WEAK_CRYPTO_ENC: u8 = 2;
const WEAK_CRYPTO_PRF: u8 = 3;
const WEAK_CRYPTO_DH: u8 = 4;
const WEAK_CRYPTO_AUTH: u8 = 5;
const WEAK_CRYPTO_NO_DH: u8 = 6;
const WEAK_CRYPTO_NO_AUTH: u8 = 7;
const INVALID_PROPOSAL: u8 = 8;
const UNKNOWN_PROPOSAL: u8 = 9;
const PAYLOAD_EXTRA_DATA: u8 = 10;
const MULTIPLE_SERVER_PROPOSAL: u8 = 11;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Ike {
    transactions: Transactions<Message>,
    domain: Option<u32>,
    /// What the sides of version 1 have sent, client first.
    sides: [Side; 2],
    /// How many transforms the server has chosen.
    chosen_count: usize,
    /// The first transform that the server of version 1 chose.
    chosen: Arc<[Attribute]>,
    /// What the responder of version 2 chose, by kind from 1 on.
    algorithms: Algorithms,
}

/// Numbers of the transforms of version 2: encryption, pseudorandom function, integrity, group, sequence numbers.
pub(super) type Algorithms = [u16; 5];

/// What one side has sent, in version 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub(super) key_exchange: Arc<[u8]>,
    pub(super) nonce: Arc<[u8]>,
}

/// A message.
#[derive(Debug)]
pub struct Message {
    pub(super) direction: Direction,
    /// Identifiers of the initiator's and of the responder's association, as text.
    pub(super) spis: [Box<[u8]>; 2],
    pub(super) version: [u8; 2],
    pub(super) exchange: u8,
    pub(super) flags: u8,
    pub(super) id: u32,
    pub(super) key_exchange: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Version1 {
        kinds: Vec<u8>,
        vendors: Vec<Box<[u8]>>,
        transforms: Vec<Vec<Attribute>>,
        domain: Option<u32>,
        sides: [Side; 2],
        chosen: Arc<[Attribute]>,
    },
    Version2 {
        kinds: Vec<u8>,
        notifications: Vec<u16>,
        transforms: Vec<Transform>,
        algorithms: Algorithms,
    },
}

/// The header: identifiers, first payload, version, exchange, flags, number, length.
struct Header<'a> {
    spis: [&'a [u8]; 2],
    first: u8,
    version: [u8; 2],
    exchange: u8,
    flags: u8,
    id: u32,
}

impl<'a> Header<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let spis = [cursor.take(8)?, cursor.take(8)?];
        let first = cursor.u8()?;
        let version = cursor.u8()?;
        let header = Self {
            spis,
            first,
            version: [version >> 4, version & 0xf],
            exchange: cursor.u8()?,
            flags: cursor.u8()?,
            id: cursor.u32()?,
        };
        cursor.u32()?;
        Some(header)
    }

    fn message(&self, direction: Direction, content: Content) -> Message {
        Message {
            direction,
            spis: self.spis.map(version1::hex),
            version: self.version,
            exchange: self.exchange,
            flags: self.flags,
            id: self.id,
            key_exchange: Vec::new(),
            nonce: Vec::new(),
            content,
        }
    }
}

impl Message {
    /// Whether its payloads are encrypted, in version 1.
    pub(super) fn is_encrypted(&self) -> bool {
        const ENCRYPTED: u8 = 1;
        self.flags & ENCRYPTED != 0
    }
}

impl Ike {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn version1(&mut self, direction: Direction, header: &Header<'_>, data: &[u8]) -> Outcome {
        const ENCRYPTED: u8 = 1;
        let payloads = if header.flags & ENCRYPTED != 0 {
            let mut payloads = version1::Payloads::default();
            payloads.kinds.push(header.first);
            payloads
        } else {
            let Some(payloads) = version1::Payloads::read(header.first, data) else {
                return Outcome::Failed;
            };
            payloads
        };
        let mut has_several = false;
        if header.flags & ENCRYPTED == 0 {
            has_several = self.update(direction, &payloads);
        }
        let content = Content::Version1 {
            kinds: payloads.kinds,
            vendors: payloads.vendors,
            transforms: payloads.transforms,
            domain: self.domain,
            sides: self.sides.clone(),
            chosen: Arc::clone(&self.chosen),
        };
        let message = Message {
            key_exchange: payloads.key_exchange,
            nonce: payloads.nonce,
            ..header.message(direction, content)
        };
        let meta = self.open(message);
        if payloads.has_more {
            meta.event(PAYLOAD_EXTRA_DATA);
        }
        if has_several {
            meta.event(MULTIPLE_SERVER_PROPOSAL);
        }
        Outcome::Done
    }

    /// Takes over what a message says; returns whether the server chose more than one transform.
    fn update(&mut self, direction: Direction, payloads: &version1::Payloads) -> bool {
        if payloads.domain.is_some() {
            self.domain = payloads.domain;
        }
        let is_server = direction == Direction::ToClient;
        // A new association does not add to what was said of the one before it.
        if payloads.kinds.contains(&version1::SECURITY_ASSOCIATION) && is_server {
            self.chosen_count = 0;
            self.chosen = Arc::default();
        }
        self.sides[direction.index()] = Side {
            key_exchange: payloads.key_exchange.as_slice().into(),
            nonce: payloads.nonce.as_slice().into(),
        };
        if !is_server {
            return false;
        }
        let before = self.chosen_count;
        self.chosen_count = before.saturating_add(payloads.transforms.len());
        if let Some(first) = payloads.transforms.first().filter(|_| before == 0) {
            self.chosen = first.as_slice().into();
        }
        before <= 1 && self.chosen_count > 1
    }

    fn version2(&mut self, direction: Direction, header: &Header<'_>, data: &[u8]) {
        let payloads = version2::Payloads::read(header.first, data);
        if direction == Direction::ToClient {
            for transform in &payloads.transforms {
                let place = usize::from(transform.kind).wrapping_sub(1);
                if let Some(algorithm) = self.algorithms.get_mut(place) {
                    *algorithm = transform.number;
                }
            }
        }
        let content = Content::Version2 {
            kinds: payloads.kinds,
            notifications: payloads.notifications,
            transforms: payloads.transforms,
            algorithms: self.algorithms,
        };
        let message = Message {
            key_exchange: payloads.key_exchange,
            nonce: payloads.nonce,
            ..header.message(direction, content)
        };
        let meta = self.open(message);
        for flaw in payloads.flaws {
            meta.event(match flaw {
                Flaw::NoEncryption => NO_ENCRYPTION,
                Flaw::WeakEncryption => WEAK_CRYPTO_ENC,
                Flaw::WeakPseudorandom => WEAK_CRYPTO_PRF,
                Flaw::WeakDiffieHellman => WEAK_CRYPTO_DH,
                Flaw::WeakIntegrity => WEAK_CRYPTO_AUTH,
                Flaw::NoDiffieHellman => WEAK_CRYPTO_NO_DH,
                Flaw::NoIntegrity => WEAK_CRYPTO_NO_AUTH,
                Flaw::Invalid => INVALID_PROPOSAL,
                Flaw::Unknown => UNKNOWN_PROPOSAL,
            });
        }
    }

    fn open(&mut self, message: Message) -> &mut Meta {
        self.transactions.open_message(message.direction, message)
    }
}

impl Parser for Ike {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "malformed_data",
        "no_encryption",
        "weak_crypto_enc",
        "weak_crypto_prf",
        "weak_crypto_dh",
        "weak_crypto_auth",
        "weak_crypto_no_dh",
        "weak_crypto_no_auth",
        "invalid_proposal",
        "unknown_proposal",
        "payload_extra_data",
        "multiple_server_proposal",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        super::record::is_known(keyword, direction).then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let mut cursor = Cursor::new(input.data);
        let Some(header) = Header::read(&mut cursor) else {
            self.transactions.note(MALFORMED_DATA);
            return Outcome::Failed;
        };
        match header.version[0] {
            1 => self.version1(input.direction, &header, cursor.rest()),
            2 => {
                self.version2(input.direction, &header, cursor.rest());
                Outcome::Done
            }
            _ => Outcome::Failed,
        }
    }

    fn transactions(&self) -> &Transactions<Message> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Message> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(version: u8, exchange: u8, first: u8, flags: u8, payloads: &[u8]) -> Vec<u8> {
        let mut data = b"initiatoresponde".to_vec();
        data.extend([first, version, exchange, flags, 0, 0, 0, 9]);
        data.extend((payloads.len() as u32 + 28).to_be_bytes());
        data.extend(payloads);
        data
    }

    fn feed(parser: &mut Ike, direction: Direction, data: &[u8]) -> Outcome {
        parser.parse(&Input::new(direction, data), &mut Orders::default())
    }

    #[test]
    fn the_first_transform_of_the_server_is_kept() {
        let chosen = b"\0\0\0\x20\0\0\0\x01\0\0\0\x01\0\0\0\x14\x01\x01\0\x01\0\0\0\x0c\x01\x01\0\0\x80\x01\0\x07";
        let mut parser = Ike::default();
        let data = datagram(0x10, 2, 1, 0, chosen);
        assert_eq!(feed(&mut parser, Direction::ToClient, &data), Outcome::Done);
        let nonce = datagram(0x10, 2, 10, 0, b"\0\0\0\x06\xab\xcd");
        assert_eq!(
            feed(&mut parser, Direction::ToServer, &nonce),
            Outcome::Done
        );
        let last = parser.transactions.last_mut().expect("a message");
        let Content::Version1 {
            chosen,
            sides,
            domain,
            ..
        } = &last.tx.content
        else {
            panic!("version 1");
        };
        assert_eq!((chosen.len(), *domain), (1, Some(1)));
        assert_eq!(sides[0].nonce[..], [0xab, 0xcd]);
        assert_eq!(last.tx.nonce, [0xab, 0xcd]);
    }

    #[test]
    fn garbage_is_refused() {
        let mut parser = Ike::default();
        let data = datagram(0x30, 2, 1, 0, b"");
        assert_eq!(
            feed(&mut parser, Direction::ToServer, &data),
            Outcome::Failed
        );
        assert_eq!(
            feed(&mut parser, Direction::ToServer, &data[..20]),
            Outcome::Failed
        );
    }
}
