//! Messages of the encapsulation (ODVA, volume 2, chapter 2).

use super::cip::Cip;
use super::names;
use crate::frame::Frames;
use crate::protocols::cursor::Cursor;

pub(super) const HEADER: usize = 24;

const LIST_SERVICES: u16 = 0x04;
const LIST_IDENTITY: u16 = 0x63;
const REGISTER_SESSION: u16 = 0x65;
const SEND_RR_DATA: u16 = 0x6f;
const SEND_UNIT_DATA: u16 = 0x70;

/// More items of a message than this are not told of as frames.
const MAX_ITEMS: u16 = 64;
const CONNECTED_DATA: u16 = 0xb1;
const UNCONNECTED_DATA: u16 = 0xb2;
const IDENTITY: u16 = 0x0c;
const SERVICES: u16 = 0x100;

/// A message.
#[derive(Debug, Default)]
pub(super) struct Pdu {
    pub(super) command: u16,
    pub(super) length: u16,
    pub(super) session: u32,
    pub(super) status: u32,
    pub(super) options: u32,
    pub(super) payload: Payload,
    /// Its payload could not be read.
    pub(super) is_invalid: bool,
}

#[derive(Debug, Default)]
pub(super) enum Payload {
    #[default]
    Unread,
    Cip {
        /// The number that an answer over a connection has too; nothing without a connection.
        sequence: Option<u16>,
        message: Option<Cip>,
    },
    Session {
        version: u16,
        options: u16,
    },
    Services(Option<Services>),
    Identity(Option<Identity>),
}

/// What a device offers.
#[derive(Debug)]
pub(super) struct Services {
    pub(super) version: u16,
    pub(super) capabilities: u16,
    pub(super) name: Box<[u8]>,
}

/// What a device says it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) version: u16,
    pub(super) vendor: u16,
    pub(super) device: u16,
    pub(super) product: u16,
    pub(super) revision: [u8; 2],
    pub(super) status: u16,
    pub(super) serial: u32,
    pub(super) name: Box<[u8]>,
    pub(super) state: u8,
}

/// Frames, by their places in [`Parser::FRAMES`](crate::Parser::FRAMES).
mod frame {
    pub(super) const HEADER: u8 = 0;
    pub(super) const DATA: u8 = 1;
    pub(super) const PDU: u8 = 2;
    pub(super) const CIP: u8 = 3;
    pub(super) const ITEM: u8 = 4;
}

/// Tells of the frames of the message that `data` begins with, at a place in the input and of a length.
pub(super) fn note_frames(
    data: &[u8],
    (from, used, tx): (usize, usize, Option<u64>),
    frames: &mut Frames,
) {
    let length = used.saturating_sub(HEADER);
    frames.whole(frame::HEADER, from, HEADER, tx);
    frames.whole(frame::DATA, from + HEADER, length, tx);
    frames.whole(frame::PDU, from, used, tx);
    if let Some(content) = data.get(HEADER..used) {
        let _ = note_items(data, content, (from, tx), frames);
    }
}

/// The frames of the items of a message: each with its header, and what they carry of CIP.
fn note_items(
    data: &[u8],
    content: &[u8],
    (from, tx): (usize, Option<u64>),
    frames: &mut Frames,
) -> Option<()> {
    const ITEM_HEADER: usize = 4;
    let command = Cursor::new(data).le_u16()?;
    let mut cursor = Cursor::new(content);
    let mut at = from + HEADER + 2;
    match command {
        // Interface and timeout come first.
        SEND_RR_DATA | SEND_UNIT_DATA => {
            cursor.take(6)?;
            at += 6;
        }
        LIST_SERVICES | LIST_IDENTITY => {}
        _ => return None,
    }
    for _ in 0..cursor.le_u16()?.min(MAX_ITEMS) {
        let kind = cursor.le_u16()?;
        let length = usize::from(cursor.le_u16()?);
        let content = cursor.take(length)?;
        frames.whole(frame::ITEM, at, ITEM_HEADER + length, tx);
        at += ITEM_HEADER;
        // What is sent in a connection has a number first.
        let number = match kind {
            UNCONNECTED_DATA => Some(0),
            CONNECTED_DATA => Some(2),
            _ => None,
        };
        if let Some(number) = number
            && let Some(message) = content.get(number..)
        {
            frames.whole(frame::CIP, at + number, message.len(), tx);
            let _ = note_packed(message, (at + number, tx), frames);
        }
        at += length;
    }
    Some(())
}

