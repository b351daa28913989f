//! The parser of a flow: sessions' messages, and what is remembered between them.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, file, windows};

use super::bounded::Bounded;
use super::status::Status;
use super::transaction::{Detail, Dialect, Tree, Tx};
use super::{frame, version1, version2};
use crate::file::FileState;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::dcerpc::pdu::Known;
use crate::protocols::transfer::{Refused, Transfer};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

/// What can be wrong, by place in [`Smb::EVENTS`].
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
// The names that nothing here causes keep the others' numbers in step with the list.
#[allow(missing_docs, dead_code)]
pub enum Event {
    InternalError,
    MalformedData,
    RecordOverflow,
    MalformedNtlmsspRequest,
    NegotiateMalformedDialects,
    DuplicateNegotiate,
    FileOverlap,
    RequestToClient,
    ResponseToServer,
    ReadRequestTooLarge,
    ReadResponseTooLarge,
    WriteRequestTooLarge,
    NegotiateMaxReadSizeTooLarge,
    NegotiateMaxWriteSizeTooLarge,
    ReadQueueSizeExceeded,
    ReadQueueCntExceeded,
    WriteQueueSizeExceeded,
    WriteQueueCntExceeded,
    TooManyTransactions,
}

/// What a message says of itself, whichever its version.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// 1, or 2.
    pub version: u8,
    /// The command.
    pub command: u16,
    /// The session.
    pub session: u64,
    /// The share.
    pub tree: u32,
    /// What request and response have in common.
    pub message: u64,
    /// How it went, in responses.
    pub status: Status,
}

/// The rest of a message that is larger than what was at hand.
#[derive(Debug, Default)]
struct Rest {
    bytes: usize,
    /// The open file that it is content of.
    handle: Option<Vec<u8>>,
}

/// The parser of a flow.
#[derive(Debug)]
pub struct Smb {
    transactions: Transactions<Tx>,
    pub(super) settings: Arc<ParserSettings>,
    pub(super) dialect: Dialect,
    /// Largest read and write that the server takes; 0 when not known.
    pub(super) limits: [u32; 2],
    /// Shares in use, by session and number.
    pub(super) trees: Bounded<(u64, u32), (Vec<u8>, bool)>,
    /// Names of open files.
    pub(super) names: Bounded<Vec<u8>, Vec<u8>>,
    /// Files and places that reads in progress are of, by session and message.
    pub(super) reads: Bounded<(u64, u64), (Vec<u8>, u64)>,
    /// Interfaces of remote procedures.
    pub(super) known: Known,
    rest: [Rest; 2],
    lost: [bool; 2],
}

