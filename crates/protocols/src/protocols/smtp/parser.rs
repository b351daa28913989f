//! Commands of mail transfer (RFC 5321), and the messages between them.

use std::collections::VecDeque;
use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, mail};

use super::events;
use super::message::Message;
use super::transaction::Mail;
use crate::file::{File, FileSettings, FileState};
use crate::frame::Frames;
use crate::hook::Branch;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::line::{LineReader, Piece};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

/// Bytes of a line that are looked at; of a message's line, that are taken at once.
const MAX_LINE: usize = 4096;
/// Commands that may wait for a reply.
const MAX_WAITING: usize = 1024;
/// Mails that may be open at once.
const MAX_OPEN: usize = 256;
/// Recipients that a mail keeps.
const MAX_RECIPIENTS: usize = 1024;
/// The name of a message that is a file as a whole.
const RAW_NAME: &[u8] = b"rawmsg";

/// A command whose reply has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) what: What,
    /// The mail that it belongs to.
    pub(super) tx: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Data,
    StartTls,
    /// The message itself, or the last chunk of one.
    EndOfMessage,
    /// It ends the mail, once the server agrees.
    Reset,
    Other,
}

/// What the client sends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Commands,
    Data,
    /// A chunk of so many bytes more, the last one or not (RFC 3030).
    Chunk(u64, bool),
}

/// The parser of a mail connection.
#[derive(Debug)]
pub struct Smtp {
    transactions: Transactions<Mail>,
    readers: [LineReader; 2],
    /// The frame of a message has begun.
    is_in_data: bool,
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) mode: Mode,
    /// The mail that the client is at, while it is open.
    pub(super) current: Option<u64>,
    helo: Option<Vec<u8>>,
    /// The server has greeted.
    pub(super) is_welcome: bool,
    /// The server takes commands before it has replied to those before.
    pub(super) takes_pipelines: bool,
    /// The message was begun before the server agreed.
    pub(super) has_begun: bool,
    /// The last piece of a message's line did not end it.
    is_continued: bool,
    settings: Arc<ParserSettings>,
    file_settings: Arc<FileSettings>,
}

