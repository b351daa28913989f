//! Messages of version 1 ([MS-CIFS], [MS-SMB]).

use tapir_packet::Direction::{self, ToClient, ToServer};

use super::kerberos;
use super::ntlmssp::{self, Found, narrow};
use super::parser::{Event, Origin, Smb};
use super::pipe;
use super::status::{self, Status};
use super::transaction::{Create, Detail, Dialect, Host, Negotiate, Tree};
use super::version2::{long, seconds, short, word};

const HEADER: usize = 32;
const CLOSE: u16 = 0x04;
const RENAME: u16 = 0x07;
const TRANS: u16 = 0x25;
const TRANS2: u16 = 0x32;
const READ: u16 = 0x2e;
const WRITE: u16 = 0x2f;
const TREE_DISCONNECT: u16 = 0x71;
const NEGOTIATE: u16 = 0x72;
const SESSION_SETUP: u16 = 0x73;
const TREE_CONNECT: u16 = 0x75;
const CREATE: u16 = 0xa2;
/// Those whose parameters are read.
const READ_COMMANDS: [u16; 10] = [
    CLOSE,
    RENAME,
    TRANS,
    TRANS2,
    READ,
    WRITE,
    NEGOTIATE,
    SESSION_SETUP,
    TREE_CONNECT,
    CREATE,
];

/// One message.
struct Record<'a> {
    origin: Origin,
    is_response: bool,
    unicode: bool,
    /// The whole message.
    data: &'a [u8],
    /// Parameters of fixed size.
    words: &'a [u8],
    /// What follows them.
    bytes: &'a [u8],
    /// Place of those in the message.
    bytes_place: usize,
}

impl<'a> Record<'a> {
    /// What the header says, whatever follows it.
    fn origin(data: &[u8]) -> Option<Origin> {
        const NT_STATUS: u16 = 0x4000;
        let flags = short(data, 10)?;
        let status = if flags & NT_STATUS != 0 {
            Status::Nt(word(data, 5)?)
        } else {
            Status::Dos(*data.get(5)?, short(data, 7)?)
        };
        let (process, multiplex) = (short(data, 26)?, short(data, 30)?);
        Some(Origin {
            version: 1,
            command: (*data.get(4)?).into(),
            session: short(data, 28)?.into(),
            tree: short(data, 24)?.into(),
            message: u64::from(process) << 16 | u64::from(multiplex),
            status,
        })
    }

    fn read(data: &'a [u8]) -> Option<Self> {
        const RESPONSE: u8 = 0x80;
        const UNICODE: u16 = 0x8000;
        let flags = short(data, 10)?;
        let origin = Self::origin(data)?;
        let count = usize::from(*data.get(HEADER)?) * 2;
        let bytes_place = HEADER + 1 + count + 2;
        let words = data.get(HEADER + 1..)?.get(..count)?;
        let bytes = data.get(bytes_place..).unwrap_or_default();
        let length = short(data, bytes_place - 2).map_or(0, usize::from);
        Some(Self {
            origin,
            is_response: data.get(9)? & RESPONSE != 0,
            unicode: flags & UNICODE != 0,
            data,
            words,
            bytes: bytes.get(..length).unwrap_or(bytes),
            bytes_place,
        })
    }

    fn succeeded(&self) -> bool {
        matches!(
            self.origin.status,
            Status::Nt(status::SUCCESS) | Status::Dos(0, _)
        )
    }

    /// The server's name for an open file: its number, and who opened it.
    fn handle(&self, place: usize) -> Option<Vec<u8>> {
        let mut handle = self.words.get(place..place + 2)?.to_vec();
        handle.extend_from_slice(&(self.origin.session as u32).to_le_bytes());
        Some(handle)
    }

    /// A text that begins at a place of the bytes and ends with zero, and the place behind it.
    fn text(&self, place: usize) -> (Vec<u8>, usize) {
        if !self.unicode {
            return self.ascii(place);
        }
        // Characters of two bytes begin at an even place of the message.
        let begin = place + (self.bytes_place + place) % 2;
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let end = rest.chunks_exact(2).position(|pair| pair == [0, 0]);
        let length = end.map_or(rest.len(), |characters| characters * 2);
        (
            narrow(rest.get(..length).unwrap_or(rest)),
            begin + length + 2,
        )
    }

