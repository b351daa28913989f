//! The messages of a connection, put together to transactions.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, industrial};

use super::message::*;
use super::settings::Settings;
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Entry, Meta, Transactions};
use crate::{AppProto, ParserSettings};

/// Messages that one transaction has at most.
const MAX_MESSAGES: usize = 32;

const MISSING_CONNECT: u8 = 0;
const MISSING_PUBLISH: u8 = 1;
const MISSING_SUBSCRIBE: u8 = 2;
const MISSING_UNSUBSCRIBE: u8 = 3;
const DOUBLE_CONNECT: u8 = 4;
const UNINTRODUCED: u8 = 5;
const INVALID_QOS: u8 = 6;
const UNASSIGNED: u8 = 8;
const TOO_MANY: u8 = 9;
const MALFORMED: u8 = 10;
const TOO_MANY_MESSAGES: u8 = 11;

/// What an exchange is known by, until it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Connack,
    Packet(u16),
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Mqtt {
    settings: Arc<ParserSettings>,
    transactions: Transactions<Exchange>,
    version: u8,
    is_connected: bool,
    /// Bytes of a message that are left out, by direction.
    skip: [usize; 2],
}

/// A message and what answers it.
#[derive(Debug)]
pub struct Exchange {
    pub(super) messages: Vec<Message>,
    pub(super) version: u8,
    /// The side that began it sends to the client.
    pub(super) is_from_server: bool,
    pub(super) limits: [usize; 2],
    awaited: Option<Awaited>,
    is_complete: bool,
}

impl Exchange {
    fn complete(&mut self, meta: &mut Meta) {
        self.awaited = None;
        self.is_complete = true;
        meta.advance(Direction::ToServer, 1);
        meta.advance(Direction::ToClient, 1);
    }
}

impl Mqtt {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            transactions: Transactions::default(),
            version: 0,
            is_connected: false,
            skip: [0; 2],
        }
    }

    fn settings(&self) -> &Settings {
        &self.settings.mqtt
    }

    fn open(&mut self, message: Option<Message>, direction: Direction) -> &mut Entry<Exchange> {
        if self.transactions.len() > self.settings().max_open {
            let waiting = self
                .transactions
                .iter_mut()
                .find(|entry| !entry.tx.is_complete);
            if let Some(Entry { meta, tx }) = waiting {
                tx.complete(meta);
                meta.event(TOO_MANY);
            }
        }
        let settings = self.settings();
        let exchange = Exchange {
            messages: message.into_iter().collect(),
            version: self.version,
            is_from_server: direction == Direction::ToClient,
            limits: [settings.subscribe_topics, settings.unsubscribe_topics],
            awaited: None,
            is_complete: false,
        };
        self.transactions.open_side(direction, exchange)
    }

    fn message(&mut self, message: Message, direction: Direction) {
        match message.body {
            Body::Connect(_) => self.connect(message, direction),
            Body::Publish { id, .. } => self.ask(message, direction, id),
            Body::Subscribe { id, .. } | Body::Unsubscribe { id, .. } => {
                self.ask(message, direction, Some(id));
            }
            Body::Connack { .. } => {
                let introduced = self.answer(message, direction, Awaited::Connack, MISSING_CONNECT);
                self.is_connected |= introduced;
            }
            Body::Published { id, .. } => {
                self.answer(message, direction, Awaited::Packet(id), MISSING_PUBLISH);
            }
            Body::Suback { id, .. } => {
                self.answer(message, direction, Awaited::Packet(id), MISSING_SUBSCRIBE);
            }
            Body::Unsuback { id, .. } => {
                self.answer(message, direction, Awaited::Packet(id), MISSING_UNSUBSCRIBE);
            }
            Body::Ping | Body::Reason { .. } | Body::Truncated | Body::Unassigned => {
                let event = match message.body {
                    Body::Unassigned => Some(UNASSIGNED),
                    Body::Truncated => None,
                    _ => (!self.is_connected).then_some(UNINTRODUCED),
                };
                let Entry { meta, tx } = self.open(Some(message), direction);
                tx.complete(meta);
                event.into_iter().for_each(|event| meta.event(event));
            }
        }
    }

    fn connect(&mut self, message: Message, direction: Direction) {
        if let Body::Connect(connect) = &message.body {
            self.version = connect.version;
        }
        let is_connected = self.is_connected;
        let Entry { meta, tx } = self.open(Some(message), direction);
        tx.awaited = Some(Awaited::Connack);
        if is_connected {
            meta.event(DOUBLE_CONNECT);
        }
    }

    /// A message that is answered unless its quality of service is the lowest.
    fn ask(&mut self, message: Message, direction: Direction, id: Option<u16>) {
        let (qos, is_connected) = (message.header.qos, self.is_connected);
        let Entry { meta, tx } = self.open(Some(message), direction);
        match (qos, id) {
            (0, _) => tx.complete(meta),
            (1 | 2, Some(id)) => tx.awaited = Some(Awaited::Packet(id)),
            _ => meta.event(INVALID_QOS),
        }
        if !is_connected {
            meta.event(UNINTRODUCED);
        }
    }

    /// A message that belongs to an earlier one. Whether that is there; `missing` says that it is not.
    fn answer(
        &mut self,
        message: Message,
        direction: Direction,
        awaited: Awaited,
        missing: u8,
    ) -> bool {
        // These two have another answer behind them.
        let is_last = !matches!(message.header.kind, PUBREC | PUBREL);
        let asked = self
            .transactions
            .iter_mut()
            .find(|entry| entry.tx.awaited == Some(awaited));
        if let Some(Entry { meta, tx }) = asked {
            if tx.messages.len() < MAX_MESSAGES {
                tx.messages.push(message);
                meta.updated = [true; 2];
            } else {
                meta.event(TOO_MANY_MESSAGES);
            }
            if is_last {
                tx.complete(meta);
            }
            return true;
        }
        let is_introduced = self.is_connected || awaited == Awaited::Connack;
        let Entry { meta, tx } = self.open(Some(message), direction);
        tx.complete(meta);
        meta.event(missing);
        if !is_introduced {
            meta.event(UNINTRODUCED);
        }
        false
    }

    /// The message that data begins with: how many bytes of it are used, or how many it must have.
    fn next(
        &mut self,
        data: &[u8],
        direction: Direction,
    ) -> Result<Result<usize, usize>, Malformed> {
        let Some(header) = Header::parse(data)? else {
            return Ok(Err(data.len() + 1));
        };
        let whole = header.own + header.rest;
        let body = if header.rest > self.settings().max_message {
            self.skip[direction.index()] = whole.saturating_sub(data.len());
            Body::Truncated
        } else {
            match data.get(header.own..whole) {
                None => return Ok(Err(whole)),
                Some(body) => Body::parse(&header, body, self.version)?,
            }
        };
        self.message(Message { header, body }, direction);
        Ok(Ok(whole.min(data.len())))
    }
}

