//! The beginnings of connections.

use std::sync::Arc;

use md5::{Digest, Md5};
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, tls as keywords};

use super::super::tls::fingerprint::{self, Ja3};
use super::super::tls::hello::Hello;
use super::crypto::Keys;
use super::frame;
use super::header::{self, Header, Kind};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::Transactions;
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction a packet of the handshake.
#[derive(Debug)]
pub struct Quic {
    settings: Arc<ParserSettings>,
    transactions: Transactions<Packet>,
    keys: Option<Box<Keys>>,
    /// The hello has been seen: what follows is encrypted. By direction.
    greeted: [bool; 2],
    /// Both have been seen.
    is_encrypted: bool,
    /// Pieces of the handshake until the hello is whole. By direction.
    handshakes: [Handshake; 2],
}

/// A packet of the handshake.
#[derive(Debug)]
pub struct Packet {
    pub(super) direction: Direction,
    pub(super) version: u32,
    pub(super) server_name: Option<Box<[u8]>>,
    pub(super) user_agent: Option<Box<[u8]>>,
    /// Texts of tags, with their digests.
    pub(super) cyu: Vec<(Box<str>, Box<str>)>,
    pub(super) extensions: Vec<u16>,
    pub(super) alpn: Vec<Box<[u8]>>,
    pub(super) ja3: Option<Ja3>,
    pub(super) ja4: Option<Box<str>>,
}

/// Bytes of a handshake, as far as they are known.
#[derive(Debug, Default)]
struct Handshake {
    bytes: Vec<u8>,
    /// Stretches that are known: from and to, in order and apart from one another.
    known: Vec<(usize, usize)>,
}

const FAILED_DECRYPT: u8 = 0;
const ERROR_ON_DATA: u8 = 1;
const CRYPTO_FRAG_TOO_LONG: u8 = 3;

/// A hello is not put together beyond this length.
const MAX_HANDSHAKE: usize = 1 << 16;
/// Stretches of a hello that are kept apart.
const MAX_PIECES: usize = 256;

impl Handshake {
    /// Adds bytes. False if that would be too much.
    fn add(&mut self, offset: u64, data: &[u8]) -> bool {
        let Ok(from) = usize::try_from(offset) else {
            return false;
        };
        let to = match from.checked_add(data.len()) {
            Some(to) if to <= MAX_HANDSHAKE && self.known.len() < MAX_PIECES => to,
            _ => return false,
        };
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        if let Some(place) = self.bytes.get_mut(from..to) {
            place.copy_from_slice(data);
        }
        let (mut from, mut to) = (from, to);
        self.known.retain(|&(start, end)| {
            let apart = end < from || to < start;
            if !apart {
                (from, to) = (from.min(start), to.max(end));
            }
            apart
        });
        self.known.push((from, to));
        true
    }

    /// The hello at the beginning, when it is all there.
    fn hello(&self) -> Option<&[u8]> {
        let (_, end) = self.known.iter().find(|(from, _)| *from == 0)?;
        let (head, rest) = self.bytes.get(..*end)?.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
        rest.get(..length)
    }
}

impl Packet {
    fn new(direction: Direction, version: u32) -> Self {
        Self {
            direction,
            version,
            server_name: None,
            user_agent: None,
            cyu: Vec::new(),
            extensions: Vec::new(),
            alpn: Vec::new(),
            ja3: None,
            ja4: None,
        }
    }

    fn take_tags(&mut self, tags: &frame::Tags<'_>) {
        let mut text = format!("{},", header::google_number(self.version));
        for (place, (tag, value)) in tags.0.iter().enumerate() {
            match tag {
                b"SNI\0" => self.server_name = Some((*value).into()),
                b"UAID" => self.user_agent = Some((*value).into()),
                _ => {}
            }
            if place > 0 {
                text.push('-');
            }
            text.extend(
                tag.iter()
                    .take_while(|byte| **byte != 0)
                    .map(|byte| char::from(*byte)),
            );
        }
        let digest = Md5::digest(&text);
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.cyu.push((hash.into(), text.into()));
    }

    fn take_hello(&mut self, hello: Hello, settings: &ParserSettings) {
        let from_client = self.direction == Direction::ToServer;
        if settings.tls.ja3 {
            self.ja3 = Some(if from_client {
                Ja3::of_client(&hello)
            } else {
                Ja3::of_server(&hello)
            });
        }
        if from_client {
            self.ja4 = Some(fingerprint::ja4(&hello, true));
        }
        self.server_name = hello.name;
        self.extensions = hello.extensions;
        self.alpn = hello.alpn;
    }
}

