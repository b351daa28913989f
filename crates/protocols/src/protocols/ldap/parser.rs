//! Requests and the responses to them, over streams and datagrams.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, windows};

use super::super::ber::Unreadable;
use super::message::{Message, Operation};
use super::record;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::signature::Transport;
use crate::transaction::{Entry, ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction a request, or a response that nobody asked for.
#[derive(Debug, Default)]
pub struct Ldap {
    transactions: Transactions<Exchange>,
    /// A stretch of the stream is missing: what follows is looked through for the start of a message. By direction.
    lost: [bool; 2],
    /// The number of the request to go on with TLS, while it is not answered.
    starttls: Option<u32>,
}

/// A request with its responses.
#[derive(Debug, Default)]
pub struct Exchange {
    request: Option<Message>,
    responses: Vec<Message>,
    /// Responses that came, of which only the first are kept.
    count: u64,
    /// Bytes of the responses that are kept.
    kept: usize,
}

const TOO_MANY_TRANSACTIONS: u8 = 0;
const INVALID_DATA: u8 = 1;
const REQUEST_NOT_FOUND: u8 = 2;
const INCOMPLETE_DATA: u8 = 3;

/// Requests of a flow that may be unanswered at a time.
const MAX_OPEN: usize = 256;
/// A message is not waited for beyond this length.
const MAX_MESSAGE: usize = 1 << 24;
/// Responses to one request are kept up to so many bytes of messages.
const MAX_KEPT: usize = 1 << 20;

/// The name of the extended operation that starts TLS (RFC 4511, section 4.14).
const STARTTLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

impl Ldap {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn request(&mut self, message: Message) {
        if self.transactions.len() >= MAX_OPEN
            && let Some(oldest) = self
                .transactions
                .iter_mut()
                .find(|entry| entry.meta.progress(Direction::ToClient) == 0)
        {
            oldest.meta.event(TOO_MANY_TRANSACTIONS);
            oldest.meta.advance(Direction::ToServer, 1);
            oldest.meta.advance(Direction::ToClient, 1);
        }
        match &message.operation {
            Operation::Extended { name, .. } if **name == *STARTTLS => {
                self.starttls = Some(message.id);
            }
            _ => {}
        }
        // Nothing is answered to these.
        let is_over = matches!(message.operation, Operation::Unbind | Operation::Abandon(_));
        let entry = self.transactions.open(Exchange {
            request: Some(message),
            ..Exchange::default()
        });
        entry.meta.advance(Direction::ToServer, 1);
        if is_over {
            entry.meta.advance(Direction::ToClient, 1);
        }
    }

    fn response(&mut self, message: Message, length: usize, orders: &mut Orders) {
        if self.starttls == Some(message.id) {
            self.starttls = None;
            if matches!(message.operation, Operation::Result { code: 0, .. }) {
                orders.change = Some((0, AppProto::Tls));
            }
        }
        let id = message.id;
        let asked = self.transactions.iter_mut().rev().find(|entry| {
            let request = entry.tx.request.as_ref();
            request.is_some_and(|request| request.id == id)
                && entry.meta.progress(Direction::ToClient) == 0
        });
        if let Some(entry) = asked {
            return entry.answer(message, length);
        }
        let entry = self
            .transactions
            .open_side(Direction::ToClient, Exchange::default());
        // Number 0 is for what nobody asked for (RFC 4511, section 4.4).
        if id != 0 {
            entry.meta.event(REQUEST_NOT_FOUND);
        }
        entry.answer(message, length);
        entry.meta.advance(Direction::ToClient, 1);
    }
}

impl Entry<Exchange> {
    fn answer(&mut self, message: Message, length: usize) {
        let goes_on = matches!(
            message.operation,
            Operation::Entry { .. } | Operation::Reference(_) | Operation::Intermediate { .. }
        );
        self.tx.count += 1;
        self.tx.kept = self.tx.kept.saturating_add(length);
        if self.tx.kept <= MAX_KEPT || !goes_on {
            self.tx.responses.push(message);
        }
        self.meta.advance(Direction::ToClient, u8::from(!goes_on));
    }
}

/// The frame of a message.
const PDU: u8 = 0;

impl Parser for Ldap {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "too_many_transactions",
        "invalid_data",
        "request_not_found",
        "incomplete_data",
    ];

    const FRAMES: &'static [&'static str] = &["pdu"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let of_request = match keyword {
            windows::LDAP_REQUEST_OPERATION
            | windows::LDAP_REQUEST_DN
            | windows::LDAP_REQUEST_ATTRIBUTE_TYPE => true,
            windows::LDAP_RESPONSES_OPERATION
            | windows::LDAP_RESPONSES_COUNT
            | windows::LDAP_RESPONSES_RESULT_CODE
            | windows::LDAP_RESPONSES_DN
            | windows::LDAP_RESPONSES_MESSAGE
            | windows::LDAP_RESPONSES_ATTRIBUTE_TYPE => false,
            _ => return None,
        };
        // Responses are looked at as they come.
        (of_request == (direction == Direction::ToServer)).then_some(0)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let is_datagram = input.transport == Transport::Udp;
        if std::mem::take(&mut self.lost[input.direction.index()])
            && super::operation(input.data) == Ok(None)
        {
            self.lost[input.direction.index()] = true;
            return Outcome::Done;
        }
        let mut used = 0;
        while let Some(rest) = input.data.get(used..).filter(|rest| !rest.is_empty()) {
            match Message::read(rest) {
                Ok((message, length)) => {
                    orders.frames.whole(PDU, used, length, None);
                    match input.direction {
                        Direction::ToServer => self.request(message),
                        Direction::ToClient => self.response(message, length, orders),
                    }
                    used += length;
                    orders.inspect_stream[input.direction.index()] = true;
                    if orders.change.is_some() {
                        return Outcome::Incomplete {
                            consumed: used,
                            needed: 1,
                        };
                    }
                }
                Err(Unreadable::Short) => {
                    let needed = Message::length(rest).unwrap_or(rest.len() + 1);
                    if is_datagram || needed > MAX_MESSAGE {
                        self.transactions.note(INCOMPLETE_DATA);
                        return Outcome::Failed;
                    }
                    return Outcome::Incomplete {
                        consumed: used,
                        needed,
                    };
                }
                Err(Unreadable::Wrong) => {
                    self.transactions.note(INVALID_DATA);
                    return Outcome::Failed;
                }
            }
        }
        Outcome::Done
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

impl Transaction for Exchange {
    /// Operations, result codes and the count of responses are numbers.
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let mut responses = self.responses.iter();
        let result = |message: &Message| match &message.operation {
            Operation::Result { code, .. } => Some(u64::from(*code)),
            _ => None,
        };
        match (keyword, &self.request) {
            (windows::LDAP_REQUEST_OPERATION, Some(request)) => {
                accepts(Value::Number(request.tag.into()))
            }
            (windows::LDAP_REQUEST_DN, Some(request)) => {
                request.dn().is_some_and(|dn| accepts(Value::Bytes(dn)))
            }
            (windows::LDAP_REQUEST_ATTRIBUTE_TYPE, Some(request)) => request
                .attributes()
                .into_iter()
                .any(|name| accepts(Value::Bytes(name))),
            (windows::LDAP_RESPONSES_OPERATION, _) => {
                responses.any(|message| accepts(Value::Number(message.tag.into())))
            }
            (windows::LDAP_RESPONSES_COUNT, _) => accepts(Value::Number(self.count)),
            (windows::LDAP_RESPONSES_RESULT_CODE, _) => responses
                .filter_map(result)
                .any(|code| accepts(Value::Number(code))),
            (windows::LDAP_RESPONSES_DN, _) => responses
                .filter_map(Message::dn)
                .any(|dn| accepts(Value::Bytes(dn))),
            (windows::LDAP_RESPONSES_MESSAGE, _) => responses.any(|message| {
                matches!(&message.operation, Operation::Result { message, .. }
                    if accepts(Value::Bytes(message)))
            }),
            (windows::LDAP_RESPONSES_ATTRIBUTE_TYPE, _) => responses
                .flat_map(Message::attributes)
                .any(|name| accepts(Value::Bytes(name))),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ldap");
        if let Some(request) = &self.request {
            json.open_object("request");
            record::write(json, request);
            json.close_object();
        }
        if !self.responses.is_empty() {
            json.open_array("responses");
            for response in &self.responses {
                json.open();
                record::write(json, response);
                json.close_object();
            }
            json.close_array();
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ldap", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIND: &[u8] = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";
    const BOUND: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0";

    fn feed(parser: &mut Ldap, direction: Direction, data: &[u8]) -> Outcome {
        parser.parse(&Input::new(direction, data), &mut Orders::default())
    }

    #[test]
    fn a_response_belongs_to_the_request_of_its_number() {
        let mut parser = Ldap::default();
        assert_eq!(feed(&mut parser, Direction::ToServer, BIND), Outcome::Done);
        assert_eq!(feed(&mut parser, Direction::ToClient, BOUND), Outcome::Done);
        assert_eq!(feed(&mut parser, Direction::ToClient, BOUND), Outcome::Done);
        let first = parser.transactions().get(0).expect("the bind");
        assert_eq!(
            (first.tx.count, first.meta.progress(Direction::ToClient)),
            (1, 1)
        );
        let second = parser.transactions().get(1).expect("the stray response");
        assert_eq!(second.meta.events.as_slice(), [REQUEST_NOT_FOUND]);
    }

    #[test]
    fn a_message_is_waited_for() {
        let mut parser = Ldap::default();
        let wait = Outcome::Incomplete {
            consumed: 0,
            needed: BIND.len(),
        };
        assert_eq!(feed(&mut parser, Direction::ToServer, &BIND[..9]), wait);
        assert_eq!(feed(&mut parser, Direction::ToServer, BIND), Outcome::Done);
        assert_eq!(parser.transactions().len(), 1);
    }
}
