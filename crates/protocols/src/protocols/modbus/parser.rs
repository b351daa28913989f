//! Requests and the responses that have their number.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, industrial};

use super::function::EXCEPTION;
use super::message::{LENGTHS, Message, PREFIX, Request};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::cursor::Cursor;
use crate::transaction::{Entry, Meta, Transactions};
use crate::{AppProto, ParserSettings};

const INVALID_PROTOCOL_ID: u8 = 0;
const UNSOLICITED_RESPONSE: u8 = 1;
const INVALID_LENGTH: u8 = 2;
const INVALID_FUNCTION_CODE: u8 = 4;
const INVALID_VALUE: u8 = 5;
const INVALID_EXCEPTION_CODE: u8 = 6;
const VALUE_MISMATCH: u8 = 7;
const FLOODED: u8 = 8;

/// More requests than this are not kept without an answer.
const MAX_OPEN: usize = 500;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Modbus {
    transactions: Transactions<Exchange>,
    /// Where messages begin is not known any more, by direction.
    is_lost: [bool; 2],
}

/// A request and its response.
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) messages: [Option<Message>; 2],
}

impl Modbus {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn message(&mut self, direction: Direction, message: Message) {
        match direction {
            Direction::ToServer => self.request(message),
            Direction::ToClient => self.response(message),
        }
    }

    fn request(&mut self, message: Message) {
        let is_flood = self.transactions.len() >= MAX_OPEN;
        let Entry { meta, tx } = self.transactions.open(Exchange::default());
        check_protocol(meta, &message);
        match Request::read(&message.data) {
            Some(request) if matches!(request.function, 0 | EXCEPTION..) => {
                meta.event(INVALID_FUNCTION_CODE);
            }
            Some(request) if !request.is_valid() => meta.event(INVALID_VALUE),
            Some(_) => {}
            None => meta.event(INVALID_LENGTH),
        }
        tx.messages[0] = Some(message);
        meta.advance(Direction::ToServer, 1);
        if is_flood {
            meta.event(FLOODED);
            meta.advance(Direction::ToClient, 1);
        }
    }

    fn response(&mut self, message: Message) {
        let asked = self.transactions.iter().find_map(|Entry { meta, tx }| {
            let request = tx.messages[0].as_ref();
            let is_asked = meta.progress(Direction::ToClient) == 0
                && request.is_some_and(|request| request.transaction == message.transaction);
            is_asked.then(|| meta.id())
        });
        let entry = match asked {
            Some(id) => self.transactions.find(id),
            None => {
                let entry = self
                    .transactions
                    .open_side(Direction::ToClient, Exchange::default());
                entry.meta.event(UNSOLICITED_RESPONSE);
                Some(entry)
            }
        };
        let Some(Entry { meta, tx }) = entry else {
            return;
        };
        check_protocol(meta, &message);
        check_answer(meta, tx.messages[0].as_ref(), &message);
        tx.messages[1] = Some(message);
        meta.advance(Direction::ToClient, 1);
    }
}

fn check_protocol(meta: &mut Meta, message: &Message) {
    if message.protocol != 0 {
        meta.event(INVALID_PROTOCOL_ID);
    }
}

fn check_answer(meta: &mut Meta, request: Option<&Message>, response: &Message) {
    if let Some(code) = response.exception() {
        // Codes of the standard (section 7).
        if !matches!(code, 1..=6 | 8 | 10 | 11) {
            meta.event(INVALID_EXCEPTION_CODE);
        }
        return;
    }
    let Some(request) = request.and_then(|request| Request::read(&request.data)) else {
        return;
    };
    if response.function() != request.function {
        meta.event(INVALID_FUNCTION_CODE);
    } else if !request.is_answered_by(response.content()) {
        meta.event(VALUE_MISMATCH);
    }
}

impl Parser for Modbus {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "invalid_protocol_id",
        "unsolicited_response",
        "invalid_length",
        "invalid_unit_identifier",
        "invalid_function_code",
        "invalid_value",
        "invalid_exception_code",
        "value_mismatch",
        "flooded",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let known = match keyword {
            industrial::MODBUS_KEYWORD => direction == Direction::ToServer,
            industrial::MODBUS_DATA | industrial::MODBUS_FUNC | industrial::MODBUS_UNIT => true,
            _ => false,
        };
        known.then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let way = input.direction.index();
        if self.is_lost[way] {
            return Outcome::Done;
        }
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let mut cursor = Cursor::new(rest);
            let (Some(transaction), Some(protocol), Some(length)) =
                (cursor.u16(), cursor.u16(), cursor.u16())
            else {
                return Outcome::Incomplete {
                    consumed,
                    needed: PREFIX,
                };
            };
            if !LENGTHS.contains(&length) {
                let broken = Exchange::default();
                let meta = self.transactions.open_message(input.direction, broken);
                meta.event(INVALID_LENGTH);
                return Outcome::Failed;
            }
            let Some(data) = cursor.take(length.into()) else {
                return Outcome::Incomplete {
                    consumed,
                    needed: PREFIX + usize::from(length),
                };
            };
            let message = Message {
                transaction,
                protocol,
                data: data.into(),
            };
            self.message(input.direction, message);
            orders.inspect_stream[way] = true;
            consumed += PREFIX + usize::from(length);
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        self.is_lost[direction.index()] = true;
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Exchange> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Exchange> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    fn message(transaction: u8, pdu: &[u8]) -> Vec<u8> {
        let mut data = vec![0, transaction, 0, 0, 0, pdu.len() as u8 + 1, 1];
        data.extend(pdu);
        data
    }

    fn events(turns: &[(Direction, &[u8])]) -> Vec<Vec<u8>> {
        let mut parser = Modbus::default();
        for (number, (direction, pdu)) in turns.iter().enumerate() {
            let data = message(number as u8 / 2, pdu);
            let input = Input::new(*direction, &data);
            assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        }
        let all = parser.transactions.iter();
        all.map(|entry| entry.meta.events.to_vec()).collect()
    }

    #[test]
    fn what_is_wrong_is_told() {
        let seen = events(&[
            (ToServer, b"\x03\0\x6b\0\x03"),
            (ToClient, b"\x03\x06\x02\x2b\0\0\0\x64"),
            (ToServer, b"\x03\0\x6b\0\x03"),
            (ToClient, b"\x03\x04\x02\x2b\0\0"),
            (ToServer, b"\x05\0\x01\0\x03"),
            (ToClient, b"\x85\x09"),
            (ToServer, b"\x83\0"),
        ]);
        let expected = [
            vec![],
            vec![VALUE_MISMATCH],
            vec![INVALID_VALUE, INVALID_EXCEPTION_CODE],
            vec![INVALID_FUNCTION_CODE],
        ];
        assert_eq!(seen, expected);
        assert_eq!(
            events(&[(ToClient, b"\x03\x02\0\0")]),
            [vec![UNSOLICITED_RESPONSE]]
        );
    }

    #[test]
    fn a_flood_is_told_of() {
        let mut parser = Modbus::default();
        for _ in 0..=MAX_OPEN {
            let data = message(7, b"\x03\0\x6b\0\x03");
            parser.parse(&Input::new(ToServer, &data), &mut Orders::default());
        }
        let last = parser.transactions.iter().next_back().expect("a request");
        assert_eq!(last.meta.events.to_vec(), [FLOODED]);
    }
}
