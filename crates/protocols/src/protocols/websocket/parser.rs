//! Each frame is a transaction; the last one of a message has the payload of all.

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};
use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::message::{self, COMPRESSED, FIN, Header};
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

const SKIP_END_OF_PAYLOAD: u8 = 0;
const REASSEMBLY_LIMIT_REACHED: u8 = 1;

/// What ends a compressed payload, and is left out when it is sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Frames for rules and records, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const HEADER: u8 = 0;
    pub(super) const PDU: u8 = 1;
    pub(super) const DATA: u8 = 2;
}

/// The parser of a flow.
#[derive(Debug)]
pub struct Websocket {
    settings: Arc<ParserSettings>,
    transactions: Transactions<Pdu>,
    sides: [Side; 2],
}

/// What is remembered of a direction.
#[derive(Debug, Default)]
struct Side {
    /// The message whose frames are coming: what came of it, and whether it is compressed.
    message: Option<(Vec<u8>, bool)>,
    /// Unpacks payloads; what came before counts.
    unpacker: Option<Box<Decompress>>,
    /// Bytes of a payload that are passed over.
    skip: u64,
    /// Where frames begin is not known any more.
    is_lost: bool,
}

/// A frame.
#[derive(Debug)]
pub struct Pdu {
    direction: Direction,
    flags: u8,
    opcode: u8,
    mask: Option<u32>,
    payload: Vec<u8>,
}

impl Websocket {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            transactions: Transactions::default(),
            sides: Default::default(),
        }
    }

    /// Takes a frame: its header and what is looked at of its payload.
    fn frame(&mut self, direction: Direction, header: &Header, payload: &[u8]) {
        let limit = self.settings.websocket.max_payload;
        let mut payload = payload.to_vec();
        header.unmask(&mut payload);
        let is_cut = (payload.len() as u64) < header.payload;
        let side = &mut self.sides[direction.index()];
        let mut is_full = false;
        let is_last = header.flags & FIN != 0;
        let mut compressed = header.flags & COMPRESSED != 0;
        if !header.is_control() && (side.message.is_some() || !is_last) {
            let (message, packed) = side.message.get_or_insert_with(|| (Vec::new(), compressed));
            let room = limit.saturating_sub(message.len());
            is_full = payload.len() > room;
            message.extend_from_slice(payload.get(..room).unwrap_or(&payload));
            compressed = *packed;
            if is_last {
                payload = side.message.take().unwrap_or_default().0;
            }
        }
        if compressed && is_last && !header.is_control() {
            payload = side.unpack(payload, limit);
        }
        let pdu = Pdu {
            direction,
            flags: header.flags,
            opcode: header.opcode,
            mask: header.mask,
            payload,
        };
        let meta = self.transactions.open_message(direction, pdu);
        if is_cut {
            meta.event(SKIP_END_OF_PAYLOAD);
        }
        if is_full {
            meta.event(REASSEMBLY_LIMIT_REACHED);
        }
    }
}

impl Side {
    /// Unpacks a payload to no more than `limit` bytes; one that cannot be unpacked stays as it is.
    fn unpack(&mut self, mut packed: Vec<u8>, limit: usize) -> Vec<u8> {
        const STEP: usize = 8192;
        packed.extend_from_slice(&TAIL);
        let unpacker = self
            .unpacker
            .get_or_insert_with(|| Box::new(Decompress::new(false)));
        let mut unpacked = Vec::new();
        let mut rest = &packed[..];
        loop {
            unpacked.reserve(STEP);
            let before = (unpacker.total_in(), unpacker.total_out());
            let status = unpacker.decompress_vec(rest, &mut unpacked, FlushDecompress::Sync);
            let used = usize::try_from(unpacker.total_in() - before.0).unwrap_or(usize::MAX);
            rest = rest.get(used..).unwrap_or_default();
            let stands = before == (unpacker.total_in(), unpacker.total_out());
            match status {
                Err(_) => {
                    self.unpacker = None;
                    packed.truncate(packed.len() - TAIL.len());
                    return packed;
                }
                Ok(Status::StreamEnd) => {
                    self.unpacker = None;
                    break;
                }
                Ok(_) if stands || unpacked.len() >= limit => break,
                Ok(_) => {}
            }
        }
        unpacked.truncate(limit);
        unpacked
    }
}

/// Tells of the frames that lie at `from` in the input.
fn note_frames(header: &Header, from: usize, tx: u64, frames: &mut Frames) {
    let payload = usize::try_from(header.payload).unwrap_or(usize::MAX);
    let whole = header.len.saturating_add(payload);
    frames.whole(frame::HEADER, from, header.len, Some(tx));
    frames.whole(frame::PDU, from, whole, Some(tx));
    frames.whole(frame::DATA, from + header.len, payload, Some(tx));
}

