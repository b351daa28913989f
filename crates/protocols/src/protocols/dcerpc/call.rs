//! One call: what is asked, and the answer.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, windows};

use super::operations;
use super::pdu::{self, Interface};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// One side of a call.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Side {
    /// Type of the message, once one was seen.
    pub kind: Option<u8>,
    /// All fragments were seen.
    pub done: bool,
    /// Fragments so far.
    pub fragments: u16,
    /// Arguments or results, of all fragments.
    pub stub: Vec<u8>,
}

impl Side {
    /// One more fragment.
    pub fn add(&mut self, kind: u8, stub: &[u8], limit: usize) {
        self.kind = Some(kind);
        self.fragments = self.fragments.saturating_add(1);
        let room = limit.saturating_sub(self.stub.len()).min(stub.len());
        self.stub
            .extend_from_slice(stub.get(..room).unwrap_or(stub));
    }

    fn write_size(&self, json: &mut Json<'_>) {
        json.uint("frag_cnt", self.fragments);
        json.uint("stub_data_size", self.stub.len() as u64);
    }
}

/// What names a call in its version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallName {
    /// Version 5: a number, and the minor version.
    Connection(u32, u8),
    /// Version 4: an activity and a number in it.
    Activity([u8; 16], u32),
}

/// A call, or a bind and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What names it.
    pub name: CallName,
    /// The request.
    pub request: Side,
    /// The response.
    pub response: Side,
    /// The operation of the interface.
    pub operation: Option<u16>,
    /// The interface called, or those that a bind names.
    pub interfaces: Vec<Interface>,
}

impl Call {
    /// A call of which nothing was seen.
    pub fn new(name: CallName) -> Self {
        Self {
            name,
            request: Side::default(),
            response: Side::default(),
            operation: None,
            interfaces: Vec::new(),
        }
    }

    /// The side of a direction.
    pub fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::ToServer => &self.request,
            Direction::ToClient => &self.response,
        }
    }

    /// The side of a direction, to be changed.
    pub fn side_mut(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::ToServer => &mut self.request,
            Direction::ToClient => &mut self.response,
        }
    }

    /// It calls an operation, so that rules about interfaces apply.
    pub fn is_request(&self) -> bool {
        self.request.kind == Some(pdu::REQUEST)
    }

    /// Shows the values of the keywords of remote procedure calls.
    pub fn show(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match keyword {
            windows::DCERPC_IFACE if self.is_request() => self
                .interfaces
                .iter()
                .filter(|interface| interface.is_accepted())
                .any(|interface| accepts(Value::Bytes(&interface.value()))),
            windows::DCERPC_OPNUM if self.is_request() => self
                .operation
                .is_some_and(|operation| accepts(Value::Number(u64::from(operation)))),
            windows::DCERPC_STUB_DATA => {
                let stub = &self.side(direction).stub;
                !stub.is_empty() && accepts(Value::Bytes(stub))
            }
            _ => false,
        }
    }

    fn write_interfaces(&self, json: &mut Json<'_>) {
        if self.interfaces.is_empty() {
            return;
        }
        json.open_array("interfaces");
        for interface in &self.interfaces {
            json.open();
            json.text("uuid", &interface.uuid_text());
            json.text("version", &interface.version_text());
            if let Some((result, _)) = interface.answer {
                json.uint("ack_result", result);
            }
            self.write_names(interface, json);
            json.close_object();
        }
        json.close_array();
    }

    /// Names of an interface and of the operation called, where they are known.
    pub fn write_names(&self, interface: &Interface, json: &mut Json<'_>) {
        let Some(service) = operations::service(&interface.uuid) else {
            return;
        };
        json.word("service", service.name);
        if let Some(name) = self
            .operation
            .and_then(|operation| service.operation(operation))
        {
            json.word("procedure", name);
        }
    }

    fn write_request(&self, json: &mut Json<'_>) {
        let Some(kind) = self.request.kind.filter(|_| self.request.done) else {
            json.word("request", "REQUEST_LOST");
            return;
        };
        json.word("request", pdu::kind_name(kind));
        let is_connected = matches!(self.name, CallName::Connection(..));
        if kind == pdu::REQUEST {
            json.open_object("req");
            json.uint("opnum", self.operation.unwrap_or_default());
            self.request.write_size(json);
            json.close_object();
        }
        if is_connected && matches!(kind, pdu::REQUEST | pdu::BIND) {
            self.write_interfaces(json);
        }
    }

    fn write_response(&self, json: &mut Json<'_>) {
        let Some(kind) = self.response.kind.filter(|_| self.response.done) else {
            json.word("response", "UNREPLIED");
            return;
        };
        json.word("response", pdu::kind_name(kind));
        if kind == pdu::RESPONSE {
            json.open_object("res");
            self.response.write_size(json);
            json.close_object();
        }
    }
}

impl Transaction for Call {
    /// | keyword | value |
    /// |---|---|
    /// | `dcerpc.iface` | bytes: identifier (16, in the order of text), major and minor version (2 each, most significant first), 1 when named in a first fragment |
    /// | `dcerpc.opnum` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        self.show(keyword, direction, accepts)
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("dcerpc");
        self.write_request(json);
        self.write_response(json);
        match &self.name {
            CallName::Connection(call, minor) => {
                json.uint("call_id", *call);
                json.text("rpc_version", &format!("5.{minor}"));
            }
            CallName::Activity(activity, sequence) => {
                json.text("activityuuid", &pdu::uuid_text(activity));
                json.uint("seqnum", *sequence);
                json.word("rpc_version", "4.0");
            }
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("dcerpc", &|json| self.describe(json, options));
    }
}
