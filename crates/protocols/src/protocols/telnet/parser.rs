//! Lines of text with commands between them: no transactions, only frames.

use std::sync::Arc;

use memchr::memmem;
use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// Frames: a message, and which of the two kinds it is of.
const PDU: u8 = 0;
const COMMAND: u8 = 1;
const TEXT: u8 = 2;

/// Interpret as command (RFC 854), which begins each of them.
const IAC: u8 = 255;
const SUBNEGOTIATION_END: &[u8] = &[IAC, 240];

/// A message that is longer than this (bytes) is cut.
const LONGEST: usize = 64 * 1024;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Telnet {
    transactions: Transactions<Never>,
    login: Login,
    pending: [Pending; 2],
}

/// Telnet has no transactions.
#[derive(Debug)]
pub enum Never {}

/// How far the user has come. Questions of the server end with a colon and a blank, not with a line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Login {
    /// The server is to ask for a name.
    #[default]
    Before,
    NameAsked,
    NameGiven,
    PasswordAsked,
    PasswordGiven,
    Refused,
    Done,
}

/// The message of a direction that has begun and not ended.
#[derive(Debug, Default, Clone, Copy)]
struct Pending {
    /// Its frames are open.
    is_open: bool,
    /// So many of its bytes were searched for this end; the login may have come to where another one counts.
    searched: usize,
    end: &'static [u8],
}

/// A message at the front of some bytes.
enum Message<'a> {
    Command { len: usize },
    Text { len: usize, text: &'a [u8] },
}

impl Message<'_> {
    fn len(&self) -> usize {
        match self {
            Message::Command { len } | Message::Text { len, .. } => *len,
        }
    }
}

impl Telnet {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }

    /// What ends a text that goes this way.
    fn terminator(&self, direction: Direction) -> &'static [u8] {
        let is_question = matches!(
            self.login,
            Login::Before | Login::Refused | Login::NameGiven
        );
        match direction {
            Direction::ToClient if is_question => b": ",
            _ => b"\n",
        }
    }

    /// A text has come: what it says of the login.
    fn heard(&mut self, direction: Direction, text: &[u8]) {
        self.login = match (direction, self.login) {
            (Direction::ToServer, Login::NameAsked) => Login::NameGiven,
            (Direction::ToServer, Login::PasswordAsked) => Login::PasswordGiven,
            (Direction::ToClient, Login::Before | Login::Refused) => Login::NameAsked,
            (Direction::ToClient, Login::NameGiven) => Login::PasswordAsked,
            (Direction::ToClient, Login::PasswordGiven) => match std::str::from_utf8(text) {
                Ok("Login incorrect") => Login::Refused,
                Ok("") | Err(_) => Login::PasswordGiven,
                Ok(_) => Login::Done,
            },
            (_, same) => same,
        };
    }
}

/// The message at the front, if its end has come. Of what ends so, `searched` bytes are known not to hold the end.
fn message<'a>(data: &'a [u8], end: &[u8], searched: usize) -> Option<Message<'a>> {
    let from = searched.saturating_sub(end.len().saturating_sub(1));
    if data.first() != Some(&IAC) {
        let at = from + memmem::find(data.get(from..)?, end)?;
        let (text, len) = (data.get(..at)?, at + end.len());
        return Some(Message::Text { len, text });
    }
    let len = match data.get(1)? {
        251..=254 => 3,
        // Its end is a command of its own.
        250 => {
            let from = from.max(3);
            from + memmem::find(data.get(from..)?, end)?
        }
        _ => 2,
    };
    (len <= data.len()).then_some(Message::Command { len })
}

/// The frames of a message of which `len` bytes are known, if all are.
fn frames(frames: &mut Frames, pending: Pending, kind: u8, from: usize, len: Option<usize>) {
    for kind in [PDU, kind] {
        match (pending.is_open, len) {
            (false, Some(len)) => frames.whole(kind, from, len, None),
            (false, None) => frames.open(kind, from, None),
            (true, Some(len)) => frames.close(kind, from + len),
            (true, None) => {}
        }
    }
}

impl Parser for Telnet {
    type Tx = Never;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[];
    const FRAMES: &'static [&'static str] = &["pdu", "ctl", "data"];

    fn place(_: KeywordId, _: Direction) -> Option<u8> {
        None
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let way = input.direction.index();
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let pending = std::mem::take(&mut self.pending[way]);
            let (kind, end) = match rest.first() {
                Some(&IAC) => (COMMAND, SUBNEGOTIATION_END),
                _ => (TEXT, self.terminator(input.direction)),
            };
            let searched = if pending.end == end {
                pending.searched
            } else {
                0
            };
            let found = message(rest, end, searched);
            // Who sends a line without end is not waited for.
            let len = match &found {
                Some(message) => Some(message.len()),
                None => (rest.len() >= LONGEST).then_some(rest.len()),
            };
            frames(&mut orders.frames, pending, kind, consumed, len);
            let Some(len) = len else {
                self.pending[way] = Pending {
                    is_open: true,
                    searched: rest.len(),
                    end,
                };
                return Outcome::Incomplete {
                    consumed,
                    needed: rest.len() + 1,
                };
            };
            if let Some(Message::Text { text, .. }) = found {
                self.heard(input.direction, text);
            }
            consumed += len;
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        // What follows begins a message, as far as anybody can tell.
        self.pending[direction.index()] = Pending::default();
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Never> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Never> {
        &mut self.transactions
    }
}

