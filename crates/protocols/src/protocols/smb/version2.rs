//! Messages of versions 2 and 3 ([MS-SMB2]).

use tapir_packet::Direction::{self, ToClient, ToServer};

use super::kerberos;
use super::ntlmssp::{self, Found, narrow};
use super::parser::{Event, Origin, Smb};
use super::pipe;
use super::status::{self, Status};
use super::transaction::{Create, Detail, Dialect, Negotiate, Tree};

const HEADER: usize = 64;
const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const TREE_CONNECT: u16 = 3;
const TREE_DISCONNECT: u16 = 4;
const CREATE: u16 = 5;
const CLOSE: u16 = 6;
const READ: u16 = 8;
const WRITE: u16 = 9;
const IOCTL: u16 = 11;
const GET_INFO: u16 = 16;
const SET_INFO: u16 = 17;

const PIPE_TRANSCEIVE: u32 = 0x0011_c017;

pub(super) fn short(data: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(place..)?.first_chunk()?))
}

pub(super) fn word(data: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(place..)?.first_chunk()?))
}

pub(super) fn long(data: &[u8], place: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(place..)?.first_chunk()?))
}

/// A time of Windows in seconds.
pub(super) fn seconds(time: u64) -> u64 {
    const TICKS: u64 = 10_000_000;
    const SECONDS_BEFORE_1970: u64 = 11_644_473_600;
    (time / TICKS).saturating_sub(SECONDS_BEFORE_1970)
}

/// One message: what it says of itself, and all of it.
struct Record<'a> {
    origin: Origin,
    is_response: bool,
    data: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(data: &'a [u8]) -> Option<(Self, usize)> {
        const RESPONSE: u32 = 1;
        const ASYNC: u32 = 2;
        let flags = word(data, 16)?;
        let next = word(data, 20)? as usize;
        let tree = if flags & ASYNC != 0 {
            0
        } else {
            word(data, 36)?
        };
        let origin = Origin {
            version: 2,
            command: short(data, 12)?,
            session: long(data, 40)?,
            tree,
            message: long(data, 24)?,
            status: Status::Nt(word(data, 8)?),
        };
        data.get(HEADER..)?;
        let end = if next == 0 {
            data.len()
        } else {
            next.min(data.len())
        };
        let record = Self {
            origin,
            is_response: flags & RESPONSE != 0,
            data: data.get(..end)?,
        };
        Some((record, next))
    }

    /// What follows the header.
    fn body(&self) -> &'a [u8] {
        self.data.get(HEADER..).unwrap_or_default()
    }

    /// A stretch that the message points to.
    fn stretch(&self, offset: usize, length: usize) -> Option<&'a [u8]> {
        self.data.get(offset..)?.get(..length)
    }

    fn succeeded(&self) -> bool {
        self.origin.status == Status::Nt(status::SUCCESS)
    }
}

/// Whether the beginning of a message says that it carries content of a file.
pub fn is_file_content(smb: &Smb, direction: Direction, data: &[u8]) -> bool {
    let Some((record, next)) = Record::read(data) else {
        return false;
    };
    let carries = match direction {
        ToServer => record.origin.command == WRITE && !record.is_response,
        ToClient => record.origin.command == READ && record.is_response,
    };
    carries && next == 0 && !smb.share(&record.origin).is_some_and(|share| share.1)
}

/// The messages that come together.
pub fn records(smb: &mut Smb, direction: Direction, mut data: &[u8]) {
    loop {
        let Some((record, next)) = Record::read(data) else {
            smb.event(Event::MalformedData);
            return;
        };
        match (record.is_response, direction) {
            (false, ToServer) => {
                if request(smb, &record).is_none() {
                    smb.event(Event::MalformedData);
                }
            }
            (true, ToClient) => {
                if response(smb, &record).is_none() {
                    smb.event(Event::MalformedData);
                }
            }
            (true, ToServer) => smb.event(Event::ResponseToServer),
            (false, ToClient) => {
                const OPLOCK_BREAK: u16 = 18;
                if record.origin.command != OPLOCK_BREAK {
                    smb.event(Event::RequestToClient);
                }
            }
        }
        if next < HEADER {
            return;
        }
        match data.get(next..) {
            Some(rest) if !rest.is_empty() => data = rest,
            _ => return,
        }
    }
}

