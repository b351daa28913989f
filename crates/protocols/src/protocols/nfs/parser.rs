//! The parser of a flow: records, and what is remembered between calls and replies.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, file, windows};

use super::call::{Call, GSS, Reply};
use super::frames::{self, Placed};
use super::transaction::{Carried, Tx};
use super::{version3, version4};
use crate::file::FileState;
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::smb::Bounded;
use crate::protocols::transfer::Transfer;
use crate::signature::Transport;
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, ParserSettings};

const MALFORMED_DATA: u8 = 0;
const TOO_MANY_TRANSACTIONS: u8 = 2;
const NFS_PROGRAM: u32 = 100_003;
/// Bytes that a record may have.
const LONGEST: usize = 4 << 20;
/// Bytes and pieces of a file that may wait for those before them.
const WAITING: (u64, usize) = (64 << 20, 64);

/// What is remembered of a call until its reply.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    /// Version of NFS.
    pub version: u32,
    /// The procedure; the most telling operation in version 4.
    pub procedure: u32,
    /// The file's handle.
    pub handle: Vec<u8>,
    /// The name that was looked up or created.
    pub name: Vec<u8>,
    /// The place that is read from.
    pub offset: u64,
    /// It has a transaction of its own.
    pub has_transaction: bool,
}

/// A piece of a file.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The way it goes.
    pub direction: Direction,
    /// The file's handle.
    pub handle: &'a [u8],
    /// Its place.
    pub offset: u64,
    /// Its bytes.
    pub data: &'a [u8],
    /// It is the last one.
    pub last: bool,
}

/// The parser of a flow.
#[derive(Debug)]
pub struct Nfs {
    transactions: Transactions<Tx>,
    settings: Arc<ParserSettings>,
    pending: Bounded<u32, Pending>,
    /// Names of files by handle.
    pub(super) names: Bounded<Vec<u8>, Vec<u8>>,
    lost: [bool; 2],
}

impl Nfs {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            transactions: Transactions::default(),
            settings: Arc::clone(settings),
            pending: Bounded::default(),
            names: Bounded::default(),
            lost: [false; 2],
        }
    }

    /// Begins a transaction.
    pub(super) fn open(&mut self, call: &Call<'_>, pending: &Pending) -> &mut Entry<Tx> {
        if self.transactions.len() >= self.settings.nfs.0 {
            let oldest = self.transactions.iter_mut().find(|entry| {
                entry.meta.progress(ToServer) == 0 || entry.meta.progress(ToClient) == 0
            });
            if let Some(oldest) = oldest {
                finish(oldest, FileState::Truncated);
                oldest.meta.event(TOO_MANY_TRANSACTIONS);
            }
        }
        let id = self.transactions.total() + 1;
        self.transactions.open(Tx {
            id,
            xid: call.xid,
            version: call.version,
            procedure: pending.procedure,
            operations: Vec::new(),
            caller: call.caller.clone(),
            name: pending.name.clone(),
            handle: pending.handle.clone(),
            new_name: None,
            status: 0,
            acceptance: 0,
            answered: false,
            file: None,
        })
    }

    fn carrier(&mut self, handle: &[u8], direction: Direction) -> Option<&mut Entry<Tx>> {
        self.transactions.iter_mut().find(|entry| {
            entry.meta.progress(direction) == 0
                && entry.tx.handle == handle
                && entry
                    .tx
                    .file
                    .as_ref()
                    .is_some_and(|f| f.transfer.direction == direction)
        })
    }

    /// A piece of a file, carried by a call or its reply.
    pub(super) fn piece(&mut self, call: &Call<'_>, procedure: u32, piece: &Piece<'_>) {
        if self.carrier(piece.handle, piece.direction).is_none() {
            let name = self
                .names
                .get(&piece.handle.to_vec())
                .cloned()
                .unwrap_or_default();
            let files = Arc::clone(&self.settings.files);
            let pending = Pending {
                version: call.version,
                procedure,
                handle: piece.handle.to_vec(),
                name: name.clone(),
                ..Pending::default()
            };
            let transfer = Transfer::new(&files, &name, piece.handle, b"", piece.direction);
            self.open(call, &pending).tx.file = Some(Box::new(Carried {
                transfer,
                pieces: 0,
                last_xid: 0,
                ended: false,
            }));
        }
        let Some(entry) = self.carrier(piece.handle, piece.direction) else {
            return;
        };
        let Some(carried) = &mut entry.tx.file else {
            return;
        };
        carried.pieces = carried.pieces.saturating_add(1);
        carried.last_xid = call.xid;
        let length = piece.data.len() as u64;
        if carried
            .transfer
            .begin(piece.offset, length, WAITING)
            .is_ok()
        {
            carried.transfer.push(piece.data);
        }
        entry.meta.updated[piece.direction.index()] = true;
        if piece.last {
            carried.ended = true;
            finish(entry, FileState::Closed);
        }
    }

    /// A file is complete.
    pub(super) fn close(&mut self, handle: &[u8], xid: u32) {
        for direction in [ToServer, ToClient] {
            if let Some(entry) = self.carrier(handle, direction) {
                if let Some(carried) = &mut entry.tx.file {
                    carried.ended = true;
                    carried.last_xid = xid;
                }
                finish(entry, FileState::Closed);
            }
        }
    }

    fn malformed(&mut self, direction: Direction) {
        let entry = match self.transactions.last_mut() {
            Some(entry) => entry,
            None => return,
        };
        entry.meta.event(MALFORMED_DATA);
        entry.meta.updated[direction.index()] = true;
    }

    fn call(&mut self, placed: &Placed<'_>, frames: &mut Frames) -> Option<()> {
        let call = Call::read(placed.data)?;
        placed.note_credentials(frames);
        if call.program != NFS_PROGRAM {
            return Some(());
        }
        placed.note_content(call.version, ToServer, call.arguments, frames);
        let wrapped = call.caller.flavor == GSS;
        let known = match call.version {
            2 | 3 if !wrapped => version3::call(self, &call),
            4 if !wrapped => version4::call(self, &call),
            _ => None,
        };
        let malformed = known.is_none() && !wrapped;
        let pending = known.unwrap_or_else(|| {
            let pending = Pending {
                version: call.version,
                procedure: call.procedure,
                has_transaction: true,
                ..Pending::default()
            };
            self.open(&call, &pending).meta.advance(ToServer, 1);
            pending
        });
        self.pending.insert(call.xid, pending);
        if malformed {
            self.malformed(ToServer);
        }
        Some(())
    }

    fn reply(&mut self, placed: &Placed<'_>, frames: &mut Frames) -> Option<()> {
        let reply = Reply::read(placed.data)?;
        placed.note_reply(frames);
        // Nothing in a reply says what it is about.
        let Some(pending) = self.pending.remove(&reply.xid) else {
            return Some(());
        };
        placed.note_content(pending.version, ToClient, reply.results, frames);
        let status = match reply.results.first_chunk() {
            Some(status) if pending.procedure != 0 => u32::from_be_bytes(*status),
            _ => 0,
        };
        if pending.has_transaction {
            let entry = self.transactions.iter_mut().find(|entry| {
                entry.tx.xid == reply.xid && entry.tx.file.is_none() && !entry.tx.answered
            });
            if let Some(entry) = entry {
                entry.tx.answered = true;
                entry.tx.acceptance = reply.state;
                entry.tx.status = status;
                finish(entry, FileState::Closed);
            }
        }
        if status != 0 || reply.state != 0 {
            return Some(());
        }
        match pending.version {
            2 | 3 => version3::reply(self, &pending, &reply),
            4 => version4::reply(self, &pending, &reply),
            _ => Some(()),
        }
    }

    fn message(
        &mut self,
        direction: Direction,
        placed: &Placed<'_>,
        frames: &mut Frames,
    ) -> Option<()> {
        placed.note_message(frames);
        let is_call = matches!(placed.data.get(4..8), Some([0, 0, 0, 0]));
        let understood = match (direction, is_call) {
            (ToServer, true) => self.call(placed, frames),
            (ToClient, false) => self.reply(placed, frames),
            // The server may call the client back, which is no call of NFS.
            _ => return Some(()),
        };
        if understood.is_none() {
            self.malformed(direction);
        }
        understood
    }
}

