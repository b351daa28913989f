//! Messages that set up a connection: X.224 in TPKT, and what it carries of T.124 ([MS-RDPBCGR], sections 2.2.1.1 to
//! 2.2.1.4).

use super::super::ber;
use crate::protocols::cursor::Cursor;

/// Channels that are kept; the protocol allows 31.
const MOST_CHANNELS: usize = 32;

/// What stands at the beginning of the data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A packet, what it says, and how many bytes it takes.
    Packet(Option<Item>, usize),
    /// So many bytes are needed.
    Incomplete(usize),
    /// No packet.
    Wrong,
}

/// What a packet says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Request {
        cookie: Option<Box<[u8]>>,
        flags: u8,
    },
    Confirm(Option<Negotiation>),
    ConnectRequest(Box<ConnectRequest>),
    ConnectResponse,
}

/// The server's answer about what protects the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Negotiation {
    Response { flags: u8, protocol: u32 },
    Failure(u32),
}

/// What a client tells of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectRequest {
    pub(super) client: Option<Client>,
    pub(super) channels: Vec<Box<str>>,
}

/// The client's core data.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) version: u32,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) depth: Option<u16>,
    pub(super) layout: u32,
    pub(super) build: u32,
    pub(super) name: String,
    pub(super) keyboard: u32,
    pub(super) keyboard_subtype: u32,
    pub(super) function_keys: u32,
    pub(super) input_method: String,
    pub(super) extra: Extra,
}

/// Core data that older clients do not send.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) product: Option<u16>,
    pub(super) serial: Option<u32>,
    pub(super) capabilities: Option<u16>,
    pub(super) id: String,
    pub(super) connection: Option<u8>,
    pub(super) physical_width: Option<u32>,
    pub(super) physical_height: Option<u32>,
    pub(super) orientation: Option<u16>,
    pub(super) scale: Option<u32>,
    pub(super) device_scale: Option<u32>,
}

impl Piece {
    pub(super) fn read(data: &[u8]) -> Self {
        const VERSION: u8 = 3;
        const HEADER: usize = 4;
        match data {
            [VERSION, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match data.get(HEADER..length) {
                    Some(content) => Self::Packet(Item::read(content), length),
                    None if length < HEADER => Self::Wrong,
                    None => Self::Incomplete(length),
                }
            }
            [] | [VERSION, ..] => Self::Incomplete(HEADER),
            _ => Self::Wrong,
        }
    }
}

impl Item {
    fn read(data: &[u8]) -> Option<Self> {
        const REQUEST: u8 = 0xe;
        const CONFIRM: u8 = 0xd;
        const DATA: u8 = 0xf;
        const REFERENCES_AND_CLASS: usize = 5;
        let mut cursor = Cursor::new(data);
        let length = cursor.u8()?;
        let kind = cursor.u8()?;
        match kind >> 4 {
            REQUEST => {
                let mut rest = Cursor::new(cursor.take(usize::from(length).checked_sub(1)?)?);
                rest.take(REFERENCES_AND_CLASS)?;
                Some(Self::request(rest.rest()))
            }
            CONFIRM => {
                let mut rest = Cursor::new(cursor.take(usize::from(length).checked_sub(1)?)?);
                rest.take(REFERENCES_AND_CLASS)?;
                Some(Self::Confirm(Negotiation::read(rest)))
            }
            DATA => {
                cursor.u8()?;
                Self::data(cursor.rest())
            }
            _ => None,
        }
    }

    fn request(data: &[u8]) -> Self {
        const COOKIE: &[u8] = b"Cookie: mstshash=";
        const NEGOTIATION: u8 = 1;
        let (line, rest) = match memchr::memmem::find(data, b"\r\n") {
            Some(end) => (
                data.get(..end).unwrap_or_default(),
                data.get(end + 2..).unwrap_or_default(),
            ),
            None => (&[][..], data),
        };
        let flags = match rest {
            [NEGOTIATION, flags, 8, 0, _, _, _, _, ..] => *flags,
            _ => 0,
        };
        Self::Request {
            cookie: line.strip_prefix(COOKIE).map(Into::into),
            flags,
        }
    }

    /// Messages of T.125: only those that begin a conference.
    fn data(data: &[u8]) -> Option<Self> {
        const BEFORE_USER_DATA: usize = 6;
        match data {
            [0x7f, 0x66, ..] => Some(Self::ConnectResponse),
            [0x7f, 0x65, rest @ ..] => {
                // The tag has two bytes: stand in a short one to read the length.
                let (first, rest) = rest.split_first()?;
                let skipped = if first & 0x80 != 0 {
                    usize::from(first & 0x7f)
                } else {
                    0
                };
                let mut fields = ber::Fields(rest.get(skipped..)?);
                // Selectors of both sides, a flag, and three sets of parameters.
                for _ in 0..BEFORE_USER_DATA {
                    fields.next()?;
                }
                let user_data = fields.text()?;
                ConnectRequest::read(&user_data).map(|it| Self::ConnectRequest(Box::new(it)))
            }
            _ => None,
        }
    }
}

impl Negotiation {
    fn read(mut cursor: Cursor<'_>) -> Option<Self> {
        const RESPONSE: u8 = 2;
        const FAILURE: u8 = 3;
        let kind = cursor.u8()?;
        let flags = cursor.u8()?;
        cursor.u16()?;
        let value = cursor.le_u32()?;
        match kind {
            RESPONSE => Some(Self::Response {
                flags,
                protocol: value,
            }),
            FAILURE => Some(Self::Failure(value)),
            _ => None,
        }
    }
}

