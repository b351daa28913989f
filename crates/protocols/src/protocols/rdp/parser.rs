//! The beginning of a connection: each message of it is a transaction.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::connect::{Item, Piece};
use super::tls::{self, Handshake};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::Transactions;
use crate::{AppProto, ParserSettings};

/// The parser of a connection.
#[derive(Debug, Default)]
pub struct Rdp {
    transactions: Transactions<Message>,
    /// TLS has begun, by direction.
    is_tls: [bool; 2],
    handshake: Handshake,
    /// What comes is not looked at any more.
    is_over: bool,
}

/// A message.
#[derive(Debug)]
pub struct Message {
    pub(super) number: u64,
    pub(super) said: Said,
}

#[derive(Debug)]
pub(super) enum Said {
    Item(Item),
    /// Serial numbers of the server's certificates.
    Certificates(Vec<Box<str>>),
}

/// How far the data has been read.
enum Step {
    Used(usize),
    Needed(usize),
    Wrong,
}

impl Rdp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn open(&mut self, direction: Direction, said: Said) {
        let number = self.transactions.total();
        let message = Message { number, said };
        self.transactions.open_message(direction, message);
    }

    fn packet(&mut self, direction: Direction, data: &[u8]) -> Step {
        const TLS_HANDSHAKE: u8 = 22;
        match Piece::read(data) {
            Piece::Packet(item, used) => {
                match item {
                    Some(Item::Request { .. } | Item::ConnectRequest(_))
                        if direction == Direction::ToClient => {}
                    Some(Item::Confirm(_) | Item::ConnectResponse)
                        if direction == Direction::ToServer => {}
                    Some(item) => {
                        self.is_over = item == Item::ConnectResponse;
                        self.open(direction, Said::Item(item));
                    }
                    None => {}
                }
                Step::Used(used)
            }
            Piece::Incomplete(needed) => Step::Needed(needed),
            Piece::Wrong if data.first() == Some(&TLS_HANDSHAKE) => {
                self.is_tls[direction.index()] = true;
                self.record(direction, data)
            }
            Piece::Wrong => Step::Wrong,
        }
    }

    fn record(&mut self, direction: Direction, data: &[u8]) -> Step {
        const HANDSHAKE: u8 = 22;
        match tls::record(data) {
            Some(Ok((kind, content, used))) => {
                if kind == HANDSHAKE
                    && direction == Direction::ToClient
                    && let Some(serials) = self.handshake.take(content)
                {
                    self.is_over = true;
                    self.open(direction, Said::Certificates(serials));
                }
                Step::Used(used)
            }
            Some(Err(needed)) => Step::Needed(needed),
            None => Step::Wrong,
        }
    }
}

impl Parser for Rdp {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[];

    fn place(_: KeywordId, _: Direction) -> Option<u8> {
        None
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            if self.is_over {
                return Outcome::Done;
            }
            let step = if self.is_tls[input.direction.index()] {
                self.record(input.direction, rest)
            } else {
                self.packet(input.direction, rest)
            };
            match step {
                Step::Used(used) => consumed += used,
                Step::Needed(needed) => return Outcome::Incomplete { consumed, needed },
                Step::Wrong => return Outcome::Failed,
            }
        }
        Outcome::Done
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
    use tapir_packet::Direction::{ToClient, ToServer};

    #[test]
    fn a_connection_is_read_byte_by_byte() {
        let talk: [(Direction, &[u8]); 3] = [
            (ToServer, b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0"),
            (
                ToClient,
                b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x01\x08\0\x01\0\0\0",
            ),
            (ToClient, b"\x16\x03\x01\0\x07\x0b\0\0\x03\0\0\0"),
        ];
        let mut parser = Rdp::default();
        let mut orders = Orders::default();
        for (direction, data) in talk {
            let mut from = 0;
            for to in 1..=data.len() {
                let input = Input::new(direction, &data[from..to]);
                match parser.parse(&input, &mut orders) {
                    Outcome::Done => from = to,
                    Outcome::Incomplete { consumed, .. } => from += consumed,
                    Outcome::Failed => panic!("refused"),
                }
            }
        }
        assert_eq!(parser.transactions.total(), 3);
        assert!(parser.is_over);
        let garbage = Input::new(ToServer, b"garbage");
        assert_eq!(Rdp::default().parse(&garbage, &mut orders), Outcome::Failed);
    }
}
