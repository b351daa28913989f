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
    files: [File; 1],
    direction: Direction,
}

impl Transfer {
    fn command(&self) -> &'static str {
        match self.direction {
            Direction::ToServer => "STOR",
            Direction::ToClient => "RETR",
        }
    }
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
        let (name, direction) = match &self.announced {
            Some((name, direction)) => (&name[..], *direction),
            None => (&b""[..], seen),
        };
        let transfer = Transfer {
            files: [File::new(&self.settings, name)],
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
            entry.tx.files[0].append(input.data);
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
        {
            entry.tx.files[0].gap(bytes);
        }
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        if let Some(entry) = self.transactions.last_mut()
            && entry.tx.direction == direction
        {
            let file = &mut entry.tx.files[0];
            file.close(if file.gaps {
                FileState::Truncated
            } else {
                FileState::Closed
            });
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
    /// `ftpdata_command` yields bytes: `stor` or `retr`.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match keyword {
            internet::FTPDATA_COMMAND => accepts(Value::Bytes(match self.direction {
                Direction::ToServer => b"stor",
                Direction::ToClient => b"retr",
            })),
            file::DATA if direction == self.direction => {
                self.files[0].window().is_some_and(&mut *accepts)
            }
            file::NAME if direction == self.direction => accepts(Value::Bytes(&self.files[0].name)),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ftp_data");
        json.bytes("filename", &self.files[0].name);
        json.word("command", self.command());
        json.close_object();
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ftp_data", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        if direction == self.direction {
            &self.files
        } else {
            &[]
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        if direction == self.direction {
            &mut self.files
        } else {
            &mut []
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_the_announced_name() {
        let mut parser = FtpData::new(AppProto::FtpData, &Arc::default());
        parser.announced(b"a.txt", Direction::ToClient);
        let mut input = Input::new(Direction::ToClient, b"abc");
        input.eof = true;
        assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        let entry = parser.transactions.get(0).map(|entry| &entry.tx.files[0]);
        let seen = entry.map(|file| (&file.name[..], file.size(), file.state()));
        assert_eq!(seen, Some((&b"a.txt"[..], 3, FileState::Closed)));
    }
}