impl Quic {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            transactions: Transactions::default(),
            keys: None,
            greeted: [false; 2],
            is_encrypted: false,
            handshakes: [Handshake::default(), Handshake::default()],
        }
    }

    fn open(&mut self, packet: Packet, event: Option<u8>) {
        let meta = self.transactions.open_message(packet.direction, packet);
        if let Some(event) = event {
            meta.event(event);
        }
    }

    /// Takes the packet at the beginning of the data; says whether the datagram is to be looked at further.
    fn packet(&mut self, direction: Direction, header: &Header<'_>, data: &[u8]) -> Option<()> {
        let way = direction.index();
        if self.greeted[way] || header.kind == Kind::Short {
            return None;
        }
        if header.kind == Kind::Retry && direction == Direction::ToClient {
            // The client begins anew, with another identifier.
            self.keys = None;
            self.greeted[Direction::ToServer.index()] = false;
            self.handshakes = [Handshake::default(), Handshake::default()];
        }
        let mut packet = Packet::new(direction, header.version);
        if header.kind != Kind::Initial {
            self.open(packet, None);
            return Some(());
        }
        if header::is_google(header.version) {
            let payload = data.get(header.len..)?;
            // A digest of twelve bytes comes first.
            let Some(messages) = payload.get(12..).and_then(frame::tags) else {
                self.open(packet, Some(ERROR_ON_DATA));
                return None;
            };
            messages.iter().for_each(|tags| packet.take_tags(tags));
            self.open(packet, None);
            return Some(());
        }
        if self.keys.is_none() {
            self.keys = Keys::new(header.version, header.destination).map(Box::new);
        }
        let Some(keys) = &self.keys else {
            self.open(packet, None);
            return Some(());
        };
        let Some(payload) = keys.open(direction, header, data) else {
            self.open(packet, Some(FAILED_DECRYPT));
            return None;
        };
        let Some(pieces) = frame::crypto(&payload) else {
            self.open(packet, Some(ERROR_ON_DATA));
            return None;
        };
        let handshake = &mut self.handshakes[way];
        let fits = pieces
            .iter()
            .all(|piece| handshake.add(piece.offset, piece.data));
        let hello = handshake
            .hello()
            .and_then(|body| Hello::parse(body, direction == Direction::ToServer));
        if let Some(hello) = hello {
            packet.take_hello(hello, &self.settings);
            self.greeted[way] = true;
            self.handshakes[way] = Handshake::default();
        }
        self.open(packet, (!fits).then_some(CRYPTO_FRAG_TOO_LONG));
        Some(())
    }
}

impl Quic {
    /// Takes the packets of a datagram: several may share one.
    fn datagram(&mut self, direction: Direction, data: &[u8]) -> Outcome {
        let mut rest = data;
        while !rest.is_empty() {
            let Some(header) = Header::read(rest) else {
                return Outcome::Failed;
            };
            let end = header.len.saturating_add(header.rest);
            let before = self.transactions.total();
            if self.packet(direction, &header, rest).is_none() {
                let is_broken = self.transactions.total() > before;
                return if is_broken {
                    Outcome::Failed
                } else {
                    Outcome::Done
                };
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        Outcome::Done
    }
}

impl Parser for Quic {
    type Tx = Packet;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "failed_decrypt",
        "error_on_data",
        "error_on_header",
        "crypto_frag_too_long",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let to_server = direction == Direction::ToServer;
        let known = match keyword {
            keywords::QUIC_VERSION
            | keywords::QUIC_SNI
            | keywords::QUIC_CYU_HASH
            | keywords::QUIC_CYU_STRING => true,
            keywords::QUIC_UA | keywords::JA3_HASH | keywords::JA3_STRING | keywords::JA4_HASH => {
                to_server
            }
            keywords::JA3S_HASH | keywords::JA3S_STRING => !to_server,
            _ => false,
        };
        known.then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let outcome = self.datagram(input.direction, input.data);
        if self.greeted == [true; 2] && !std::mem::replace(&mut self.is_encrypted, true) {
            self.settings.quic.begin(orders);
        }
        outcome
    }

    fn transactions(&self) -> &Transactions<Packet> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Packet> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_hello_come_in_any_order() {
        let mut handshake = Handshake::default();
        assert!(handshake.add(4, b"ab"));
        assert_eq!(handshake.hello(), None);
        assert!(handshake.add(6, b"cd"));
        assert!(handshake.add(0, b"\x01\0\0\x04"));
        assert_eq!(handshake.hello(), Some(&b"abcd"[..]));
        assert!(!handshake.add(u64::MAX, b"a"));
        assert!(!handshake.add(MAX_HANDSHAKE as u64, b"a"));
    }

    #[test]
    fn what_is_no_packet_fails() {
        let mut parser = Quic::new(AppProto::Quic, &Arc::default());
        let input = Input::new(Direction::ToServer, b"\xc0\0\0\0\x01\x30");
        assert_eq!(
            parser.parse(&input, &mut Orders::default()),
            Outcome::Failed
        );
        assert!(parser.transactions().is_empty());
    }
}