/// The frames of the messages that another one carries (CIP volume 1, 3-5.5): their places are counted from that of
/// their number.
fn note_packed(
    message: &[u8],
    (from, tx): (usize, Option<u64>),
    frames: &mut Frames,
) -> Option<()> {
    const MULTIPLE: u8 = 0x0a;
    let mut cursor = Cursor::new(message);
    if cursor.u8()? & 0x7f != MULTIPLE {
        return None;
    }
    let path = usize::from(cursor.u8()?) * 2;
    cursor.take(path)?;
    let list = cursor.rest();
    let mut cursor = Cursor::new(list);
    let mut starts = Vec::new();
    for _ in 0..cursor.le_u16()?.min(MAX_ITEMS) {
        starts.push(usize::from(cursor.le_u16()?));
    }
    let ends = starts.iter().skip(1).copied().chain([list.len()]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let len = end.min(list.len()).checked_sub(start)?;
        frames.whole(frame::CIP, from + 2 + path + start, len, tx);
    }
    Some(())
}

impl Pdu {
    /// Reads a message, and says how many bytes it takes; or how many are needed.
    pub(super) fn read(data: &[u8], from_server: bool) -> Result<(Self, usize), usize> {
        let mut cursor = Cursor::new(data);
        let mut pdu = Self::header(&mut cursor).ok_or(HEADER)?;
        let used = HEADER + usize::from(pdu.length);
        let payload = cursor.take(pdu.length.into()).ok_or(used)?;
        match pdu.payload(payload, from_server) {
            Some(payload) => pdu.payload = payload,
            None => pdu.is_invalid = true,
        }
        Ok((pdu, used))
    }

    fn header(cursor: &mut Cursor<'_>) -> Option<Self> {
        const CONTEXT: usize = 8;
        let command = cursor.le_u16()?;
        let length = cursor.le_u16()?;
        let session = cursor.le_u32()?;
        let status = cursor.le_u32()?;
        cursor.take(CONTEXT)?;
        Some(Self {
            command,
            length,
            session,
            status,
            options: cursor.le_u32()?,
            ..Self::default()
        })
    }

    fn payload(&self, data: &[u8], from_server: bool) -> Option<Payload> {
        let mut cursor = Cursor::new(data);
        Some(match self.command {
            SEND_RR_DATA | SEND_UNIT_DATA => data_items(&mut cursor)?,
            REGISTER_SESSION => Payload::Session {
                version: cursor.le_u16()?,
                options: cursor.le_u16()?,
            },
            LIST_SERVICES if from_server => {
                let first = first_item(&mut cursor)?;
                Payload::Services(match first {
                    Some((SERVICES, content)) => Some(Services::read(content)?),
                    _ => None,
                })
            }
            LIST_IDENTITY if from_server => {
                let first = first_item(&mut cursor)?;
                Payload::Identity(match first {
                    Some((IDENTITY, content)) => Some(Identity::read(content)?),
                    _ => None,
                })
            }
            _ => Payload::Unread,
        })
    }

    /// Whether a response answers this request.
    pub(super) fn is_answered_by(&self, response: &Self) -> bool {
        // The session gets its number by the answer to its registration.
        if self.command != response.command
            || (self.session != response.session && self.command != REGISTER_SESSION)
        {
            return false;
        }
        match (&self.payload, &response.payload) {
            (Payload::Cip { sequence: mine, .. }, Payload::Cip { sequence: its, .. }) => {
                match (mine, its) {
                    (Some(mine), Some(its)) => mine == its,
                    _ => true,
                }
            }
            (Payload::Cip { .. }, _) | (_, Payload::Cip { .. }) => false,
            _ => true,
        }
    }

    /// The message of the protocol within, if it has one.
    pub(super) fn cip(&self) -> Option<&Cip> {
        match &self.payload {
            Payload::Cip { message, .. } => message.as_ref(),
            _ => None,
        }
    }
}

/// Whether data begins with the header of a message.
pub(super) fn begins(data: &[u8]) -> bool {
    const NOP: u16 = 0;
    const LIST_INTERFACES: u16 = 0x64;
    const UNREGISTER_SESSION: u16 = 0x66;
    let mut cursor = Cursor::new(data);
    let Some(pdu) = Pdu::header(&mut cursor) else {
        return false;
    };
    if names::status_name(pdu.status).is_none() || names::command_name(pdu.command).is_none() {
        return false;
    }
    match pdu.command {
        NOP => pdu.options == 0,
        REGISTER_SESSION => pdu.length == 4,
        UNREGISTER_SESSION => matches!(pdu.length, 0 | 4),
        LIST_INTERFACES => cursor
            .le_u16()
            .and_then(|count| cursor.take(usize::from(count) * 2))
            .is_some(),
        _ => true,
    }
}

