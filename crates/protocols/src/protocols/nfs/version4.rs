//! Version 4 (RFC 7530, RFC 5661): a call is a list of operations.

use tapir_packet::Direction::{ToClient, ToServer};

use super::call::{Call, Reply};
use super::parser::{Nfs, Pending, Piece};
use super::reader::Reader;
use super::version3::as_call;

const ACCESS: u32 = 3;
const CLOSE: u32 = 4;
const COMMIT: u32 = 5;
const CREATE: u32 = 6;
const GETATTR: u32 = 9;
const GETFH: u32 = 10;
const LOOKUP: u32 = 15;
const OPEN: u32 = 18;
const OPEN_CONFIRM: u32 = 20;
const PUTFH: u32 = 22;
const PUTROOTFH: u32 = 24;
const READ: u32 = 25;
const READDIR: u32 = 26;
const REMOVE: u32 = 28;
const RENAME: u32 = 29;
const RENEW: u32 = 30;
const RESTOREFH: u32 = 31;
const SAVEFH: u32 = 32;
const SETATTR: u32 = 34;
const SETCLIENTID: u32 = 35;
const SETCLIENTID_CONFIRM: u32 = 36;
const WRITE: u32 = 38;
const SEQUENCE: u32 = 53;

/// Operations of one call that are looked at.
const OPERATIONS: u32 = 64;
const STATE: usize = 16;

/// What a list of operations is about.
#[derive(Default)]
struct Compound<'a> {
    operations: Vec<u32>,
    handle: &'a [u8],
    name: &'a [u8],
    new_name: Option<&'a [u8]>,
    read: Option<u64>,
    write: Option<(u64, &'a [u8])>,
    closes: bool,
}

/// A call; nothing when it is malformed.
pub fn call(nfs: &mut Nfs, call: &Call<'_>) -> Option<Pending> {
    let mut pending = Pending {
        version: 4,
        procedure: call.procedure,
        has_transaction: true,
        ..Pending::default()
    };
    let mut compound = Compound::default();
    if call.procedure == 1 {
        let mut reader = Reader(call.arguments);
        reader.opaque()?;
        reader.word()?;
        let count = reader.word()?.min(OPERATIONS);
        for _ in 0..count {
            let operation = reader.word()?;
            compound.operations.push(operation);
            // The length of an operation that is not known cannot be told: the rest stays unread.
            if read_operation(&mut compound, operation, &mut reader).is_none() {
                break;
            }
        }
        pending.procedure = main_operation(&compound.operations);
    }
    pending.handle = compound.handle.to_vec();
    pending.offset = compound.read.unwrap_or_default();
    pending.name = match compound.name {
        [] => nfs.names.get(&pending.handle).cloned().unwrap_or_default(),
        name => name.to_vec(),
    };
    if let Some((offset, data)) = compound.write {
        let piece = Piece {
            direction: ToServer,
            handle: compound.handle,
            offset,
            data,
            last: false,
        };
        nfs.piece(call, WRITE, &piece);
    }
    if compound.closes {
        nfs.close(compound.handle, call.xid);
    }
    pending.has_transaction = compound.write.is_none() && compound.read.is_none();
    if pending.has_transaction {
        let entry = nfs.open(call, &pending);
        entry.tx.operations = compound.operations;
        entry.tx.new_name = compound.new_name.map(<[u8]>::to_vec);
        entry.meta.advance(ToServer, 1);
    }
    Some(pending)
}

/// The operation that says most of what a call is for.
fn main_operation(operations: &[u32]) -> u32 {
    const TELLING: &[u32] = &[
        WRITE, READ, OPEN, CLOSE, COMMIT, CREATE, REMOVE, RENAME, SETATTR, READDIR, LOOKUP, ACCESS,
    ];
    let telling = TELLING.iter().find(|telling| operations.contains(telling));
    telling.or(operations.last()).copied().unwrap_or(1)
}

/// Reads the arguments of an operation; nothing when they are not known.
fn read_operation<'a>(
    compound: &mut Compound<'a>,
    operation: u32,
    reader: &mut Reader<'a>,
) -> Option<()> {
    match operation {
        ACCESS => reader.take(4).map(|_| ()),
        CLOSE => {
            compound.closes = true;
            reader.take(4 + STATE).map(|_| ())
        }
        COMMIT => {
            compound.closes = true;
            reader.take(12).map(|_| ())
        }
        GETATTR => reader.words().map(|_| ()),
        GETFH | PUTROOTFH | RESTOREFH | SAVEFH => Some(()),
        LOOKUP | REMOVE => {
            compound.name = reader.opaque()?;
            Some(())
        }
        RENAME => {
            compound.name = reader.opaque()?;
            compound.new_name = Some(reader.opaque()?);
            Some(())
        }
        CREATE => read_create(compound, reader),
        OPEN => read_open(compound, reader),
        OPEN_CONFIRM => reader.take(STATE + 4).map(|_| ()),
        PUTFH => {
            compound.handle = reader.opaque()?;
            Some(())
        }
        READ => {
            reader.take(STATE)?;
            compound.read = Some(reader.long()?);
            reader.take(4).map(|_| ())
        }
        READDIR => {
            reader.take(24)?;
            reader.words().map(|_| ())
        }
        RENEW => reader.take(8).map(|_| ()),
        SETATTR => {
            reader.take(STATE)?;
            attributes(reader)
        }
        SETCLIENTID => read_client(reader),
        SETCLIENTID_CONFIRM => reader.take(16).map(|_| ()),
        WRITE => {
            reader.take(STATE)?;
            let offset = reader.long()?;
            reader.take(4)?;
            compound.write = Some((offset, reader.opaque()?));
            Some(())
        }
        SEQUENCE => reader.take(32).map(|_| ()),
        _ => None,
    }
}

