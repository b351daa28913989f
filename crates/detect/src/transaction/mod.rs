//! Rules about transactions of application protocols.
//!
//! A rule's tests are tried as soon as the transaction has come so far that their values are there. What a rule has
//! settled, and what it waits for, stays with the transaction ([`tapir_protocols::Inspection`]).

mod cip_service;
mod field;
mod file;
mod http2_setting;
mod index;
mod inspect;
mod modbus;
mod named;
mod prefilter;
mod validity;

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::LazyLock;

use smallvec::SmallVec;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, FileSettings, Hook, Transaction, Value};
use tapir_rules::keywords::{Directions, KeywordId, internet};

pub(crate) use field::FieldTest;
pub(crate) use file::{FileStore, FileTest, FileTests, StoreScope, is_file_test};
pub(crate) use inspect::{Attempt, Bits, SETTLED, Side, TransactionWork, recall, try_rule};
pub(crate) use prefilter::{Filing, Pattern, Prefilter};

use crate::context::PacketContext;
use crate::names::NameId;
use crate::recorder::Recorder;
use crate::section::{Looking, Section};

/// What a rule asks of a transaction.
#[derive(Debug)]
pub(crate) struct TransactionPart {
    pub(crate) tests: Box<[Test]>,
    /// The option that each test comes from, the first of several.
    pub(crate) options: Box<[u16]>,
    /// What a match does to the bits of the transaction.
    pub(crate) bits: Box<[BitChange]>,
    /// Requests and responses are asked together (`=>`).
    pub(crate) both_ways: bool,
    /// Files that a match has kept on disk.
    pub(crate) store: Option<FileStore>,
    /// A match has the certificates of its direction kept on disk.
    pub(crate) keeps_certificates: bool,
}

impl TransactionPart {
    /// Whether a match has something kept on disk.
    pub(crate) fn keeps(&self) -> bool {
        self.store.is_some() || self.keeps_certificates
    }

    /// Marks what a match in a direction has kept on disk; `all` says of which directions all files are.
    pub(crate) fn store(
        &self,
        direction: Direction,
        transaction: &mut dyn Transaction,
        all: &mut [bool; 2],
    ) {
        let meant = self.tests.iter().find_map(|test| match test {
            Test::File(tests) => Some(tests),
            _ => None,
        });
        if self.keeps_certificates {
            transaction.keep_certificates(direction);
        }
        if let Some(store) = self.store {
            store.apply(meant, direction, transaction, all);
        }
    }

    /// Whether it asks for files by their names or content.
    pub(crate) fn asks_for_files(&self) -> bool {
        self.tests.iter().any(Test::asks_for_files)
    }

    /// The progress of a direction at which all that is asked for there is there, in flows of a protocol; nothing if
    /// that never is.
    pub(crate) fn place(&self, proto: AppProto, direction: Direction) -> Option<u8> {
        let mut furthest = None;
        for test in &self.tests {
            match test.place(proto, direction) {
                Some(place) => furthest = furthest.max(Some(place)),
                None if self.both_ways => {
                    test.place(proto, direction.reverse())?;
                }
                None => return None,
            }
        }
        furthest
    }
}

/// What a match does to a bit of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BitChange {
    pub(crate) name: NameId,
    /// It is set; cleared otherwise, or turned with `toggles`.
    pub(crate) sets: bool,
    pub(crate) toggles: bool,
}

impl BitChange {
    pub(crate) fn apply(self, bits: &mut SmallVec<[u32; 4]>) {
        let known = bits.iter().position(|bit| *bit == self.name.0);
        match known {
            Some(at) if self.toggles || !self.sets => drop(bits.swap_remove(at)),
            None if self.toggles || self.sets => bits.push(self.name.0),
            _ => {}
        }
    }
}