fn request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    match origin.command {
        NEGOTIATE => negotiate_request(smb, record),
        SESSION_SETUP => session_request(smb, record),
        TREE_CONNECT => tree_request(smb, record),
        CREATE => create_request(smb, record),
        READ => read_request(smb, record),
        WRITE => write_request(smb, record),
        IOCTL => control_request(smb, record),
        SET_INFO => set_info_request(smb, record),
        GET_INFO => Some(()),
        CLOSE => {
            let handle = record.body().get(8..24);
            for direction in [ToServer, ToClient] {
                if let Some(handle) = handle {
                    smb.close(handle, direction, Status::Nt(status::SUCCESS));
                }
            }
            smb.request(origin, Detail::None);
            handle.map(|_| ())
        }
        TREE_DISCONNECT => {
            smb.trees.remove(&(origin.session, origin.tree));
            smb.request(origin, Detail::None);
            Some(())
        }
        _ => {
            smb.request(origin, Detail::None);
            Some(())
        }
    }
}

fn negotiate_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let count = usize::from(short(body, 2)?);
    let client = body.get(12..28)?.first_chunk().copied();
    let list = body.get(36..)?.get(..count.saturating_mul(2))?;
    let dialects = list
        .chunks_exact(2)
        .filter_map(|pair| short(pair, 0))
        .map(super::command::dialect_name)
        .collect();
    let negotiate = Negotiate {
        dialects,
        client,
        ..Negotiate::default()
    };
    smb.request(&record.origin, Detail::Negotiate(negotiate));
    Some(())
}

fn session_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let token = record.stretch(short(body, 12)?.into(), short(body, 14)?.into())?;
    let found = ntlmssp::find(token);
    let malformed = found == Found::Malformed;
    let login = match found {
        Found::Message(login) => Some(login),
        _ => None,
    };
    let detail = Detail::Session {
        ticket: kerberos::find(token),
        login,
        request: None,
        response: None,
    };
    let entry = smb.request(&record.origin, detail);
    if malformed {
        entry.meta.event(Event::MalformedNtlmsspRequest as u8);
    }
    Some(())
}

fn tree_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let path = record.stretch(short(body, 4)?.into(), short(body, 6)?.into())?;
    let mut name = narrow(path);
    // The path begins with two backslashes, of which records have but what follows the first byte.
    if name.len() > 1 && !name.starts_with(b"\\\\") {
        name.remove(0);
    }
    let tree = Tree {
        // Only the response says what it is.
        is_pipe: false,
        name,
        ..Tree::default()
    };
    smb.request(&record.origin, Detail::Tree(tree));
    Some(())
}

fn create_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const DIRECTORY: u32 = 1;
    const DELETE_ON_CLOSE: u32 = 0x1000;
    let body = record.body();
    let options = word(body, 40)?;
    let length = usize::from(short(body, 46)?);
    let name = match length {
        0 => &[][..],
        _ => record.stretch(short(body, 44)?.into(), length)?,
    };
    let create = Create {
        name: narrow(name),
        disposition: word(body, 36)?,
        delete_on_close: options & DELETE_ON_CLOSE != 0,
        directory: options & DIRECTORY != 0,
        ..Create::default()
    };
    smb.request(&record.origin, Detail::Create(create));
    Some(())
}

fn exceeds(length: u32, limit: u32) -> bool {
    limit != 0 && length > limit
}

fn read_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let length = word(body, 4)?;
    let offset = long(body, 8)?;
    let handle = body.get(16..32)?;
    if exceeds(length, smb.limits[0]) || exceeds(length, smb.settings.smb.max_read_size) {
        smb.event(Event::ReadRequestTooLarge);
        return Some(());
    }
    let key = (record.origin.session, record.origin.message);
    smb.reads.insert(key, (handle.to_vec(), offset));
    Some(())
}

