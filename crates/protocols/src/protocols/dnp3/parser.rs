//! Messages of master and outstation.

use std::sync::Arc;

use memchr::memmem;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::link::{Frame, Link, user_data};
use super::object::{self, Content, Flaw, Object, Visitor};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::Transactions;
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction a message.
#[derive(Debug, Default)]
pub struct Dnp3 {
    transactions: Transactions<Message>,
    /// The number of the message that is being put together, and of its last segment. By direction.
    open: [Option<(u64, u8)>; 2],
}

/// A message of the application.
#[derive(Debug)]
pub struct Message {
    pub(super) direction: Direction,
    pub(super) link: Link,
    /// From the application's control byte on.
    pub(super) data: Vec<u8>,
    /// Groups and variations of its objects.
    pub(super) objects: Vec<(u8, u8)>,
    /// All of it could be read.
    pub(super) is_complete: bool,
}

const FLOODED: u8 = 0;
const LEN_TOO_SMALL: u8 = 1;
const BAD_LINK_CRC: u8 = 2;
const BAD_TRANSPORT_CRC: u8 = 3;
const MALFORMED: u8 = 4;
const UNKNOWN_OBJECT: u8 = 5;
const TOO_MANY_POINTS: u8 = 6;
const TOO_MANY_OBJECTS: u8 = 7;
const TOO_LONG_REASSEMBLY: u8 = 8;

/// Messages of a flow that may be open at a time.
const MAX_OPEN: usize = 500;
/// As many segments as there are sequence numbers, each as long as a frame allows.
const MAX_MESSAGE: usize = 64 * 249;

const CONFIRM: u8 = 0;
/// The function by which points are asked for.
const READ: u8 = 1;

impl Message {
    /// The code of the application's function.
    pub(super) fn function(&self) -> u8 {
        self.data.get(1).copied().unwrap_or_default()
    }

    /// Internal indications of a response.
    pub(super) fn indications(&self) -> Option<u16> {
        let bytes = self.data.get(2..)?.first_chunk()?;
        (self.direction == Direction::ToClient).then(|| u16::from_be_bytes(*bytes))
    }

    /// Shows the objects.
    ///
    /// # Errors
    /// What keeps them from being read to the end.
    pub(super) fn visit(&self, visitor: &mut dyn Visitor) -> Result<(), Flaw> {
        let header = match self.direction {
            Direction::ToServer => 2,
            Direction::ToClient => 4,
        };
        let objects = self.data.get(header..).ok_or(Flaw::Malformed)?;
        object::read(objects, self.function() == READ, visitor)
    }
}

/// Collects groups and variations.
#[derive(Default)]
struct Listing(Vec<(u8, u8)>);

impl Visitor for Listing {
    fn object(&mut self, object: &Object) {
        self.0.push((object.group, object.variation));
    }
    fn point(&mut self, _: u32, _: u32, _: Option<u32>) {}
    fn field(&mut self, _: &'static str, _: Content<'_>) {}
    fn point_end(&mut self) {}
    fn object_end(&mut self) {}
}

impl Dnp3 {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    /// Something is wrong with a frame: noted with the last message, or with one of its own.
    fn note(&mut self, direction: Direction, event: u8) {
        if self.transactions.is_empty() {
            let id = self.begin(direction, Link::default());
            self.finish(direction, id, Some(event));
        } else {
            self.transactions.note(event);
        }
    }

    fn begin(&mut self, direction: Direction, link: Link) -> u64 {
        let is_flood = self.transactions.len() >= MAX_OPEN;
        let message = Message {
            direction,
            link,
            data: Vec::new(),
            objects: Vec::new(),
            is_complete: false,
        };
        let meta = &mut self.transactions.open_side(direction, message).meta;
        if is_flood {
            meta.event(FLOODED);
        }
        meta.id()
    }

    fn finish(&mut self, direction: Direction, id: u64, event: Option<u8>) {
        if let Some(entry) = self.transactions.find(id) {
            entry.meta.advance(direction, 1);
            if let Some(event) = event {
                entry.meta.event(event);
            }
        }
    }