    fn ascii(&self, place: usize) -> (Vec<u8>, usize) {
        let rest = self.bytes.get(place..).unwrap_or_default();
        let length = memchr::memchr(0, rest).unwrap_or(rest.len());
        (
            rest.get(..length).unwrap_or(rest).to_vec(),
            place + length + 1,
        )
    }

    fn host(&self, place: usize) -> Host {
        let (system, next) = self.text(place);
        let (manager, _) = self.text(next);
        Host { system, manager }
    }
}

/// Whether the beginning of a message says that it carries content of a file.
pub fn is_file_content(smb: &Smb, direction: Direction, data: &[u8]) -> bool {
    let Some(record) = Record::read(data) else {
        return false;
    };
    let carries = match direction {
        ToServer => record.origin.command == WRITE && !record.is_response,
        ToClient => record.origin.command == READ && record.is_response,
    };
    carries && !smb.share(&record.origin).is_some_and(|share| share.1)
}

/// One message.
pub fn record(smb: &mut Smb, direction: Direction, data: &[u8]) {
    let Some(record) = Record::read(data) else {
        let mut is_read = true;
        if let Some(origin) = Record::origin(data) {
            // The header is all right. Not of every command is more looked at.
            is_read = READ_COMMANDS.contains(&origin.command);
            smb.request(&origin, Detail::None);
        }
        if is_read {
            smb.event(Event::MalformedData);
        }
        return;
    };
    let understood = match (record.is_response, direction) {
        (false, ToServer) => request(smb, &record),
        (true, ToClient) => response(smb, &record),
        (true, ToServer) => {
            smb.event(Event::ResponseToServer);
            return;
        }
        (false, ToClient) => {
            smb.event(Event::RequestToClient);
            return;
        }
    };
    if understood.is_none() {
        smb.event(Event::MalformedData);
    }
}

fn request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    let detail = match origin.command {
        NEGOTIATE => return negotiate_request(smb, record),
        SESSION_SETUP => return session_request(smb, record),
        READ => return read_request(smb, record),
        WRITE => return write_request(smb, record),
        TREE_CONNECT => tree_request(record)?,
        CREATE => create_request(record)?,
        RENAME => {
            // Each name is behind a byte that says it is one.
            let (from, next) = record.text(1);
            let (to, _) = record.text(next + 1);
            Detail::Rename {
                from,
                to,
                handle: Vec::new(),
            }
        }
        TRANS => {
            let stretch = (short(record.words, 24)?, short(record.words, 22)?);
            let data = record.data.get(stretch.0.into()..);
            let data = data
                .and_then(|rest| rest.get(..stretch.1.into()))
                .unwrap_or_default();
            if pipe::carry(smb, origin, ToServer, data) {
                return Some(());
            }
            Detail::None
        }
        TRANS2 => set_info_request(smb, record).unwrap_or(Detail::None),
        CLOSE => {
            let handle = record.handle(0)?;
            for direction in [ToServer, ToClient] {
                smb.close(&handle, direction, Status::Nt(status::SUCCESS));
            }
            Detail::None
        }
        TREE_DISCONNECT => {
            smb.trees.remove(&(origin.session, origin.tree));
            Detail::None
        }
        _ => Detail::None,
    };
    smb.request(origin, detail);
    Some(())
}

/// Changes of what is known of a file ([MS-CIFS], 2.2.6.7 and 2.2.6.9).
fn set_info_request(smb: &Smb, record: &Record<'_>) -> Option<Detail> {
    const PATH: u16 = 6;
    const FILE: u16 = 8;
    const RENAME: u16 = 1010;
    const DISPOSITION: u16 = 1013;
    let words = record.words;
    let stretch = |length: usize, place: usize| {
        let (length, place) = (short(words, length)?, short(words, place)?);
        record.data.get(place.into()..)?.get(..length.into())
    };
    let subcommand = short(words, 28)?;
    let (parameters, data) = (stretch(18, 20)?, stretch(22, 24)?);
    let (name, handle, level) = match subcommand {
        PATH => {
            let name = narrow(parameters.get(6..)?);
            (name, Vec::new(), short(parameters, 0)?)
        }
        FILE => {
            let mut handle = parameters.get(..2)?.to_vec();
            handle.extend_from_slice(&(record.origin.session as u32).to_le_bytes());
            let known = smb.names.get(&handle).cloned();
            let name = known.unwrap_or_else(|| b"<unknown>".to_vec());
            (name, handle, short(parameters, 2)?)
        }
        _ => return None,
    };
    match level {
        DISPOSITION => Some(Detail::Disposition {
            name,
            delete: *data.first()? & 1 != 0,
            subcommand: Some(subcommand),
            handle,
        }),
        RENAME => {
            let length = word(data, 8)? as usize;
            Some(Detail::Rename {
                from: name,
                to: narrow(data.get(12..)?.get(..length)?),
                handle,
            })
        }
        _ => None,
    }
}