/// An item: type, length, content.
fn item<'a>(cursor: &mut Cursor<'a>) -> Option<(u16, &'a [u8])> {
    let kind = cursor.le_u16()?;
    let length = cursor.le_u16()?;
    Some((kind, cursor.take(length.into())?))
}

fn first_item<'a>(cursor: &mut Cursor<'a>) -> Option<Option<(u16, &'a [u8])>> {
    let count = cursor.le_u16()?;
    Some(if count == 0 {
        None
    } else {
        Some(item(cursor)?)
    })
}

/// The common packet format: addresses and data. Only the first data is looked at.
fn data_items(cursor: &mut Cursor<'_>) -> Option<Payload> {
    const HANDLE_AND_TIMEOUT: usize = 6;
    cursor.take(HANDLE_AND_TIMEOUT)?;
    let mut sequence = None;
    let mut message = None;
    for _ in 0..cursor.le_u16()? {
        let (kind, content) = item(cursor)?;
        let mut content = Cursor::new(content);
        match kind {
            CONNECTED_DATA => {
                let number = content.le_u16()?;
                let cip = Cip::read(content.rest())?;
                if message.is_none() {
                    (sequence, message) = (Some(number), Some(cip));
                }
            }
            UNCONNECTED_DATA => {
                let cip = Cip::read(content.rest())?;
                message.get_or_insert(cip);
            }
            _ => {}
        }
    }
    Some(Payload::Cip { sequence, message })
}

impl Services {
    fn read(data: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        Some(Self {
            version: cursor.le_u16()?,
            capabilities: cursor.le_u16()?,
            name: cursor
                .rest()
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default()
                .into(),
        })
    }
}

impl Identity {
    fn read(data: &[u8]) -> Option<Self> {
        const SOCKET_ADDRESS: usize = 16;
        let mut cursor = Cursor::new(data);
        let version = cursor.le_u16()?;
        cursor.take(SOCKET_ADDRESS)?;
        Some(Self {
            version,
            vendor: cursor.le_u16()?,
            device: cursor.le_u16()?,
            product: cursor.le_u16()?,
            revision: [cursor.u8()?, cursor.u8()?],
            status: cursor.le_u16()?,
            serial: cursor.le_u32()?,
            name: {
                let length = cursor.u8()?;
                cursor.take(length.into())?.into()
            },
            state: cursor.u8()?,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message of a command, session 7.
    pub(in super::super) fn message(command: u16, payload: &[u8]) -> Vec<u8> {
        let mut data = command.to_le_bytes().to_vec();
        data.extend((payload.len() as u16).to_le_bytes());
        data.extend([7, 0, 0, 0]);
        data.extend([0; 16]);
        data.extend(payload);
        data
    }

    #[test]
    fn an_identity_is_read() {
        let mut content = vec![1, 0];
        content.extend([0; 16]);
        content.extend(b"\x01\0\x0c\0\x3a\0\x04\x03\x30\0\x8e\x4d\x52\0\x03ABC\x03");
        let mut payload = b"\x01\0\x0c\0".to_vec();
        payload.extend((content.len() as u16).to_le_bytes());
        payload.extend(&content);
        let (pdu, _) = Pdu::read(&message(LIST_IDENTITY, &payload), true).expect("a message");
        let Payload::Identity(Some(identity)) = pdu.payload else {
            panic!("no identity");
        };
        let expected = Identity {
            version: 1,
            vendor: 1,
            device: 12,
            product: 58,
            revision: [4, 3],
            status: 0x30,
            serial: 0x0052_4d8e,
            name: (*b"ABC").into(),
            state: 3,
        };
        assert_eq!(identity, expected);
    }

    #[test]
    fn what_is_cut_is_awaited_and_what_is_wrong_is_told_of() {
        let data = message(SEND_RR_DATA, b"\0\0\0\0\0\0\x01\0\xb2\0\x01\0");
        assert_eq!(Pdu::read(&data[..20], false).err(), Some(HEADER));
        assert_eq!(Pdu::read(&data[..30], false).err(), Some(data.len()));
        assert!(Pdu::read(&data, false).is_ok_and(|(pdu, _)| pdu.is_invalid));
    }
}
