//! Queries and answers, over datagrams and streams.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, dns};

use super::message::{Data, Message, Name, Question};
use super::record;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::signature::Transport;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction a message.
#[derive(Debug)]
pub struct Dns {
    proto: AppProto,
    transactions: Transactions<Exchange>,
    /// A stretch of the stream is missing: what follows is looked through for the start of a message. By direction.
    lost: [bool; 2],
}

/// A message and the way it went.
#[derive(Debug)]
pub struct Exchange {
    proto: AppProto,
    number: u64,
    direction: Direction,
    message: Message,
}

const MALFORMED: u8 = 0;
const NOT_REQUEST: u8 = 1;
const NOT_RESPONSE: u8 = 2;
const Z_FLAG: u8 = 3;
const INVALID_OPCODE: u8 = 4;
const NAME_TOO_LONG: u8 = 5;
const INFINITE_LOOP: u8 = 6;
const TOO_MANY_LABELS: u8 = 7;
const INVALID_ADDITIONALS: u8 = 8;
const INVALID_AUTHORITIES: u8 = 9;

impl Dns {
    pub(crate) fn new(proto: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self {
            proto,
            transactions: Transactions::default(),
            lost: [false; 2],
        }
    }

    /// Takes one message. False if it is none.
    fn message(&mut self, direction: Direction, data: &[u8]) -> bool {
        let Some(message) = Message::parse(data) else {
            // Noted with the message before, if that is still there.
            self.transactions.note(MALFORMED);
            return false;
        };
        let both_ways = self.proto == AppProto::Mdns;
        let mut events = Vec::new();
        if !both_ways {
            match (direction, message.is_response()) {
                (Direction::ToServer, true) => events.push(NOT_REQUEST),
                (Direction::ToClient, false) => events.push(NOT_RESPONSE),
                _ => {}
            }
        }
        let flaws = message.flaws;
        for (is, event) in [
            (message.flags & 0x40 != 0, Z_FLAG),
            (message.opcode() >= 7, INVALID_OPCODE),
            (flaws.truncated, NAME_TOO_LONG),
            (flaws.endless, INFINITE_LOOP),
            (flaws.too_many_labels, TOO_MANY_LABELS),
            (message.bad_additionals, INVALID_ADDITIONALS),
            (message.bad_authorities, INVALID_AUTHORITIES),
        ] {
            if is {
                events.push(event);
            }
        }
        let exchange = Exchange {
            proto: self.proto,
            number: self.transactions.total(),
            direction,
            message,
        };
        let meta = self.transactions.open_message(direction, exchange);
        events.into_iter().for_each(|event| meta.event(event));
        true
    }

    fn stream(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut used = 0;
        if std::mem::take(&mut self.lost[input.direction.index()]) {
            let begins = input
                .data
                .split_first_chunk::<2>()
                .is_some_and(|(len, rest)| {
                    rest.len() >= super::HEADER
                        && usize::from(u16::from_be_bytes(*len)) >= super::HEADER
                });
            if !begins {
                self.lost[input.direction.index()] = true;
                return Outcome::Done;
            }
        }
        while let Some((len, rest)) = input
            .data
            .get(used..)
            .and_then(<[u8]>::split_first_chunk::<2>)
        {
            let len = usize::from(u16::from_be_bytes(*len));
            let Some(message) = rest.get(..len) else {
                return Outcome::Incomplete {
                    consumed: used,
                    needed: len + 2,
                };
            };
            if len > 0 {
                let tx = self.transactions.total();
                orders.frames.whole(PDU, used + 2, len, Some(tx));
                self.message(input.direction, message);
                orders.inspect_stream[input.direction.index()] = true;
            }
            used += len + 2;
        }
        if used < input.data.len() {
            return Outcome::Incomplete {
                consumed: used,
                needed: 2,
            };
        }
        Outcome::Done
    }
}

/// The frame of a message.
const PDU: u8 = 0;