/// Frames, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const PDU: u8 = 0;
    pub(super) const HEADER: u8 = 1;
    pub(super) const DATA: u8 = 2;
}

/// Tells of the frames of the message that `data` begins with, at `from` in the input.
fn note_frames(data: &[u8], from: usize, frames: &mut Frames) {
    if let Ok(Some(header)) = Header::parse(data) {
        frames.whole(frame::PDU, from, header.own + header.rest, None);
        frames.whole(frame::HEADER, from, header.own, None);
        frames.whole(frame::DATA, from + header.own, header.rest, None);
    }
}

impl Parser for Mqtt {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "missing_connect",
        "missing_publish",
        "missing_subscribe",
        "missing_unsubscribe",
        "double_connect",
        "unintroduced_message",
        "invalid_qos_level",
        "missing_msg_id",
        "unassigned_msg_type",
        "too_many_transactions",
        "malformed_traffic",
        "too_many_messages",
    ];

    const FRAMES: &'static [&'static str] = &["pdu", "header", "data"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        use industrial::*;
        matches!(
            keyword,
            MQTT_TYPE
                | MQTT_FLAGS
                | MQTT_QOS
                | MQTT_REASON_CODE
                | MQTT_PROTOCOL_VERSION
                | MQTT_CONNACK_SESSION_PRESENT
                | MQTT_CONNECT_FLAGS
                | MQTT_CONNECT_CLIENTID
                | MQTT_CONNECT_USERNAME
                | MQTT_CONNECT_PASSWORD
                | MQTT_CONNECT_PROTOCOL_STRING
                | MQTT_CONNECT_WILLTOPIC
                | MQTT_CONNECT_WILLMESSAGE
                | MQTT_PUBLISH_TOPIC
                | MQTT_PUBLISH_MESSAGE
                | MQTT_SUBSCRIBE_TOPIC
                | MQTT_UNSUBSCRIBE_TOPIC
        )
        .then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let left_out = &mut self.skip[input.direction.index()];
        let mut consumed = input.data.len().min(*left_out);
        *left_out -= consumed;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            match self.next(rest, input.direction) {
                Ok(Ok(used)) => {
                    note_frames(rest, consumed, &mut orders.frames);
                    consumed += used;
                    orders.inspect_stream[input.direction.index()] = true;
                }
                Ok(Err(needed)) => return Outcome::Incomplete { consumed, needed },
                Err(Malformed) => {
                    let Entry { meta, tx } = self.open(None, input.direction);
                    tx.complete(meta);
                    meta.event(MALFORMED);
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
