//! Commands and replies of file transfer.

use std::sync::Arc;

use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use super::port;
use super::settings::Settings;
use super::transaction::{Command, Reply};
use crate::parser::{ExpectedFlow, Input, Orders, Outcome, Parser};
use crate::protocols::line::{LineReader, Piece};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

/// Lines of replies that a command keeps.
const MAX_REPLIES: usize = 256;

const REQUEST_TOO_LONG: u8 = 0;
const RESPONSE_TOO_LONG: u8 = 1;
const TOO_MANY: u8 = 2;
const FILE_WITHOUT_NAME: u8 = 3;
const FILE_BEFORE_PORT: u8 = 4;

const COMMANDS: [&str; 65] = [
    "ABOR", "ACCT", "ALLO", "APPE", "AUTH TLS", "CDUP", "CHMOD", "CWD", "DELE", "EPRT", "EPSV",
    "FEAT", "HELP", "IDLE", "LIST", "LANG", "MAIL", "MDTM", "MIC", "MKD", "MLFL", "MODE", "MRCP",
    "MRSQ", "MSAM", "MSND", "MSOM", "NLST", "NOOP", "OPTS", "PASS", "PASV", "PORT", "PBSZ", "PROT",
    "PWD", "QUIT", "REIN", "REST", "RETR", "RMD", "RNFR", "RNTO", "SITE", "SIZE", "SMNT", "STAT",
    "STOR", "STOU", "STRU", "SYST", "TYPE", "UMASK", "USER", "XCWD", "XMKD", "XPWD", "XRMD",
    "XCUP", "CLNT", "HOST", "CCC", "MFMT", "MLSD", "MLST",
];

/// The parser of a control connection.
#[derive(Debug, Default)]
pub struct Ftp {
    settings: Settings,
    transactions: Transactions<Command>,
    readers: [LineReader; 2],
    /// Where the next data connection goes, and whether the client listens.
    port: Option<(u16, bool)>,
    /// The transaction that lines of a reply without an open command belong to.
    last_answered: Option<u64>,
}

impl Ftp {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: settings.ftp.clone(),
            ..Self::default()
        }
    }

    /// Whether no transaction may be opened; the last one then says so.
    fn has_too_many(&mut self) -> bool {
        let oldest = self.transactions.get(0).map(|entry| entry.meta.id());
        let open = oldest.map_or(0, |oldest| self.transactions.total().saturating_sub(oldest));
        if open <= u64::from(self.settings.max_open) {
            return false;
        }
        self.transactions.note(TOO_MANY);
        true
    }

    /// Takes a line of the client; false when no more can be kept.
    fn request(&mut self, line: &[u8], is_cut: bool, orders: &mut Orders) -> bool {
        if self.has_too_many() {
            return false;
        }
        let mut command = split(line);
        command.is_cut = is_cut;
        let mut wrong = is_cut.then_some(REQUEST_TOO_LONG);
        if command.is("PORT") || command.is("EPRT") {
            command.port = if command.is("PORT") {
                port::six_numbers(&command.argument)
            } else {
                port::extended(&command.argument)
            };
            command.is_active = true;
            self.port = command.port.map(|port| (port, true));
        } else if let Some(direction) = data_direction(&command) {
            wrong = self.transfer(&command, direction, orders).or(wrong);
        }
        let meta = &mut self.transactions.open(command).meta;
        meta.advance(Direction::ToServer, 1);
        if let Some(event) = wrong {
            meta.event(event);
        }
        orders.inspect_stream[Direction::ToServer.index()] = true;
        true
    }

    /// Data will come or go: tells what is wrong with that.
    fn transfer(
        &mut self,
        command: &Command,
        direction: Direction,
        orders: &mut Orders,
    ) -> Option<u8> {
        let has_file = command.is("RETR") || command.is("STOR");
        if has_file && command.argument.is_empty() {
            return Some(FILE_WITHOUT_NAME);
        }
        let Some((port, is_active)) = self.port.take() else {
            return has_file.then_some(FILE_BEFORE_PORT);
        };
        // Of STOU the server chooses the name (RFC 959, section 4.1.3).
        let name: &[u8] = match (command.is("STOU"), &command.argument[..]) {
            (true, b"") => b"<stou>",
            (_, name) => name,
        };
        let note = [&command.name[..], b" ", name].concat();
        orders.expected_flow = Some(ExpectedFlow {
            proto: AppProto::FtpData,
            port,
            listener: if is_active {
                Direction::ToClient
            } else {
                Direction::ToServer
            },
            note: note.into(),
            // Who listens is the server of that flow.
            file_direction: if is_active {
                direction.reverse()
            } else {
                direction
            },
        });
        None
    }

    /// Takes a line of the server; false when no more can be kept.
    fn reply(&mut self, line: &[u8], is_cut: bool, orders: &mut Orders) -> bool {
        let open = self
            .transactions
            .iter()
            .find(|entry| !entry.tx.is_answered)
            .map(|entry| entry.meta.id());
        let known = open.or(self.last_answered).unwrap_or(u64::MAX);
        if self.transactions.find(known).is_none() {
            if self.has_too_many() {
                return false;
            }
            // A greeting, or a reply to nothing.
            let meta = &mut self.transactions.open(Command::default()).meta;
            meta.advance(Direction::ToServer, 1);
            self.last_answered = Some(meta.id());
        }
        let id = open.or(self.last_answered).unwrap_or(u64::MAX);
        let Some(Entry { meta, tx }) = self.transactions.find(id) else {
            return true;
        };
        if tx.replies.len() < MAX_REPLIES {
            tx.replies.push(Reply {
                line: line.to_vec(),
            });
        }
        if is_cut {
            tx.reply_is_cut = true;
            meta.event(RESPONSE_TOO_LONG);
        }
        let is_tls = tx.is("AUTH TLS") && line.starts_with(b"234");
        if is_tls {
            orders.change = Some((0, AppProto::Tls));
        }
        if tx.is("PASV") && line.starts_with(b"227") {
            tx.port = port::six_numbers(line.get(4..).unwrap_or_default());
            self.port = tx.port.map(|port| (port, false));
        } else if tx.is("EPSV") && line.starts_with(b"229") {
            tx.port = port::extended(line);
            self.port = tx.port.map(|port| (port, false));
        }
        meta.updated = [true; 2];
        // A preliminary reply is followed by another, and so is a line that is not the last of its reply: the others
        // are the code and a space, or nobody knows what (RFC 959, section 4.2).
        let is_preliminary = line.first() == Some(&b'1') && line.len() >= 3;
        let begins_with_code = line
            .first_chunk::<3>()
            .is_some_and(|code| code.iter().all(u8::is_ascii_digit));
        tx.is_in_reply = match line.get(3) {
            Some(b'-') if begins_with_code => true,
            _ => tx.is_in_reply && !begins_with_code,
        };
        if !(is_preliminary || tx.is_in_reply) {
            tx.is_answered = true;
            self.last_answered = Some(id);
            meta.advance(Direction::ToClient, 1);
            orders.inspect_stream[Direction::ToClient.index()] = true;
        }
        true
    }
}