impl Parser for Dns {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "malformed_data",
        "not_request",
        "not_response",
        "z_flag_set",
        "invalid_opcode",
        "name_too_long",
        "infinite_loop",
        "too_many_labels",
        "invalid_additionals",
        "invalid_authorities",
    ];

    const FRAMES: &'static [&'static str] = &["pdu"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let to_server = direction == Direction::ToServer;
        let known = match keyword {
            dns::QUERY => to_server,
            dns::RESPONSE_RRNAME | dns::LLMNR_RESPONSE_RRNAME => !to_server,
            dns::MDNS_RESPONSE_RRNAME => true,
            dns::OPCODE | dns::RCODE | dns::RRTYPE => true,
            _ => section(keyword).is_some(),
        };
        known.then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        match input.transport {
            Transport::Tcp => self.stream(input, orders),
            Transport::Udp => {
                let tx = self.transactions.total();
                orders.frames.whole(PDU, 0, input.data.len(), Some(tx));
                if self.message(input.direction, input.data) {
                    Outcome::Done
                } else {
                    Outcome::Failed
                }
            }
        }
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        self.lost[direction.index()] = true;
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Exchange> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Exchange> {
        &mut self.transactions
    }
}

/// The sections of a message.
#[derive(Clone, Copy)]
enum Section {
    Queries,
    Answers,
    Authorities,
    Additionals,
}

/// The section whose names a keyword asks for.
fn section(keyword: KeywordId) -> Option<Section> {
    Some(match keyword {
        dns::QUERY | dns::QUERY_NAME | dns::QUERIES_RRNAME => Section::Queries,
        dns::MDNS_QUERIES_RRNAME | dns::LLMNR_QUERIES_RRNAME => Section::Queries,
        dns::ANSWER_NAME | dns::ANSWERS_RRNAME => Section::Answers,
        dns::MDNS_ANSWERS_RRNAME | dns::LLMNR_ANSWERS_RRNAME => Section::Answers,
        dns::ADDITIONALS_RRNAME | dns::MDNS_ADDITIONALS_RRNAME | dns::LLMNR_ADDITIONALS_RRNAME => {
            Section::Additionals
        }
        dns::AUTHORITIES_RRNAME | dns::MDNS_AUTHORITIES_RRNAME | dns::LLMNR_AUTHORITIES_RRNAME => {
            Section::Authorities
        }
        _ => return None,
    })
}

impl Exchange {
    fn names(&self, section: Section) -> impl Iterator<Item = &Name> {
        let (queries, records) = match section {
            Section::Queries => (&self.message.queries[..], &[][..]),
            Section::Answers => (&[][..], &self.message.answers[..]),
            Section::Authorities => (&[][..], &self.message.authorities[..]),
            Section::Additionals => (&[][..], &self.message.additionals[..]),
        };
        let queries = queries.iter().map(|query| &query.name);
        queries.chain(records.iter().map(|record| &record.name))
    }

    /// Names that records say something with.
    fn named_values(&self) -> impl Iterator<Item = &Name> {
        let message = &self.message;
        let records = message.answers.iter().chain(&message.authorities);
        records
            .chain(&message.additionals)
            .flat_map(|record| match &record.data {
                Data::Name(name) | Data::Srv { target: name, .. } => [Some(name), None],
                Data::Soa { mname, rname, .. } => [Some(mname), Some(rname)],
                _ => [None, None],
            })
            .flatten()
    }

    /// The message that another protocol carries, if it is one.
    pub(crate) fn carried(direction: Direction, data: &[u8]) -> Option<Self> {
        Some(Self {
            proto: AppProto::Dns,
            number: 0,
            direction,
            message: Message::parse(data)?,
        })
    }

    /// Whether a log wants it.
    pub(crate) fn is_wanted(&self, options: &RecordOptions) -> bool {
        let side = if self.message.is_response() {
            "responses"
        } else {
            "requests"
        };
        let queries = &self.message.queries;
        let is_wanted = |query: &Question| record::is_wanted(query.kind, options);
        options.is_on(side, true) && (queries.is_empty() || queries.iter().any(is_wanted))
    }

    fn event_type(&self) -> &'static str {
        match self.proto {
            AppProto::Mdns => "mdns",
            AppProto::Llmnr => "llmnr",
            _ => "dns",
        }
    }
}

