//! The common industrial protocol: services asked of objects, and their answers (ODVA, volume 1, chapter 2).

use crate::protocols::cursor::Cursor;

/// Messages in a packet of several services, and attributes of a list, that are looked at.
const MOST_PACKETS: usize = 256;
const MOST_ATTRIBUTES: usize = 256;

const GET_ATTRIBUTE_LIST: u8 = 3;
const SET_ATTRIBUTE_LIST: u8 = 4;
const MULTIPLE: u8 = 0x0a;
const FORWARD_OPEN: u8 = 0x54;

/// Kinds of segments, without the bits of their width.
/// A class of objects.
pub const CLASS: u8 = 8;
pub(super) const INSTANCE: u8 = 9;
/// An attribute of an object.
pub const ATTRIBUTE: u8 = 12;

/// A message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cip {
    pub(super) service: u8,
    pub(super) content: Content,
    /// Of a packet of several services.
    pub(super) packets: Vec<Cip>,
    /// What rules compare service, class and attribute with: the service, and five bytes each for the classes and
    /// attributes, their kind first.
    pub(super) facts: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Request {
        path: Vec<Segment>,
        /// Attributes of a list.
        attributes: Vec<u16>,
        /// The path of the connection that is to be opened.
        connection: Vec<Segment>,
    },
    Response {
        status: u8,
        extended: Vec<u8>,
    },
}

impl Default for Content {
    fn default() -> Self {
        Self::Response {
            status: 0,
            extended: Vec::new(),
        }
    }
}

/// A logical segment of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) kind: u8,
    pub(super) value: u32,
}

impl Segment {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let kind = cursor.u8()?;
        let value = match kind & 3 {
            0 => cursor.u8()?.into(),
            1 => {
                cursor.u8()?;
                cursor.le_u16()?.into()
            }
            2 => {
                cursor.u8()?;
                cursor.le_u32()?
            }
            _ => return None,
        };
        Some(Self { kind, value })
    }

    pub(super) fn is(&self, kind: u8) -> bool {
        self.kind >> 2 == kind
    }
}

/// A path with its length before it, in words.
fn path(cursor: &mut Cursor<'_>) -> Option<Vec<Segment>> {
    let words = cursor.u8()?;
    let mut rest = Cursor::new(cursor.take(usize::from(words) * 2)?);
    let mut segments = Vec::new();
    while !rest.is_empty() {
        segments.push(Segment::read(&mut rest)?);
    }
    Some(segments)
}

impl Cip {
    /// Reads a message; nothing when it is cut.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        Self::read_at(data, true)
    }

    fn read_at(data: &[u8], may_nest: bool) -> Option<Self> {
        const RESPONSE: u8 = 0x80;
        let mut cursor = Cursor::new(data);
        let first = cursor.u8()?;
        let service = first & !RESPONSE;
        let content = if first & RESPONSE == 0 {
            request(service, &mut cursor)?
        } else {
            cursor.u8()?;
            let status = cursor.u8()?;
            let words = cursor.u8()?;
            let extended = cursor.take(usize::from(words) * 2)?.to_vec();
            Content::Response { status, extended }
        };
        let packets = if service == MULTIPLE && may_nest {
            several(cursor.rest())?
        } else {
            Vec::new()
        };
        let facts = facts(service, &content);
        Some(Self {
            service,
            content,
            packets,
            facts,
        })
    }

    /// Shows it and those within it to `accepts` until that says yes, and says whether it did.
    pub(super) fn any(&self, accepts: &mut dyn FnMut(&Self) -> bool) -> bool {
        accepts(self) || self.packets.iter().any(|packet| packet.any(accepts))
    }
}

fn request(service: u8, cursor: &mut Cursor<'_>) -> Option<Content> {
    /// Bytes of a request to open a connection before its path.
    const BEFORE_PATH: usize = 35;
    let path_asked = path(cursor)?;
    let mut attributes = Vec::new();
    let mut connection = Vec::new();
    match service {
        GET_ATTRIBUTE_LIST => {
            let count = usize::from(cursor.le_u16()?);
            let list = Cursor::new(cursor.take(count * 2)?);
            attributes.extend(
                list.rest()
                    .chunks_exact(2)
                    .take(MOST_ATTRIBUTES)
                    .filter_map(|pair| Cursor::new(pair).le_u16()),
            );
        }
        // Where the second attribute begins depends on the first one's type.
        SET_ATTRIBUTE_LIST => {
            let count = cursor.le_u16()?;
            attributes.extend(cursor.le_u16().filter(|_| count > 0));
        }
        FORWARD_OPEN => {
            let mut rest = Cursor::new(cursor.rest());
            connection = rest
                .take(BEFORE_PATH)
                .and_then(|_| path(&mut rest))
                .unwrap_or_default();
        }
        _ => {}
    }
    Some(Content::Request {
        path: path_asked,
        attributes,
        connection,
    })
}

/// The messages of a packet of several: their number, where they begin, and they.
fn several(data: &[u8]) -> Option<Vec<Cip>> {
    let mut cursor = Cursor::new(data);
    let count = usize::from(cursor.le_u16()?);
    let offsets = cursor.take(count * 2)?;
    let mut packets = Vec::new();
    for pair in offsets.chunks_exact(2).take(MOST_PACKETS) {
        let offset = usize::from(Cursor::new(pair).le_u16()?);
        if let Some(packet) = data.get(offset..).filter(|packet| !packet.is_empty()) {
            packets.push(Cip::read_at(packet, false)?);
        }
    }
    Some(packets)
}

fn facts(service: u8, content: &Content) -> Vec<u8> {
    let mut facts = vec![service];
    if let Content::Request {
        path, attributes, ..
    } = content
    {
        let of_path = path
            .iter()
            .map(|segment| (segment.kind >> 2, segment.value))
            .filter(|(kind, _)| matches!(*kind, CLASS | ATTRIBUTE));
        let of_list = attributes
            .iter()
            .map(|value| (ATTRIBUTE, u32::from(*value)));
        for (kind, value) in of_path.chain(of_list) {
            facts.push(kind);
            facts.extend_from_slice(&value.to_le_bytes());
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_several_services_is_read() {
        let data = b"\x0a\x02\x20\x02\x24\x01\x02\0\x06\0\x10\0\
            \x03\x02\x20\x8b\x24\x01\x01\0\x06\0\x0e\x03\x20\x01\x24\x01\x30\x05";
        let cip = Cip::read(data).expect("a message");
        assert_eq!(cip.service, MULTIPLE);
        assert_eq!(cip.packets.len(), 2);
        assert_eq!(
            cip.packets[0].facts,
            [3, CLASS, 0x8b, 0, 0, 0, ATTRIBUTE, 6, 0, 0, 0]
        );
        assert_eq!(
            cip.packets[1].facts,
            [0x0e, CLASS, 1, 0, 0, 0, ATTRIBUTE, 5, 0, 0, 0]
        );
        for cut in 0..data.len() {
            // Whatever comes of it, it must not go beyond the data.
            let _ = Cip::read(&data[..cut]);
        }
        assert!(Cip::read(b"\x0a\x02\x20").is_none());
    }

    #[test]
    fn a_response_has_a_status() {
        let cip = Cip::read(b"\xd4\0\x01\x01\x00\x01").expect("a message");
        let expected = Content::Response {
            status: 1,
            extended: vec![0, 1],
        };
        assert_eq!((cip.service, cip.content), (0x54, expected));
    }
}