/// The way that the data of a command goes; nothing for commands without.
fn data_direction(command: &Command) -> Option<Direction> {
    const SENDING: [&str; 3] = ["STOR", "APPE", "STOU"];
    const FETCHING: [&str; 4] = ["RETR", "LIST", "NLST", "MLSD"];
    if SENDING.iter().any(|name| command.is(name)) {
        Some(Direction::ToServer)
    } else if FETCHING.iter().any(|name| command.is(name)) {
        Some(Direction::ToClient)
    } else {
        None
    }
}

/// The command of a line and its argument.
fn split(line: &[u8]) -> Command {
    let line = line.trim_ascii_start();
    let is_tls = line
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"AUTH TLS"));
    let end = if is_tls {
        8
    } else {
        line.iter()
            .position(|&byte| byte == b' ')
            .unwrap_or(line.len())
    };
    let (name, argument) = line.split_at(end.min(line.len()));
    let is_known = COMMANDS
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name));
    Command {
        name: if is_known {
            name.to_ascii_uppercase()
        } else {
            Vec::new()
        },
        argument: argument.strip_prefix(b" ").unwrap_or(argument).to_vec(),
        is_known,
        ..Command::default()
    }
}

impl Parser for Ftp {
    type Tx = Command;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "request_command_too_long",
        "response_command_too_long",
        "too_many_transactions",
        "file_without_name",
        "file_before_port",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let to_server = direction == Direction::ToServer;
        match keyword {
            internet::FTP_COMMAND | internet::FTP_COMMAND_DATA => to_server.then_some(0),
            internet::FTP_REPLY | internet::FTP_COMPLETION_CODE => (!to_server).then_some(1),
            internet::FTP_REPLY_RECEIVED => (!to_server).then_some(1),
            internet::FTP_MODE | internet::FTP_DYNAMIC_PORT => Some(u8::from(!to_server)),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let mut consumed = 0;
        loop {
            let rest = input.data.get(consumed..).unwrap_or_default();
            let way = input.direction.index();
            match self.readers[way].next(rest, self.settings.max_line) {
                Piece::Line { text, used, cut } => {
                    consumed += used;
                    let has_room = if input.direction == Direction::ToServer {
                        self.request(text, cut, orders)
                    } else {
                        self.reply(text, cut, orders)
                    };
                    if !has_room {
                        return Outcome::Failed;
                    }
                    // What follows is no longer this protocol's.
                    if orders.change.is_some() {
                        return Outcome::Done;
                    }
                }
                Piece::Rest(used) => consumed += used,
                Piece::Wait if rest.is_empty() => return Outcome::Done,
                Piece::Wait => {
                    return Outcome::Incomplete {
                        consumed,
                        needed: rest.len() + 1,
                    };
                }
            }
        }
    }