fn negotiate_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const DIALECT: u8 = 2;
    let mut dialects = Vec::new();
    let mut malformed = false;
    let mut place = 0;
    while let Some(&kind) = record.bytes.get(place) {
        malformed |= kind != DIALECT;
        let (name, next) = record.ascii(place + 1);
        dialects.push(String::from_utf8_lossy(&name).into_owned());
        place = next;
    }
    let negotiate = Negotiate {
        dialects,
        ..Negotiate::default()
    };
    let entry = smb.request(&record.origin, Detail::Negotiate(negotiate));
    if malformed {
        entry.meta.event(Event::NegotiateMalformedDialects as u8);
    }
    Some(())
}

fn session_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const WITH_TOKEN: usize = 24;
    const WITH_PASSWORDS: usize = 26;
    let mut ticket = None;
    let mut malformed = false;
    let (mut login, mut host) = (None, None);
    if record.words.len() == WITH_TOKEN {
        let length = usize::from(short(record.words, 14)?);
        let token = record.bytes.get(..length)?;
        ticket = kerberos::find(token);
        match ntlmssp::find(token) {
            Found::Message(message) => login = Some(message),
            Found::Malformed => malformed = true,
            Found::Nothing => {}
        }
        host = Some(record.host(length));
    } else if record.words.len() == WITH_PASSWORDS {
        let passwords = [short(record.words, 14)?, short(record.words, 16)?];
        let place = passwords.into_iter().map(usize::from).sum();
        let (_account, next) = record.text(place);
        let (_domain, next) = record.text(next);
        host = Some(record.host(next));
    }
    let detail = Detail::Session {
        ticket,
        login,
        request: host,
        response: None,
    };
    let entry = smb.request(&record.origin, detail);
    if malformed {
        entry.meta.event(Event::MalformedNtlmsspRequest as u8);
    }
    Some(())
}

fn tree_request(record: &Record<'_>) -> Option<Detail> {
    let password = usize::from(short(record.words, 6)?);
    let (name, next) = record.text(password);
    let (service, _) = record.ascii(next);
    Some(Detail::Tree(Tree {
        // Only the response says what it is.
        is_pipe: false,
        name,
        kind: 0,
        service: [Some(service), None],
    }))
}

fn create_request(record: &Record<'_>) -> Option<Detail> {
    const DIRECTORY: u32 = 1;
    const DELETE_ON_CLOSE: u32 = 0x1000;
    let options = word(record.words, 39)?;
    let (name, _) = record.text(0);
    Some(Detail::Create(Create {
        name,
        disposition: word(record.words, 35)?,
        delete_on_close: options & DELETE_ON_CLOSE != 0,
        directory: options & DIRECTORY != 0,
        ..Create::default()
    }))
}

/// The place in a file, whose upper half is not in all messages.
fn offset(words: &[u8], low: usize, high: usize) -> Option<u64> {
    let low = u64::from(word(words, low)?);
    let high = word(words, high).map_or(0, u64::from);
    Some(high << 32 | low)
}

fn read_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let handle = record.handle(4)?;
    let offset = offset(record.words, 6, 20)?;
    let key = (record.origin.session, record.origin.message);
    smb.reads.insert(key, (handle, offset));
    Some(())
}

fn is_pipe(smb: &mut Smb, record: &Record<'_>, data: &[u8]) -> bool {
    match smb.share(&record.origin) {
        Some((_, is_pipe)) => *is_pipe,
        None => pipe::looks_like_call(data),
    }
}

