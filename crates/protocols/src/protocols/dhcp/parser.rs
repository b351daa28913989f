//! Each message is a transaction.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use tapir_json::{Json, push_colon_hex, push_ip};
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::message::{self, Message};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ACK: u8 = 5;

const TRUNCATED_OPTIONS: u8 = 0;

const KINDS: [&str; 8] = [
    "discover", "offer", "request", "decline", "ack", "nak", "release", "inform",
];

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Dhcp {
    transactions: Transactions<Message>,
}

impl Dhcp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Parser for Dhcp {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["truncated_options", "malformed_options"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        option_of(keyword).map(|_| 1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let Some(mut message) = Message::parse(input.data) else {
            return Outcome::Failed;
        };
        message.from_server = input.direction == Direction::ToClient;
        let is_truncated = message.is_truncated;
        let meta = self.transactions.open_message(input.direction, message);
        if is_truncated {
            meta.event(TRUNCATED_OPTIONS);
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

/// The option that a keyword asks for.
fn option_of(keyword: KeywordId) -> Option<u8> {
    Some(match keyword {
        internet::DHCP_LEASETIME => message::LEASE_TIME,
        internet::DHCP_REBINDING_TIME => message::REBINDING_TIME,
        internet::DHCP_RENEWAL_TIME => message::RENEWAL_TIME,
        _ => return None,
    })
}

impl Message {
    fn write_option(&self, json: &mut Json<'_>, code: u8, content: &[u8], is_extended: bool) {
        let number = |json: &mut Json<'_>, key: &str| {
            if let Some(seconds) = message::seconds(content) {
                json.uint(key, seconds);
            }
        };
        match code {
            message::CLIENT_ID => json.colon_hex("client_id", content),
            message::LEASE_TIME if is_extended => number(json, "lease_time"),
            message::REBINDING_TIME if is_extended => number(json, "rebinding_time"),
            message::RENEWAL_TIME => number(json, "renewal_time"),
            message::SUBNET_MASK if is_extended => json.bytes("subnet_mask", &address(content)),
            message::HOSTNAME if !content.is_empty() => json.bytes("hostname", content),
            message::KIND => {
                if let Some(kind) = content.first() {
                    let name = usize::from(*kind)
                        .checked_sub(1)
                        .and_then(|place| KINDS.get(place));
                    json.word("dhcp_type", name.copied().unwrap_or("unknown"));
                }
            }
            message::REQUESTED_IP if is_extended => json.bytes("requested_ip", &address(content)),
            message::PARAMETERS if is_extended => write_parameters(json, content),
            message::DNS_SERVERS if is_extended => write_addresses(json, "dns_servers", content),
            message::ROUTERS if is_extended => write_addresses(json, "routers", content),
            message::VENDOR_CLASS if is_extended && !content.is_empty() => {
                json.bytes("vendor_class_identifier", content);
            }
            _ => {}
        }
    }

    fn write(&self, json: &mut Json<'_>, is_extended: bool) {
        let ip = |address: [u8; 4]| IpAddr::V4(Ipv4Addr::from(address));
        json.open_object("dhcp");
        json.word(
            "type",
            match self.operation {
                REQUEST => "request",
                REPLY => "reply",
                _ => "<unknown>",
            },
        );
        json.uint("id", self.id);
        json.colon_hex("client_mac", &self.hardware);
        json.ip("assigned_ip", ip(self.assigned), false);
        if is_extended {
            json.ip("client_ip", ip(self.client), false);
            if self.operation == REPLY {
                json.ip("relay_ip", ip(self.relay), false);
                json.ip("next_server_ip", ip(self.next_server), false);
            }
        }
        // A key is written once, however often the option comes.
        let mut seen = [false; 256];
        for (code, content) in &self.options {
            if let Some(seen) = seen.get_mut(usize::from(*code))
                && !std::mem::replace(seen, true)
            {
                self.write_option(json, *code, content, is_extended);
            }
        }
        json.close_object();
    }
}

impl Transaction for Message {
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        option_of(keyword)
            .and_then(|code| self.seconds(code))
            .is_some_and(|seconds| accepts(Value::Number(seconds.into())))
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.from_server
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        self.write(json, true);
    }

    /// Unless asked for all, only what gives a client its address is logged.
    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        let is_extended = options.is_on("extended", false);
        let kind = self.option(message::KIND).and_then(|kind| kind.first());
        if is_extended || kind == Some(&ACK) {
            show("dhcp", &|json| self.write(json, is_extended));
        }
    }
}

/// An address; of another length than addresses have, its bytes.
fn address(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(v4), _) => push_ip(&mut text, Ipv4Addr::from(v4).into(), true),
        (_, Ok(v6)) => push_ip(&mut text, Ipv6Addr::from(v6).into(), true),
        _ => push_colon_hex(&mut text, bytes),
    }
    text
}

fn write_addresses(json: &mut Json<'_>, key: &str, content: &[u8]) {
    json.open_array(key);
    for bytes in content.chunks_exact(4) {
        json.bytes_element(&address(bytes));
    }
    json.close_array();
}

fn write_parameters(json: &mut Json<'_>, content: &[u8]) {
    json.open_array("params");
    for parameter in content {
        json.text_element(match parameter {
            1 => "subnet_mask",
            3 => "router",
            6 => "dns_server",
            15 => "domain",
            35 => "arp_timeout",
            42 => "ntp_server",
            66 => "tftp_server_name",
            150 => "tftp_server_ip",
            _ => continue,
        });
    }
    json.close_array();
}
