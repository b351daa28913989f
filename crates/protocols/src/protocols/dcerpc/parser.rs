//! Calls over TCP and over UDP.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, windows};

use super::call::{Call, CallName};
use super::pdu::{self, HEADER, Header, Interface, Known, Reader, Request};
use crate::open_limit::OpenLimit;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::signature::Transport;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

/// Bytes of arguments kept of one side of a call.
const STUB_LIMIT: usize = 1 << 20;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Dcerpc {
    /// Calls open at a time; the oldest is given up for the next.
    limit: OpenLimit<1024>,
    transactions: Transactions<Call>,
    known: Known,
    /// Bytes of a direction that belong to a fragment of which a part is missing.
    lost: [bool; 2],
}

impl Dcerpc {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            limit: settings.dcerpc,
            ..Self::default()
        }
    }

    /// The open call of a name; begun when there is none of which this side is awaited.
    fn call(&mut self, name: CallName, direction: Direction) -> &mut Entry<Call> {
        let place = self
            .transactions
            .iter()
            .position(|entry| entry.tx.name == name && !entry.tx.side(direction).done);
        if place.is_none() && self.transactions.len() >= self.limit.0 {
            let open = self.transactions.iter_mut().find(|entry| {
                entry.meta.progress(Direction::ToServer) == 0
                    || entry.meta.progress(Direction::ToClient) == 0
            });
            if let Some(oldest) = open {
                oldest.meta.advance(Direction::ToServer, 1);
                oldest.meta.advance(Direction::ToClient, 1);
            }
        }
        let place = place.unwrap_or_else(|| {
            self.transactions.open(Call::new(name));
            self.transactions.len() - 1
        });
        // The place was found or made above.
        self.transactions.get_mut(place).expect("an open call")
    }

    /// A whole fragment of version 5.
    fn fragment(&mut self, direction: Direction, header: &Header, body: &[u8]) {
        let name = CallName::Connection(header.call, header.minor);
        match header.kind {
            pdu::BIND | pdu::ALTER_CONTEXT => {
                if let Some(named) = pdu::interfaces(header, body) {
                    self.known.bind(header, named);
                }
            }
            pdu::BIND_ACK | pdu::ALTER_CONTEXT_RESPONSE => {
                if let Some(answers) = pdu::answers(header, body) {
                    self.known.answer(&answers);
                }
            }
            pdu::REQUEST => return self.request(direction, header, body),
            // Rules count from the end of the header on.
            pdu::RESPONSE => return self.side(name, direction, header, body),
            pdu::BIND_NAK | 3 => {}
            _ => return,
        }
        let named = self.known.last_named().to_vec();
        self.side(name, direction, header, &[]);
        if matches!(
            header.kind,
            pdu::BIND | pdu::BIND_ACK | pdu::ALTER_CONTEXT | pdu::ALTER_CONTEXT_RESPONSE
        ) {
            let last = self.transactions.iter_mut().rfind(|e| e.tx.name == name);
            if let Some(entry) = last {
                entry.tx.interfaces = named;
            }
        }
    }

    fn request(&mut self, direction: Direction, header: &Header, body: &[u8]) {
        let Some(request) = Request::read(header, body) else {
            return;
        };
        // An object, if one is named, counts as an argument, and so does what proves the sender.
        let stub = body.get(8..).unwrap_or_default();
        let interface = self.known.of_context(request.context).cloned();
        let entry = self.call(CallName::Connection(header.call, header.minor), direction);
        entry.tx.operation = Some(request.operation);
        if let (Some(interface), true) = (interface, entry.tx.interfaces.is_empty()) {
            entry.tx.interfaces.push(interface);
        }
        let name = entry.tx.name;
        self.side(name, direction, header, stub);
    }

    fn side(&mut self, name: CallName, direction: Direction, header: &Header, stub: &[u8]) {
        let entry = self.call(name, direction);
        let side = entry.tx.side_mut(direction);
        side.add(header.kind, stub, STUB_LIMIT);
        entry.meta.updated[direction.index()] = true;
        if header.is_last() {
            side.done = true;
            entry.meta.advance(direction, 1);
            if direction == Direction::ToClient {
                // An answer to what was not seen: nothing more will come of that.
                entry.meta.advance(Direction::ToServer, 1);
            }
        }
    }

    fn stream(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut rest = input.data;
        let lost = &mut self.lost[input.direction.index()];
        if *lost {
            let place = memchr::memmem::find(rest, &[5, 0]).unwrap_or(rest.len());
            rest = rest.get(place..).unwrap_or_default();
            *lost = rest.is_empty();
        }
        while !rest.is_empty() {
            let consumed = input.data.len() - rest.len();
            if rest.len() < HEADER {
                return Outcome::Incomplete {
                    consumed,
                    needed: HEADER,
                };
            }
            let Some(header) = Header::read(rest).filter(|header| header.length >= HEADER) else {
                return Outcome::Failed;
            };
            let Some((fragment, after)) = rest.split_at_checked(header.length) else {
                return Outcome::Incomplete {
                    consumed,
                    needed: header.length,
                };
            };
            let body = fragment.get(HEADER..).unwrap_or_default();
            for (kind, from, len) in [
                (frame::HEADER, 0, HEADER),
                (frame::DATA, HEADER, body.len()),
                (frame::PDU, 0, header.length),
            ] {
                orders.frames.whole(kind, consumed + from, len, None);
            }
            self.fragment(input.direction, &header, body);
            orders.inspect_stream[input.direction.index()] |= header.is_last();
            rest = after;
        }
        Outcome::Done
    }

    /// A message of version 4 (C706, 12.5).
    fn datagram(&mut self, input: &Input<'_>) -> Option<()> {
        const LAST: u8 = 2;
        const FRAGMENT: u8 = 4;
        const DATAGRAM_HEADER: usize = 80;
        let (header, body) = input.data.split_at_checked(DATAGRAM_HEADER)?;
        let &[4, kind, flags, _, formats, ..] = header else {
            return None;
        };
        let mut reader = Reader::new(header.get(8..)?, formats & 0x10 != 0);
        // Identifiers are taken as if their parts began with the least significant byte, whatever the header says.
        let mut uuids = Reader::new(reader.take(48)?, true);
        uuids.uuid()?;
        let uuid = uuids.uuid()?;
        let activity = uuids.uuid()?;
        reader.word()?;
        let version = reader.word()?;
        let sequence = reader.word()?;
        let operation = reader.short()?;
        reader.take(4)?;
        let length = usize::from(reader.short()?);
        let direction = match kind {
            pdu::REQUEST => Direction::ToServer,
            pdu::RESPONSE | 3 | 6 => Direction::ToClient,
            _ => return Some(()),
        };
        let entry = self.call(CallName::Activity(activity, sequence), direction);
        let call = &mut entry.tx;
        let side = call.side_mut(direction);
        side.add(kind, body.get(..length).unwrap_or(body), STUB_LIMIT);
        side.done = flags & FRAGMENT == 0 || flags & LAST != 0;
        let done = side.done;
        if direction == Direction::ToServer {
            call.operation = Some(operation);
            if call.interfaces.is_empty() {
                call.interfaces.push(Interface {
                    context: 0,
                    uuid,
                    version: (version as u16, (version >> 16) as u16),
                    first_fragment: true,
                    answer: Some((0, 0)),
                });
            }
        }
        entry.meta.updated[direction.index()] = true;
        if done {
            entry.meta.advance(direction, 1);
            if direction == Direction::ToClient {
                entry.meta.advance(Direction::ToServer, 1);
            }
        }
        Some(())
    }
}