fn finish(entry: &mut Entry<Tx>, state: FileState) {
    if let Some(carried) = &mut entry.tx.file {
        carried.transfer.close(state);
    }
    entry.meta.advance(ToServer, 1);
    entry.meta.advance(ToClient, 1);
}

impl Parser for Nfs {
    type Tx = Tx;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "malformed_data",
        "non_existing_version",
        "too_many_transactions",
    ];

    const FRAMES: &'static [&'static str] = frames::NAMES;

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        match keyword {
            windows::NFS_PROCEDURE | windows::NFS_VERSION | file::DATA | file::NAME => Some(0),
            _ => None,
        }
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        const MARK: usize = 4;
        const LAST: u32 = 1 << 31;
        let direction = input.direction;
        if input.transport == Transport::Udp {
            let placed = Placed {
                data: input.data,
                from: 0,
                mark: 0,
            };
            return match self.message(direction, &placed, &mut orders.frames) {
                Some(()) => Outcome::Done,
                None => Outcome::Failed,
            };
        }
        let mut rest = input.data;
        if self.lost[direction.index()] {
            match find_message(direction, rest) {
                Some(place) => {
                    self.lost[direction.index()] = false;
                    rest = rest.get(place..).unwrap_or_default();
                }
                None => return Outcome::Done,
            }
        }
        while !rest.is_empty() {
            let consumed = input.data.len() - rest.len();
            let Some((mark, body)) = rest.split_first_chunk::<MARK>() else {
                return Outcome::Incomplete {
                    consumed,
                    needed: MARK,
                };
            };
            let length = (u32::from_be_bytes(*mark) & !LAST) as usize;
            if length > LONGEST {
                return Outcome::Failed;
            }
            let Some((message, after)) = body.split_at_checked(length) else {
                return Outcome::Incomplete {
                    consumed,
                    needed: MARK + length,
                };
            };
            let placed = Placed {
                data: message,
                from: consumed + MARK,
                mark: MARK,
            };
            // What is wrong with one record does not matter to the next.
            let _ = self.message(direction, &placed, &mut orders.frames);
            orders.inspect_stream[direction.index()] = true;
            rest = after;
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, _: u64, _: &mut Orders) -> Outcome {
        self.lost[direction.index()] = true;
        Outcome::Done
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        for entry in self.transactions.iter_mut() {
            let carries = |carried: &Carried| carried.transfer.direction == direction;
            if entry.tx.file.as_deref().is_some_and(carries) {
                finish(entry, FileState::Truncated);
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

/// After a gap: where a record begins, as far as can be told.
fn find_message(direction: Direction, data: &[u8]) -> Option<usize> {
    let kind = match direction {
        ToServer => [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa3],
        ToClient => [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    };
    let place = memchr::memmem::find(data, &kind)?;
    place.checked_sub(8)
}
