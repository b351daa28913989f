//! What both sides have said before they are encrypted.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, tls};

use super::key_exchange::Hassh;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// A connection: the only transaction of a flow.
#[derive(Debug, Default)]
pub struct Connection {
    /// By direction of what they say.
    pub(super) sides: [Side; 2],
    pub(super) is_logged: bool,
}

/// What one side has said.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) protocol: Box<[u8]>,
    pub(super) software: Box<[u8]>,
    pub(super) hassh: Option<Hassh>,
}

impl Side {
    fn describe(&self, json: &mut Json<'_>, key: &str) {
        if self.protocol.is_empty() {
            return;
        }
        json.open_object(key);
        json.bytes("proto_version", &self.protocol);
        if !self.software.is_empty() {
            json.bytes("software_version", &self.software);
        }
        if let Some(hassh) = &self.hassh {
            json.open_object("hassh");
            json.bytes("hash", &hassh.digest);
            json.bytes("string", &hassh.text);
            json.close_object();
        }
        json.close_object();
    }
}

impl Transaction for Connection {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let side = &self.sides[direction.index()];
        let hassh = side.hassh.as_ref();
        let value = match keyword {
            tls::SSH_PROTO | tls::SSH_PROTOVERSION => Some(&*side.protocol),
            tls::SSH_SOFTWARE | tls::SSH_SOFTWAREVERSION => Some(&*side.software),
            tls::SSH_HASSH | tls::SSH_HASSH_SERVER => hassh.map(|hassh| &*hassh.digest),
            tls::SSH_HASSH_STRING | tls::SSH_HASSH_SERVER_STRING => hassh.map(|hassh| &*hassh.text),
            _ => None,
        };
        value
            .filter(|value| !value.is_empty())
            .is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        if self.sides.iter().all(|side| side.protocol.is_empty()) {
            return;
        }
        json.open_object("ssh");
        self.sides[ToServer.index()].describe(json, "client");
        self.sides[ToClient.index()].describe(json, "server");
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        let has_said = self.sides.iter().any(|side| !side.protocol.is_empty());
        if has_said && !self.is_logged {
            show("ssh", &|json| self.describe(json, options));
        }
    }

    fn shown(&mut self) {
        self.is_logged = true;
    }
}