/// Frames, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const HEADER: u8 = 0;
    pub(super) const DATA: u8 = 1;
    pub(super) const PDU: u8 = 2;
}

impl Parser for Dcerpc {
    type Tx = Call;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[];

    const FRAMES: &'static [&'static str] = &["hdr", "data", "pdu"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        match keyword {
            windows::DCERPC_IFACE | windows::DCERPC_OPNUM => Some(0),
            windows::DCERPC_STUB_DATA => Some(1),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        if input.transport == Transport::Udp {
            return match self.datagram(input) {
                Some(()) => Outcome::Done,
                None => Outcome::Failed,
            };
        }
        self.stream(input, orders)
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        self.lost[direction.index()] = true;
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Call> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Call> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::{Transaction, Value};

    const UUID: [u8; 16] = [
        0x67, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0x00, 0x10,
        0x03,
    ];

    fn message(kind: u8, flags: u8, call: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
        bytes.extend_from_slice(&((HEADER + body.len()) as u16).to_le_bytes());
        bytes.extend_from_slice(&[0, 0, call, 0, 0, 0]);
        bytes.extend_from_slice(body);
        bytes
    }

    fn exchange() -> [(Direction, Vec<u8>); 4] {
        let mut bind = vec![0; 8];
        bind.extend_from_slice(&[1, 0, 0, 0, 0, 0, 1, 0]);
        bind.extend_from_slice(&UUID);
        bind.extend_from_slice(&[2, 0, 0, 0]);
        bind.extend_from_slice(&[0; 20]);
        let mut ack = vec![0; 8];
        ack.extend_from_slice(&[4, 0, b'1', b'3', b'5', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        ack.extend_from_slice(&[0; 20]);
        let request = |stub: &[u8]| [&[9, 0, 0, 0, 0, 0, 15, 0], stub].concat();
        let first = message(pdu::REQUEST, 1, 2, &request(b"ab"));
        let last = message(pdu::REQUEST, 2, 2, &request(b"cd"));
        [
            (Direction::ToServer, message(pdu::BIND, 3, 1, &bind)),
            (Direction::ToClient, message(pdu::BIND_ACK, 3, 1, &ack)),
            (Direction::ToServer, [first, last].concat()),
            (
                Direction::ToClient,
                message(pdu::RESPONSE, 3, 2, b"........ef"),
            ),
        ]
    }

    fn parse(step: usize) -> Vec<Call> {
        let mut parser = Dcerpc::default();
        for (direction, bytes) in exchange() {
            let (mut begin, mut end) = (0, 0);
            while end < bytes.len() {
                end = (end + step).min(bytes.len());
                let input = Input::new(direction, &bytes[begin..end]);
                match parser.parse(&input, &mut Orders::default()) {
                    Outcome::Done => begin = end,
                    Outcome::Incomplete { consumed, .. } => begin += consumed,
                    Outcome::Failed => panic!("failed"),
                }
            }
        }
        parser.transactions.iter().map(|e| e.tx.clone()).collect()
    }

    #[test]
    fn fragments_of_a_call_are_one_and_its_interface_is_known() {
        let calls = parse(usize::MAX / 2);
        assert_eq!(calls.len(), 2);
        let call = &calls[1];
        assert_eq!((call.operation, call.request.fragments), (Some(15), 2));
        assert_eq!(
            (&*call.request.stub, &*call.response.stub),
            (&b"abcd"[..], &b"........ef"[..])
        );
        let mut seen = Vec::new();
        call.values(windows::DCERPC_IFACE, Direction::ToServer, &mut |value| {
            if let Value::Bytes(bytes) = value {
                seen = bytes.to_vec();
            }
            true
        });
        assert_eq!(seen[..6], [0x36, 0x7a, 0xbb, 0x67, 0x98, 0x44]);
        assert_eq!(seen[16..], [0, 2, 0, 0, 1]);
    }

    #[test]
    fn byte_by_byte_gives_the_same() {
        assert_eq!(parse(1), parse(usize::MAX / 2));
    }

    #[test]
    fn garbage_fails() {
        let mut parser = Dcerpc::default();
        let input = Input::new(Direction::ToServer, &[0x41; 40]);
        assert_eq!(
            parser.parse(&input, &mut Orders::default()),
            Outcome::Failed
        );
    }
}