fn write_request(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let words = record.words;
    let handle = record.handle(4)?;
    let offset = offset(words, 6, 24)?;
    let length = u32::from(short(words, 18)?) << 16 | u32::from(short(words, 20)?);
    let data = record.data.get(short(words, 22)?.into()..)?;
    let data = data.get(..length as usize).unwrap_or(data);
    if length > smb.settings.smb.max_write_size && smb.settings.smb.max_write_size != 0 {
        smb.event(Event::WriteRequestTooLarge);
    } else if is_pipe(smb, record, data) {
        pipe::carry(smb, &record.origin, ToServer, data);
    } else {
        smb.piece(&record.origin, ToServer, &handle, (offset, length), data);
    }
    Some(())
}

fn response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    match origin.command {
        NEGOTIATE => negotiate_response(smb, record),
        SESSION_SETUP => session_response(smb, record),
        TREE_CONNECT => tree_response(smb, record),
        CREATE => create_response(smb, record),
        READ => read_response(smb, record),
        WRITE => Some(()),
        TRANS => {
            let fields = (short(record.words, 14), short(record.words, 12));
            if let (Some(place), Some(length)) = fields {
                let data = record.data.get(place.into()..);
                let data = data
                    .and_then(|rest| rest.get(..length.into()))
                    .unwrap_or_default();
                if pipe::carry(smb, origin, ToClient, data) {
                    return Some(());
                }
            }
            smb.response(origin);
            Some(())
        }
        _ => {
            smb.response(origin);
            Some(())
        }
    }
}

fn negotiate_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const EXTENDED: usize = 34;
    let chosen = short(record.words, 0).map(usize::from);
    let server = match record.words.len() {
        EXTENDED => record.bytes.get(..16).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    };
    let entry = smb.response(&record.origin);
    let Detail::Negotiate(negotiate) = &mut entry.tx.detail else {
        return Some(());
    };
    negotiate.server = server;
    if let Some(name) = chosen.and_then(|place| negotiate.dialects.get(place)) {
        let dialect = Dialect::One(name.as_str().into());
        entry.tx.dialect = dialect.clone();
        smb.dialect = dialect;
    }
    Some(())
}

fn session_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    const WITH_TOKEN: usize = 8;
    let token = match record.words.len() {
        WITH_TOKEN => short(record.words, 6).map_or(0, usize::from),
        _ => 0,
    };
    let host = (!record.bytes.is_empty()).then(|| record.host(token));
    let entry = smb.response(&record.origin);
    if let Detail::Session { response, .. } = &mut entry.tx.detail {
        *response = host;
    }
    Some(())
}

fn tree_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let (service, _) = record.ascii(0);
    let succeeded = record.succeeded();
    let entry = smb.response(&record.origin);
    let Detail::Tree(tree) = &mut entry.tx.detail else {
        return Some(());
    };
    if succeeded {
        tree.is_pipe = service == b"IPC";
        tree.service[1] = Some(service);
        let tree = tree.clone();
        smb.connected(&record.origin, &tree);
    }
    Some(())
}

fn create_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let succeeded = record.succeeded();
    let entry = smb.response(&record.origin);
    let Detail::Create(create) = &mut entry.tx.detail else {
        return Some(());
    };
    if !succeeded {
        return Some(());
    }
    for (place, time) in create.times.iter_mut().enumerate() {
        *time = seconds(long(record.words, 11 + place * 8)?);
    }
    create.size = long(record.words, 55)?;
    create.handle = record.handle(5)?;
    let (handle, name) = (create.handle.clone(), create.name.clone());
    smb.names.insert(handle, name);
    Some(())
}

fn read_response(smb: &mut Smb, record: &Record<'_>) -> Option<()> {
    let origin = &record.origin;
    let read = smb.reads.remove(&(origin.session, origin.message));
    let Some((handle, offset)) = read.filter(|_| record.succeeded()) else {
        return Some(());
    };
    let words = record.words;
    let length = u32::from(short(words, 14)?) << 16 | u32::from(short(words, 10)?);
    let data = record.data.get(short(words, 12)?.into()..)?;
    let data = data.get(..length as usize).unwrap_or(data);
    if length > smb.settings.smb.max_read_size && smb.settings.smb.max_read_size != 0 {
        smb.event(Event::ReadResponseTooLarge);
    } else if is_pipe(smb, record, data) {
        pipe::carry(smb, origin, ToClient, data);
    } else {
        smb.piece(origin, ToClient, &handle, (offset, length), data);
    }
    Some(())
}