impl Parser for Websocket {
    type Tx = Pdu;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["skip_end_of_payload", "reassembly_limit_reached"];
    const FRAMES: &'static [&'static str] = &["header", "pdu", "data"];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        matches!(
            keyword,
            internet::WEBSOCKET_OPCODE
                | internet::WEBSOCKET_MASK
                | internet::WEBSOCKET_FLAGS
                | internet::WEBSOCKET_PAYLOAD
        )
        .then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let way = input.direction.index();
        if self.sides[way].is_lost {
            return Outcome::Done;
        }
        let limit = self.settings.websocket.max_payload;
        let mut consumed = self.sides[way].pass(input.data.len());
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let needed = match Header::read(rest) {
                None => rest.len() + 1,
                Some(header) => {
                    let here = usize::try_from(header.payload)
                        .unwrap_or(usize::MAX)
                        .min(limit);
                    match rest.get(header.len..header.len.saturating_add(here)) {
                        Some(payload) => {
                            let tx = self.transactions.total();
                            note_frames(&header, consumed, tx, &mut orders.frames);
                            self.frame(input.direction, &header, payload);
                            orders.inspect_stream[way] |= header.flags & FIN != 0;
                            consumed += header.len + here;
                            let side = &mut self.sides[way];
                            side.skip = header.payload - here as u64;
                            consumed += side.pass(input.data.len().saturating_sub(consumed));
                            continue;
                        }
                        None => header.len.saturating_add(here),
                    }
                }
            };
            return Outcome::Incomplete { consumed, needed };
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, _: &mut Orders) -> Outcome {
        let side = &mut self.sides[direction.index()];
        match side.skip.checked_sub(bytes) {
            Some(left) => side.skip = left,
            None => side.is_lost = true,
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Pdu> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Pdu> {
        &mut self.transactions
    }
}

impl Side {
    /// Passes over what is left out of a payload, of `here` bytes; says how many that are.
    fn pass(&mut self, here: usize) -> usize {
        let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(here);
        self.skip -= passed as u64;
        passed
    }
}

impl Transaction for Pdu {
    /// | Keyword | Value |
    /// |---|---|
    /// | `websocket.opcode` | number |
    /// | `websocket.mask` | number, of a masked frame |
    /// | `websocket.flags` | the upper four bits of the first byte |
    /// | `websocket.payload` | bytes, unmasked; of the last frame of a message those of all, unpacked |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        match keyword {
            internet::WEBSOCKET_OPCODE => accepts(Value::Number(self.opcode.into())),
            internet::WEBSOCKET_FLAGS => accepts(Value::Number(self.flags.into())),
            internet::WEBSOCKET_MASK => self
                .mask
                .is_some_and(|mask| accepts(Value::Number(mask.into()))),
            internet::WEBSOCKET_PAYLOAD => accepts(Value::Bytes(&self.payload)),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        json.open_object("websocket");
        json.bool("fin", self.flags & FIN != 0);
        if let Some(mask) = self.mask {
            json.uint("mask", mask);
        }
        match message::opcode_name(self.opcode) {
            Some(name) => json.word("opcode", name),
            None => json.text("opcode", &format!("unknown-{}", self.opcode)),
        }
        if options.is_on("payload-base64", false) || options.is_on("payload", false) {
            json.base64("payload_base64", &self.payload);
        }
        if options.is_on("payload-printable", false) {
            json.printable("payload_printable", &self.payload);
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("websocket", &|json| self.describe(json, options));
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.direction == Direction::ToClient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::ToServer;

    fn payloads(data: &[u8], step: usize) -> Vec<(u8, Vec<u8>)> {
        let mut parser = Websocket::new(AppProto::Websocket, &Arc::default());
        let (mut from, mut to) = (0, 0);
        while to < data.len() {
            to = (to + step).min(data.len());
            let input = Input::new(ToServer, &data[from..to]);
            match parser.parse(&input, &mut Orders::default()) {
                Outcome::Done => from = to,
                Outcome::Incomplete { consumed, .. } => from += consumed,
                Outcome::Failed => panic!("frames are never given up"),
            }
        }
        let all = parser.transactions.iter();
        all.map(|entry| (entry.tx.opcode, entry.tx.payload.clone()))
            .collect()
    }

    #[test]
    fn fragments_come_together_around_a_ping() {
        let data = b"\x01\x03Hel\x89\x05Hello\x80\x02lo\x8a\x00";
        let expected: Vec<(u8, Vec<u8>)> = vec![
            (1, b"Hel".to_vec()),
            (9, b"Hello".to_vec()),
            (0, b"Hello".to_vec()),
            (10, Vec::new()),
        ];
        assert_eq!(payloads(data, data.len()), expected);
        assert_eq!(payloads(data, 1), expected);
    }

    #[test]
    fn what_is_compressed_is_unpacked() {
        // The examples of RFC 7692, sections 7.2.3.1 and 7.2.3.2: the second one refers back to the first.
        let data = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00";
        let expected: Vec<(u8, Vec<u8>)> = vec![(1, b"Hello".to_vec()), (1, b"Hello".to_vec())];
        assert_eq!(payloads(data, data.len()), expected);
        assert_eq!(payloads(data, 3), expected);
    }

    #[test]
    fn long_payloads_are_cut() {
        let mut parser = Websocket::new(AppProto::Websocket, &Arc::default());
        let mut data = b"\x82\x7f\0\0\0\0\0\x02\0\0".to_vec();
        data.extend(vec![7; 0x2_0000]);
        data.extend(b"\x81\x01x");
        let input = Input::new(ToServer, &data);
        assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        let seen: Vec<_> = parser
            .transactions
            .iter()
            .map(|entry| (entry.tx.payload.len(), entry.meta.events.to_vec()))
            .collect();
        assert_eq!(
            seen,
            [(64 << 10, vec![SKIP_END_OF_PAYLOAD]), (1, Vec::new())]
        );
    }
}