/// One thing that a rule asks of a transaction.
#[derive(Debug)]
pub(crate) enum Test {
    /// Options that look at a buffer.
    Buffer(KeywordId, Section),
    /// A field.
    Field(FieldTest),
    /// A `PORT` command of FTP that names another host than the one that sends it.
    Bounce,
    /// A file.
    File(FileTests),
    /// Something that the parser found wrong: the protocol and the number of its event.
    Event(AppProto, u8),
    /// Nothing but that the transaction has come so far.
    Hook(AppProto, Hook),
    /// Its progress is less or greater than that of a state.
    Progress(AppProto, Hook, Ordering),
    /// A bit that rules set on transactions, and whether it is to be set.
    Bit(NameId, bool),
    /// Another test, in one direction alone.
    Towards(Direction, Box<Test>),
}

impl Test {
    /// The keyword whose value is asked for, if one is.
    pub(crate) fn keyword(&self) -> Option<KeywordId> {
        match self {
            Test::Buffer(keyword, _) => Some(*keyword),
            Test::Field(field) => Some(field.keyword),
            Test::Bounce => Some(internet::FTP_COMMAND_DATA),
            Test::Towards(_, test) => test.keyword(),
            Test::Event(..)
            | Test::File(_)
            | Test::Hook(..)
            | Test::Progress(..)
            | Test::Bit(..) => None,
        }
    }

    /// From which progress on it can be tried in flows of a protocol; nothing if never.
    pub(crate) fn place(&self, proto: AppProto, direction: Direction) -> Option<u8> {
        match self {
            Test::Event(wanted, _) => (*wanted == proto || wanted.covers(proto)).then_some(0),
            Test::Hook(wanted, hook) => {
                let there = *wanted == proto || wanted.covers(proto);
                (there && hook.direction == direction).then_some(hook.progress)
            }
            Test::Progress(wanted, hook, _) => {
                let there = *wanted == proto || wanted.covers(proto);
                (there && hook.direction == direction).then_some(0)
            }
            Test::Bit(..) => Some(0),
            Test::Towards(way, test) => test.place(proto, direction).filter(|_| *way == direction),
            Test::File(_) => file::place(proto, direction),
            Test::Buffer(
                tapir_rules::keywords::file::NAME | tapir_rules::keywords::file::MAGIC,
                _,
            ) => file::place(proto, direction),
            _ => proto.place(self.keyword()?, direction),
        }
    }

    /// Whether it is about files, of which a transaction may have several.
    fn asks_for_files(&self) -> bool {
        use tapir_rules::keywords::file::{DATA, MAGIC, NAME};
        match self {
            Test::File(_) => true,
            Test::Towards(_, test) => test.asks_for_files(),
            _ => self
                .keyword()
                .is_some_and(|keyword| [DATA, MAGIC, NAME].contains(&keyword)),
        }
    }

    /// Whether it needs to know the type of files.
    pub(crate) fn asks_for_types(&self) -> bool {
        let is_type = |test: &FileTest| matches!(test, FileTest::Type { .. });
        match self {
            Test::File(tests) => tests.0.iter().any(is_type),
            Test::Towards(_, test) => test.asks_for_types(),
            _ => self.keyword() == Some(tapir_rules::keywords::file::MAGIC),
        }
    }

    /// Adds what the test needs to know of files.
    pub(crate) fn ask_of_files(&self, settings: &mut FileSettings) {
        match self {
            Test::Buffer(keyword, _) => {
                use tapir_rules::keywords::{file, http};
                let bodies = [file::DATA, http::REQUEST_BODY, http::RESPONSE_BODY];
                settings.content |= bodies.contains(keyword);
            }
            Test::File(tests) => tests.0.iter().for_each(|test| test.ask(settings)),
            Test::Towards(_, test) => test.ask_of_files(settings),
            Test::Field(_) | Test::Event(..) | Test::Bounce | Test::Bit(..) => {}
            Test::Hook(..) | Test::Progress(..) => {}
        }
    }

