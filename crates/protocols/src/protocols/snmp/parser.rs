//! Each message is a transaction.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::message::Message;
use super::names::{ERRORS, KINDS, TRAPS};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

const MALFORMED_DATA: u8 = 0;
const UNKNOWN_SECURITY_MODEL: u8 = 1;
const VERSION_MISMATCH: u8 = 2;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Snmp {
    transactions: Transactions<Message>,
    /// The version of the flow's first message.
    version: Option<u32>,
}

impl Snmp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Parser for Snmp {
    type Tx = Message;
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
        let Some(mut message) = Message::read(input.data) else {
            self.transactions.note(MALFORMED_DATA);
            return Outcome::Failed;
        };
        message.from_server = input.direction == Direction::ToClient;
        let differs = *self.version.get_or_insert(message.version) != message.version;
        let is_unknown = message.has_unknown_model;
        let meta = self.transactions.open_message(input.direction, message);
        if differs {
            meta.event(VERSION_MISMATCH);
        }
        if is_unknown {
            meta.event(UNKNOWN_SECURITY_MODEL);
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
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let request = self.request.as_ref();
        let trap = request.and_then(|request| request.trap.as_ref());
        let value = match keyword {
            internet::SNMP_VERSION => Some(Value::Number(self.version.into())),
            internet::SNMP_PDU_TYPE => request.map(|it| Value::Number(it.kind.into())),
            internet::SNMP_COMMUNITY => self.community.as_deref().map(Value::Bytes),
            internet::SNMP_USM => self.user.as_deref().map(Value::Bytes),
            internet::SNMP_TRAP_TYPE => trap.map(|trap| Value::Number(trap.kind.into())),
            internet::SNMP_TRAP_OID => trap.map(|trap| Value::Bytes(trap.object.as_bytes())),
            internet::SNMP_TRAP_ADDRESS => trap.map(|trap| Value::Bytes(trap.address.as_bytes())),
            _ => None,
        };
        value.is_some_and(accepts)
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.from_server
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("snmp");
        json.uint("version", self.version);
        if self.is_encrypted {
            json.word("pdu_type", "encrypted");
            json.close_object();
            return;
        }
        if let Some(request) = &self.request {
            let kind = KINDS.get(usize::from(request.kind));
            json.word("pdu_type", kind.copied().unwrap_or("unknown"));
            if request.error != 0 {
                let name = ERRORS.get(request.error as usize);
                match name {
                    Some(name) => json.word("error", name),
                    None => json.text("error", &format!("ErrorStatus({})", request.error)),
                }
            }
            if let Some(trap) = &request.trap {
                match TRAPS.get(usize::from(trap.kind)) {
                    Some(name) => json.word("trap_type", name),
                    None => json.text("trap_type", &format!("TrapType({})", trap.kind)),
                }
                json.text("trap_oid", &trap.object);
                json.text("trap_address", &trap.address);
            }
            if !request.variables.is_empty() {
                json.open_array("vars");
                for variable in &request.variables {
                    json.text_element(variable);
                }
                json.close_array();
            }
        }
        if let Some(community) = &self.community {
            json.bytes("community", community);
        }
        if let Some(user) = &self.user {
            json.bytes("usm", user);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("snmp", &|json| self.describe(json, options));
    }
}
