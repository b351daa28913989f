//! Commands of mail retrieval and the replies to them.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use crate::open_limit::OpenLimit;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::line::{LineReader, Piece};
use crate::record::RecordOptions;
use crate::transaction::{Entry, ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// Bytes of a line that are looked at.
const MAX_LINE: usize = 4096;
/// Bytes of a command and of a status line, ends included (RFC 2449, section 4).
const MAX_REQUEST: usize = 255;
const MAX_RESPONSE: usize = 512;
/// Bytes that a reply keeps of the lines behind its first.
const MAX_KEPT: usize = 1 << 16;

const TOO_MANY: u8 = 0;
const REQUEST_TOO_LONG: u8 = 1;
const ARGUMENT_COUNT: u8 = 2;
const UNKNOWN_COMMAND: u8 = 3;
const RESPONSE_TOO_LONG: u8 = 4;

/// Commands, with the least and the greatest number of their arguments.
const COMMANDS: [(&str, usize, usize); 17] = [
    ("USER", 1, 1),
    ("PASS", 1, usize::MAX),
    ("STAT", 0, 0),
    ("LIST", 0, 1),
    ("RETR", 1, 1),
    ("DELE", 1, 1),
    ("NOOP", 0, 0),
    ("RSET", 0, 0),
    ("QUIT", 0, 0),
    ("TOP", 2, 2),
    ("UIDL", 0, 1),
    ("APOP", 2, 2),
    ("AUTH", 1, 2),
    ("CAPA", 0, 0),
    ("STLS", 0, 0),
    ("UTF8", 0, 0),
    ("LANG", 0, 1),
];

/// The name of what is no command but the answer to a challenge.
const ANSWER: &str = "<SASL DATA>";

/// The parser of a mailbox's connection.
#[derive(Debug, Default)]
pub struct Pop3 {
    limit: OpenLimit<256>,
    transactions: Transactions<Dialogue>,
    readers: [LineReader; 2],
    /// The reply of this transaction goes on, up to a lone dot.
    open_reply: Option<u64>,
    /// The client's next line is no command but answers a challenge.
    is_challenged: bool,
}

/// A command and its reply.
#[derive(Debug, Default)]
pub struct Dialogue {
    request: Option<Request>,
    reply: Option<Reply>,
}

#[derive(Debug)]
struct Request {
    command: Vec<u8>,
    arguments: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Reply {
    is_good: bool,
    header: Vec<u8>,
    lines: Vec<Vec<u8>>,
    kept: usize,
}

impl Request {
    fn is(&self, name: &str) -> bool {
        self.command.eq_ignore_ascii_case(name.as_bytes())
    }

    fn has_many_lines(&self) -> bool {
        match &self.command.to_ascii_uppercase()[..] {
            b"LIST" | b"UIDL" => self.arguments.is_empty(),
            b"TOP" | b"RETR" | b"CAPA" => true,
            _ => false,
        }
    }
}

impl Pop3 {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            limit: settings.pop3,
            ..Self::default()
        }
    }

    fn request(&mut self, line: &[u8]) -> bool {
        if self.transactions.len() > self.limit.0 {
            for Entry { meta, .. } in self.transactions.iter_mut() {
                meta.event(TOO_MANY);
                meta.advance(Direction::ToServer, 1);
                meta.advance(Direction::ToClient, 1);
            }
            return false;
        }
        let mut events = [None; 2];
        let request = if std::mem::take(&mut self.is_challenged) {
            Request {
                command: ANSWER.as_bytes().to_vec(),
                arguments: Vec::new(),
            }
        } else {
            let mut words = line.split(|&byte| byte == b' ').filter(|w| !w.is_empty());
            // Names in small letters are understood, but nobody sends them so.
            let command = words.next().unwrap_or_default().to_vec();
            let arguments: Vec<_> = words.map(<[u8]>::to_vec).collect();
            let known = COMMANDS
                .iter()
                .find(|(name, ..)| name.as_bytes() == command);
            events[0] = match known {
                None => Some(UNKNOWN_COMMAND),
                Some((_, least, most)) if !(*least..=*most).contains(&arguments.len()) => {
                    Some(ARGUMENT_COUNT)
                }
                Some(_) => None,
            };
            events[1] = (line.len() + 2 > MAX_REQUEST).then_some(REQUEST_TOO_LONG);
            Request { command, arguments }
        };
        let dialogue = Dialogue {
            request: Some(request),
            reply: None,
        };
        let meta = &mut self.transactions.open(dialogue).meta;
        meta.advance(Direction::ToServer, 1);
        events
            .into_iter()
            .flatten()
            .for_each(|event| meta.event(event));
        true
    }

    fn reply(&mut self, line: &[u8], orders: &mut Orders) {
        if let Some(id) = self.open_reply {
            self.reply_line(id, line);
            return;
        }
        let (is_good, header) = if let Some(rest) = line.strip_prefix(b"+OK") {
            (true, rest)
        } else if let Some(rest) = line.strip_prefix(b"-ERR") {
            (false, rest)
        } else if let Some(rest) = line.strip_prefix(b"+ ") {
            (true, rest)
        } else {
            return;
        };
        let waiting = self
            .transactions
            .iter()
            .find(|entry| entry.tx.reply.is_none())
            .map(|entry| entry.meta.id());
        let entry = match waiting {
            Some(id) => self.transactions.find(id),
            None if self.transactions.len() > self.limit.0 => None,
            None => {
                let entry = self.transactions.open(Dialogue::default());
                entry.meta.advance(Direction::ToServer, 1);
                Some(entry)
            }
        };
        let Some(Entry { meta, tx }) = entry else {
            return;
        };
        tx.reply = Some(Reply {
            is_good,
            header: header.trim_ascii().to_vec(),
            lines: Vec::new(),
            kept: 0,
        });
        if line.len() + 2 > MAX_RESPONSE {
            meta.event(RESPONSE_TOO_LONG);
        }
        let is = |name: &str| tx.request.as_ref().is_some_and(|r| r.is(name));
        if line.starts_with(b"+ ") {
            self.is_challenged = is("AUTH") || is(ANSWER);
        } else if is_good && is("STLS") {
            orders.change = Some((0, AppProto::Tls));
        }
        if is_good && tx.request.as_ref().is_some_and(Request::has_many_lines) {
            self.open_reply = Some(meta.id());
        } else {
            meta.advance(Direction::ToClient, 1);
        }
        orders.inspect_stream[Direction::ToClient.index()] = true;
    }

    fn reply_line(&mut self, id: u64, line: &[u8]) {
        let is_last = line == b".";
        if is_last {
            self.open_reply = None;
        }
        let Some(Entry { meta, tx }) = self.transactions.find(id) else {
            return;
        };
        if is_last {
            meta.advance(Direction::ToClient, 1);
            return;
        }
        let is_mail = tx.request.as_ref().is_some_and(|r| r.is("RETR"));
        if let Some(reply) = &mut tx.reply
            && !is_mail
            && reply.kept + line.len() < MAX_KEPT
        {
            // Each line costs something, however short.
            reply.kept += line.len() + 32;
            reply.lines.push(line.to_vec());
        }
    }
}