/// Who a client is, and where it can be called back.
fn read_client(reader: &mut Reader<'_>) -> Option<()> {
    reader.take(8)?;
    reader.opaque()?;
    reader.take(4)?;
    reader.opaque()?;
    reader.opaque()?;
    reader.take(4).map(|_| ())
}

fn attributes(reader: &mut Reader<'_>) -> Option<()> {
    reader.words()?;
    reader.opaque().map(|_| ())
}

fn read_create<'a>(compound: &mut Compound<'a>, reader: &mut Reader<'a>) -> Option<()> {
    const LINK: u32 = 5;
    match reader.word()? {
        LINK => {
            reader.opaque()?;
        }
        3 | 4 => {
            reader.take(8)?;
        }
        _ => {}
    }
    compound.name = reader.opaque()?;
    attributes(reader)
}

fn read_open<'a>(compound: &mut Compound<'a>, reader: &mut Reader<'a>) -> Option<()> {
    reader.take(12 + 8)?;
    reader.opaque()?;
    if reader.word()? == 1 {
        match reader.word()? {
            0 | 1 => attributes(reader)?,
            2 => {
                reader.take(8)?;
            }
            _ => {
                reader.take(8)?;
                attributes(reader)?;
            }
        }
    }
    match reader.word()? {
        0 => compound.name = reader.opaque()?,
        1 => {
            reader.take(4)?;
        }
        4 => {}
        _ => return None,
    }
    Some(())
}

/// A reply to a call that went well.
pub fn reply(nfs: &mut Nfs, pending: &Pending, reply: &Reply<'_>) -> Option<()> {
    let mut reader = Reader(reply.results);
    if pending.procedure == 0 {
        return Some(());
    }
    reader.word()?;
    reader.opaque()?;
    let count = reader.word()?.min(OPERATIONS);
    for _ in 0..count {
        let (operation, status) = (reader.word()?, reader.word()?);
        if status != 0 {
            break;
        }
        match operation {
            GETFH => {
                let handle = reader.opaque()?;
                if !pending.name.is_empty() {
                    nfs.names.insert(handle.to_vec(), pending.name.clone());
                }
            }
            READ => {
                let last = reader.word()? != 0;
                let piece = Piece {
                    direction: ToClient,
                    handle: &pending.handle,
                    offset: pending.offset,
                    data: reader.opaque()?,
                    last,
                };
                nfs.piece(&as_call(pending, reply.xid), READ, &piece);
            }
            _ => {
                if skip_result(operation, &mut reader).is_none() {
                    break;
                }
            }
        }
    }
    Some(())
}

/// Passes over the results of an operation; nothing when they are not known.
fn skip_result(operation: u32, reader: &mut Reader<'_>) -> Option<()> {
    match operation {
        PUTFH | PUTROOTFH | RESTOREFH | SAVEFH | LOOKUP | RENEW | SETCLIENTID_CONFIRM => {}
        ACCESS | COMMIT => {
            reader.take(8)?;
        }
        CLOSE | OPEN_CONFIRM | WRITE => {
            reader.take(16)?;
        }
        GETATTR => attributes(reader)?,
        REMOVE => {
            reader.take(20)?;
        }
        RENAME => {
            reader.take(40)?;
        }
        CREATE => {
            reader.take(20)?;
            reader.words()?;
        }
        SETATTR => {
            reader.words()?;
        }
        SEQUENCE => {
            reader.take(36)?;
        }
        OPEN => {
            reader.take(STATE + 20 + 4)?;
            reader.words()?;
            let delegation = reader.word()?;
            if delegation == 3 {
                // None, and why: because of contention or resources it says whether one may come later.
                if matches!(reader.word()?, 1 | 2) {
                    reader.word()?;
                }
            } else if delegation != 0 {
                reader.take(STATE + 4)?;
                if delegation == 2 {
                    reader.take(12)?;
                }
                reader.take(12)?;
                reader.opaque()?;
            }
        }
        _ => return None,
    }
    Some(())
}
