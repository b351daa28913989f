//! The one file of a data connection.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, internet};

use crate::file::{File, FileState};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, FileSettings, ParserSettings};

/// The parser of a data connection: one transaction, its file.
#[derive(Debug)]
pub struct FtpData {
    transactions: Transactions<Transfer>,
    settings: Arc<FileSettings>,
    announced: Option<(Box<[u8]>, Direction)>,
    begun: bool,
}

/// A file on its way.
#[derive(Debug)]
pub struct Transfer {
    /// None of a listing.
    file: Option<[File; 1]>,
    /// What was asked for; empty when nobody announced it.
    command: Box<[u8]>,
    name: Box<[u8]>,
    direction: Direction,
}

impl Transfer {
    fn file_mut(&mut self) -> Option<&mut File> {
        self.file.as_mut().map(|[file]| file)
    }

    /// The way of its data is that of its command, or that which it was seen to go.
    fn command(&self) -> &[u8] {
        match self.direction {
            _ if !self.command.is_empty() => &self.command,
            Direction::ToServer => b"STOR",
            Direction::ToClient => b"RETR",
        }
    }
}

/// Whether what a command fetches is the names of files.
fn is_listing(command: &[u8]) -> bool {
    matches!(command, b"LIST" | b"NLST" | b"MLSD")
}

impl FtpData {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            transactions: Transactions::default(),
            settings: Arc::clone(&settings.files),
            announced: None,
            begun: false,
        }
    }

    fn begin(&mut self, seen: Direction) {
        let (note, direction) = match &self.announced {
            Some((note, direction)) => (&note[..], *direction),
            None => (&b""[..], seen),
        };
        let mut parts = note.splitn(2, |&byte| byte == b' ');
        let command = parts.next().unwrap_or_default();
        let name = parts.next().unwrap_or_default();
        let transfer = Transfer {
            file: (!is_listing(command)).then(|| [File::new(&self.settings, name)]),
            command: command.into(),
            name: name.into(),
            direction,
        };
        self.transactions
            .open(transfer)
            .meta
            .advance(direction.reverse(), 1);
        self.begun = true;
    }
}

impl Parser for FtpData {
    type Tx = Transfer;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        matches!(keyword, file::DATA | file::NAME | internet::FTPDATA_COMMAND).then_some(0)
    }

    fn announced(&mut self, note: &[u8], file_direction: Direction) {
        self.announced = Some((note.into(), file_direction));
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        if !self.begun && !input.data.is_empty() {
            self.begin(input.direction);
        }
        if let Some(entry) = self.transactions.last_mut()
            && entry.tx.direction == input.direction
        {
            if let Some(file) = entry.tx.file_mut() {
                file.append(input.data);
            }
            entry.meta.updated[input.direction.index()] = true;
        }
        if input.eof {
            self.end(input.direction, orders);
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, _: &mut Orders) -> Outcome {
        if !self.begun {
            self.begin(direction);
        }
        if let Some(entry) = self.transactions.last_mut()
            && entry.tx.direction == direction
            && let Some(file) = entry.tx.file_mut()
        {
            file.gap(bytes);
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        if let Some(entry) = self.transactions.last_mut()
            && entry.tx.direction == direction
        {
            if let Some(file) = entry.tx.file_mut() {
                file.close(if file.gaps {
                    FileState::Truncated
                } else {
                    FileState::Closed
                });
            }
            entry.meta.advance(direction, 1);
        }
    }

    fn transactions(&self) -> &Transactions<Transfer> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Transfer> {
        &mut self.transactions
    }
}

impl Transaction for Transfer {
    /// `ftpdata_command` yields bytes: the command in capitals.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match keyword {
            internet::FTPDATA_COMMAND => accepts(Value::Bytes(self.command())),
            file::DATA => self
                .files(direction)
                .iter()
                .filter_map(File::window)
                .any(accepts),
            file::NAME => self
                .files(direction)
                .iter()
                .any(|file| accepts(Value::Bytes(&file.name))),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ftp_data");
        if !self.name.is_empty() {
            json.bytes("filename", &self.name);
        }
        json.bytes("command", self.command());
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ftp_data", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        match &self.file {
            Some(files) if direction == self.direction => files,
            _ => &[],
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        match &mut self.file {
            Some(files) if direction == self.direction => files,
            _ => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_the_announced_name() {
        let mut parser = FtpData::new(AppProto::FtpData, &Arc::default());
        parser.announced(b"RETR a.txt", Direction::ToClient);
        let mut input = Input::new(Direction::ToClient, b"abc");
        input.eof = true;
        assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        let entry = parser.transactions.get(0);
        let file = entry.and_then(|entry| entry.tx.files(Direction::ToClient).first());
        let seen = file.map(|file| (&file.name[..], file.size(), file.state()));
        assert_eq!(seen, Some((&b"a.txt"[..], 3, FileState::Closed)));
    }
}