impl Transaction for Exchange {
    /// `dns.opcode`, `dns.rcode` and `dns.rrtype` are numbers, the last one for each question of a request and each answer of a
    /// response.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        let message = &self.message;
        match keyword {
            dns::OPCODE => accepts(Value::Number(message.opcode().into())),
            dns::RCODE => accepts(Value::Number(message.rcode().into())),
            dns::RRTYPE if message.is_response() => message
                .answers
                .iter()
                .any(|record| accepts(Value::Number(record.kind.into()))),
            dns::RRTYPE => message
                .queries
                .iter()
                .any(|query| accepts(Value::Number(query.kind.into()))),
            dns::RESPONSE_RRNAME | dns::MDNS_RESPONSE_RRNAME | dns::LLMNR_RESPONSE_RRNAME => [
                Section::Queries,
                Section::Answers,
                Section::Authorities,
                Section::Additionals,
            ]
            .into_iter()
            .flat_map(|section| self.names(section))
            .chain(self.named_values())
            .any(|name| accepts(Value::Bytes(&name.text))),
            _ => section(keyword).is_some_and(|section| {
                self.names(section)
                    .any(|name| accepts(Value::Bytes(&name.text)))
            }),
        }
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        json.open_object(self.event_type());
        if self.proto == AppProto::Dns {
            record::write(json, &self.message, self.number, options);
        } else {
            record::write_multicast(json, &self.message);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        if !self.is_wanted(options) {
            return;
        }
        let message = &self.message;
        if self.proto != AppProto::Dns || !record::is_version_2(options) {
            return show(self.event_type(), &|json| self.describe(json, options));
        }
        if message.is_response() {
            return show("dns", &|json| {
                json.open_object("dns");
                record::write_answer(json, message, options);
                json.close_object();
            });
        }
        let wanted = message
            .queries
            .iter()
            .filter(|query| record::is_wanted(query.kind, options));
        for query in wanted {
            show("dns", &|json| {
                json.open_object("dns");
                record::write_query(json, message, query, self.number);
                json.close_object();
            });
        }
    }

    /// The older version of the format has the client's address first anyhow.
    fn is_from_server(&self, options: &RecordOptions) -> bool {
        let is_old = self.proto == AppProto::Dns && record::is_version_2(options);
        self.direction == Direction::ToClient && !is_old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01";

    fn parser() -> Dns {
        Dns::new(AppProto::Dns, &Arc::default())
    }

    fn stream() -> Vec<u8> {
        let mut stream = Vec::new();
        for _ in 0..2 {
            stream.extend_from_slice(&(QUERY.len() as u16).to_be_bytes());
            stream.extend_from_slice(QUERY);
        }
        stream
    }

    #[test]
    fn messages_of_a_stream_byte_by_byte() {
        let stream = stream();
        let mut parser = parser();
        let (mut from, mut orders) = (0, Orders::default());
        for to in 1..=stream.len() {
            let input = Input::new(Direction::ToServer, &stream[from..to]);
            match parser.parse(&input, &mut orders) {
                Outcome::Done => from = to,
                Outcome::Incomplete { consumed, .. } => from += consumed,
                Outcome::Failed => panic!("it is DNS"),
            }
        }
        assert_eq!(parser.transactions().len(), 2);
        let exchange = &parser.transactions().get(1).expect("two").tx;
        let mut names = Vec::new();
        exchange.values(dns::QUERY, Direction::ToServer, &mut |value| {
            names.push(format!("{value:?}"));
            false
        });
        assert_eq!(names, [format!("{:?}", Value::Bytes(b"www.example.com"))]);
    }

    #[test]
    fn a_datagram_of_something_else_fails() {
        let mut parser = parser();
        let input = Input {
            transport: Transport::Udp,
            ..Input::new(Direction::ToServer, b"\0\0\0\0\0\x09nothing")
        };
        assert_eq!(
            parser.parse(&input, &mut Orders::default()),
            Outcome::Failed
        );
        assert!(parser.transactions().is_empty());
    }
}
