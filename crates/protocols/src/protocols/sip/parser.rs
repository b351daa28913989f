//! Each message is a transaction.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, voip};

use super::message::{Message, Unreadable};
use super::sdp;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::signature::Transport;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

const INCOMPLETE_DATA: u8 = 0;
const INVALID_DATA: u8 = 1;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Sip {
    transactions: Transactions<Message>,
}

impl Sip {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn message(&mut self, direction: Direction, message: Message) {
        let meta = &mut self.transactions.open(message).meta;
        meta.skip[direction.reverse().index()] = true;
        meta.advance(ToServer, 1);
        meta.advance(ToClient, 1);
    }

    fn wrong(&mut self, event: u8) -> Outcome {
        if let Some(last) = self.transactions.last_mut() {
            last.meta.event(event);
        }
        Outcome::Failed
    }

    fn datagram(&mut self, input: &Input<'_>) -> Outcome {
        match Message::parse(input.data, input.direction == ToServer, false) {
            Ok((message, _)) => {
                self.message(input.direction, message);
                Outcome::Done
            }
            Err(Unreadable::Short(_)) => self.wrong(INCOMPLETE_DATA),
            Err(Unreadable::Wrong) => self.wrong(INVALID_DATA),
        }
    }
}

impl Parser for Sip {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["incomplete_data", "invalid_data"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let is_there = match keyword {
            voip::SIP_METHOD | voip::SIP_URI | voip::SIP_REQUEST_LINE | voip::SNORT_SIP_METHOD => {
                direction == ToServer
            }
            voip::SIP_STAT_CODE
            | voip::SIP_STAT_MSG
            | voip::SIP_RESPONSE_LINE
            | voip::SNORT_SIP_STAT_CODE => direction == ToClient,
            voip::SIP_PROTOCOL | voip::SIP_HEADER | voip::SIP_BODY => true,
            _ => header(keyword).is_some() || sdp::letter(keyword).is_some(),
        };
        is_there.then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        if input.transport == Transport::Udp {
            return self.datagram(input);
        }
        let mut consumed = 0;
        loop {
            let rest = input.data.get(consumed..).unwrap_or_default();
            // Empty lines between messages keep a connection open.
            let blank = rest
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            consumed += blank;
            let rest = rest.get(blank..).unwrap_or_default();
            if rest.is_empty() {
                return Outcome::Done;
            }
            match Message::parse(rest, input.direction == ToServer, true) {
                Ok((message, used)) => {
                    consumed += used;
                    self.message(input.direction, message);
                    orders.inspect_stream[input.direction.index()] = true;
                }
                Err(Unreadable::Short(needed)) => return Outcome::Incomplete { consumed, needed },
                Err(Unreadable::Wrong) => return self.wrong(INVALID_DATA),
            }
        }
    }

    fn gap(&mut self, _: Direction, _: u64, _: &mut Orders) -> Outcome {
        // What follows is a message or it fails.
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Message> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Message> {
        &mut self.transactions
    }
}

/// The header that a keyword asks for.
fn header(keyword: KeywordId) -> Option<&'static [u8]> {
    Some(match keyword {
        voip::SIP_FROM => b"From",
        voip::SIP_TO => b"To",
        voip::SIP_VIA => b"Via",
        voip::SIP_USER_AGENT => b"User-Agent",
        voip::SIP_CONTENT_TYPE => b"Content-Type",
        voip::SIP_CONTENT_LENGTH => b"Content-Length",
        _ => return None,
    })
}

impl Transaction for Message {
    /// | keyword | value |
    /// |---|---|
    /// | `sip_stat_code` | number |
    /// | all others | bytes |
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let (request, response) = (self.is_request, !self.is_request);
        let value = match keyword {
            voip::SIP_METHOD | voip::SNORT_SIP_METHOD if request => self.part(0),
            voip::SIP_URI if request => self.part(1),
            voip::SIP_REQUEST_LINE if request => self.line(),
            voip::SIP_STAT_CODE if response => self.part(1),
            voip::SIP_STAT_MSG if response => self.part(2),
            voip::SIP_RESPONSE_LINE if response => self.line(),
            voip::SNORT_SIP_STAT_CODE if response => {
                let code = self.part(1).iter().fold(0, |code: u64, digit| {
                    code.saturating_mul(10)
                        .saturating_add(u64::from(digit.wrapping_sub(b'0')))
                });
                return accepts(Value::Number(code));
            }
            voip::SIP_PROTOCOL => self.version(),
            voip::SIP_HEADER => self.head(),
            voip::SIP_BODY => self.body(),
            _ => {
                if let Some(name) = header(keyword) {
                    return self.values(name).any(|value| accepts(Value::Bytes(value)));
                }
                return self.sdp.as_ref().is_some_and(|sdp| {
                    sdp.ask(keyword, &mut |value| accepts(Value::Bytes(value)))
                });
            }
        };
        accepts(Value::Bytes(value))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("sip");
        if self.is_request {
            json.bytes("method", self.part(0));
            json.bytes("uri", self.part(1));
            json.bytes("version", self.version());
            json.bytes("request_line", self.line());
        } else {
            json.bytes("version", self.version());
            json.bytes("code", self.part(1));
            json.bytes("reason", self.part(2));
            json.bytes("response_line", self.line());
        }
        if let Some(sdp) = &self.sdp {
            sdp.write(json);
        }
        json.close_object();
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("sip", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: &[u8] =
        b"INVITE sip:b SIP/2.0\r\nContent-Length: 2\r\n\r\nhi\r\n\r\nBYE sip:b SIP/2.0\r\n\r\n";

    #[test]
    fn a_stream_fed_byte_by_byte_gives_the_same_messages() {
        let mut whole = Sip::default();
        let outcome = whole.parse(&Input::new(ToServer, TALK), &mut Orders::default());
        assert_eq!(outcome, Outcome::Done);
        let mut parts = Sip::default();
        let mut waiting = Vec::new();
        for byte in TALK {
            waiting.push(*byte);
            let input = Input::new(ToServer, &waiting);
            match parts.parse(&input, &mut Orders::default()) {
                Outcome::Done => waiting.clear(),
                Outcome::Incomplete { consumed, .. } => drop(waiting.drain(..consumed)),
                Outcome::Failed => panic!("the talk is good"),
            }
        }
        let all = |parser: &Sip| -> Vec<Message> {
            parser.transactions.iter().map(|e| e.tx.clone()).collect()
        };
        assert_eq!(all(&whole).len(), 2);
        assert_eq!(all(&whole), all(&parts));
    }

    #[test]
    fn what_follows_a_message_and_is_none_is_an_event_of_it() {
        let mut parser = Sip::default();
        let data = b"BYE sip:b SIP/2.0\r\n\r\nrubbish\r\n";
        let outcome = parser.parse(&Input::new(ToServer, data), &mut Orders::default());
        assert_eq!(outcome, Outcome::Failed);
        let last = parser.transactions.last_mut().expect("one");
        assert_eq!(&last.meta.events[..], [INVALID_DATA]);
    }
}