impl Smb {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            transactions: Transactions::default(),
            settings: Arc::clone(settings),
            dialect: Dialect::Unknown,
            limits: [0; 2],
            trees: Bounded::default(),
            names: Bounded::default(),
            reads: Bounded::default(),
            known: Known::default(),
            rest: Default::default(),
            lost: [false; 2],
        }
    }

    /// Begins a transaction.
    pub(super) fn open(&mut self, origin: &Origin, detail: Detail) -> &mut Entry<Tx> {
        if self.transactions.len() >= self.settings.smb.max_transactions {
            let open = self.transactions.iter_mut().find(|entry| {
                entry.meta.progress(ToServer) == 0 || entry.meta.progress(ToClient) == 0
            });
            if let Some(oldest) = open {
                if let Detail::File(transfer) = &mut oldest.tx.detail {
                    transfer.close(FileState::Truncated);
                }
                oldest.meta.advance(ToServer, 1);
                oldest.meta.advance(ToClient, 1);
                oldest.meta.event(Event::TooManyTransactions as u8);
            }
        }
        let id = self.transactions.total() + 1;
        let dialect = self.dialect.clone();
        self.transactions.open(Tx {
            id,
            version: origin.version,
            begun_as: origin.version,
            command: origin.command,
            status: None,
            session: origin.session,
            tree: origin.tree,
            message: origin.message,
            dialect,
            detail,
        })
    }

    /// A request whose response is awaited.
    pub(super) fn request(&mut self, origin: &Origin, detail: Detail) -> &mut Entry<Tx> {
        let entry = self.open(origin, detail);
        entry.meta.advance(ToServer, 1);
        entry
    }

    /// The transaction that a response belongs to, which is complete with it; begun when the request was not seen.
    pub(super) fn response(&mut self, origin: &Origin) -> &mut Entry<Tx> {
        let dialect = self.dialect.clone();
        let place = self.transactions.iter().position(|entry| {
            let tx = &entry.tx;
            entry.meta.progress(ToClient) == 0
                && !matches!(tx.detail, Detail::File(_) | Detail::Call(_))
                && (tx.version, tx.command, tx.message)
                    == (origin.version, origin.command, origin.message)
        });
        let id = match place.and_then(|place| self.transactions.get(place)) {
            Some(entry) => entry.meta.id(),
            None => self.open(origin, Detail::None).meta.id(),
        };
        // Found or begun just above, at worst as the last.
        let count = self.transactions.len();
        let place = place.unwrap_or(count.saturating_sub(1));
        debug_assert!(
            self.transactions
                .get(place)
                .is_some_and(|e| e.meta.id() == id)
        );
        let entry = self
            .transactions
            .get_mut(place)
            .expect("an open transaction");
        entry.tx.status = Some(origin.status);
        entry.tx.dialect = dialect;
        if matches!(
            entry.tx.detail,
            Detail::Session { .. } | Detail::Negotiate(_)
        ) {
            entry.tx.session = origin.session;
        }
        if matches!(entry.tx.detail, Detail::Tree(_)) {
            entry.tx.tree = origin.tree;
        }
        entry.meta.advance(ToServer, 1);
        entry.meta.advance(ToClient, 1);
        entry
    }

    /// Something is wrong with the youngest transaction, if there is one.
    pub(super) fn event(&mut self, event: Event) {
        self.transactions.note(event as u8);
    }

    /// The share that a message is about: its name and whether it is one of pipes; nothing when its begin was not seen.
    pub(super) fn share(&self, origin: &Origin) -> Option<&(Vec<u8>, bool)> {
        self.trees.get(&(origin.session, origin.tree))
    }

    /// Notes the share of a tree connect that succeeded.
    pub(super) fn connected(&mut self, origin: &Origin, tree: &Tree) {
        let share = (tree.name.clone(), tree.is_pipe);
        self.trees.insert((origin.session, origin.tree), share);
    }

    pub(super) fn transfer(
        &mut self,
        handle: &[u8],
        direction: Direction,
    ) -> Option<&mut Entry<Tx>> {
        self.transactions.iter_mut().find(|entry| {
            entry.meta.progress(direction) == 0
                && matches!(&entry.tx.detail, Detail::File(transfer)
                    if transfer.handle == handle && transfer.direction == direction)
        })
    }

    /// A piece of a file, of which `data` is at hand and `length` is all.
    pub(super) fn piece(
        &mut self,
        origin: &Origin,
        direction: Direction,
        handle: &[u8],
        (offset, length): (u64, u32),
        data: &[u8],
    ) {
        let settings = Arc::clone(&self.settings);
        let limits = match direction {
            ToServer => (
                settings.smb.max_write_queue_size,
                settings.smb.max_write_queue_count,
            ),
            ToClient => (
                settings.smb.max_read_queue_size,
                settings.smb.max_read_queue_count,
            ),
        };
        if self.transfer(handle, direction).is_none() {
            let unknown: &[u8] = if direction == ToClient {
                b"<unknown>"
            } else {
                b""
            };
            let name = self.names.get(&handle.to_vec());
            let name = name.map_or(unknown, Vec::as_slice).to_vec();
            let share = self.share(origin).map(|(name, _)| name.clone());
            let share = share.unwrap_or_default();
            let transfer = Transfer::new(&settings.files, &name, handle, &share, direction);
            self.open(origin, Detail::File(Box::new(transfer)));
        }
        let Some(entry) = self.transfer(handle, direction) else {
            return;
        };
        let Detail::File(transfer) = &mut entry.tx.detail else {
            return;
        };
        let overlaps = transfer.overlaps(offset);
        let outcome = transfer.begin(offset, u64::from(length), limits);
        transfer.push(data);
        entry.meta.updated[direction.index()] = true;
        if overlaps {
            entry.meta.event(Event::FileOverlap as u8);
        }
        let refused = match (outcome, direction) {
            (Ok(()), _) => None,
            (Err(Refused::Size), ToServer) => Some(Event::WriteQueueSizeExceeded),
            (Err(Refused::Count), ToServer) => Some(Event::WriteQueueCntExceeded),
            (Err(Refused::Size), ToClient) => Some(Event::ReadQueueSizeExceeded),
            (Err(Refused::Count), ToClient) => Some(Event::ReadQueueCntExceeded),
        };
        if let Some(event) = refused {
            entry.meta.event(event as u8);
        }
        if (length as usize) > data.len() {
            self.rest[direction.index()].handle = Some(handle.to_vec());
        }
    }

    /// A file is closed: nothing more of it will come.
    pub(super) fn close(&mut self, handle: &[u8], direction: Direction, status: Status) {
        let Some(entry) = self.transfer(handle, direction) else {
            return;
        };
        if let Detail::File(transfer) = &mut entry.tx.detail {
            transfer.close(FileState::Closed);
        }
        entry.tx.status = Some(status);
        entry.meta.advance(ToServer, 1);
        entry.meta.advance(ToClient, 1);
    }

    /// The calls over a pipe of which one is awaited.
    pub(super) fn calls(&mut self) -> &mut Transactions<Tx> {
        &mut self.transactions
    }

    /// One message of a session, or its beginning when it is large.
    fn message(&mut self, direction: Direction, data: &[u8]) {
        match data {
            [0xff, b'S', b'M', b'B', ..] => version1::record(self, direction, data),
            [0xfe, b'S', b'M', b'B', ..] => version2::records(self, direction, data),
            // What is encrypted or compressed is nobody's to read.
            [0xfd | 0xfc, b'S', b'M', b'B', ..] => {}
            _ => self.event(Event::MalformedData),
        }
    }

    /// Uses up what belongs to a message that was begun.
    fn follow(&mut self, direction: Direction, data: &[u8]) -> usize {
        let rest = &mut self.rest[direction.index()];
        let count = rest.bytes.min(data.len());
        if count == 0 {
            return 0;
        }
        rest.bytes -= count;
        let handle = match rest.bytes {
            0 => rest.handle.take(),
            _ => rest.handle.clone(),
        };
        if let Some(entry) = handle.and_then(|handle| self.transfer(&handle, direction))
            && let Detail::File(transfer) = &mut entry.tx.detail
        {
            transfer.push(data.get(..count).unwrap_or_default());
            entry.meta.updated[direction.index()] = true;
        }
        count
    }

    /// After a gap: looks for where a message begins.
    fn resume(&mut self, direction: Direction, data: &[u8]) -> Option<usize> {
        let place = memchr::memmem::find_iter(data, b"SMB")
            .find(|&place| place >= 5 && matches!(data.get(place - 1), Some(0xfd..=0xff)))?;
        self.lost[direction.index()] = false;
        Some(place - 5)
    }
}

