//! Requests and responses, over datagrams and streams.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, voip};

use super::message::{FirstLine, Message, Reading};
use super::sdp::Description;
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::signature::Transport;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction a message.
#[derive(Debug, Default)]
pub struct Sip {
    transactions: Transactions<Exchange>,
}

/// A message and the way it went.
#[derive(Debug)]
pub struct Exchange {
    direction: Direction,
    message: Box<Message>,
    description: Option<Description>,
}

const INCOMPLETE: u8 = 0;
const INVALID: u8 = 1;

/// A message of a stream is not waited for beyond this length.
const MAX_MESSAGE: usize = 1 << 20;

impl Sip {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn open(&mut self, direction: Direction, message: Box<Message>) {
        let description = Description::parse(&message.body);
        let exchange = Exchange {
            direction,
            message,
            description,
        };
        self.transactions.open_message(direction, exchange);
    }
}

/// Frames, by their places in [`Parser::FRAMES`]: those of the client come before those of the server.
mod frame {
    pub(super) const PDU: u8 = 0;
    pub(super) const LINE: [u8; 2] = [1, 2];
    pub(super) const HEADERS: [u8; 2] = [3, 4];
    pub(super) const BODY: [u8; 2] = [5, 6];
}

/// Tells of the frames of a message at a place in the input, of a length and a transaction.
fn note_frames(
    message: &Message,
    (from, length, tx): (usize, usize, u64),
    to_server: bool,
    frames: &mut Frames,
) {
    let side = usize::from(!to_server);
    let (head, body) = (message.head.len(), message.body.len());
    let line = length.saturating_sub(head + body);
    // The empty line belongs to neither.
    let fields = head
        - if message.head.ends_with(b"\r\n") {
            2
        } else {
            1
        }
        .min(head);
    frames.whole(frame::PDU, from, length, Some(tx));
    frames.whole(frame::LINE[side], from, line, Some(tx));
    frames.whole(frame::HEADERS[side], from + line, fields, Some(tx));
    if body > 0 {
        frames.whole(frame::BODY[side], from + line + head, body, Some(tx));
    }
}

impl Parser for Sip {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["incomplete_data", "invalid_data"];