    fn transactions(&self) -> &Transactions<Command> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Command> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    fn feed(ftp: &mut Ftp, direction: Direction, data: &[u8]) -> Orders {
        let mut orders = Orders::default();
        assert_eq!(
            ftp.parse(&Input::new(direction, data), &mut orders),
            Outcome::Done
        );
        orders
    }

    #[test]
    fn a_passive_retrieval_announces_its_connection() {
        let mut ftp = Ftp::default();
        feed(&mut ftp, ToClient, b"220 hello\r\n");
        feed(&mut ftp, ToServer, b"PASV\r\n");
        feed(&mut ftp, ToClient, b"227 Passive (10,0,0,1,4,1)\r\n");
        let flow = feed(&mut ftp, ToServer, b"retr a.txt\r\n").expected_flow;
        let expected = ExpectedFlow {
            proto: AppProto::FtpData,
            port: 1025,
            listener: ToServer,
            note: b"RETR a.txt"[..].into(),
            file_direction: ToClient,
        };
        assert_eq!(flow, Some(expected));
        let names: Vec<_> = ftp.transactions.iter().map(|e| &e.tx.name[..]).collect();
        assert_eq!(names, [&b""[..], b"PASV", b"RETR"]);
        feed(&mut ftp, ToClient, b"150 wait\r\n226 done\r\n");
        let last = ftp.transactions.last_mut().map(|e| e.tx.replies.len());
        assert_eq!(last, Some(2));
    }

    #[test]
    fn a_file_needs_a_port_and_a_name() {
        let mut ftp = Ftp::default();
        feed(&mut ftp, ToServer, b"RETR a\r\nSTOR\r\n");
        let events: Vec<_> = ftp.transactions.iter().map(|e| e.meta.events[0]).collect();
        assert_eq!(events, [FILE_BEFORE_PORT, FILE_WITHOUT_NAME]);
    }

    #[test]
    fn an_active_listing_goes_to_the_server_of_its_connection() {
        let mut ftp = Ftp::default();
        feed(&mut ftp, ToServer, b"PORT 10,0,0,1,4,1\r\n");
        let flow = feed(&mut ftp, ToServer, b"NLST\r\n").expected_flow;
        let seen = flow.map(|flow| (flow.listener, flow.file_direction, flow.note));
        assert_eq!(seen, Some((ToClient, ToServer, b"NLST "[..].into())));
    }

    #[test]
    fn there_is_a_limit_to_open_commands() {
        let mut ftp = Ftp::default();
        ftp.settings.max_open = 1;
        feed(&mut ftp, ToServer, b"PWD\r\nPWD\r\n");
        let input = Input::new(ToServer, b"PWD\r\n");
        assert_eq!(ftp.parse(&input, &mut Orders::default()), Outcome::Failed);
        let last = ftp.transactions.last_mut().map(|e| e.meta.events[0]);
        assert_eq!((ftp.transactions.len(), last), (2, Some(TOO_MANY)));
    }

    #[test]
    fn a_reply_of_many_lines_is_over_with_its_last() {
        let mut ftp = Ftp::default();
        feed(&mut ftp, ToServer, b"HELP\r\nPWD\r\n");
        let replies = |ftp: &Ftp| -> Vec<_> {
            let all = ftp.transactions.iter();
            all.map(|entry| (entry.tx.replies.len(), entry.meta.progress(ToClient)))
                .collect()
        };
        feed(&mut ftp, ToClient, b"214-All\r\n  USER PASS\r\n");
        assert_eq!(replies(&ftp), [(2, 0), (0, 0)]);
        feed(&mut ftp, ToClient, b"214 That is all\r\n257 /\r\n");
        assert_eq!(replies(&ftp), [(3, 1), (1, 1)]);
    }

    #[test]
    fn encryption_changes_the_protocol() {
        let mut ftp = Ftp::default();
        feed(&mut ftp, ToServer, b"AUTH TLS\r\n");
        let orders = feed(&mut ftp, ToClient, b"234 go\r\n");
        assert_eq!(orders.change, Some((0, AppProto::Tls)));
    }
}
