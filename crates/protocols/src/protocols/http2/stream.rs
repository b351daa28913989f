//! A stream: a request and its response, or what concerns the connection.

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::KeywordId;

use super::doh::Messages;
use super::frame::Frame;
use super::hpack::Field;
use super::{record, values};
use crate::file::File;
use crate::protocols::coding::Decoder;
use crate::protocols::dns;
use crate::protocols::joined::Joining;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// The ways that transactions go, by place in the parser's list.
const OF_STREAM: u8 = 0;
const OF_CONNECTION: u8 = 1;

/// One direction of a stream.
#[derive(Debug, Default)]
pub struct Side {
    /// Frames, as far as anything is remembered of them.
    pub frames: Vec<Frame>,
    /// Headers.
    pub fields: Vec<Field>,
    /// Bytes of headers.
    pub field_bytes: usize,
    /// Content.
    pub files: Vec<File>,
    /// The larger file that the content is a part of.
    pub(super) joining: Option<Joining>,
    /// How the content is unpacked, if it is packed.
    pub(super) decoder: Option<Decoder>,
}

impl Side {
    /// Names and values of headers.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().filter_map(|field| match field {
            Field::Header(name, value) => Some((&**name, &**value)),
            Field::SizeUpdate(_) => None,
        })
    }

    /// The first value of a header.
    pub fn first(&self, wanted: &str) -> Option<&[u8]> {
        self.headers()
            .find(|(name, _)| *name == wanted.as_bytes())
            .map(|(_, value)| value)
    }

    /// The same, in letters of any case.
    pub fn any(&self, wanted: &str) -> Option<&[u8]> {
        self.headers()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
            .map(|(_, value)| value)
    }
}

/// A stream.
#[derive(Debug)]
pub struct Stream {
    /// Its number; 0 for what concerns the connection.
    pub id: u32,
    /// To the server and to the client.
    pub sides: [Side; 2],
    /// DNS in it.
    pub messages: Option<Box<Messages>>,
}

impl Stream {
    /// A stream of which nothing was seen.
    pub fn new(id: u32) -> Self {
        Self {
            id,
            sides: Default::default(),
            messages: None,
        }
    }

    /// One direction.
    pub fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction.index()]
    }

    /// One direction, to be changed.
    pub fn side_mut(&mut self, direction: Direction) -> &mut Side {
        &mut self.sides[direction.index()]
    }

    /// The DNS message that went in a direction.
    pub fn message(&self, direction: Direction) -> Option<&dns::Exchange> {
        self.messages.as_ref()?.get(direction)
    }

    /// The DNS message that records tell of: the answer, if there is one.
    pub fn told_message(&self) -> Option<&dns::Exchange> {
        self.message(ToClient).or_else(|| self.message(ToServer))
    }
}

impl Transaction for Stream {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        values::show(self, keyword, direction, accepts)
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        if record::has_content(self) {
            record::write(json, self);
        }
        if let Some(message) = self.told_message() {
            message.describe(json, options);
        }
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        let tells_dns = self
            .told_message()
            .is_some_and(|message| message.is_wanted(options));
        let has_content = record::has_content(self);
        if !has_content && !tells_dns {
            return;
        }
        let event_type = if tells_dns { "dns" } else { "http" };
        show(event_type, &|json| {
            if has_content {
                record::write(json, self);
            }
            if let Some(message) = self.told_message().filter(|_| tells_dns) {
                message.describe(json, options);
            }
        });
    }

    fn branch(&self) -> u8 {
        if self.id == 0 {
            OF_CONNECTION
        } else {
            OF_STREAM
        }
    }

    fn files(&self, direction: Direction) -> &[File] {
        &self.side(direction).files
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        &mut self.side_mut(direction).files
    }
}
