//! One transaction a message.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::message::{Message, Pdu, Trap, pdu_name, trap_name};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Snmp {
    transactions: Transactions<Exchange>,
    /// The version that the flow began with.
    version: Option<u32>,
}

/// A message and the way it went.
#[derive(Debug)]
pub struct Exchange {
    direction: Direction,
    message: Message,
}

const MALFORMED: u8 = 0;
const UNKNOWN_SECURITY_MODEL: u8 = 1;
const VERSION_MISMATCH: u8 = 2;

impl Snmp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Parser for Snmp {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "malformed_data",
        "unknown_security_model",
        "version_mismatch",
    ];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        matches!(
            keyword,
            internet::SNMP_VERSION
                | internet::SNMP_PDU_TYPE
                | internet::SNMP_COMMUNITY
                | internet::SNMP_USM
                | internet::SNMP_TRAP_TYPE
                | internet::SNMP_TRAP_OID
                | internet::SNMP_TRAP_ADDRESS
        )
        .then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let Some(message) = Message::read(input.data) else {
            if let Some(last) = self.transactions.last_mut() {
                last.meta.event(MALFORMED);
            }
            return Outcome::Failed;
        };
        let is_other = *self.version.get_or_insert(message.version) != message.version;
        let is_unknown = message.has_unknown_model;
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
        if is_unknown {
            meta.event(UNKNOWN_SECURITY_MODEL);
        }
        if is_other {
            meta.event(VERSION_MISMATCH);
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

impl Exchange {
    fn trap(&self) -> Option<&Trap> {
        self.message.pdu.as_ref()?.trap.as_ref()
    }
}

impl Transaction for Exchange {
    /// Version, and types of messages and traps, are numbers.
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
        let text = |trap: &Trap, of: fn(&Trap) -> &str| of(trap).as_bytes().to_vec();
        let bytes = match keyword {
            internet::SNMP_VERSION => return accepts(Value::Number(message.version.into())),
            internet::SNMP_PDU_TYPE => {
                let kind = message.pdu.as_ref().map(|pdu| pdu.kind);
                return kind.is_some_and(|kind| accepts(Value::Number(kind.into())));
            }
            internet::SNMP_TRAP_TYPE => {
                let kind = self.trap().map(|trap| trap.kind);
                return kind.is_some_and(|kind| accepts(Value::Number(kind.into())));
            }
            internet::SNMP_COMMUNITY => message.community.as_deref().map(<[u8]>::to_vec),
            internet::SNMP_USM => message.user.as_deref().map(<[u8]>::to_vec),
            internet::SNMP_TRAP_OID => self.trap().map(|trap| text(trap, |trap| &trap.enterprise)),
            internet::SNMP_TRAP_ADDRESS => {
                self.trap().map(|trap| text(trap, |trap| &trap.address))
            }
            _ => None,
        };
        bytes.is_some_and(|bytes| accepts(Value::Bytes(&bytes)))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        let message = &self.message;
        json.open_object("snmp");
        json.uint("version", message.version);
        if message.is_encrypted {
            json.word("pdu_type", "encrypted");
        }
        if let Some(pdu) = &message.pdu {
            describe_pdu(json, pdu);
        }
        if let Some(community) = &message.community {
            json.bytes("community", community);
        }
        if let Some(user) = &message.user {
            json.bytes("usm", user);
        }
        json.close_object();
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("snmp", &|json| self.describe(json, options));
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.direction == Direction::ToClient
    }
}

fn describe_pdu(json: &mut Json<'_>, pdu: &Pdu) {
    const ERRORS: [&str; 19] = [
        "no_error",
        "too_big",
        "no_such_name",
        "bad_value",
        "read_only",
        "gen_err",
        "no_access",
        "wrong_type",
        "wrong_length",
        "wrong_encoding",
        "wrong_value",
        "no_creation",
        "inconsistent_value",
        "resource_unavailable",
        "commit_failed",
        "undo_failed",
        "authorization_error",
        "not_writable",
        "inconsistent_name",
    ];
    if let Some(name) = pdu_name(pdu.kind) {
        json.word("pdu_type", name);
    }
    if pdu.error != 0 {
        let name = usize::try_from(pdu.error)
            .ok()
            .and_then(|error| ERRORS.get(error));
        match name {
            Some(name) => json.word("error", name),
            None => json.text("error", &pdu.error.to_string()),
        }
    }
    if let Some(trap) = &pdu.trap {
        match trap_name(trap.kind) {
            Some(name) => json.word("trap_type", name),
            None => json.text("trap_type", &trap.kind.to_string()),
        }
        json.text("trap_oid", &trap.enterprise);
        json.text("trap_address", &trap.address);
    }
    if !pdu.variables.is_empty() {
        json.open_array("vars");
        pdu.variables.iter().for_each(|name| json.text_element(name));
        json.close_array();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_told_of() {
        let message = |version: u8| {
            let mut message = b"\x30\x17\x02\x01\x00\x04\x01a\xa0\x0f\x02\x01\x05\x02\x01\0\x02\x01\0\
                \x30\x04\x30\x02\x06\0"
                .to_vec();
            message[1] = u8::try_from(message.len() - 2).expect("a short message");
            message[9] = u8::try_from(message.len() - 10).expect("a short message");
            message[4] = version;
            message
        };
        let mut parser = Snmp::default();
        for version in [0, 1] {
            let data = message(version);
            let input = Input::new(Direction::ToServer, &data);
            assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        }
        let events = &parser.transactions().get(1).expect("two").meta.events;
        assert_eq!(events.as_slice(), [VERSION_MISMATCH]);
    }
}
