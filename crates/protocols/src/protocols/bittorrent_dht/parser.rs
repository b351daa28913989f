//! Each message is a transaction.

use std::net::IpAddr;
use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::message::{Body, Message, Node, Peer, Request, Response};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

const MALFORMED_PACKET: u8 = 0;

/// How messages begin. At the same ports other things are said, too, of files that are exchanged.
const BEGINNINGS: [&[u8]; 4] = [b"d1:ad", b"d1:rd", b"d2:ip", b"d1:el"];

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct BittorrentDht {
    transactions: Transactions<Message>,
}

impl BittorrentDht {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Parser for BittorrentDht {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["malformed_packet"];

    fn place(_: KeywordId, _: Direction) -> Option<u8> {
        None
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let mut beginnings = BEGINNINGS.iter();
        if input.data.len() <= 5 || !beginnings.any(|it| input.data.starts_with(it)) {
            return Outcome::Done;
        }
        let mut message = Message {
            from_server: input.direction == Direction::ToClient,
            ..Message::default()
        };
        let read = message.read(input.data);
        let meta = self.transactions.open_message(input.direction, message);
        if read.is_err() {
            meta.event(MALFORMED_PACKET);
            return Outcome::Failed;
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

impl Transaction for Message {
    fn values(&self, _: KeywordId, _: Direction, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.from_server
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("bittorrent_dht");
        json.hex("transaction_id", &self.transaction);
        if let Some(version) = &self.client_version {
            json.hex("client_version", version);
        }
        if let Some(name) = &self.request_type {
            json.text("request_type", name);
        }
        match &self.body {
            Some(Body::Request(request)) => request.describe(json),
            Some(Body::Response(response)) => response.describe(json),
            Some(Body::Error { number, message }) => {
                json.open_object("error");
                json.uint("num", *number);
                json.text("msg", message);
                json.close_object();
            }
            None => {}
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("bittorrent_dht", &|json| self.describe(json, options));
    }
}

impl Request {
    fn describe(&self, json: &mut Json<'_>) {
        json.open_object("request");
        json.hex("id", &self.node);
        let strings = [
            ("target", &self.target),
            ("info_hash", &self.info_hash),
            ("token", &self.token),
        ];
        for (key, value) in strings {
            if let Some(value) = value {
                json.hex(key, value);
            }
        }
        if let Some(implied) = self.implied_port {
            json.uint("implied_port", implied);
        }
        if let Some(port) = self.port {
            json.uint("port", port);
        }
        json.close_object();
    }
}

impl Response {
    fn describe(&self, json: &mut Json<'_>) {
        json.open_object("response");
        json.hex("id", &self.node);
        for (key, nodes) in [("nodes", &self.nodes), ("nodes6", &self.nodes6)] {
            list(json, key, nodes, |json, Node { id, at }| {
                json.hex("id", id);
                at.describe(json);
            });
        }
        list(json, "values", &self.values, |json, peer| {
            peer.describe(json)
        });
        if let Some(token) = &self.token {
            json.hex("token", token);
        }
        json.close_object();
    }
}

/// An array of objects, left out when it is empty.
fn list<T>(json: &mut Json<'_>, key: &str, items: &[T], describe: impl Fn(&mut Json<'_>, &T)) {
    if items.is_empty() {
        return;
    }
    json.open_array(key);
    for item in items {
        json.open();
        describe(json, item);
        json.close_object();
    }
    json.close_array();
}

impl Peer {
    fn describe(&self, json: &mut Json<'_>) {
        match self.ip {
            IpAddr::V4(ip) => json.text("ip", &ip.to_string()),
            // All of it, with its zeros.
            IpAddr::V6(_) => json.ip("ip", self.ip, false),
        }
        json.uint("port", self.port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(messages: &[&[u8]]) -> (Vec<String>, Outcome) {
        let mut parser = BittorrentDht::default();
        let mut outcome = Outcome::Done;
        for message in messages {
            outcome = parser.parse(
                &Input::new(Direction::ToServer, message),
                &mut Orders::default(),
            );
        }
        let show = |message: &Message| {
            let mut out = Vec::new();
            let mut json = Json::begin(&mut out);
            message.describe(&mut json, &RecordOptions::default());
            json.close_object();
            String::from_utf8(out).unwrap()
        };
        let transactions = parser.transactions.iter().map(|entry| show(&entry.tx));
        (transactions.collect(), outcome)
    }

    #[test]
    fn records_show_what_was_said() {
        let (records, outcome) = shown(&[
            b"d1:ad2:id2:ab6:target2:cde1:q9:find_node1:t1:x1:y1:qe",
            b"d1:rd2:id2:ab6:nodes638:aaaaaaaaaaaaaaaaaaaa\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x51\
              5:token1:te1:t1:x1:y1:re",
            b"something else of the same program",
        ]);
        assert_eq!(outcome, Outcome::Done);
        assert_eq!(
            records,
            [
                r#"{"bittorrent_dht":{"transaction_id":"78","request_type":"find_node","request":{"id":"6162","target":"6364"}}}"#,
                r#"{"bittorrent_dht":{"transaction_id":"78","response":{"id":"6162","nodes6":[{"id":"6161616161616161616161616161616161616161","ip":"2001:0db8:0000:0000:0000:0000:0000:0001","port":81}],"token":"74"}}}"#,
            ]
        );
    }

    #[test]
    fn a_malformed_message_ends_it() {
        let (records, outcome) = shown(&[b"d1:ad2:id2:ab"]);
        assert_eq!(outcome, Outcome::Failed);
        assert_eq!(records, [r#"{"bittorrent_dht":{"transaction_id":""}}"#]);
    }
}