impl Transaction for Never {
    fn values(&self, _: KeywordId, _: Direction, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match *self {}
    }

    fn describe(&self, _: &mut Json<'_>, _: &RecordOptions) {
        match *self {}
    }

    fn records(&self, _: &RecordOptions, _: &mut ShowRecord<'_>) {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameNote;

    /// Frames of a direction as kind, begin and end in its stream, fed in pieces of a length.
    fn spans(turns: &[(Direction, &[u8])], piece: usize) -> Vec<(usize, u8, usize, usize)> {
        let mut telnet = Telnet::default();
        let mut streams: [(usize, Vec<u8>); 2] = Default::default();
        let mut spans = Vec::new();
        for (direction, said) in turns {
            let way = direction.index();
            for part in said.chunks(piece) {
                let (base, rest) = &mut streams[way];
                rest.extend_from_slice(part);
                let mut orders = Orders {
                    frames: Frames::new(true),
                    ..Orders::default()
                };
                let used = match telnet.parse(&Input::new(*direction, rest), &mut orders) {
                    Outcome::Done => rest.len(),
                    Outcome::Incomplete { consumed, .. } => consumed,
                    Outcome::Failed => panic!("nothing fails"),
                };
                for note in orders.frames.notes() {
                    match *note {
                        FrameNote::Begin {
                            kind, from, len, ..
                        } => {
                            let from = *base + from;
                            let end = len.map_or(usize::MAX, |len| from + len as usize);
                            spans.push((way, kind, from, end));
                        }
                        FrameNote::End { kind, at } => {
                            let open = spans
                                .iter_mut()
                                .find(|it| (it.0, it.1, it.3) == (way, kind, usize::MAX));
                            open.expect("an open frame").3 = *base + at;
                        }
                    }
                }
                rest.drain(..used);
                *base += used;
            }
        }
        spans.sort_unstable();
        spans
    }

    #[test]
    fn an_end_may_be_cut_whatever_it_ends() {
        // The client speaks in lines; what its subnegotiation ends with are two bytes all the same.
        let client: &[(Direction, &[u8])] =
            &[(Direction::ToServer, b"\xff\xfa\x18\0xterm\xff\xf0root\r\n")];
        let whole = spans(client, 1000);
        assert_eq!(whole.len(), 6);
        for piece in 1..16 {
            assert_eq!(spans(client, piece), whole, "{piece}");
        }
    }

    #[test]
    fn another_end_counts_for_what_was_searched_too() {
        // A line of the server begins as one; the name that the client gives makes a question of it.
        let turns: &[(Direction, &[u8])] = &[
            (Direction::ToClient, b"login: "),
            (Direction::ToClient, b"Password: for"),
            (Direction::ToServer, b"root\r\n"),
            (Direction::ToClient, b" you"),
        ];
        let way = Direction::ToClient.index();
        let texts: Vec<_> = spans(turns, 1000)
            .into_iter()
            .filter(|it| (it.0, it.1) == (way, TEXT))
            .map(|it| (it.2, it.3))
            .collect();
        assert_eq!(texts, [(0, 7), (7, 17), (17, usize::MAX)]);
    }

    const LOGIN: &[(Direction, &[u8])] = &[
        (
            Direction::ToClient,
            b"\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0Debian\nhost login: ",
        ),
        (Direction::ToServer, b"\xff\xfb\x18root\r\n"),
        (Direction::ToClient, b"Password: "),
        (Direction::ToServer, b"toor\r\n"),
        (Direction::ToClient, b"Welcome: all\r\n# "),
    ];

    #[test]
    fn messages_are_frames() {
        let spans = spans(LOGIN, 1000);
        let of = |way, kind| -> Vec<_> {
            let is = |it: &&(usize, u8, usize, usize)| (it.0, it.1) == (way, kind);
            spans.iter().filter(is).map(|it| (it.2, it.3)).collect()
        };
        let (server, client) = (Direction::ToServer.index(), Direction::ToClient.index());
        assert_eq!(of(server, COMMAND), [(0, 3)]);
        assert_eq!(of(server, TEXT), [(3, 9), (9, 15)]);
        // The end of a subnegotiation is a command of its own; questions end behind their colon.
        assert_eq!(of(client, COMMAND), [(0, 3), (3, 7), (7, 9)]);
        assert_eq!(
            of(client, TEXT),
            [(9, 28), (28, 38), (38, 52), (52, usize::MAX)]
        );
        assert_eq!(of(client, PDU).len(), 7);
    }

    #[test]
    fn cuts_make_no_difference() {
        let whole = spans(LOGIN, 1000);
        for piece in 1..20 {
            assert_eq!(spans(LOGIN, piece), whole, "{piece}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_waited_for() {
        let mut telnet = Telnet::default();
        let line = vec![b'a'; LONGEST];
        let input = Input::new(Direction::ToServer, &line);
        assert_eq!(telnet.parse(&input, &mut Orders::default()), Outcome::Done);
    }
}
