//! One transaction a message.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::message::{self as options, Message};
use super::record;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Dhcp {
    transactions: Transactions<Exchange>,
}

/// A message and the way it went.
#[derive(Debug)]
pub struct Exchange {
    direction: Direction,
    message: Message,
}

const TRUNCATED_OPTIONS: u8 = 0;
const MALFORMED_OPTIONS: u8 = 1;

impl Dhcp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Parser for Dhcp {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["truncated_options", "malformed_options"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        option(keyword).map(|_| 1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let Some(message) = Message::read(input.data) else {
            return Outcome::Failed;
        };
        let (is_truncated, is_malformed) = (message.is_truncated, message.is_malformed);
        let meta = &mut self
            .transactions
            .open(Exchange {
                direction: input.direction,
                message,
            })
            .meta;
        meta.advance(Direction::ToServer, 1);
        meta.advance(Direction::ToClient, 1);
        meta.skip[input.direction.reverse().index()] = true;
        if is_truncated {
            meta.event(TRUNCATED_OPTIONS);
        }
        if is_malformed {
            meta.event(MALFORMED_OPTIONS);
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

/// The option whose number a keyword asks for.
fn option(keyword: KeywordId) -> Option<u8> {
    match keyword {
        internet::DHCP_LEASETIME => Some(options::LEASE_TIME),
        internet::DHCP_REBINDING_TIME => Some(options::REBINDING_TIME),
        internet::DHCP_RENEWAL_TIME => Some(options::RENEWAL_TIME),
        _ => None,
    }
}

impl Transaction for Exchange {
    /// Times are numbers of seconds.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        option(keyword)
            .filter(|_| direction == self.direction)
            .and_then(|code| self.message.number(code))
            .is_some_and(|seconds| accepts(Value::Number(seconds.into())))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("dhcp");
        record::write(json, &self.message, true);
        json.close_object();
    }

    /// Short records are of granted addresses only.
    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        const ACK: u32 = 5;
        let is_extended = options.is_on("extended", false);
        if is_extended || self.message.number(super::message::TYPE) == Some(ACK) {
            show("dhcp", &|json| {
                json.open_object("dhcp");
                record::write(json, &self.message, is_extended);
                json.close_object();
            });
        }
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.direction == Direction::ToClient
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::message;
    use super::*;

    #[test]
    fn options_without_end_are_told_of() {
        let mut parser = Dhcp::default();
        let data = message(b"\x33\x01\x01");
        let input = Input::new(Direction::ToServer, &data);
        assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        let entry = parser.transactions().get(0).expect("one");
        assert_eq!(entry.meta.events.as_slice(), [TRUNCATED_OPTIONS, MALFORMED_OPTIONS]);
    }
}