    const FRAMES: &'static [&'static str] = &[
        "pdu",
        "request.line",
        "response.line",
        "request.headers",
        "response.headers",
        "request.body",
        "response.body",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let to_server = direction == Direction::ToServer;
        let known = match keyword {
            voip::SIP_METHOD | voip::SIP_URI | voip::SIP_REQUEST_LINE | voip::SNORT_SIP_METHOD => {
                to_server
            }
            voip::SIP_STAT_CODE
            | voip::SIP_STAT_MSG
            | voip::SIP_RESPONSE_LINE
            | voip::SNORT_SIP_STAT_CODE => !to_server,
            voip::SIP_PROTOCOL | voip::SIP_HEADER | voip::SIP_BODY => true,
            _ => header(keyword).is_some() || line(keyword).is_some(),
        };
        known.then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let is_datagram = input.transport == Transport::Udp;
        let to_server = input.direction == Direction::ToServer;
        let mut used = 0;
        while let Some(rest) = input.data.get(used..).filter(|rest| !rest.is_empty()) {
            // Empty lines between messages keep connections alive (RFC 5626, section 3.5.1).
            if rest.starts_with(b"\r") || rest.starts_with(b"\n") {
                used += 1;
                continue;
            }
            match Message::read(rest, is_datagram) {
                // Clients ask and servers answer: rules for one side are not to be tried on what the other said.
                Reading::Message(message, _) if message.is_request() != to_server => {
                    self.transactions.note(INVALID);
                    return Outcome::Failed;
                }
                Reading::Message(message, length) => {
                    let tx = self.transactions.total();
                    note_frames(&message, (used, length, tx), to_server, &mut orders.frames);
                    self.open(input.direction, message);
                    orders.inspect_stream[input.direction.index()] = true;
                    used += length;
                }
                Reading::Incomplete(needed) => {
                    if is_datagram || rest.len() > MAX_MESSAGE {
                        self.transactions.note(INCOMPLETE);
                        return Outcome::Failed;
                    }
                    return Outcome::Incomplete {
                        consumed: used,
                        needed: needed.unwrap_or(rest.len() + 1),
                    };
                }
                Reading::Invalid => {
                    self.transactions.note(INVALID);
                    return Outcome::Failed;
                }
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

/// The header that a keyword asks for.
fn header(keyword: KeywordId) -> Option<&'static [u8]> {
    Some(match keyword {
        voip::SIP_FROM => b"from",
        voip::SIP_TO => b"to",
        voip::SIP_VIA => b"via",
        voip::SIP_USER_AGENT => b"user-agent",
        voip::SIP_CONTENT_TYPE => b"content-type",
        voip::SIP_CONTENT_LENGTH => b"content-length",
        _ => return None,
    })
}

/// The lines of the description that a keyword asks for: their letter, and whether they are of media.
fn line(keyword: KeywordId) -> Option<(u8, bool)> {
    Some(match keyword {
        voip::SDP_SESSION_NAME => (b's', false),
        voip::SDP_SESSION_INFO => (b'i', false),
        voip::SDP_ORIGIN => (b'o', false),
        voip::SDP_URI => (b'u', false),
        voip::SDP_EMAIL => (b'e', false),
        voip::SDP_PHONE_NUMBER => (b'p', false),
        voip::SDP_CONNECTION_DATA => (b'c', false),
        voip::SDP_BANDWIDTH => (b'b', false),
        voip::SDP_TIME => (b't', false),
        voip::SDP_REPEAT_TIME => (b'r', false),
        voip::SDP_TIMEZONE => (b'z', false),
        voip::SDP_ENCRYPTION_KEY => (b'k', false),
        voip::SDP_ATTRIBUTE => (b'a', false),
        voip::SDP_MEDIA_MEDIA => (b'm', true),
        voip::SDP_MEDIA_INFO => (b'i', true),
        voip::SDP_MEDIA_CONNECTION_DATA => (b'c', true),
        voip::SDP_MEDIA_ENCRYPTION_KEY => (b'k', true),
        _ => return None,
    })
}

impl Transaction for Exchange {
    /// `sip_stat_code` is a number.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        let message = &*self.message;
        if let Some(name) = header(keyword) {
            return message
                .values(name)
                .any(|value| accepts(Value::Bytes(value)));
        }
        if let (Some((letter, of_media)), Some(description)) = (line(keyword), &self.description) {
            return if of_media {
                description
                    .media(letter)
                    .any(|value| accepts(Value::Bytes(value)))
            } else {
                description
                    .session(letter)
                    .any(|value| accepts(Value::Bytes(value)))
            };
        }
        let bytes = match (keyword, &message.first) {
            (voip::SIP_METHOD | voip::SNORT_SIP_METHOD, FirstLine::Request { method, .. }) => {
                method
            }
            (voip::SIP_URI, FirstLine::Request { uri, .. }) => uri,
            (voip::SIP_REQUEST_LINE, FirstLine::Request { line, .. }) => line,
            (voip::SIP_STAT_CODE, FirstLine::Response { code, .. }) => code,
            (voip::SIP_STAT_MSG, FirstLine::Response { reason, .. }) => reason,
            (voip::SIP_RESPONSE_LINE, FirstLine::Response { line, .. }) => line,
            (
                voip::SIP_PROTOCOL,
                FirstLine::Request { version, .. } | FirstLine::Response { version, .. },
            ) => version,
            (voip::SIP_HEADER, _) => &message.head,
            (voip::SIP_BODY, _) => &message.body,
            (voip::SNORT_SIP_STAT_CODE, FirstLine::Response { code, .. }) => {
                let number = code
                    .iter()
                    .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                return accepts(Value::Number(number));
            }
            _ => return false,
        };
        accepts(Value::Bytes(bytes))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("sip");
        match &self.message.first {
            FirstLine::Request {
                line,
                method,
                uri,
                version,
            } => {
                json.bytes("method", method);
                json.bytes("uri", uri);
                json.bytes("version", version);
                json.bytes("request_line", line);
            }
            FirstLine::Response {
                line,
                version,
                code,
                reason,
            } => {
                json.bytes("version", version);
                json.bytes("code", code);
                json.bytes("reason", reason);
                json.bytes("response_line", line);
            }
        }
        if let Some(description) = &self.description {
            description.write(json);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("sip", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nTo: b\r\nContent-Length: 3\r\n\r\nv=0";

    #[test]
    fn messages_of_a_stream_byte_by_byte() {
        let stream = [OPTIONS, b"\r\n\r\n", OPTIONS].concat();
        let mut parser = Sip::default();
        let (mut from, mut orders) = (0, Orders::default());
        for to in 1..=stream.len() {
            let input = Input::new(Direction::ToServer, &stream[from..to]);
            match parser.parse(&input, &mut orders) {
                Outcome::Done => from = to,
                Outcome::Incomplete { consumed, .. } => from += consumed,
                Outcome::Failed => panic!("it is SIP"),
            }
        }
        assert_eq!(parser.transactions().len(), 2);
        let exchange = &parser.transactions().get(1).expect("two").tx;
        assert!(exchange.description.is_some());
        assert!(
            exchange.values(voip::SIP_TO, Direction::ToServer, &mut |value| {
                value == Value::Bytes(b"b")
            })
        );
    }

    #[test]
    fn what_is_no_message_is_told_of_the_one_before() {
        let mut parser = Sip::default();
        let datagram = |data| Input {
            transport: Transport::Udp,
            ..Input::new(Direction::ToServer, data)
        };
        let mut orders = Orders::default();
        assert_eq!(parser.parse(&datagram(OPTIONS), &mut orders), Outcome::Done);
        assert_eq!(
            parser.parse(&datagram(b"nothing\r\n"), &mut orders),
            Outcome::Failed
        );
        let events = &parser.transactions().get(0).expect("one").meta.events;
        assert_eq!(events.as_slice(), [INVALID]);
    }
}