/// Whether content of an open file goes through a pipe: as its share says, or else as it looks.
fn is_pipe(smb: &mut Smb, origin: &Origin, data: &[u8]) -> bool {
    if let Some((_, is_pipe)) = smb.share(origin) {
        return *is_pipe;
    }
    if !pipe::looks_like_call(data) {
        return false;
    }
    smb.trees.insert(
        (origin.session, origin.tree),
        (b"suricata::dcerpc".to_vec(), true),
    );
    true
}

fn write_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let place = usize::from(short(body, 2)?);
    let length = word(body, 4)?;
    let offset = long(body, 8)?;
    let handle = body.get(16..32)?;
    if exceeds(length, smb.limits[1]) || exceeds(length, smb.settings.smb.max_write_size) {
        smb.event(Event::WriteRequestTooLarge);
        return Some(());
    }
    let data = record.data.get(place..)?;
    let data = data.get(..length as usize).unwrap_or(data);
    if is_pipe(smb, &record.origin, data) {
        pipe::carry(smb, &record.origin, ToServer, data);
    } else {
        smb.piece(&record.origin, ToServer, handle, (offset, length), data);
    }
    Some(())
}

fn control_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let code = word(body, 4)?;
    let input = record.stretch(word(body, 24)? as usize, word(body, 28)? as usize);
    let carried = code == PIPE_TRANSCEIVE
        && input.is_some_and(|data| pipe::carry(smb, &record.origin, ToServer, data));
    if !carried {
        smb.request(&record.origin, Detail::Control(code));
    }
    Some(())
}

fn set_info_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const FILE: u8 = 1;
    const RENAME: u8 = 10;
    const DISPOSITION: u8 = 13;
    let body = record.body();
    let (class, level) = (*body.get(2)?, *body.get(3)?);
    let data = record.stretch(short(body, 8)?.into(), word(body, 4)? as usize)?;
    let handle = body.get(16..32)?.to_vec();
    let known = smb.names.get(&handle).cloned();
    let name = known.unwrap_or_else(|| b"<unknown>".to_vec());
    let detail = match (class, level) {
        (FILE, RENAME) => {
            let length = word(data, 16)? as usize;
            let to = narrow(data.get(20..)?.get(..length)?);
            Detail::Rename {
                from: name,
                to,
                handle,
            }
        }
        (FILE, DISPOSITION) => Detail::Disposition {
            name,
            delete: *data.first()? != 0,
            subcommand: None,
            handle,
        },
        _ => return Some(()),
    };
    smb.request(&record.origin, detail);
    Some(())
}

fn response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    if origin.status == Status::Nt(status::PENDING) {
        return Some(());
    }
    match origin.command {
        NEGOTIATE => negotiate_response(smb, record),
        TREE_CONNECT => tree_response(smb, record),
        CREATE => create_response(smb, record),
        READ => read_response(smb, record),
        IOCTL => control_response(smb, record),
        WRITE | GET_INFO => Some(()),
        SET_INFO => {
            // Most of these have no transaction.
            let (message, version) = (origin.message, origin.version);
            let awaited = smb.calls().iter().any(|entry| {
                let tx = &entry.tx;
                (tx.command, tx.message, tx.version) == (SET_INFO, message, version)
                    && entry.meta.progress(ToClient) == 0
            });
            if awaited {
                smb.response(origin);
            }
            Some(())
        }
        _ => {
            smb.response(origin);
            Some(())
        }
    }
}