/// A length in packed encoding: one byte, or two when the first bit is set.
fn packed_length(cursor: &mut Cursor<'_>) -> Option<usize> {
    const LONG: u8 = 0x80;
    let first = cursor.u8()?;
    if first & LONG == 0 {
        return Some(first.into());
    }
    Some(usize::from(first & !LONG) << 8 | usize::from(cursor.u8()?))
}

impl ConnectRequest {
    /// Reads the request to create a conference (T.124, section 8.7), as every client encodes it.
    fn read(data: &[u8]) -> Option<Self> {
        const KEY: [u8; 7] = [0x00, 0x05, 0x00, 0x14, 0x7c, 0x00, 0x01];
        const CLIENT_KEY: &[u8] = b"\x00\x08\x00\x10\x00\x01\xc0\x00Duca";
        const CORE: u16 = 0xc001;
        const NETWORK: u16 = 0xc003;
        let mut cursor = Cursor::new(data.strip_prefix(&KEY)?);
        packed_length(&mut cursor)?;
        cursor = Cursor::new(cursor.rest().strip_prefix(CLIENT_KEY)?);
        packed_length(&mut cursor)?;
        let mut request = Self::default();
        while let Some((kind, content)) = block(&mut cursor) {
            match kind {
                CORE => request.client = Client::read(Cursor::new(content)),
                NETWORK => request.channels = channels(Cursor::new(content)),
                _ => {}
            }
        }
        Some(request)
    }
}

/// A block of data: kind, length, content.
fn block<'a>(cursor: &mut Cursor<'a>) -> Option<(u16, &'a [u8])> {
    const HEADER: usize = 4;
    let kind = cursor.le_u16()?;
    let length = usize::from(cursor.le_u16()?).checked_sub(HEADER)?;
    Some((kind, cursor.take(length)?))
}

fn channels(mut cursor: Cursor<'_>) -> Vec<Box<str>> {
    const NAME: usize = 8;
    let count = cursor.le_u32().unwrap_or_default() as usize;
    let mut names = Vec::new();
    while names.len() < count.min(MOST_CHANNELS) {
        let (Some(name), Some(_)) = (cursor.take(NAME), cursor.le_u32()) else {
            break;
        };
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        names.push(String::from_utf8_lossy(name).into());
    }
    names
}

/// Text of two bytes a letter, up to a zero.
fn wide(data: &[u8]) -> String {
    let letters = data
        .chunks_exact(2)
        .filter_map(|pair| Cursor::new(pair).le_u16())
        .take_while(|letter| *letter != 0);
    char::decode_utf16(letters)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

impl Client {
    fn read(mut cursor: Cursor<'_>) -> Option<Self> {
        const NAME: usize = 32;
        const INPUT_METHOD: usize = 64;
        let version = cursor.le_u32()?;
        let (width, height) = (cursor.le_u16()?, cursor.le_u16()?);
        let old_depth = cursor.le_u16()?;
        cursor.u16()?;
        let mut client = Self {
            version,
            width,
            height,
            depth: named_depth(old_depth).filter(|depth| *depth <= 8),
            layout: cursor.le_u32()?,
            build: cursor.le_u32()?,
            name: wide(cursor.take(NAME)?),
            keyboard: cursor.le_u32()?,
            keyboard_subtype: cursor.le_u32()?,
            function_keys: cursor.le_u32()?,
            input_method: wide(cursor.take(INPUT_METHOD)?),
            extra: Extra::default(),
        };
        client.extra(&mut cursor);
        Some(client)
    }

    /// Reads what is there of the rest.
    fn extra(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        const ID: usize = 64;
        if let Some(depth) = named_depth(cursor.le_u16()?) {
            self.depth = Some(depth);
        }
        self.extra.product = Some(cursor.le_u16()?);
        self.extra.serial = Some(cursor.le_u32()?);
        let depth = cursor.le_u16()?;
        if matches!(depth, 4 | 8 | 15 | 16 | 24) {
            self.depth = Some(depth);
        }
        cursor.u16()?;
        self.extra.capabilities = Some(cursor.le_u16()?);
        self.extra.id = wide(cursor.take(ID)?);
        self.extra.connection = Some(cursor.u8()?);
        cursor.u8()?;
        cursor.u32()?;
        self.extra.physical_width = Some(cursor.le_u32()?);
        self.extra.physical_height = Some(cursor.le_u32()?);
        self.extra.orientation = Some(cursor.le_u16()?);
        self.extra.scale = Some(cursor.le_u32()?);
        self.extra.device_scale = Some(cursor.le_u32()?);
        Some(())
    }
}

/// Bits a pixel, of the numbers that stand for them.
fn named_depth(number: u16) -> Option<u16> {
    Some(match number {
        0xca00 => 4,
        0xca01 => 8,
        0xca02 => 15,
        0xca03 => 16,
        0xca04 => 24,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_cookie_and_flags() {
        let data =
            b"\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=abc\r\n\x01\x08\x08\0\x03\0\0\0rest!!";
        let length = data.len() - 3;
        let mut data = data.to_vec();
        data[3] = length as u8;
        data[4] = (length - 5) as u8;
        let item = Item::Request {
            cookie: Some((*b"abc").into()),
            flags: 8,
        };
        assert_eq!(Piece::read(&data), Piece::Packet(Some(item), length));
        assert_eq!(Piece::read(&data[..20]), Piece::Incomplete(length));
        assert_eq!(Piece::read(b"\x03\0"), Piece::Incomplete(4));
        assert_eq!(Piece::read(b"\x16\x03"), Piece::Wrong);
        assert_eq!(Piece::read(b"\x03\0\0\x02"), Piece::Wrong);
    }

    #[test]
    fn a_server_refuses() {
        let data = b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x05\0\0\0";
        let item = Item::Confirm(Some(Negotiation::Failure(5)));
        assert_eq!(Piece::read(data), Piece::Packet(Some(item), data.len()));
    }
}
