//! DNS that travels in HTTP/2 (RFC 8484).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tapir_packet::Direction;

use crate::protocols::dns;

/// A message is not longer than this.
const LONGEST: usize = 65_535;
/// The type of content that is a message.
const MEDIA_TYPE: &[u8] = b"application/dns-message";

/// The messages of a stream.
#[derive(Debug, Default)]
pub struct Messages {
    /// The content of a direction is one, as far as it has come.
    content: [Option<Vec<u8>>; 2],
    /// Those that have been read.
    read: [Option<Box<dns::Exchange>>; 2],
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// There is none (yet).
    Nothing,
    /// It has been read.
    Message,
    /// It is too long.
    TooLong,
}

/// Whether the value of a header says that content is a message, or is to be one.
pub fn is_media_type(value: &[u8]) -> bool {
    value == MEDIA_TYPE
}

impl Messages {
    /// The content of a direction is a message.
    pub fn expect(&mut self, direction: Direction) {
        self.content[direction.index()].get_or_insert_default();
    }

    /// Looks for a request in a target: `/dns-query?dns=...`.
    pub fn target(&mut self, path: &[u8]) -> Arrival {
        let Some(text) = parameter(path) else {
            return Arrival::Nothing;
        };
        // Four characters stand for three bytes.
        if text.len() / 4 * 3 > LONGEST {
            return Arrival::TooLong;
        }
        let text = text.strip_suffix(b"==").unwrap_or(text);
        let text = text.strip_suffix(b"=").unwrap_or(text);
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(message) => self.take(Direction::ToServer, &message),
            Err(_) => Arrival::Nothing,
        }
    }

    /// Content of a direction.
    pub fn push(&mut self, direction: Direction, data: &[u8]) -> Arrival {
        let content = &mut self.content[direction.index()];
        let Some(message) = content else {
            return Arrival::Nothing;
        };
        if message.len() + data.len() > LONGEST {
            *content = None;
            return Arrival::TooLong;
        }
        message.extend_from_slice(data);
        Arrival::Nothing
    }

    /// The content of a direction is over.
    pub fn end(&mut self, direction: Direction) -> Arrival {
        match self.content[direction.index()].take() {
            Some(message) => self.take(direction, &message),
            None => Arrival::Nothing,
        }
    }

    fn take(&mut self, direction: Direction, message: &[u8]) -> Arrival {
        let Some(exchange) = dns::Exchange::carried(direction, message) else {
            return Arrival::Nothing;
        };
        self.read[direction.index()] = Some(Box::new(exchange));
        Arrival::Message
    }

    /// The message that went in a direction.
    pub fn get(&self, direction: Direction) -> Option<&dns::Exchange> {
        self.read[direction.index()].as_deref()
    }
}

/// The value of the parameter `dns`.
fn parameter(path: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr(b'?', path)?;
    let mut parameters = path.get(at + 1..)?.split(|byte| *byte == b'&');
    parameters.find_map(|parameter| parameter.strip_prefix(b"dns="))
}

#[cfg(test)]
mod tests {
    use tapir_rules::keywords::dns::QUERY;

    use super::*;
    use crate::transaction::{Transaction, Value};

    /// The example of RFC 8484, section 4.1.1.
    const TARGET: &[u8] = b"/dns-query?x=y&dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";

    fn names(messages: &Messages, direction: Direction) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(message) = messages.get(direction) {
            message.values(QUERY, direction, &mut |value| {
                names.push(format!("{value:?}"));
                false
            });
        }
        names
    }

    #[test]
    fn a_request_stands_in_the_target() {
        let mut messages = Messages::default();
        assert_eq!(messages.target(b"/dns-query"), Arrival::Nothing);
        assert_eq!(messages.target(TARGET), Arrival::Message);
        let expected = [format!("{:?}", Value::Bytes(b"www.example.com"))];
        assert_eq!(names(&messages, Direction::ToServer), expected);
    }

    #[test]
    fn a_request_is_the_content() {
        let message = b"\0\0\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01";
        let mut messages = Messages::default();
        let way = Direction::ToServer;
        messages.push(way, b"not asked for");
        messages.expect(way);
        for part in message.chunks(7) {
            assert_eq!(messages.push(way, part), Arrival::Nothing);
        }
        assert_eq!(messages.end(way), Arrival::Message);
        assert_eq!(names(&messages, way).len(), 1);
        messages.expect(way);
        assert_eq!(messages.push(way, &[0; LONGEST + 1]), Arrival::TooLong);
        assert_eq!(messages.end(way), Arrival::Nothing);
    }
}