fn negotiate_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    if !record.succeeded() {
        smb.response(&record.origin);
        return Some(());
    }
    let dialect = short(body, 4)?;
    let server = body.get(8..24)?.to_vec();
    let limits = [word(body, 32)?, word(body, 36)?];
    let too_large = [
        exceeds(limits[0], smb.settings.smb.max_read_size),
        exceeds(limits[1], smb.settings.smb.max_write_size),
    ];
    smb.dialect = Dialect::Two(dialect);
    smb.limits = limits;
    // A negotiation that began with version 1 is answered with version 2.
    let begun_as_1 = smb.calls().iter_mut().find(|entry| {
        matches!(entry.tx.detail, Detail::Negotiate(_))
            && entry.tx.version == 1
            && entry.meta.progress(ToClient) == 0
    });
    if let Some(entry) = begun_as_1 {
        entry.tx.version = 2;
        entry.tx.command = NEGOTIATE;
        entry.tx.message = record.origin.message;
    }
    let entry = smb.response(&record.origin);
    if matches!(entry.tx.detail, Detail::None) {
        entry.tx.detail = Detail::Negotiate(Negotiate::default());
    }
    if let Detail::Negotiate(negotiate) = &mut entry.tx.detail {
        negotiate.server = server;
        negotiate.limits = limits;
    }
    let events = [
        Event::NegotiateMaxReadSizeTooLarge,
        Event::NegotiateMaxWriteSizeTooLarge,
    ];
    for (event, _) in events
        .into_iter()
        .zip(too_large)
        .filter(|(_, large)| *large)
    {
        entry.meta.event(event as u8);
    }
    Some(())
}

fn tree_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const PIPE: u8 = 2;
    let kind = record.body().get(2).copied();
    let succeeded = record.succeeded();
    let entry = smb.response(&record.origin);
    let Detail::Tree(tree) = &mut entry.tx.detail else {
        return Some(());
    };
    if !succeeded {
        return Some(());
    }
    tree.kind = kind?;
    tree.is_pipe = tree.kind == PIPE;
    let tree = tree.clone();
    smb.connected(&record.origin, &tree);
    Some(())
}

fn create_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let succeeded = record.succeeded();
    let entry = smb.response(&record.origin);
    if !succeeded {
        return Some(());
    }
    let Detail::Create(create) = &mut entry.tx.detail else {
        return Some(());
    };
    for (place, time) in create.times.iter_mut().enumerate() {
        *time = seconds(long(body, 8 + place * 8)?);
    }
    create.size = long(body, 48)?;
    create.handle = body.get(64..80)?.to_vec();
    let (handle, name) = (create.handle.clone(), create.name.clone());
    smb.names.insert(handle, name);
    Some(())
}

fn read_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    let read = smb.reads.remove(&(origin.session, origin.message));
    match origin.status {
        Status::Nt(status::SUCCESS | status::BUFFER_OVERFLOW) => {}
        Status::Nt(status::END_OF_FILE) => {
            if let Some((handle, _)) = read {
                // That is how reading ends well.
                smb.close(&handle, ToClient, Status::Nt(status::SUCCESS));
            }
            return Some(());
        }
        _ => return Some(()),
    }
    let body = record.body();
    let place = usize::from(*body.get(2)?);
    let length = word(body, 4)?;
    if exceeds(length, smb.limits[0]) || exceeds(length, smb.settings.smb.max_read_size) {
        smb.event(Event::ReadResponseTooLarge);
        return Some(());
    }
    let (handle, offset) = match read {
        Some(read) => read,
        None => return Some(()),
    };
    let data = record.data.get(place..)?;
    let data = data.get(..length as usize).unwrap_or(data);
    if is_pipe(smb, origin, data) {
        pipe::carry(smb, origin, ToClient, data);
    } else {
        smb.piece(origin, ToClient, &handle, (offset, length), data);
    }
    Some(())
}

fn control_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let body = record.body();
    let fields = (word(body, 4), word(body, 32), word(body, 36));
    if let (Some(PIPE_TRANSCEIVE), Some(offset), Some(length)) = fields {
        let output = record.stretch(offset as usize, length as usize);
        if output.is_some_and(|data| pipe::carry(smb, &record.origin, ToClient, data)) {
            return Some(());
        }
    }
    smb.response(&record.origin);
    Some(())
}
