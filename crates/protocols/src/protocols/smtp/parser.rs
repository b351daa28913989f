//! Commands and replies of mail transfer.

use std::collections::VecDeque;
use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, mail};

use super::events;
use super::message::Message;
use super::transaction::Mail;
use crate::file::FileSettings;
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

/// A command whose reply has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Data,
    StartTls,
    EndOfData,
    Reset,
    Other,
}

/// What the client sends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
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
    waiting: VecDeque<Waiting>,
    mode: Mode,
    helo: Vec<u8>,
    is_welcome: bool,
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
            waiting: VecDeque::new(),
            mode: Mode::Commands,
            helo: Vec::new(),
            is_welcome: false,
            is_continued: false,
            settings: Arc::clone(settings),
            file_settings: Arc::new(file_settings),
        }
    }

    /// The mail at hand; a new one when there is none.
    fn current(&mut self, may_be_done: bool) -> Option<&mut Entry<Mail>> {
        let is_over = self
            .transactions
            .last_mut()
            .is_none_or(|entry| entry.tx.is_done && !may_be_done);
        if is_over && self.transactions.len() < MAX_OPEN {
            self.transactions.open(Mail {
                helo: self.helo.clone(),
                ..Mail::default()
            });
        }
        self.transactions.last_mut()
    }

    fn event(&mut self, event: u8) {
        if let Some(entry) = self.current(true) {
            entry.meta.event(event);
        }
    }

    fn finish(&mut self, is_whole: bool) {
        if let Some(Entry { meta, tx }) = self.transactions.last_mut() {
            if let Some(message) = &mut tx.message {
                message.end(is_whole);
                message.events.iter().for_each(|&event| meta.event(event));
            }
            tx.is_done = true;
            meta.advance(Direction::ToServer, 1);
            meta.advance(Direction::ToClient, 1);
        }
    }

    fn command(&mut self, line: &[u8], is_cut: bool, orders: &mut Orders) {
        let is = |word: &[u8]| {
            line.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        let is_last = is(b"RSET") || is(b"QUIT");
        self.current(is_last);
        if is_cut {
            self.event(events::LONG_COMMAND);
        }
        if self.waiting.back() == Some(&Waiting::Data) {
            self.event(events::BAD_PIPELINE);
        }
        let mut waits_for = Waiting::Other;
        if is(b"STARTTLS") {
            waits_for = Waiting::StartTls;
        } else if is(b"DATA") {
            waits_for = Waiting::Data;
        } else if is(b"BDAT") {
            self.chunk(line.get(4..).unwrap_or_default());
        } else if is(b"HELO") || is(b"EHLO") {
            self.greet(argument(line, 4));
        } else if is(b"MAIL FROM") {
            self.sender(address(line, 9));
        } else if is(b"RCPT TO") {
            let to = address(line, 7);
            if let Some(entry) = self.current(false)
                && entry.tx.to.len() < MAX_RECIPIENTS
            {
                entry.tx.to.push(to);
                entry.meta.updated = [true; 2];
            }
        } else if is(b"RSET") {
            waits_for = Waiting::Reset;
            self.finish(false);
        } else if is(b"QUIT") {
            self.finish(false);
        }
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(waits_for);
        }
        orders.inspect_stream[Direction::ToServer.index()] = true;
    }

    fn greet(&mut self, name: Vec<u8>) {
        if !self.helo.is_empty() {
            self.event(events::DUPLICATE);
            return;
        }
        self.helo.clone_from(&name);
        if let Some(entry) = self.current(false) {
            entry.tx.helo = name;
            entry.meta.updated = [true; 2];
        }
    }

    fn sender(&mut self, from: Vec<u8>) {
        if let Some(Entry { meta, tx }) = self.current(false) {
            if tx.from.is_some() {
                meta.event(events::DUPLICATE);
            } else {
                tx.from = Some(from);
                meta.updated = [true; 2];
            }
        }
    }

    fn chunk(&mut self, argument: &[u8]) {
        let text = std::str::from_utf8(argument).unwrap_or_default();
        let mut words = text.split_ascii_whitespace();
        let size = words.next().and_then(|word| word.parse::<u64>().ok());
        let last = words.next();
        let is_last = last.is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
        let is_valid = words.next().is_none() && (last.is_none() || is_last);
        let (Some(size), true) = (size, is_valid) else {
            self.event(events::INVALID_BDAT);
            return;
        };
        self.begin_message();
        self.mode = Mode::Chunk(size, is_last);
        self.chunk_over();
    }

    /// After the last byte of a chunk, commands follow.
    fn chunk_over(&mut self) {
        if let Mode::Chunk(0, is_last) = self.mode {
            self.mode = Mode::Commands;
            if is_last {
                self.finish(true);
            }
        }
    }

    fn begin_message(&mut self) {
        let message = Message::new(&self.settings.smtp, &self.file_settings);
        if let Some(entry) = self.current(false) {
            entry.tx.message.get_or_insert_with(|| Box::new(message));
        }
    }

    fn message_line(&mut self, line: &[u8], end: &'static [u8]) {
        if let Some(Entry { meta, tx }) = self.transactions.last_mut()
            && let Some(message) = &mut tx.message
        {
            message.line(line, end);
            message.events.iter().for_each(|&event| meta.event(event));
            meta.updated[Direction::ToServer.index()] = true;
        }
    }

    /// Takes a line of a message, or what there is of a long one; tells the bytes used.
    fn message_piece(&mut self, data: &[u8], whole: bool) -> usize {
        let (line, end, used): (_, &'static [u8], _) = match memchr::memchr(b'\n', data) {
            Some(at) => match data.get(..at).unwrap_or_default() {
                [line @ .., b'\r'] => (line, b"\r\n", at + 1),
                line => (line, b"\n", at + 1),
            },
            None if whole || data.len() >= MAX_LINE => (data, b"", data.len()),
            None => return 0,
        };
        let is_start = !std::mem::replace(&mut self.is_continued, end.is_empty());
        if self.mode != Mode::Data {
            self.message_line(line, end);
        } else if is_start && line == b"." {
            self.mode = Mode::Commands;
            self.waiting.push_back(Waiting::EndOfData);
            self.finish(true);
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
            Mode::Data => self.message_piece(data, false),
            Mode::Chunk(left, is_last) => {
                let here = usize::try_from(left).map_or(data.len(), |left| left.min(data.len()));
                let chunk = data.get(..here).unwrap_or_default();
                // A line may go on in the next chunk, but what is here is taken.
                let used = self.message_piece(chunk, here as u64 == left);
                self.mode = Mode::Chunk(left.saturating_sub(used as u64), is_last);
                self.chunk_over();
                used
            }
            Mode::Commands => match self.readers[0].next(data, MAX_LINE) {
                Piece::Line { text, used, cut } => {
                    self.command(text, cut, orders);
                    used
                }
                Piece::Rest(used) => used,
                Piece::Wait => 0,
            },
        }
    }

    fn server(&mut self, data: &[u8], orders: &mut Orders) -> usize {
        match self.readers[1].next(data, MAX_LINE) {
            Piece::Line { text, used, cut } => {
                if cut {
                    self.event(events::LONG_REPLY);
                }
                self.reply(text, orders);
                used
            }
            Piece::Rest(used) => used,
            Piece::Wait => 0,
        }
    }

    fn reply(&mut self, line: &[u8], orders: &mut Orders) {
        let Some((code, rest)) = line.split_first_chunk::<3>() else {
            self.event(events::INVALID_REPLY);
            return;
        };
        if !code.iter().all(u8::is_ascii_digit) {
            self.event(events::INVALID_REPLY);
            return;
        }
        if rest.first() == Some(&b'-') {
            return;
        }
        orders.inspect_stream[Direction::ToClient.index()] = true;
        if !self.is_welcome {
            self.is_welcome = true;
            if code == b"220" {
                return;
            }
            self.event(events::NO_WELCOME);
        }
        match self.waiting.pop_front() {
            None => {
                // A server may say goodbye at any time.
                if code != b"421" {
                    self.event(events::UNMATCHED_REPLY);
                }
            }
            Some(Waiting::StartTls) if code == b"220" => orders.change = Some((0, AppProto::Tls)),
            Some(Waiting::StartTls) => self.event(events::TLS_REJECTED),
            Some(Waiting::Data) if code == b"354" => {
                self.begin_message();
                self.mode = Mode::Data;
                self.is_continued = false;
            }
            Some(Waiting::Data) => self.event(events::DATA_REJECTED),
            Some(Waiting::EndOfData | Waiting::Reset | Waiting::Other) => {}
        }
    }
}

