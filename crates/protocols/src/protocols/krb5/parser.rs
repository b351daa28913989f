//! Messages over TCP and UDP.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, windows};

use super::message::{self, Message};
use super::names;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::signature::Transport;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// Bytes that a message may have.
const LONGEST: usize = 1 << 20;

const MALFORMED_DATA: u8 = 0;
const WEAK_ENCRYPTION: u8 = 1;

/// A message: each is a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    message: Message,
    /// Type of the request before, which an error is about.
    request: Option<u32>,
}

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Krb5 {
    transactions: Transactions<Exchange>,
    request: Option<u32>,
    lost: [bool; 2],
}

impl Krb5 {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    fn message(&mut self, direction: Direction, data: &[u8]) -> Option<()> {
        let Some(message) = Message::read(data) else {
            // Where nothing came before, there is nothing that it could be said of.
            self.transactions.note(MALFORMED_DATA);
            return None;
        };
        let request = match message.kind {
            message::AS_REQ | message::TGS_REQ | message::AP_REQ => {
                self.request = Some(message.kind);
                None
            }
            _ => self.request.take(),
        };
        if matches!(message.kind, message::AP_REQ | message::AP_REP) {
            return Some(());
        }
        let weak = [message.encryption, message.ticket_encryption]
            .into_iter()
            .flatten()
            .any(names::is_weak);
        let exchange = Exchange { message, request };
        let meta = self.transactions.open_message(direction, exchange);
        if weak {
            meta.event(WEAK_ENCRYPTION);
        }
        Some(())
    }
}

