//! Messages of the sample protocol: each request has a response.

use std::sync::Arc;

use memchr::memchr;
use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, OpenLimit, ParserSettings};

const TOO_MANY_TRANSACTIONS: u8 = 0;

/// Digits of a length, and bytes of a message, that are accepted.
const MAX_DIGITS: usize = 10;
const MAX_MESSAGE: usize = 1 << 20;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Template {
    transactions: Transactions<Exchange>,
    limit: OpenLimit<256>,
}

/// A request and its response.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    messages: [Option<Box<[u8]>>; 2],
}

/// What stands at the beginning of the data.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Message { text: &'a [u8], used: usize },
    Incomplete(usize),
    Wrong,
}

impl<'a> Piece<'a> {
    fn read(data: &'a [u8]) -> Self {
        let Some(colon) = memchr(b':', data) else {
            return if data.len() <= MAX_DIGITS && data.iter().all(u8::is_ascii_digit) {
                Self::Incomplete(data.len() + 1)
            } else {
                Self::Wrong
            };
        };
        let length = data
            .get(..colon)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|length| *length <= MAX_MESSAGE);
        let Some(length) = length else {
            return Self::Wrong;
        };
        let used = colon + 1 + length;
        match data.get(colon + 1..used) {
            Some(text) => Self::Message { text, used },
            None => Self::Incomplete(used),
        }
    }
}

impl Template {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            limit: settings.template,
            ..Self::default()
        }
    }

    /// Notes a message; false when too many requests wait for their responses.
    fn message(&mut self, direction: Direction, text: &[u8]) -> bool {
        let text = Some(text.into());
        if direction == Direction::ToClient {
            let waiting = self
                .transactions
                .iter_mut()
                .find(|entry| entry.tx.messages[1].is_none());
            if let Some(entry) = waiting {
                entry.tx.messages[1] = text;
                entry.meta.advance(direction, 1);
            }
            return true;
        }
        let is_flood = self.transactions.len() >= self.limit.0;
        let entry = self.transactions.open(Exchange {
            messages: [text, None],
        });
        entry.meta.advance(direction, 1);
        if is_flood {
            entry.meta.event(TOO_MANY_TRANSACTIONS);
        }
        !is_flood
    }
}

impl Parser for Template {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["too_many_transactions"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        (keyword == internet::TEMPLATE_BUFFER).then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            match Piece::read(rest) {
                Piece::Message { text, used } => {
                    consumed += used;
                    if !self.message(input.direction, text) {
                        return Outcome::Failed;
                    }
                }
                Piece::Incomplete(needed) => return Outcome::Incomplete { consumed, needed },
                Piece::Wrong => return Outcome::Failed,
            }
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Exchange> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Exchange> {
        &mut self.transactions
    }
}

impl Transaction for Exchange {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        keyword == internet::TEMPLATE_BUFFER
            && self.messages[direction.index()]
                .as_deref()
                .is_some_and(|text| accepts(Value::Bytes(text)))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("template");
        for (name, message) in ["request", "response"].iter().zip(&self.messages) {
            if let Some(text) = message {
                json.bytes(name, text);
            }
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("template", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    #[test]
    fn a_response_belongs_to_the_oldest_request_without_one() {
        let mut parser = Template::default();
        let mut orders = Orders::default();
        for (direction, data) in [(ToServer, &b"5:Hello1:x"[..]), (ToClient, b"3:Bye")] {
            let outcome = parser.parse(&Input::new(direction, data), &mut orders);
            assert_eq!(outcome, Outcome::Done);
        }
        let seen: Vec<_> = parser.transactions.iter().map(|entry| &entry.tx).collect();
        let expected = [
            Exchange {
                messages: [Some((*b"Hello").into()), Some((*b"Bye").into())],
            },
            Exchange {
                messages: [Some((*b"x").into()), None],
            },
        ];
        assert_eq!(seen, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_cut_comes_again_and_what_is_wrong_does_not() {
        assert_eq!(Piece::read(b"12"), Piece::Incomplete(3));
        assert_eq!(Piece::read(b"12:a"), Piece::Incomplete(15));
        assert_eq!(Piece::read(b"1x"), Piece::Wrong);
        assert_eq!(Piece::read(b":x"), Piece::Wrong);
        assert_eq!(Piece::read(b"99999999999:x"), Piece::Wrong);
    }
}