impl Smtp {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        let file_settings = FileSettings {
            inspect_min: settings.smtp.inspect_min,
            inspect_window: settings.smtp.inspect_window,
            ..(*settings.files).clone()
        };
        Self {
            transactions: Transactions::default(),
            readers: Default::default(),
            is_in_data: false,
            waiting: VecDeque::new(),
            mode: Mode::Commands,
            current: None,
            helo: None,
            is_welcome: false,
            takes_pipelines: false,
            has_begun: false,
            is_continued: false,
            settings: Arc::clone(settings),
            file_settings: Arc::new(file_settings),
        }
    }

    fn entry(&mut self) -> Option<&mut Entry<Mail>> {
        self.transactions.find(self.current?)
    }

    /// Begins a mail when the one before is over.
    fn begin_mail(&mut self) {
        if self.entry().is_some_and(|entry| !entry.tx.is_done) {
            return;
        }
        if self.transactions.len() < MAX_OPEN {
            let mail = Mail {
                helo: self.helo.clone(),
                ..Mail::default()
            };
            self.current = Some(self.transactions.open(mail).meta.id());
        }
    }

    fn event(&mut self, event: u8) {
        self.event_of(self.current, event);
    }

    pub(super) fn event_of(&mut self, tx: Option<u64>, event: u8) {
        if let Some(entry) = tx.and_then(|tx| self.transactions.find(tx)) {
            entry.meta.event(event);
        }
    }

    /// Directions of a mail are over.
    pub(super) fn complete(&mut self, tx: u64, ways: &[Direction]) {
        if let Some(Entry { meta, tx }) = self.transactions.find(tx) {
            for way in ways {
                meta.advance(*way, COMPLETE);
                tx.is_done |= *way == Direction::ToServer;
            }
        }
    }

    /// A side of a mail comes to its message.
    pub(super) fn at_message(&mut self, tx: u64, way: Direction) {
        if let Some(entry) = self.transactions.find(tx) {
            entry.meta.advance(way, DATA);
        }
    }

    /// Whether the client is sending the message of a mail.
    pub(super) fn is_at_message(&self, tx: u64) -> bool {
        self.mode == Mode::Data && self.current == Some(tx)
    }

    /// The message is over; `is_whole` when the client said so.
    fn end_message(&mut self, is_whole: bool) {
        let Some(Entry { meta, tx }) = self.entry() else {
            return;
        };
        if let Some(message) = &mut tx.message {
            message.end(is_whole);
            message.events.iter().for_each(|&event| meta.event(event));
        }
        for raw in &mut tx.raw {
            raw.close(if is_whole {
                FileState::Closed
            } else {
                FileState::Truncated
            });
        }
        tx.is_done = true;
        meta.advance(Direction::ToServer, COMPLETE);
    }

    fn wait(&mut self, what: What) {
        let is_early = self
            .waiting
            .back()
            .is_some_and(|last| matches!(last.what, What::Data | What::StartTls));
        if is_early {
            // These must be the last of those sent in one go (RFC 2920, section 3.1).
            self.event(events::BAD_PIPELINE);
        }
        if self.waiting.len() < MAX_WAITING {
            let tx = self.current.unwrap_or(u64::MAX);
            self.waiting.push_back(Waiting { what, tx });
        }
    }

    fn command(&mut self, line: &[u8], orders: &mut Orders) {
        let is = |word: &[u8]| {
            line.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        // These end what was before and begin nothing.
        let is_last = self.current.is_some() && (is(b"RSET") || is(b"QUIT"));
        if !is_last {
            self.begin_mail();
        }
        if !self.is_welcome {
            self.event(events::NO_WELCOME);
        }
        let mut what = What::Other;
        if is(b"STARTTLS") {
            what = What::StartTls;
        } else if is(b"DATA") {
            self.begin_message();
            what = What::Data;
            self.current_at_message();
        } else if is(b"BDAT") {
            self.current_at_message();
            what = self.chunk(line.get(4..).unwrap_or_default());
        } else if is(b"HELO") || is(b"EHLO") {
            what = self.greet(parameter(line, 5));
        } else if is(b"MAIL FROM") {
            self.sender(parameter(line, 10));
        } else if is(b"RCPT TO") {
            self.recipient(parameter(line, 8));
        } else if is(b"RSET") {
            what = What::Reset;
        }
        self.wait(what);
        if what == What::Data && self.takes_pipelines {
            self.mode = Mode::Data;
            self.has_begun = true;
        }
        self.chunk_over();
        orders.inspect_stream[Direction::ToServer.index()] = true;
    }

    fn current_at_message(&mut self) {
        if let Some(tx) = self.current {
            self.at_message(tx, Direction::ToServer);
        }
    }

    fn greet(&mut self, name: Vec<u8>) -> What {
        if self.helo.is_some() {
            self.event(events::DUPLICATE);
            // In the midst of a mail it begins anew (RFC 5321, section 4.1.4).
            let is_midst = self.entry().is_some_and(|entry| entry.tx.from.is_some());
            return if is_midst { What::Reset } else { What::Other };
        }
        self.helo = Some(name.clone());
        if let Some(entry) = self.entry() {
            entry.tx.helo = Some(name);
            entry.meta.updated = [true; 2];
        }
        What::Other
    }

    fn sender(&mut self, from: Vec<u8>) {
        if let Some(Entry { meta, tx }) = self.entry() {
            if tx.from.is_some() {
                meta.event(events::DUPLICATE);
            } else {
                tx.from = Some(from);
                meta.updated = [true; 2];
            }
        }
    }

    fn recipient(&mut self, to: Vec<u8>) {
        if let Some(Entry { meta, tx }) = self.entry()
            && tx.to.len() < MAX_RECIPIENTS
        {
            tx.to.push(to);
            meta.updated = [true; 2];
        }
    }

    fn chunk(&mut self, argument: &[u8]) -> What {
        let text = std::str::from_utf8(argument).unwrap_or_default();
        let mut words = text.split_ascii_whitespace();
        let size = words.next().and_then(|word| word.parse::<u32>().ok());
        let last = words.next();
        let is_last = last.is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
        let is_valid = words.next().is_none() && (last.is_none() || is_last);
        let (Some(size), true) = (size, is_valid) else {
            self.event(events::INVALID_BDAT);
            return What::Other;
        };
        self.mode = Mode::Chunk(size.into(), is_last);
        if is_last {
            What::EndOfMessage
        } else {
            What::Other
        }
    }

    /// After the last byte of a chunk, commands follow.
    fn chunk_over(&mut self) {
        if let Mode::Chunk(0, is_last) = self.mode {
            self.mode = Mode::Commands;
            if is_last {
                self.end_message(true);
            }
        }
    }

    fn begin_message(&mut self) {
        self.is_continued = false;
        self.has_begun = false;
        let settings = &self.settings.smtp;
        let message = settings
            .decode_mime
            .then(|| Box::new(Message::new(settings, &self.file_settings)));
        let raw = settings
            .raw_extraction
            .then(|| File::new(&self.file_settings, RAW_NAME));
        let Some(Entry { meta, tx }) = self.entry() else {
            return;
        };
        if let Some(mut message) = message {
            if let Some(mut before) = tx.message.take() {
                // Its end was not seen.
                meta.event(events::UNPARSABLE);
                before.end(false);
                message.files = std::mem::take(&mut before.files);
            }
            tx.message = Some(message);
        }
        if let Some(raw) = raw {
            if let Some(before) = tx.raw.last_mut() {
                meta.event(events::UNPARSABLE);
                before.close(FileState::Truncated);
            } else {
                tx.raw.push(raw);
            }
        }
    }

    fn message_line(&mut self, line: &[u8], end: &'static [u8]) {
        let Some(Entry { meta, tx }) = self.entry() else {
            return;
        };
        if let Some(message) = &mut tx.message {
            message.line(line, end);
            message.events.iter().for_each(|&event| meta.event(event));
        }
        for raw in &mut tx.raw {
            raw.append(line);
            raw.append(end);
        }
        meta.updated[Direction::ToServer.index()] = true;
    }

    /// Whether a part of a line can be taken before its end is there.
    fn takes_pieces(&mut self, data: &[u8]) -> bool {
        if data.len() >= MAX_LINE {
            return true;
        }
        // What may be a boundary or the end is waited for, and so are header fields.
        let may_be_mark = !self.is_continued && matches!(data.first(), Some(b'-' | b'.'));
        !may_be_mark && !self.is_in_header()
    }

    fn is_in_header(&mut self) -> bool {
        self.entry()
            .and_then(|entry| entry.tx.message.as_deref())
            .is_some_and(Message::is_in_header)
    }

    /// Takes a line of a message, or what there is of it; tells the bytes used.
    fn message_piece(&mut self, data: &[u8]) -> usize {
        let (line, end, used): (_, &'static [u8], _) = match memchr::memchr(b'\n', data) {
            Some(at) => match data.get(..at).unwrap_or_default() {
                [line @ .., b'\r'] => (line, b"\r\n", at + 1),
                line => (line, b"\n", at + 1),
            },
            // The return may belong to the end of the line.
            None => match data {
                _ if !self.takes_pieces(data) => return 0,
                [] | [b'\r'] => return 0,
                [line @ .., b'\r'] => (line, b"", line.len()),
                line => (line, b"", line.len()),
            },
        };
        if end.is_empty() && line.len() >= MAX_LINE && self.is_in_header() {
            // The rest of the field will be passed over.
            self.event(events::TRUNCATED_LINE);
        }
        let is_start = !std::mem::replace(&mut self.is_continued, end.is_empty());
        if is_start && line == b"." && !end.is_empty() {
            self.mode = Mode::Commands;
            self.wait(What::EndOfMessage);
            self.end_message(true);
        } else if is_start {
            // A dot at the beginning was doubled by the sender.
            self.message_line(line.strip_prefix(b".").unwrap_or(line), end);
        } else {
            self.message_line(line, end);
        }
        used
    }

    /// Takes bytes of the client; tells how many, 0 when more are needed.
    fn client(&mut self, data: &[u8], orders: &mut Orders) -> usize {
        match self.mode {
            Mode::Data => self.message_piece(data),
            Mode::Chunk(left, is_last) => {
                let here = usize::try_from(left).map_or(data.len(), |left| left.min(data.len()));
                self.mode = Mode::Chunk(left.saturating_sub(here as u64), is_last);
                self.chunk_over();
                here
            }
            Mode::Commands => match self.readers[0].next(data, MAX_LINE) {
                Piece::Line { text, used, cut } => {
                    if cut {
                        self.event(events::TRUNCATED_LINE);
                    } else {
                        self.command(text, orders);
                    }
                    used
                }
                Piece::Rest(used) => used,
                Piece::Wait => 0,
            },
        }
    }

    /// Takes bytes of the server; tells how many, 0 when more are needed. Nothing when they are none of a server.
    fn server(&mut self, data: &[u8], orders: &mut Orders) -> Option<usize> {
        Some(match self.readers[1].next(data, MAX_LINE) {
            Piece::Line { text, used, cut } => {
                // A line feed alone is what some servers leave behind a reply.
                let is_stray = used == 1;
                if cut {
                    self.event(events::TRUNCATED_LINE);
                } else if !is_stray && !self.reply(text, orders) {
                    return None;
                }
                used
            }
            Piece::Rest(used) => used,
            Piece::Wait => 0,
        })
    }
}