impl Parser for Krb5 {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["malformed_data", "weak_encryption"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        match keyword {
            windows::KRB5_CNAME
            | windows::KRB5_SNAME
            | windows::KRB5_ERR_CODE
            | windows::KRB5_MSG_TYPE
            | windows::KRB5_TICKET_ENCRYPTION => Some(0),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        const LENGTH: usize = 4;
        if input.transport == Transport::Udp {
            return match self.message(input.direction, input.data) {
                Some(()) => Outcome::Done,
                None => Outcome::Failed,
            };
        }
        if self.lost[input.direction.index()] {
            // Where a message begins cannot be told.
            return Outcome::Done;
        }
        let mut rest = input.data;
        while !rest.is_empty() {
            let consumed = input.data.len() - rest.len();
            let Some((length, body)) = rest.split_first_chunk::<LENGTH>() else {
                return Outcome::Incomplete {
                    consumed,
                    needed: LENGTH,
                };
            };
            let length = u32::from_be_bytes(*length) as usize;
            if length > LONGEST {
                return Outcome::Failed;
            }
            let Some((message, after)) = body.split_at_checked(length) else {
                return Outcome::Incomplete {
                    consumed,
                    needed: LENGTH + length,
                };
            };
            if self.message(input.direction, message).is_none() {
                return Outcome::Failed;
            }
            orders.inspect_stream[input.direction.index()] = true;
            rest = after;
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

/// A signed number as rules test it: two's complement.
fn signed(number: i32) -> Value<'static> {
    Value::Number(i64::from(number) as u64)
}

fn write_name(key: &str, name: Option<&[Vec<u8>]>, json: &mut Json<'_>) {
    match name {
        Some(parts) => json.bytes(key, &parts.join(&b'/')),
        None => json.text(key, "<empty>"),
    }
}

impl Transaction for Exchange {
    /// | keyword | value |
    /// |---|---|
    /// | `krb5_msg_type` | number |
    /// | `krb5_err_code` | number, as 64 bits of two's complement |
    /// | `krb5.ticket_encryption` | number, as 64 bits of two's complement |
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let message = &self.message;
        let parts = |name: &Option<Vec<Vec<u8>>>, accepts: &mut dyn FnMut(Value<'_>) -> bool| {
            name.iter()
                .flatten()
                .any(|part| accepts(Value::Bytes(part)))
        };
        match keyword {
            windows::KRB5_CNAME => parts(&message.client, accepts),
            windows::KRB5_SNAME => parts(&message.service, accepts),
            windows::KRB5_MSG_TYPE => accepts(Value::Number(message.kind.into())),
            windows::KRB5_ERR_CODE => message.error.is_some_and(|error| accepts(signed(error))),
            windows::KRB5_TICKET_ENCRYPTION => message
                .ticket_encryption
                .is_some_and(|encryption| accepts(signed(encryption))),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        let message = &self.message;
        json.open_object("krb5");
        json.text("msg_type", &names::message(message.kind));
        if let Some(error) = message.error {
            match self.request {
                Some(request) => json.text("failed_request", &names::message(request)),
                None => json.word("failed_request", "UNKNOWN"),
            }
            json.text("error_code", &names::error(error));
        }
        write_name("cname", message.client.as_deref(), json);
        json.bytes("realm", message.realm.as_deref().unwrap_or(b"<empty>"));
        write_name("sname", message.service.as_deref(), json);
        match message.encryption {
            Some(encryption) => json.text("encryption", &names::encryption(encryption)),
            None => json.word("encryption", "<none>"),
        }
        json.bool(
            "weak_encryption",
            message.encryption.is_some_and(names::is_weak),
        );
        if let Some(encryption) = message.ticket_encryption {
            json.text("ticket_encryption", &names::encryption(encryption));
            json.bool("ticket_weak_encryption", names::is_weak(encryption));
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("krb5", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use tapir_packet::Direction::ToClient;

    use super::*;

    fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
        [&[identifier, content.len() as u8], content].concat()
    }

    fn name(part: &[u8]) -> Vec<u8> {
        let list = wrap(0xa1, &wrap(0x30, &wrap(0x1b, part)));
        wrap(0x30, &[wrap(0xa0, &[2, 1, 1]), list].concat())
    }

    fn error() -> Vec<u8> {
        let fields = [
            wrap(0xa0, &[2, 1, 5]),
            wrap(0xa1, &[2, 1, 30]),
            wrap(0xa6, &[2, 1, 25]),
            wrap(0xa7, &wrap(0x1b, b"R")),
            wrap(0xa8, &name(b"joe")),
            wrap(0xaa, &name(b"krbtgt")),
        ];
        let message = wrap(0x7e, &wrap(0x30, &fields.concat()));
        [&(message.len() as u32).to_be_bytes()[..], &message].concat()
    }

    #[test]
    fn an_error_piece_by_piece() {
        let bytes = error();
        let mut parser = Krb5::default();
        for end in 1..bytes.len() {
            let input = Input::new(ToClient, &bytes[..end]);
            let outcome = parser.parse(&input, &mut Orders::default());
            assert!(matches!(outcome, Outcome::Incomplete { consumed: 0, .. }));
        }
        let input = Input::new(ToClient, &bytes);
        assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        let exchange = &parser.transactions.get(0).unwrap().tx;
        let mut out = Vec::new();
        let mut json = Json::begin(&mut out);
        exchange.describe(&mut json, &RecordOptions::default());
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#""failed_request":"UNKNOWN","error_code":"KDC_ERR_PREAUTH_REQUIRED","cname":"joe","realm":"R","sname":"krbtgt""#), "{text}");
        assert!(exchange.values(windows::KRB5_CNAME, ToClient, &mut |v| v
            == Value::Bytes(b"joe")));
    }

    #[test]
    fn what_is_cut_is_malformed() {
        let mut parser = Krb5::default();
        let mut bytes = error();
        bytes[3] -= 3;
        let length = bytes.len() - 3;
        let input = Input::new(ToClient, &bytes[..length]);
        assert_eq!(
            parser.parse(&input, &mut Orders::default()),
            Outcome::Failed
        );
        assert!(parser.transactions.is_empty());
    }
}
