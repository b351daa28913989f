//! Remote procedure calls through pipes.

use tapir_packet::Direction::{self, ToClient, ToServer};

use super::parser::{Origin, Smb};
use super::transaction::{Detail, Tx};
use crate::protocols::dcerpc::pdu::{self, HEADER, Header, Interface, Request};
use crate::protocols::dcerpc::{Call, CallName};
use crate::transaction::Entry;

/// Bytes of arguments kept of one side of a call.
const STUB_LIMIT: usize = 1 << 20;

/// Whether data looks like a remote procedure call, where nobody said that it is a pipe.
pub fn looks_like_call(data: &[u8]) -> bool {
    Header::read(data).is_some_and(|header| {
        header.minor <= 1
            && header.kind <= 20
            && header.length >= HEADER
            && header.length == data.len()
    })
}

/// Data that goes through a pipe; says whether it was a call.
pub fn carry(smb: &mut Smb, origin: &Origin, direction: Direction, data: &[u8]) -> bool {
    let mut rest = data;
    let mut any = false;
    while let Some(header) = Header::read(rest).filter(|header| header.length >= HEADER) {
        let length = header.length.min(rest.len());
        let (fragment, after) = rest.split_at(length);
        let body = fragment.get(HEADER..).unwrap_or_default();
        self::fragment(smb, origin, direction, &header, body);
        any = true;
        rest = after;
    }
    any
}

fn find<'a>(
    smb: &'a mut Smb,
    origin: &Origin,
    name: CallName,
    direction: Direction,
) -> Option<&'a mut Entry<Tx>> {
    let (session, tree) = (origin.session, origin.tree);
    // What is answered later does not say its share.
    let is_late = tree == 0 && direction == ToClient;
    smb.calls().iter_mut().find(|entry| {
        entry.tx.session == session
            && (entry.tx.tree == tree || is_late)
            && matches!(&entry.tx.detail, Detail::Call(call)
                if call.name == name && !call.side(direction).done)
    })
}

/// What a fragment says.
#[derive(Default)]
struct Content<'a> {
    stub: &'a [u8],
    operation: Option<u16>,
    interfaces: Option<Vec<Interface>>,
}

/// Reads a fragment: `stub` is its body without what proves the sender. Nothing when it is malformed.
fn read<'a>(smb: &mut Smb, header: &Header, body: &[u8], stub: &'a [u8]) -> Option<Content<'a>> {
    let mut content = Content::default();
    match header.kind {
        pdu::BIND | pdu::ALTER_CONTEXT => {
            if let Some(named) = pdu::interfaces(header, body) {
                smb.known.bind(header, named);
            }
            content.interfaces = Some(smb.known.last_named().to_vec());
        }
        pdu::BIND_ACK | pdu::ALTER_CONTEXT_RESPONSE => {
            if let Some(answers) = pdu::answers(header, body) {
                smb.known.answer(&answers);
            }
            content.interfaces = Some(smb.known.last_named().to_vec());
        }
        pdu::REQUEST => {
            let request = Request::read(header, stub)?;
            let interface = smb.known.of_context(request.context);
            content.stub = request.stub;
            content.operation = Some(request.operation);
            content.interfaces = Some(interface.cloned().into_iter().collect());
        }
        pdu::RESPONSE => content.stub = pdu::response_stub(stub).unwrap_or_default(),
        _ => {}
    }
    Some(content)
}

fn fragment(smb: &mut Smb, origin: &Origin, direction: Direction, header: &Header, body: &[u8]) {
    let name = CallName::Connection(header.call, header.minor);
    let proof = match header.auth_length {
        0 => 0,
        length => length + 8,
    };
    let content = body.get(..body.len().saturating_sub(proof)).unwrap_or(body);
    let Some(content) = read(smb, header, body, content) else {
        return;
    };
    if find(smb, origin, name, direction).is_none() {
        smb.open(origin, Detail::Call(Box::new(Call::new(name))));
    }
    let Some(entry) = find(smb, origin, name, direction) else {
        return;
    };
    let Detail::Call(call) = &mut entry.tx.detail else {
        return;
    };
    call.operation = content.operation.or(call.operation);
    if let Some(interfaces) = content.interfaces {
        call.interfaces = interfaces;
    }
    let side = call.side_mut(direction);
    side.add(header.kind, content.stub, STUB_LIMIT);
    side.done = header.is_last();
    let done = side.done;
    entry.meta.updated[direction.index()] = true;
    if direction == ToClient {
        entry.tx.status = Some(origin.status);
    }
    if done {
        entry.meta.advance(direction, 1);
        if direction == ToClient {
            entry.meta.advance(ToServer, 1);
        }
    }
}