/// A command's parameter from a place on: other parameters may follow it (RFC 1870).
fn parameter(line: &[u8], from: usize) -> Vec<u8> {
    let text = line.get(from..).unwrap_or_default();
    let mut words = text.split(|&byte| byte == b' ');
    let word = words.find(|word| !word.is_empty()).unwrap_or_default();
    word.to_vec()
}

/// The progress of a side whose mail has come to its message.
const DATA: u8 = 1;
/// The progress of a side that is done with a mail.
const COMPLETE: u8 = 2;

/// Frames, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const COMMAND_LINE: u8 = 0;
    pub(super) const DATA: u8 = 1;
    pub(super) const RESPONSE_LINE: u8 = 2;
}

impl Smtp {
    /// Tells of the frames of what the client said at a place in the input, in the mode that it was in.
    fn note_frames(&mut self, mode: Mode, (from, used): (usize, usize), frames: &mut Frames) {
        match mode {
            _ if used == 0 => {}
            Mode::Commands => frames.whole(frame::COMMAND_LINE, from, used, self.current),
            Mode::Data => {
                if !std::mem::replace(&mut self.is_in_data, self.mode == Mode::Data) {
                    frames.open(frame::DATA, from, self.current);
                }
                if self.mode != Mode::Data {
                    frames.close(frame::DATA, from + used);
                }
            }
            Mode::Chunk(..) => {}
        }
    }
}