    /// Whether it holds for a transaction. `is_final`: the value will not change any more.
    fn holds<R: Recorder>(
        &self,
        subject: &Subject<'_>,
        direction: Direction,
        is_final: bool,
        context: &PacketContext<'_>,
        looking: &mut Looking<'_, R>,
    ) -> bool {
        match self {
            Test::Event(_, number) => subject.events.contains(number),
            Test::Hook(_, hook) => subject.transaction.branch() == hook.branch,
            Test::Progress(_, hook, order) => {
                let progress = subject.progress[direction.index()];
                subject.transaction.branch() == hook.branch
                    && progress.cmp(&hook.progress) == *order
            }
            Test::Bit(name, set) => subject.bits.contains(&name.0) == *set,
            Test::Towards(_, test) => test.holds(subject, direction, is_final, context, looking),
            Test::Field(field) => field.holds(subject.transaction, direction),
            Test::Bounce => is_bounce(subject.transaction, direction, context.packet.src),
            Test::File(tests) => tests.hold(subject.transaction, direction),
            Test::Buffer(tapir_rules::keywords::file::NAME, section) => subject
                .transaction
                .files(direction)
                .iter()
                .any(|file| section.holds(context, &file.name, looking)),
            Test::Buffer(tapir_rules::keywords::file::MAGIC, section) => {
                let mut files = subject.transaction.files(direction).iter();
                files.any(|file| {
                    let name = file.magic();
                    name.is_some_and(|name| section.holds(context, name.as_bytes(), looking))
                })
            }
            Test::Buffer(keyword, section) => {
                let mut there = false;
                let holds = subject
                    .transaction
                    .values(*keyword, direction, &mut |value| {
                        there = true;
                        match value {
                            Value::Bytes(data) => section.holds(context, data, looking),
                            Value::Window { data, offset, end } => {
                                section.holds_window(context, data, offset, end, looking)
                            }
                            Value::Number(_) => false,
                        }
                    });
                holds || (!there && is_final && section.holds_without_buffer())
            }
        }
    }
}

/// Whether a transaction is a `PORT` command (RFC 959, section 4.1.2) with an address other than `sender`.
fn is_bounce(transaction: &dyn Transaction, direction: Direction, sender: IpAddr) -> bool {
    let is_port = transaction.values(
        internet::FTP_COMMAND,
        direction,
        &mut |value| matches!(value, Value::Bytes(name) if name.eq_ignore_ascii_case(b"PORT")),
    );
    is_port
        && transaction.values(internet::FTP_COMMAND_DATA, direction, &mut |value| {
            let Value::Bytes(argument) = value else {
                return false;
            };
            let mut parts = argument.split(|byte| *byte == b',').map(|part| {
                std::str::from_utf8(part.trim_ascii())
                    .ok()
                    .and_then(|part| part.parse::<u8>().ok())
            });
            let mut next = || parts.next().flatten();
            match (next(), next(), next(), next()) {
                (Some(a), Some(b), Some(c), Some(d)) => IpAddr::from([a, b, c, d]) != sender,
                _ => false,
            }
        })
}

/// A transaction while rules are tried on it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'s> {
    pub(crate) transaction: &'s dyn Transaction,
    pub(crate) events: &'s [u8],
    /// Bits that rules have set on it.
    pub(crate) bits: &'s [u32],
    pub(crate) proto: AppProto,
    pub(crate) progress: [u8; 2],
    pub(crate) complete: [u8; 2],
}

/// Whether some parser has values for a keyword.
pub(crate) fn has_values(keyword: KeywordId) -> bool {
    use tapir_rules::keywords::file::{MAGIC, NAME};
    let keyword = if [NAME, MAGIC].contains(&keyword) || is_file_test(keyword) {
        tapir_rules::keywords::file::DATA
    } else {
        keyword
    };
    VALUED.get(keyword.index()).copied().unwrap_or(false)
}

/// Keywords that some parser has values for.
static VALUED: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut valued = vec![false; KeywordId::LIMIT];
    for (keyword, _) in tapir_rules::keywords::all() {
        if let Some(entry) = valued.get_mut(keyword.index()) {
            *entry = AppProto::ALL.iter().any(|proto| {
                [Direction::ToServer, Direction::ToClient]
                    .iter()
                    .any(|way| proto.place(keyword, *way).is_some())
            });
        }
    }
    valued
});

/// The direction that a keyword's values have, as far as its row says.
pub(crate) fn direction_of(keyword: KeywordId) -> Option<Direction> {
    match keyword.row().direction {
        Directions::Both => None,
        Directions::ToServer => Some(Direction::ToServer),
        Directions::ToClient => Some(Direction::ToClient),
    }
}
