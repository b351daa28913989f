//! Requests and their responses.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::pdu::{self, Pdu};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::signature::Transport;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, OpenLimit, ParserSettings};

const TOO_MANY_TRANSACTIONS: u8 = 0;
const INVALID_PDU: u8 = 1;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Enip {
    transactions: Transactions<Exchange>,
    limit: OpenLimit<1024>,
    /// Bytes are missing: a message must be found again. By direction.
    is_lost: [bool; 2],
}

/// A request and its response.
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) messages: [Option<Pdu>; 2],
}

impl Enip {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            limit: settings.enip,
            ..Self::default()
        }
    }

    /// The request that a response answers. Those before it get none any more.
    fn request_of(&mut self, response: &Pdu) -> Option<&mut Entry<Exchange>> {
        let mut found = None;
        for (place, Entry { meta, tx }) in self.transactions.iter_mut().enumerate() {
            let [Some(request), None] = &tx.messages else {
                continue;
            };
            meta.advance(Direction::ToServer, 1);
            if request.is_answered_by(response) {
                found = Some(place);
                break;
            }
            meta.advance(Direction::ToClient, 1);
        }
        self.transactions.get_mut(found?)
    }

    /// Takes a message; says the number of its transaction, if there is room for one.
    fn message(&mut self, direction: Direction, pdu: Pdu) -> Option<u64> {
        let way = direction.index();
        let is_invalid = pdu.is_invalid;
        if direction == Direction::ToClient
            && let Some(Entry { meta, tx }) = self.request_of(&pdu)
        {
            tx.messages[way] = Some(pdu);
            meta.advance(direction, 1);
            if is_invalid {
                meta.event(INVALID_PDU);
            }
            return Some(meta.id());
        }
        if self.transactions.len() >= self.limit.0 {
            for (place, Entry { meta, .. }) in self.transactions.iter_mut().enumerate() {
                meta.advance(Direction::ToServer, 1);
                meta.advance(Direction::ToClient, 1);
                if place == 0 {
                    meta.event(TOO_MANY_TRANSACTIONS);
                }
            }
            return None;
        }
        let exchange = Exchange::default();
        let Entry { meta, tx } = match direction {
            Direction::ToServer => self.transactions.open(exchange),
            Direction::ToClient => self.transactions.open_side(direction, exchange),
        };
        tx.messages[way] = Some(pdu);
        meta.advance(direction, 1);
        if is_invalid {
            meta.event(INVALID_PDU);
        }
        Some(meta.id())
    }
}

impl Parser for Enip {
    type Tx = Exchange;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["too_many_transactions", "invalid_pdu"];

    const FRAMES: &'static [&'static str] = &["hdr", "data", "pdu", "cip", "enip.item"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        super::record::is_known(keyword, direction).then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let way = input.direction.index();
        if self.is_lost[way] {
            if !pdu::begins(input.data) {
                return Outcome::Done;
            }
            self.is_lost[way] = false;
        }
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            match Pdu::read(rest, input.direction == Direction::ToClient) {
                Ok((pdu, used)) => {
                    let tx = self.message(input.direction, pdu);
                    pdu::note_frames(rest, (consumed, used, tx), &mut orders.frames);
                    consumed += used;
                    // Of a datagram only the first one counts.
                    if input.transport == Transport::Udp {
                        return Outcome::Done;
                    }
                }
                Err(_) if input.transport == Transport::Udp => return Outcome::Failed,
                Err(needed) => return Outcome::Incomplete { consumed, needed },
            }
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        self.is_lost[direction.index()] = true;
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Exchange> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Exchange> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::super::pdu::tests::message;
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    fn connected(sequence: u8, cip: &[u8]) -> Vec<u8> {
        let mut payload = b"\0\0\0\0\0\0\x02\0\xa1\0\x04\0\x01\0\0\0\xb1\0".to_vec();
        payload.extend((cip.len() as u16 + 2).to_le_bytes());
        payload.extend([sequence, 0]);
        payload.extend(cip);
        message(0x70, &payload)
    }

    #[test]
    fn responses_find_their_requests_however_the_stream_is_cut() {
        let mut requests = connected(1, b"\x01\x02\x20\x01\x24\x01");
        requests.extend(connected(2, b"\x0e\x03\x20\x01\x24\x01\x30\x05"));
        let response = connected(2, b"\x8e\0\0\0\x01\0");
        let mut parser = Enip::default();
        let mut orders = Orders::default();
        for (direction, data) in [(ToServer, &requests), (ToClient, &response)] {
            let mut from = 0;
            for to in 1..=data.len() {
                let input = Input::new(direction, &data[from..to]);
                match parser.parse(&input, &mut orders) {
                    Outcome::Done => from = to,
                    Outcome::Incomplete { consumed, .. } => from += consumed,
                    Outcome::Failed => panic!("refused"),
                }
            }
        }
        let seen: Vec<_> = parser
            .transactions
            .iter()
            .map(|entry| {
                (
                    entry.tx.messages[1].is_some(),
                    entry.meta.progress(ToClient),
                )
            })
            .collect();
        assert_eq!(seen, [(false, 1), (true, 1)]);
    }
}