/// Messages larger than this are begun before they are whole, when they carry content of files.
const LARGE: usize = 4096;
/// What a large message must have before it is begun: headers.
const BEGINNING: usize = 512;

impl Parser for Smb {
    type Tx = Tx;
    const COMPLETE: [u8; 2] = [1, 1];
    const FRAMES: &'static [&'static str] = frame::NAMES;
    const EVENTS: &'static [&'static str] = &[
        "internal_error",
        "malformed_data",
        "record_overflow",
        "malformed_ntlmssp_request",
        "negotiate_malformed_dialects",
        "duplicate_negotiate",
        "file_overlap",
        "request_to_client",
        "response_to_server",
        "read_request_too_large",
        "read_response_too_large",
        "write_request_too_large",
        "negotiate_max_read_size_too_large",
        "negotiate_max_write_size_too_large",
        "read_queue_size_exceeded",
        "read_queue_cnt_exceeded",
        "write_queue_size_exceeded",
        "write_queue_cnt_exceeded",
        "too_many_transactions",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        match keyword {
            windows::SMB_NAMED_PIPE
            | windows::SMB_SHARE
            | windows::SMB_NTLMSSP_USER
            | windows::SMB_NTLMSSP_DOMAIN => (direction == ToServer).then_some(0),
            windows::DCERPC_STUB_DATA => Some(1),
            windows::SMB_VERSION
            | windows::DCERPC_IFACE
            | windows::DCERPC_OPNUM
            | file::DATA
            | file::NAME => Some(0),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        const HEADER: usize = 4;
        let direction = input.direction;
        let all = input.data.len();
        let mut data = input.data;
        data = data.get(self.follow(direction, data)..).unwrap_or_default();
        if self.lost[direction.index()] {
            match self.resume(direction, data) {
                Some(skip) => data = data.get(skip..).unwrap_or_default(),
                None => {
                    return Outcome::Incomplete {
                        consumed: all - data.len().min(8),
                        needed: data.len().min(8) + 1,
                    };
                }
            }
        }
        while !data.is_empty() {
            let consumed = all - data.len();
            let Some((&[kind, l0, l1, l2], body)) = data.split_first_chunk::<HEADER>() else {
                return Outcome::Incomplete {
                    consumed,
                    needed: HEADER,
                };
            };
            let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
            let Some(message) = body
                .get(..length)
                .or_else(|| self.begin(direction, kind, length, body))
            else {
                let headers = length > LARGE && body.len() < BEGINNING;
                let needed = HEADER + if headers { BEGINNING } else { length };
                return Outcome::Incomplete { consumed, needed };
            };
            frame::note(body, (kind, length), consumed, &mut orders.frames);
            // Other types of messages set sessions up or keep them alive.
            if kind == 0 && !message.is_empty() {
                self.message(direction, message);
            }
            data = body.get(message.len()..).unwrap_or_default();
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, _: &mut Orders) -> Outcome {
        let rest = &mut self.rest[direction.index()];
        let inside = (rest.bytes as u64).min(bytes);
        rest.bytes -= inside as usize;
        let handle = if rest.bytes == 0 {
            rest.handle.take()
        } else {
            rest.handle.clone()
        };
        if let Some(entry) = handle.and_then(|handle| self.transfer(&handle, direction))
            && let Detail::File(transfer) = &mut entry.tx.detail
        {
            transfer.gap(inside);
        }
        self.lost[direction.index()] |= inside < bytes;
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        for entry in self.transactions.iter_mut() {
            match &mut entry.tx.detail {
                Detail::File(transfer) if transfer.direction == direction => {
                    transfer.close(FileState::Truncated);
                    entry.meta.advance(ToServer, 1);
                    entry.meta.advance(ToClient, 1);
                }
                _ => {}
            }
        }
    }

    fn transactions(&self) -> &Transactions<Tx> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Tx> {
        &mut self.transactions
    }
}

impl Smb {
    /// Begins a large message that need not be waited for; the rest of it follows.
    fn begin<'a>(
        &mut self,
        direction: Direction,
        kind: u8,
        length: usize,
        body: &'a [u8],
    ) -> Option<&'a [u8]> {
        let beginning = kind == 0 && length > LARGE && body.len() >= BEGINNING;
        if !beginning || !self.is_file_content(direction, body) {
            return None;
        }
        self.rest[direction.index()] = Rest {
            bytes: length - body.len(),
            handle: None,
        };
        Some(body)
    }

    /// Whether the beginning of a message says that it carries content of a file, which need not wait for its end.
    fn is_file_content(&self, direction: Direction, data: &[u8]) -> bool {
        match data {
            [0xff, ..] => version1::is_file_content(self, direction, data),
            [0xfe, ..] => version2::is_file_content(self, direction, data),
            _ => false,
        }
    }
}