/// What follows a command's word.
fn argument(line: &[u8], word: usize) -> Vec<u8> {
    line.get(word..).unwrap_or_default().trim_ascii().to_vec()
}

/// The address behind `MAIL FROM:` and `RCPT TO:`, without the parameters that may follow.
fn address(line: &[u8], word: usize) -> Vec<u8> {
    let text = line.get(word..).unwrap_or_default().trim_ascii_start();
    let text = text.strip_prefix(b":").unwrap_or(text).trim_ascii();
    let end = text.iter().position(|&byte| byte == b' ');
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .to_vec()
}

impl Parser for Smtp {
    type Tx = Mail;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = events::NAMES;

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        if direction != Direction::ToServer {
            return None;
        }
        match keyword {
            mail::EMAIL_BODY_MD5 | mail::EMAIL_URL | mail::EMAIL_RECEIVED => Some(1),
            mail::EMAIL_FROM
            | mail::EMAIL_SUBJECT
            | mail::EMAIL_TO
            | mail::EMAIL_CC
            | mail::EMAIL_DATE
            | mail::EMAIL_MESSAGE_ID
            | mail::EMAIL_X_MAILER => Some(1),
            mail::SMTP_HELO | mail::SMTP_MAIL_FROM | mail::SMTP_RCPT_TO => Some(0),
            file::DATA | file::NAME => Some(0),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut consumed = 0;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            let used = match input.direction {
                Direction::ToServer => self.client(rest, orders),
                Direction::ToClient => self.server(rest, orders),
            };
            if orders.change.is_some() {
                return Outcome::Done;
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
        if direction == Direction::ToServer
            && self
                .transactions
                .last_mut()
                .is_some_and(|entry| !entry.tx.is_done)
        {
            self.finish(false);
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
                    (&mail.helo[..], mail.from.as_deref()),
                    (&b"me"[..], Some(&b"<a@b>"[..]))
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
        let events = smtp.transactions.get(0).map(|entry| entry.meta.events[0]);
        assert_eq!(events, Some(events::TLS_REJECTED));
    }
}