impl Parser for Smtp {
    type Tx = Mail;
    const COMPLETE: [u8; 2] = [COMPLETE; 2];
    const BRANCHES: &'static [Branch] = &[Branch {
        name: "",
        states: [
            &[
                ("request_started", 0),
                ("request_data", DATA),
                ("request_complete", COMPLETE),
            ],
            &[
                ("response_started", 0),
                ("response_data", DATA),
                ("response_complete", COMPLETE),
            ],
        ],
    }];
    const EVENTS: &'static [&'static str] = events::NAMES;
    const FRAMES: &'static [&'static str] = &["command_line", "data", "response_line"];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        if direction != Direction::ToServer {
            return None;
        }
        match keyword {
            mail::EMAIL_BODY_MD5 | mail::EMAIL_URL | mail::EMAIL_RECEIVED => Some(COMPLETE),
            mail::EMAIL_FROM
            | mail::EMAIL_SUBJECT
            | mail::EMAIL_TO
            | mail::EMAIL_CC
            | mail::EMAIL_DATE
            | mail::EMAIL_MESSAGE_ID
            | mail::EMAIL_X_MAILER => Some(COMPLETE),
            mail::SMTP_HELO | mail::SMTP_MAIL_FROM | mail::SMTP_RCPT_TO => Some(0),
            file::DATA | file::NAME => Some(DATA),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let mode = self.mode;
            let asker = self.waiting.front().map(|waiting| waiting.tx);
            let used = match input.direction {
                Direction::ToServer => self.client(rest, orders),
                Direction::ToClient => match self.server(rest, orders) {
                    Some(used) => used,
                    None => return Outcome::Failed,
                },
            };
            let place = (consumed, used);
            match input.direction {
                Direction::ToServer => self.note_frames(mode, place, &mut orders.frames),
                Direction::ToClient => {
                    let tx = asker.or(self.current);
                    orders
                        .frames
                        .whole(frame::RESPONSE_LINE, consumed, used, tx);
                }
            }
            if used == 0 {
                return Outcome::Incomplete {
                    consumed,
                    needed: rest.len() + 1,
                };
            }
            consumed += used;
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        if direction == Direction::ToServer && self.entry().is_some_and(|entry| !entry.tx.is_done) {
            self.end_message(false);
        }
    }

    fn transactions(&self) -> &Transactions<Mail> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Mail> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Transaction;
    use tapir_packet::Direction::{ToClient, ToServer};

    fn feed(smtp: &mut Smtp, direction: Direction, data: &[u8], step: usize) -> Orders {
        let mut orders = Orders::default();
        let (mut from, mut to) = (0, 0);
        while to < data.len() {
            to = (to + step).min(data.len());
            match smtp.parse(&Input::new(direction, &data[from..to]), &mut orders) {
                Outcome::Done => from = to,
                Outcome::Incomplete { consumed, .. } => from += consumed,
                Outcome::Failed => panic!("mail is never given up"),
            }
        }
        orders
    }

    fn smtp() -> Smtp {
        Smtp::new(AppProto::Smtp, &Arc::default())
    }

    #[test]
    fn two_mails_whole_and_byte_by_byte() {
        for step in [1, 1000] {
            let mut smtp = smtp();
            feed(&mut smtp, ToClient, b"220 a\r\n", step);
            feed(&mut smtp, ToServer, b"EHLO me\r\n", step);
            feed(&mut smtp, ToClient, b"250-a\r\n250 b\r\n", step);
            for _ in 0..2 {
                feed(
                    &mut smtp,
                    ToServer,
                    b"MAIL FROM:<a@b> X=1\r\nRCPT TO:<c@d>\r\nDATA\r\n",
                    step,
                );
                feed(&mut smtp, ToClient, b"250 ok\r\n250 ok\r\n354 go\r\n", step);
                feed(&mut smtp, ToServer, b"From: x\r\n\r\n..a\r\n.\r\n", step);
                feed(&mut smtp, ToClient, b"250 ok\r\n", step);
            }
            let seen: Vec<_> = smtp.transactions.iter().map(|entry| &entry.tx).collect();
            assert_eq!(seen.len(), 2);
            for mail in seen {
                assert_eq!(
                    (mail.helo.as_deref(), mail.from.as_deref()),
                    (Some(&b"me"[..]), Some(&b"<a@b>"[..]))
                );
                assert_eq!(mail.to, [b"<c@d>"]);
                let message = mail.message.as_deref().map(|m| m.all(b"from").next());
                assert_eq!(message, Some(Some(&b"x"[..])));
            }
            assert!(
                smtp.transactions
                    .iter()
                    .all(|entry| entry.meta.events.is_empty())
            );
        }
    }

    #[test]
    fn chunks_are_counted() {
        let mut smtp = smtp();
        feed(
            &mut smtp,
            ToServer,
            b"MAIL FROM:<a>\r\nBDAT 10\r\nTo: y\r\n\r\nhBDAT 1 LAST\r\niQUIT\r\n",
            1000,
        );
        let mail = smtp.transactions.get(0).map(|entry| &entry.tx);
        assert!(mail.is_some_and(|mail| mail.is_done));
    }

    #[test]
    fn encryption_is_accepted_or_rejected() {
        let mut smtp = smtp();
        feed(&mut smtp, ToClient, b"220 a\r\n", 99);
        feed(&mut smtp, ToServer, b"STARTTLS\r\nSTARTTLS\r\n", 99);
        assert_eq!(feed(&mut smtp, ToClient, b"454 no\r\n", 99).change, None);
        let change = feed(&mut smtp, ToClient, b"220 go\r\n", 99).change;
        assert_eq!(change, Some((0, AppProto::Tls)));
        let events = smtp
            .transactions
            .get(0)
            .map(|entry| entry.meta.events.to_vec());
        assert_eq!(
            events,
            Some(vec![events::BAD_PIPELINE, events::TLS_REJECTED])
        );
    }

    /// How many mails there are, and which of their directions are over.
    fn progress(smtp: &Smtp) -> Vec<[u8; 2]> {
        smtp.transactions
            .iter()
            .map(|entry| [ToServer, ToClient].map(|way| entry.meta.progress(way)))
            .collect()
    }

    #[test]
    fn replies_belong_to_the_mails_of_their_commands() {
        for step in [1, 1000] {
            let mut smtp = smtp();
            feed(&mut smtp, ToClient, b"220 a\r\n", step);
            feed(&mut smtp, ToServer, b"EHLO me\r\n", step);
            feed(&mut smtp, ToClient, b"250-PIPELINING\r\n250 b\r\n", step);
            feed(
                &mut smtp,
                ToServer,
                b"MAIL FROM:<a>\r\nBDAT 3 LAST\r\nabcMAIL FROM:<b>\r\nDATA\r\n",
                step,
            );
            assert_eq!(progress(&smtp), [[2, 0], [1, 0]]);
            feed(&mut smtp, ToClient, b"250 ok\r\n250 ok\r\n", step);
            assert_eq!(progress(&smtp), [[2, 2], [1, 0]]);
            feed(&mut smtp, ToClient, b"250 ok\r\n354 go\r\n", step);
            feed(&mut smtp, ToServer, b"x\r\n.\r\nQUIT\r\n", step);
            assert_eq!(progress(&smtp), [[2, 2], [2, 1]]);
            feed(&mut smtp, ToClient, b"250 ok\r\n221 bye\r\n", step);
            assert_eq!(progress(&smtp), [[2, 2], [2, 2]]);
        }
    }

    #[test]
    fn a_greeting_amidst_a_mail_ends_it_once_the_server_agrees() {
        let mut smtp = smtp();
        feed(&mut smtp, ToClient, b"220 a\r\n", 99);
        feed(
            &mut smtp,
            ToServer,
            b"HELO me\r\nMAIL FROM:<a>\r\nEHLO\r\n",
            99,
        );
        feed(&mut smtp, ToClient, b"250 ok\r\n250 ok\r\n501 no\r\n", 99);
        assert_eq!(progress(&smtp), [[0, 0]]);
        feed(&mut smtp, ToServer, b"EHLO me\r\n", 99);
        feed(&mut smtp, ToClient, b"250 ok\r\n", 99);
        assert_eq!(progress(&smtp), [[2, 2]]);
    }

    /// What is known of the mails, as far as it does not hang on how the bytes came.
    fn seen(smtp: &Smtp) -> Vec<String> {
        smtp.transactions
            .iter()
            .map(|entry| {
                let mail = &entry.tx;
                let files: Vec<_> = mail
                    .files(ToServer)
                    .iter()
                    .map(|file| (file.name.clone(), file.size(), file.state()))
                    .collect();
                let urls = mail.message.as_ref().map(|message| message.urls.clone());
                format!(
                    "{:?} {:?} {:?} {files:?} {urls:?}",
                    mail.helo, mail.from, mail.to
                )
            })
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn however_bytes_come_the_same_is_seen(step in 1_usize..40) {
            const MAIL: &[u8] = b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nhttp://a.b/c\r\n--q\r\nContent-Disposition: attachment; filename=f\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--q--\r\n.\r\nMAIL FROM:<d>\r\nBDAT 3 LAST\r\nabcQUIT\r\n";
            let mut seen_of = [1_000, step].map(|step| {
                let mut smtp = smtp();
                feed(&mut smtp, ToClient, b"220 a\r\n", step);
                feed(&mut smtp, ToServer, b"EHLO me\r\n", step);
                feed(&mut smtp, ToClient, b"250-PIPELINING\r\n250 b\r\n", step);
                feed(&mut smtp, ToServer, MAIL, step);
                seen(&smtp)
            });
            let [whole, cut] = &mut seen_of;
            proptest::prop_assert_eq!(whole.len(), 2);
            proptest::prop_assert_eq!(whole, cut);
        }

        #[test]
        fn gibberish_does_no_harm(
            pieces in proptest::collection::vec(
                (
                    proptest::bool::ANY,
                    "(DATA\r\n|BDAT 9\r\n|BDAT 0 LAST\r\n|RSET\r\n|354 x\r\n|250 x\r\n|250-PIPELINING\r\n|\\.\r\n|--|[a-z:= \r\n-]{0,40}|\\PC{0,20})",
                ),
                0..40,
            )
        ) {
            let mut smtp = smtp();
            for (to_server, text) in pieces {
                let way = if to_server { ToServer } else { ToClient };
                let input = Input::new(way, text.as_bytes());
                if smtp.parse(&input, &mut Orders::default()) == Outcome::Failed {
                    break;
                }
            }
            smtp.end(ToServer, &mut Orders::default());
            proptest::prop_assert!(smtp.transactions.len() <= MAX_OPEN);
        }
    }

    #[test]
    fn a_server_of_something_else_is_given_up() {
        let mut smtp = smtp();
        feed(&mut smtp, ToServer, b"HELO me\r\n", 99);
        let outcome = smtp.parse(&Input::new(ToClient, b"hello\r\n"), &mut Orders::default());
        assert_eq!(outcome, Outcome::Failed);
    }
}