impl Parser for Pop3 {
    type Tx = Dialogue;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "too_many_transactions",
        "request_too_long",
        "incorrect_argument_count",
        "unknown_command",
        "response_too_long",
    ];

    fn place(_: KeywordId, _: Direction) -> Option<u8> {
        None
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            match self.readers[input.direction.index()].next(rest, MAX_LINE) {
                Piece::Line { text, used, .. } => {
                    consumed += used;
                    if input.direction == Direction::ToClient {
                        self.reply(text, orders);
                    } else if !self.request(text) {
                        return Outcome::Failed;
                    }
                    if orders.change.is_some() {
                        return Outcome::Done;
                    }
                }
                Piece::Rest(used) => consumed += used,
                Piece::Wait => {
                    return Outcome::Incomplete {
                        consumed,
                        needed: rest.len() + 1,
                    };
                }
            }
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Dialogue> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Dialogue> {
        &mut self.transactions
    }
}

impl Transaction for Dialogue {
    fn values(&self, _: KeywordId, _: Direction, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("pop3");
        if let Some(request) = &self.request {
            json.open_object("request");
            json.bytes("command", &request.command);
            json.open_array("args");
            for argument in &request.arguments {
                json.bytes_element(argument);
            }
            json.close_array();
            json.close_object();
        }
        if let Some(reply) = &self.reply {
            json.open_object("response");
            json.bool("success", reply.is_good);
            json.word("status", if reply.is_good { "OK" } else { "ERR" });
            json.bytes("header", &reply.header);
            json.open_array("data");
            for line in &reply.lines {
                json.bytes_element(line);
            }
            json.close_array();
            json.close_object();
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("pop3", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    #[test]
    fn replies_of_many_lines_end_at_a_dot() {
        let mut parser = Pop3::default();
        let mut orders = Orders::default();
        let talk: [(Direction, &[u8]); 4] = [
            (ToClient, b"+OK hello\r\n"),
            (ToServer, b"CAPA\r\nSTAT x\r\nNOPE\r\n"),
            (ToClient, b"+OK list\r\nUSER\r\nTOP\r\n.\r\n"),
            (ToClient, b"+OK 1 2\r\n-ERR no\r\n"),
        ];
        for (direction, data) in talk {
            let outcome = parser.parse(&Input::new(direction, data), &mut orders);
            assert_eq!(outcome, Outcome::Done);
        }
        let seen: Vec<_> = parser.transactions.iter().collect();
        let replies: Vec<_> = seen
            .iter()
            .filter_map(|entry| entry.tx.reply.as_ref())
            .map(|reply| (reply.is_good, &reply.header[..], reply.lines.len()))
            .collect();
        assert_eq!(
            replies,
            [
                (true, &b"hello"[..], 0),
                (true, b"list", 2),
                (true, b"1 2", 0),
                (false, b"no", 0)
            ]
        );
        let events: Vec<_> = seen
            .iter()
            .map(|entry| entry.meta.events.to_vec())
            .collect();
        assert_eq!(
            events,
            [vec![], vec![], vec![ARGUMENT_COUNT], vec![UNKNOWN_COMMAND]]
        );
    }
}
