//! Requests of trivial file transfer.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow: one transaction, the request that begins it.
#[derive(Debug, Default)]
pub struct Tftp {
    transactions: Transactions<Request>,
}

/// A request to read or write a file (RFC 1350, section 5).
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    is_write: bool,
    file: Box<str>,
    mode: Box<str>,
}

impl Tftp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Request {
    fn parse(data: &[u8]) -> Option<Self> {
        let (operation, rest) = data.split_first_chunk::<2>()?;
        let is_write = match operation {
            [0, 1] => false,
            [0, 2] => true,
            _ => return None,
        };
        let mut parts = rest.split(|&byte| byte == 0);
        let text = |part: Option<&[u8]>| Some(Box::from(std::str::from_utf8(part?).ok()?));
        let (file, mode): (Box<str>, Box<str>) = (text(parts.next())?, text(parts.next())?);
        // The mode must have its final zero.
        parts.next()?;
        Some(Self {
            is_write,
            file,
            mode: mode.to_lowercase().into(),
        })
    }
}

impl Parser for Tftp {
    type Tx = Request;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[];

    fn place(_: KeywordId, _: Direction) -> Option<u8> {
        None
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let Some(request) = Request::parse(input.data) else {
            return Outcome::Failed;
        };
        let meta = &mut self.transactions.open(request).meta;
        meta.advance(Direction::ToServer, 1);
        meta.advance(Direction::ToClient, 1);
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Request> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Request> {
        &mut self.transactions
    }
}

impl Transaction for Request {
    fn values(&self, _: KeywordId, _: Direction, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("tftp");
        json.word("packet", if self.is_write { "write" } else { "read" });
        json.text("file", &self.file);
        json.text("mode", &self.mode);
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("tftp", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_file_and_mode() {
        let parsed = Request::parse(b"\0\x01rfc1350.txt\0OCTET\0");
        let expected = Request {
            is_write: false,
            file: "rfc1350.txt".into(),
            mode: "octet".into(),
        };
        assert_eq!(parsed, Some(expected));
    }

    #[test]
    fn what_is_cut_is_no_request() {
        for data in [
            &b"\0\x01a\0octet"[..],
            b"\0\x01a",
            b"\0\x03a\0octet\0",
            b"\0",
            b"",
        ] {
            assert_eq!(Request::parse(data), None);
        }
    }
}