    /// Takes the data of a frame: a segment of a message.
    fn segment(&mut self, direction: Direction, link: Link, data: &[u8]) {
        const FIRST: u8 = 0x40;
        const FINAL: u8 = 0x80;
        const SEQUENCE: u8 = 0x3f;
        let Some((transport, data)) = data.split_first() else {
            return;
        };
        let sequence = transport & SEQUENCE;
        let way = direction.index();
        let id = if transport & FIRST != 0 {
            if let Some((before, _)) = self.open[way].take() {
                self.finish(direction, before, None);
            }
            // That a response arrived says nothing of its own.
            if data.get(1) == Some(&CONFIRM) {
                return;
            }
            self.begin(direction, link)
        } else {
            match self.open[way] {
                Some((id, last)) if (last + 1) & SEQUENCE == sequence => id,
                // A segment that does not follow belongs nowhere.
                _ => return,
            }
        };
        self.open[way] = Some((id, sequence));
        let Some(entry) = self.transactions.find(id) else {
            self.open[way] = None;
            return;
        };
        if entry.tx.data.len() + data.len() > MAX_MESSAGE {
            self.open[way] = None;
            return self.finish(direction, id, Some(TOO_LONG_REASSEMBLY));
        }
        entry.tx.data.extend_from_slice(data);
        if transport & FINAL != 0 {
            self.open[way] = None;
            let mut listing = Listing::default();
            let flaw = entry.tx.visit(&mut listing).err();
            entry.tx.objects = listing.0;
            entry.tx.is_complete = flaw.is_none();
            let event = flaw.map(|flaw| match flaw {
                Flaw::Malformed => MALFORMED,
                Flaw::Unknown => UNKNOWN_OBJECT,
                Flaw::TooManyPoints => TOO_MANY_POINTS,
                Flaw::TooManyObjects => TOO_MANY_OBJECTS,
            });
            self.finish(direction, id, event);
        }
    }

    fn frame(&mut self, direction: Direction, link: Link, is_sound: bool, blocks: &[u8]) {
        const FROM_MASTER: u8 = 0x80;
        if !is_sound {
            return self.note(direction, BAD_LINK_CRC);
        }
        let is_request = link.control & FROM_MASTER != 0;
        if is_request != (direction == Direction::ToServer) || blocks.is_empty() {
            return;
        }
        match user_data(blocks) {
            Some(data) => self.segment(direction, link, &data),
            None => self.note(direction, BAD_TRANSPORT_CRC),
        }
    }
}

impl Parser for Dnp3 {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "flooded",
        "len_too_small",
        "bad_link_crc",
        "bad_transport_crc",
        "malformed",
        "unknown_object",
        "too_many_points",
        "too_many_objects",
        "too_long_reassembly",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        super::record::place(keyword, direction)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let mut used = 0;
        while let Some(rest) = input.data.get(used..).filter(|rest| !rest.is_empty()) {
            match Frame::read(rest) {
                Frame::Incomplete(needed) => {
                    return Outcome::Incomplete {
                        consumed: used,
                        needed,
                    };
                }
                // A gateway may greet with a line of text.
                Frame::Wrong if rest.is_ascii() && memmem::find(rest, b"DNP3").is_some() => {
                    return Outcome::Done;
                }
                Frame::Wrong => return Outcome::Failed,
                Frame::TooShort => {
                    self.note(input.direction, LEN_TOO_SMALL);
                    return Outcome::Failed;
                }
                Frame::Whole {
                    link,
                    is_sound,
                    blocks,
                    used: length,
                } => {
                    self.frame(input.direction, link, is_sound, blocks);
                    used += length;
                }
            }
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

#[cfg(test)]
mod tests {
    use super::super::link::tests::frame;
    use super::*;

    fn feed(parser: &mut Dnp3, data: &[u8]) -> Outcome {
        let input = Input::new(Direction::ToServer, data);
        parser.parse(&input, &mut Orders::default())
    }

    #[test]
    fn segments_make_a_message() {
        let mut parser = Dnp3::default();
        let mut stream = frame(0xc4, b"\x40\xc0\x02\x34\x01\x07");
        stream.extend(frame(0xc4, b"\x81\x01\x05\x00"));
        assert_eq!(feed(&mut parser, &stream), Outcome::Done);
        let entry = parser.transactions().get(0).expect("a message");
        assert!(entry.tx.is_complete);
        assert_eq!(entry.tx.objects, [(52, 1)]);
        assert_eq!(entry.meta.progress(Direction::ToServer), 1);
    }

    #[test]
    fn a_message_without_end_is_cut() {
        let mut parser = Dnp3::default();
        for number in 0..70_u8 {
            let mut data = vec![if number == 0 { 0x40 } else { number & 0x3f }];
            data.resize(250, 2);
            assert_eq!(feed(&mut parser, &frame(0xc4, &data)), Outcome::Done);
        }
        let events = &parser.transactions().get(0).expect("a message").meta.events;
        assert_eq!(events.as_slice(), [TOO_LONG_REASSEMBLY]);
    }

    #[test]
    fn bent_frames_are_told_of() {
        let mut parser = Dnp3::default();
        let mut bent = frame(0xc4, b"\xc0\xc0\x01");
        bent[9] ^= 1;
        assert_eq!(feed(&mut parser, &bent), Outcome::Done);
        let events = &parser.transactions().get(0).expect("a message").meta.events;
        assert_eq!(events.as_slice(), [BAD_LINK_CRC]);
        assert_eq!(
            feed(&mut parser, b"\x05\x64\x04\xc4\0\0\0\0\0\0"),
            Outcome::Failed
        );
    }
}
